import GatewayAndScheduler
import Glibc
import Ingest
import Synchronization
import TestSupport
import Testing

/// What a run's processes say about it, and what they cannot say.
@Suite struct RunSocketTests {
  @Test func `shims' lines are handed on as they came, those that follow each other together`()
    async throws
  {
    let bench = try RunSocketBench()
    let odd = " {\"run_id\":\"run-1\", \"shim\": 1,\"x\":\"\\u0000\"}\r"
    let response = try await bench.post(
      RunSocketBench.shim("started"), odd, "", RunSocketBench.luigi("task.start"),
      RunSocketBench.shim("exited"), "")
    #expect(response.status == .ok)
    #expect(
      bench.shims.calls == [
        "run-1: \(RunSocketBench.shim("started"))|\(odd)",
        "run-1: \(RunSocketBench.shim("exited"))",
      ])
    #expect(
      response.text == #"{"refused":0,"lines":[{"line":1,"verdict":"accepted"},"#
        + #"{"line":2,"verdict":"accepted"},{"line":4,"verdict":"accepted"},"#
        + #"{"line":5,"verdict":"accepted"}]}"#)
  }

  @Test func `a Luigi line is the record that a followed file would give, once`() async throws {
    let bench = try RunSocketBench()
    let line = RunSocketBench.luigi("task.start")
    #expect(try await bench.post(line).status == .ok)
    var intake = LineIntake(
      InputPlan(label: "", paths: [], format: .luigi, settings: LogSettings()), index: 0,
      secret: RunSocketBench.secret)
    var buffer = LineBuffer()
    let bytes = Array("\(line)\n".utf8)
    _ = buffer.fill { space in
      for index in bytes.indices { space[index] = bytes[index] }
      return bytes.count
    }
    guard let place = buffer.next() else {
      Issue.record("no line")
      return
    }
    let expected = intake.take(
      place, buffer.bytes(of: place), path: "f", overlongDigest: nil
    ) { rejected, _ in Issue.record("\(rejected)") }
    #expect(bench.sink.records == [try #require(expected)])
    let record = try #require(bench.sink.records.first)
    #expect(record.header.source == "luigi/pipelines-1" && record.header.originalHMAC != nil)
    #expect(!String(decoding: record.encoded(), as: UTF8.self).contains("hunter2"))
    let again = try await bench.post(line)
    #expect(again.text.contains("\"verdict\":\"repeated\"") && bench.sink.records.count == 1)
  }

  @Test func `lines are answered one by one`() async throws {
    let bench = try RunSocketBench()
    let long = RunSocketBench.luigi(
      "task.start", ",\"x\":\"\(String(repeating: "y", count: 256 << 10))\"")
    let response = try await bench.post(
      RunSocketBench.luigi("task.success"), "{", "[1]", #"{"shim":1}"#,
      #"{"schema":"other/1","run_id":"run-1"}"#, #"{"schema":"luigi-event/2","run_id":"run-1"}"#,
      RunSocketBench.luigi("task.levitates"), RunSocketBench.luigi("task.processing_time"), long,
      #"{"shim":1,"run_id":"run-1","run_id":"run-2"}"#, #"{"shim":2,"run_id":"run-1"}"#,
      #"{"shim":1,"schema":"luigi-event/1","run_id":"run-1"}"#)
    #expect(response.status == .ok)
    let verdicts = response.text.matches(of: /"verdict":"([a-z_]+)"(?:,"reason":"([a-z_]+)")?/)
      .map { "\($0.output.1) \($0.output.2 ?? "")" }
    #expect(
      verdicts == [
        "accepted ", "refused unexpected_end", "refused unknown_shape", "refused missing_field",
        "refused unknown_version", "refused unknown_version", "refused unknown_event",
        "passed_over ", "refused too_long", "refused duplicate_key", "refused unknown_version",
        "refused unknown_shape",
      ])
    let rejected = bench.sink.records.compactMap {
      if case .control(let control) = $0.body { control } else { nil }
    }
    #expect(rejected.count == 10 && rejected.allSatisfy { $0.event == .recordRejected })
    #expect(rejected.allSatisfy { $0.subject == "run/run-1" })
  }

  @Test func `a body of refused lines alone is 422`() async throws {
    let bench = try RunSocketBench()
    #expect(try await bench.post("nonsense").status == .unprocessableContent)
    #expect(try await bench.post("", " ").status == .badRequest)
  }

  @Test func `an event of another run spoils the whole body, and is recorded`() async throws {
    let bench = try RunSocketBench()
    for line in [
      RunSocketBench.shim("exited", run: "run-2"), RunSocketBench.luigi("run.end", run: "run-2"),
      #"{"schema":"other/1","run_id":"run\n2"}"#,
    ] {
      let response = try await bench.post(RunSocketBench.shim("started"), line)
      #expect(response.status == .forbidden)
    }
    #expect(bench.shims.calls.isEmpty)
    #expect(bench.sink.decisions.count == 3 && bench.sink.records.count == 3)
    let decision = try #require(bench.sink.decisions.first)
    #expect(decision.effect == .deny && decision.action == "run:report")
    #expect(decision.rule == "run_token_scope")
    #expect(
      decision.reason
        == "an event of run run-2 with the token of run run-1, from process 4242 of user 1000")
    #expect(bench.sink.decisions[2].reason?.contains(#"run\u{a}2"#) == true)
  }

  @Test func `a token that is not the run's is 401, and recorded`() async throws {
    let bench = try RunSocketBench()
    let body = Array(RunSocketBench.shim("exited", run: "run-2").utf8)
    for token in [bench.tokens.token(for: "run-1"), "", "x", String(repeating: "A", count: 4000)] {
      let response = try await bench.post(body, to: "run-2", token: token)
      #expect(response.status == .unauthorized)
      #expect(response.headers["WWW-Authenticate"] == "Bearer realm=\"vigil-run\"")
    }
    #expect(bench.shims.calls.isEmpty && bench.sink.decisions.count == 4)
    #expect(bench.sink.decisions.allSatisfy { $0.effect == .deny && $0.rule == "run_token" })
    let reason = try #require(bench.sink.decisions.first?.reason)
    #expect(reason.contains("process 4242 of user 1000"))
    for decision in bench.sink.decisions {
      #expect(decision.reason?.contains(bench.tokens.token(for: "run-1")) == false)
    }
  }

  @Test(arguments: [
    (#""user":"alice""#, "user alice"), (#""user":"dave","request_id":"q7""#, "request_id q7"),
    (#""user":"dave","job":"payroll""#, "job payroll"),
  ])
  func `a run does not say who asked for it, nor for what`(
    _ context: String, _ found: String
  ) async throws {
    let bench = try RunSocketBench()
    let response = try await bench.post(
      RunSocketBench.luigi("run.start", context: context), RunSocketBench.luigi("run.start"))
    #expect(response.text.contains(#""reason":"contradiction""#))
    #expect(response.text.contains(found))
    let runs = bench.sink.records.compactMap { record -> RunRecord? in
      if case .run(let run) = record.body { run } else { nil }
    }
    #expect(runs.map(\.principal) == ["dave"])
    #expect(runs.map(\.requestID) == [nil])
  }

  @Test(arguments: [
    (#""user":"alice""#, "user alice"), (#""user":"dave","request_id":"q7""#, "request_id q7"),
    (#""user":"dave","job":"payroll""#, "job payroll"),
    (#""user":{"a":1}"#, "user that is no text"),
  ])
  func `nor does one of its tasks, whose line is kept as it came`(
    _ context: String, _ found: String
  ) async throws {
    let bench = try RunSocketBench()
    let response = try await bench.post(
      RunSocketBench.luigi("task.start", context: context))
    #expect(response.status == .unprocessableContent)
    #expect(response.text.contains(#""reason":"contradiction""#) && response.text.contains(found))
    let own = try await bench.post(
      RunSocketBench.luigi("task.start"),
      RunSocketBench.luigi("task.success", context: #""user":"dave","request_id":null"#))
    #expect(own.status == .ok)
    let tasks = bench.sink.records.compactMap { record -> TaskRecord? in
      if case .task(let task) = record.body { task } else { nil }
    }
    #expect(tasks.map(\.event) == [.started, .succeeded])
  }

  @Test func `a time that lies ahead is refused`() async throws {
    let bench = try RunSocketBench()
    let now = Double(Build.time(0).microseconds) / 1e6
    let response = try await bench.post(
      RunSocketBench.luigi("task.start", at: now + 200),
      RunSocketBench.luigi("task.start", at: now + 301))
    #expect(response.text.contains(#"{"line":1,"verdict":"accepted"}"#))
    #expect(response.text.contains(#""reason":"future""#))
  }

  @Test func `a token is good for a run that is known, and shortly after its end`() async throws {
    let line = Array(RunSocketBench.luigi("task.start").utf8)
    let unknown = try RunSocketBench(run: nil)
    #expect(try await unknown.post(line).status == .unauthorized)
    #expect(unknown.sink.records.count == 1)
    let late = try RunSocketBench(run: RunSocketBench.run(endedAt: Build.time(-599)))
    #expect(try await late.post(line).status == .ok)
    let over = try RunSocketBench(run: RunSocketBench.run(endedAt: Build.time(-601)))
    #expect(try await over.post(line).status == .unauthorized)
  }

  @Test func `a run's id that is none reaches nobody`() async throws {
    let bench = try RunSocketBench()
    let name = "a%20b"
    let response = try await bench.post(
      [], to: name, token: bench.tokens.token(for: "a b"))
    #expect(response.status == .unauthorized)
  }

  @Test func `refusals are recorded thirty a minute, the others counted`() async throws {
    let clock = Mutex(Build.time(0))
    let fake = Surroundings.fake()
    let bench = try RunSocketBench(
      surroundings: Surroundings(now: { clock.withLock { $0 } }, randomBytes: fake.randomBytes))
    for _ in 0..<100 { _ = try await bench.post([], to: "run-2") }
    #expect(bench.sink.decisions.count == 30)
    clock.withLock { $0 = Build.time(61) }
    #expect(try await bench.post([], to: "run-2").status == .unauthorized)
    #expect(bench.sink.decisions.count == 31)
    #expect(
      bench.sink.decisions[30].reason?.hasSuffix("; 70 more before it were not recorded") == true)
    clock.withLock { $0 = Build.time(-100) }
    _ = try await bench.post([], to: "run-2")
    #expect(bench.sink.decisions.count == 32)
  }

  @Test func `a refusal whose record could not be written is counted by the next one`() async throws
  {
    let bench = try RunSocketBench()
    bench.sink.breakDown()
    for _ in 0..<5 {
      _ = try await bench.post([], to: "run-2")
      _ = try await bench.post(RunSocketBench.shim("started", run: "run-3"))
      _ = try await bench.post("no event")
    }
    bench.sink.breakDown(false)
    _ = try await bench.post([], to: "run-2")
    _ = try await bench.post(RunSocketBench.shim("started", run: "run-3"))
    _ = try await bench.post("no event")
    #expect(bench.sink.decisions.map(\.rule) == ["run_token", "run_token_scope"])
    for decision in bench.sink.decisions {
      #expect(decision.reason?.hasSuffix("; 5 more before it were not recorded") == true)
    }
    guard case .control(let rejected) = try #require(bench.sink.records.last).body else {
      Issue.record("the refused line left no record")
      return
    }
    #expect(rejected.counts.contains(.init("unrecorded", 5)))
  }

  @Test func `what cannot be taken now is 503, line by line`() async throws {
    let bench = try RunSocketBench()
    bench.shims.goDeaf()
    let response = try await bench.post(
      RunSocketBench.shim("started"), RunSocketBench.luigi("task.start"))
    #expect(response.status == .serviceUnavailable)
    #expect(
      response.text.contains(#"{"line":1,"verdict":"unavailable"},{"line":2,"verdict":"accepted"}"#)
    )
    bench.sink.breakDown()
    #expect(
      try await bench.post(RunSocketBench.luigi("task.success")).status == .serviceUnavailable)
    let refused = try await bench.post([], to: "run-2")
    #expect(refused.status == .unauthorized)
  }

  @Test func `too many lines, and too many bytes, are 413 and nothing of them is taken`()
    async throws
  {
    let bench = try RunSocketBench()
    let line = RunSocketBench.shim("x")
    let many = Array(repeating: line, count: 1001).joined(separator: "\n")
    #expect(try await bench.post(Array(many.utf8)).status == .contentTooLarge)
    let large = [UInt8](repeating: 0x20, count: RunSocketService.bodyByteCountMax + 1)
    #expect(try await bench.post(large).status == .contentTooLarge)
    #expect(bench.shims.calls.isEmpty)
    let most = Array(repeating: line, count: 1000).joined(separator: "\n")
    #expect(try await bench.post(Array(most.utf8)).status == .ok)
  }

  @Test func `over the real socket the kernel says who it was`() async throws {
    let bench = try RunSocketBench()
    let directory = try TemporaryDirectory()
    let server = TestServer(
      endpoint: .unixSocket(path: directory.path + "/run.sock"), limits: RunSocketService.limits,
      handler: bench.service.handler)
    try await server.use { server in
      func post(_ token: String, _ line: String) async throws -> String {
        try await exchange(
          server.endpoint,
          "POST /runs/run-1/events HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
            + "Authorization: bearer \(token)\r\nContent-Length: \(line.utf8.count)\r\n\r\n\(line)")
      }
      let token = bench.tokens.token(for: "run-1")
      #expect(try await post(token, RunSocketBench.shim("exited")).hasPrefix("HTTP/1.1 200 "))
      #expect(try await post("nonsense", RunSocketBench.shim("exited")).hasPrefix("HTTP/1.1 401 "))
      let get = try await exchange(
        server.endpoint, "GET /runs/run-1/events HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
      #expect(get.hasPrefix("HTTP/1.1 405 "))
      var status = stat()
      #expect(unsafe stat(directory.path + "/run.sock", &status) == 0)
      #expect(status.st_mode & 0o777 == 0o600)
    }
    #expect(bench.shims.calls.count == 1)
    let reason = try #require(bench.sink.decisions.first?.reason)
    #expect(reason.contains("process \(getpid()) of user \(geteuid())"))
  }
}
