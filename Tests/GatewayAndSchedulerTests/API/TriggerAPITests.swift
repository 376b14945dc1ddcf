import Foundation
import GatewayAndScheduler
import Ingest
import TestSupport
import Testing

/// The trigger API over fakes: who is believed, what is judged, what is recorded, what is answered.
@Suite struct TriggerAPITests {
  @Test("every request gets its status and the headers of every answer", arguments: APIScenario.all)
  func scenario(_ scenario: APIScenario) async throws {
    let (response, bench) = try await scenario.answer()
    #expect(response.status.code == scenario.status, "\(response.text)")
    #expect(response.headers["X-Request-Id"]?.utf8.count == 32)
    #expect(response.headers["Cache-Control"] == "no-store")
    #expect(response.headers["X-Content-Type-Options"] == "nosniff")
    #expect(response.headers.firstUnsendable == nil)
    guard scenario.status >= 400 else { return }
    #expect(response.headers["Content-Type"] == "application/problem+json")
    #expect((response.headers["WWW-Authenticate"] != nil) == (scenario.status == 401))
    #expect(
      (response.headers["Retry-After"] != nil) == (scenario.status == 503) || scenario.status == 409
    )
    if [401, 413, 415, 422].contains(scenario.status), scenario.outcome == nil {
      #expect(bench.scheduler.seen.requests.isEmpty && bench.scheduler.seen.orders.isEmpty)
    }
  }

  @Test func `a trigger is handed on with the caller, and answered with the run`() async throws {
    let bench = APIBench()
    let response = try await bench.ask(
      .post, "/jobs/etl/runs",
      [
        "Idempotency-Key": "k-1",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      ], body: "{ \"params\" : { \"a\" : \"x y\",\n\t\"b\": [1.50, \"\\n \\\" \"] } }")
    #expect(response.status == .accepted)
    #expect(response.headers["Location"] == "/runs/0123456789abcdef0123456789abcdef")
    #expect(response.headers["X-Run-Id"] == "0123456789abcdef0123456789abcdef")
    let request = try #require(bench.scheduler.seen.requests.first)
    #expect(request.job == "etl" && request.trigger == .request)
    #expect(
      String(decoding: request.parameters, as: UTF8.self) == #"{"a":"x y","b":[1.50,"\n \" "]}"#)
    #expect(request.identity == FakeChecker.identity("alice", .serviceToken))
    #expect(request.requestID == response.headers["X-Request-Id"])
    #expect(request.traceID == "0af7651916cd43dd8448eb211c80319c")
    #expect(request.idempotencyKey == "k-1" && request.remoteIP == "127.0.0.1")
    let decision = try #require(bench.sink.decisions.first)
    #expect(bench.sink.records.count == 1)
    #expect(decision.effect == .permit && decision.rule == "operators")
    #expect(decision.action == "run:trigger" && decision.job == "etl")
    #expect(decision.requestID == request.requestID && decision.principal == "alice")
    let header = try #require(bench.sink.records.first?.header)
    #expect(header.source == "vigil/gateway")
    #expect(header.id == "decision/\(request.requestID ?? "")")
  }

  @Test(
    "a traceparent that is not well-formed is none",
    arguments: [
      "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
      "00-00000000000000000000000000000000-b7ad6b7169203331-01",
      "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
      "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331", "00", "", "$(id)",
    ])
  func malformedTrace(_ value: String) async throws {
    let bench = APIBench()
    _ = try await bench.ask(.post, "/jobs/etl/runs", ["traceparent": value])
    #expect(try #require(bench.scheduler.seen.requests.first).traceID == nil)
  }

  @Test func `a request that the gateway vouches for keeps its id and is not judged twice`()
    async throws
  {
    let bench = APIBench()
    let headers: HTTPHeaders = ["X-Vigil-Assertion": "stranger edge-1", "X-Request-Id": "forged"]
    let response = try await bench.ask(.post, "/jobs/etl/runs", as: nil, headers)
    #expect(response.status == .accepted)
    #expect(response.headers["X-Request-Id"] == "edge-1")
    #expect(bench.sink.records.isEmpty)
    let request = try #require(bench.scheduler.seen.requests.first)
    #expect(request.requestID == "edge-1" && request.remoteIP == "192.0.2.7")
  }

  @Test func `a client's own request id is not taken over`() async throws {
    let bench = APIBench()
    let response = try await bench.ask(.post, "/jobs/etl/runs", ["X-Request-Id": "forged"])
    #expect(response.headers.values("X-Request-Id").count == 1)
    #expect(response.headers["X-Request-Id"] != "forged")
    #expect(try #require(bench.scheduler.seen.requests.first).requestID != "forged")
  }

  @Test(
    "orders are judged again though the gateway vouches for them",
    arguments: [("/runs/run-1/kill", "run:kill"), ("/approvals/ap-1", "approval:give")])
  func ordersJudgedAgain(_ target: String, _ action: String) async throws {
    let bench = APIBench()
    let verdict = action == "approval:give" ? "{\"verdict\":\"give\"}" : ""
    let refused = try await bench.ask(
      .post, target, as: nil, ["X-Vigil-Assertion": "stranger edge-1"], body: verdict)
    #expect(refused.status == .forbidden && bench.scheduler.seen.orders.isEmpty)
    #expect(bench.sink.records.map(\.header.id) == ["decision/edge-1/\(action)"])
    #expect(bench.sink.decisions.map(\.effect) == [.deny])
    let done = try await bench.ask(
      .post, target, as: nil, ["X-Vigil-Assertion": "bob edge-2"], body: verdict)
    #expect(done.status.isSuccess && bench.scheduler.seen.orders.count == 1)
    #expect(bench.sink.decisions.last?.effect == .permit)
  }

  @Test func `who asked for a run cannot approve of it, and the record says why`() async throws {
    let bench = APIBench()
    let response = try await bench.ask(.post, "/approvals/ap-1", body: "{\"verdict\":\"give\"}")
    #expect(response.status == .forbidden && response.text.contains("\"rule\":\"approver\""))
    #expect(bench.scheduler.seen.orders.isEmpty)
    let decision = try #require(bench.sink.decisions.first)
    #expect(decision.effect == .deny && decision.rule == "approver" && decision.job == "etl")
    _ = try await bench.ask(
      .post, "/approvals/ap-1", as: "bob", body: "{\"verdict\":\"refuse\",\"reason\":\"no\"}")
    #expect(bench.scheduler.seen.orders == ["refuse ap-1 by bob: no"])
  }

  @Test func `a service approves of nothing, whoever asked`() async throws {
    for headers: HTTPHeaders in [[:], ["X-Vigil-Assertion": "svc-ci edge-1"]] {
      let bench = APIBench()
      let response = try await bench.ask(
        .post, "/approvals/ap-1", as: headers.fields.isEmpty ? "svc-ci" : nil, headers,
        body: "{\"verdict\":\"give\"}")
      #expect(response.status == .forbidden && response.text.contains("\"rule\":\"approver\""))
      #expect(bench.scheduler.seen.orders.isEmpty)
      let decision = try #require(bench.sink.decisions.first)
      #expect(decision.effect == .deny && decision.rule == "approver")
      #expect(decision.principal == "svc-ci" && decision.principalType == .service)
      #expect(decision.reason == "only a person can approve: svc-ci is a service")
    }
  }

  @Test func `a trigger that the policy holds goes on to the scheduler, another order does not`()
    async throws
  {
    let bench = APIBench()
    bench.scheduler.answer { run in
      var view = run
      view.state = .held
      view.approvalID = "ap-7"
      return .held(view)
    }
    let response = try await bench.ask(.post, "/jobs/held/runs")
    #expect(response.status == .accepted && bench.scheduler.seen.requests.count == 1)
    #expect(response.text.contains(#""state":"held""#))
    #expect(response.text.contains(#""approval_id":"ap-7""#))
    let kill = try await bench.ask(.post, "/runs/run-4/kill")
    #expect(kill.status == .forbidden && bench.scheduler.seen.orders.isEmpty)
    #expect(bench.sink.decisions.map(\.effect) == [.hold, .deny])
    #expect(bench.sink.decisions.map(\.rule) == ["four-eyes", "four-eyes"])
  }

  @Test func `an order is carried out only when its record is durable`() async throws {
    let bench = APIBench()
    bench.sink.breakDown()
    for (target, body) in [
      ("/jobs/etl/runs", ""), ("/runs/run-1/kill", ""),
      ("/approvals/ap-1", "{\"verdict\":\"give\"}"),
    ] {
      let response = try await bench.ask(.post, target, as: "bob", body: body)
      #expect(response.status == .serviceUnavailable)
    }
    #expect(bench.scheduler.seen.requests.isEmpty && bench.scheduler.seen.orders.isEmpty)
  }

  @Test func `without random bytes nobody gets a request id, and nothing is done`() async throws {
    let bench = APIBench(hasRandomBytes: false)
    let response = try await bench.ask(.post, "/jobs/etl/runs")
    #expect(response.status == .serviceUnavailable)
    #expect(bench.scheduler.seen.requests.isEmpty && bench.sink.records.isEmpty)
  }

  @Test(
    "nobody is believed by a header, and the record tells of the try",
    arguments: [
      ("Remote-User", "root"), ("remote-groups", "admins"), ("X-Forwarded-User", "root"),
      ("REMOTE-EMAIL", "a\u{202E}b\\c\u{85}"), ("Remote-User", "a\" was sent; header x \"b"),
    ])
  func spoofedIdentity(_ name: String, _ value: String) async throws {
    let bench = APIBench()
    let headers: HTTPHeaders = [name: value]
    let response = try await bench.ask(.post, "/jobs/etl/runs", as: nil, headers)
    #expect(response.status == .unauthorized)
    #expect(bench.scheduler.seen.requests.isEmpty)
    let decision = try #require(bench.sink.decisions.first)
    #expect(decision.effect == .deny && decision.rule == "credential")
    #expect(decision.principal == nil && decision.job == "etl")
    let reason = try #require(decision.reason)
    #expect(reason.contains("header \(name) \""))
    #expect(reason.utf8.count { $0 == UInt8(ascii: "\"") } == 2, "\(reason)")
    #expect(reason.utf8.allSatisfy { (0x20..<0x7F).contains($0) }, "\(reason)")
    let denied = try await bench.ask(.post, "/jobs/etl/runs", as: "stranger", headers)
    #expect(denied.status == .forbidden)
  }

  @Test func `a long header value is cut in the record`() async throws {
    let bench = APIBench()
    let value = String(repeating: "u", count: 5000)
    _ = try await bench.ask(.get, "/runs", as: nil, ["Remote-User": value])
    let reason = try #require(bench.sink.decisions.first?.reason)
    #expect(reason.utf8.count < 200 && reason.contains("uuu...\""))
  }

  @Test func `a refused credential is named in the record and not on the wire`() async throws {
    let bench = APIBench()
    let response = try await bench.ask(.get, "/runs", as: "expired")
    #expect(response.status == .unauthorized && !response.text.contains("expired"))
    #expect(response.headers["WWW-Authenticate"]?.contains("invalid_token") == true)
    let decision = try #require(bench.sink.decisions.first)
    #expect(decision.reason == "expired: since\\u{a}yesterday")
    #expect(decision.credential == .serviceToken && decision.credentialID == "tok-1")
  }

  @Test func `the chain's first credential decides`() async throws {
    let chain = CredentialChain([FakeChecker(), Believer()])
    func verdict(_ headers: HTTPHeaders) async throws -> Authentication {
      let target = try HTTPTarget(Array("/".utf8))
      let request = HTTPRequest(method: .get, target: target, headers: headers, peer: .unnamed)
      return await chain.authenticate(request, at: Build.time(0))
    }
    let believed = Authentication.authenticated(FakeChecker.identity("bob", .session), nil)
    #expect(try await verdict([:]) == believed)
    guard case .refused = try await verdict(["Authorization": "Bearer nobody"]) else {
      Issue.record("a refused credential had another try")
      return
    }
    let nobody = CredentialChain([])
    func unchecked(_ headers: HTTPHeaders) async throws -> Authentication {
      let target = try HTTPTarget(Array("/".utf8))
      return await nobody.authenticate(
        HTTPRequest(method: .get, target: target, headers: headers, peer: .unnamed),
        at: Build.time(0))
    }
    #expect(try await unchecked([:]) == .anonymous)
    guard case .refused(let refusal) = try await unchecked(["Authorization": "Basic eA=="]) else {
      Issue.record("an unknown credential counts as none")
      return
    }
    #expect(refusal.reason == "unknown")
  }

  private struct Believer: CredentialChecker {
    func authenticate(_ request: HTTPRequest, at now: Timestamp) async -> Authentication {
      .authenticated(FakeChecker.identity("bob", .session), nil)
    }
  }

  @Test func `a session that a page of another site uses is 403, and recorded`() async throws {
    let bench = APIBench()
    for (site, status) in [("cross-site", 403), ("same-origin", 202)] {
      let headers: HTTPHeaders = ["Cookie": "session=alice", "Sec-Fetch-Site": site]
      let response = try await bench.ask(.post, "/jobs/etl/runs", as: nil, headers)
      #expect(response.status.code == status)
    }
    #expect(bench.scheduler.seen.requests.count == 1)
    #expect(bench.sink.decisions.map(\.rule) == ["credential", "operators"])
    #expect(bench.sink.decisions.map(\.reason).first == "cross_site")
  }

  @Test func `lists leave out what the policy hides`() async throws {
    let bench = APIBench()
    let runs = try await bench.ask(.get, "/runs?limit=3").text
    #expect(runs.contains("run-1") && runs.contains("run-3") && !runs.contains("run-2"))
    #expect(runs.contains("\"next\":\"/runs?limit=3&before=run-3\""))
    let jobs = try await bench.ask(.get, "/jobs").text
    #expect(jobs.contains("\"etl\"") && !jobs.contains("secret"))
    let approvals = try await bench.ask(.get, "/approvals").text
    #expect(approvals.contains("ap-1") && !approvals.contains("ap-2"))
    #expect(bench.sink.decisions.map(\.action) == ["run:view", "job:view", "approval:view"])
  }

  @Test(
    "who may see one job alone gets that part of a list",
    arguments: ["/runs", "/jobs", "/approvals"])
  func partOfList(_ path: String) async throws {
    let bench = APIBench()
    let response = try await bench.ask(.get, path, as: "svc-ci")
    #expect(response.status == .ok && response.text.contains("\"job\":\"etl\""))
    #expect(!response.text.contains("secret") && !response.text.contains("held"))
    #expect(bench.sink.decisions.map(\.effect) == [.permit])
  }

  @Test func `the filter of a list reaches the scheduler whole`() async throws {
    let bench = APIBench()
    _ = try await bench.ask(
      .get, "/runs?job=etl&principal=a%20b&state=timed_out&limit=2&before=run-9")
    var filter = RunFilter()
    filter.job = "etl"
    filter.principal = "a b"
    filter.state = .timedOut
    filter.countMax = 2
    filter.before = "run-9"
    #expect(bench.scheduler.seen.filters == [filter])
  }

  @Test func `a run of a hidden job is refused, also to whom the gateway vouches for`() async throws
  {
    let bench = APIBench()
    let headers: HTTPHeaders = ["X-Vigil-Assertion": "alice edge-1"]
    #expect(try await bench.ask(.get, "/runs/run-1", as: nil, headers).status == .ok)
    #expect(bench.sink.records.isEmpty)
    #expect(try await bench.ask(.get, "/runs/run-2", as: nil, headers).status == .forbidden)
    #expect(bench.sink.records.map(\.header.id) == ["decision/edge-1/run:view"])
  }

  @Test func `what happened inside a run does not show as its state`() async throws {
    let bench = APIBench()
    bench.scheduler.answer { run in
      var view = run
      view.state = .progress
      return .accepted(view)
    }
    let text = try await bench.ask(.post, "/jobs/etl/runs").text
    #expect(text.contains("\"state\":\"started\""))
  }

  @Test func `paths and methods that are not there are problems too`() async throws {
    let bench = APIBench()
    let missing = try await bench.ask(.get, "/jobs//runs", as: nil)
    #expect(missing.status == .notFound)
    let wrong = try await bench.ask(.put, "/jobs/etl/runs", as: nil)
    #expect(wrong.status == .methodNotAllowed && wrong.headers["Allow"] == "POST")
    for response in [missing, wrong] {
      #expect(response.headers["Content-Type"] == "application/problem+json")
      #expect(response.headers["X-Request-Id"]?.utf8.count == 32)
    }
    #expect(await bench.failures(2).map(\.status) == [404, 405])
    #expect(bench.sink.records.count == 2)
  }

  @Test func `where nobody stands in front, requests leave a record of their own`() async throws {
    var settings = TriggerAPISettings()
    settings.recordsRequests = true
    let bench = APIBench(settings: settings)
    let response = try await bench.ask(
      .post, "/jobs/etl/runs?x=1", ["User-Agent": "curl\u{202E}/8"], body: "{}")
    let last = try #require(bench.sink.records.last)
    guard case .request(let request) = last.body else {
      Issue.record("no request record: \(last)")
      return
    }
    #expect(last.header.id == "request/\(response.headers["X-Request-Id"] ?? "")")
    #expect(request.status == 202 && request.principal == "alice" && request.job == "etl")
    #expect(request.runID == response.headers["X-Run-Id"] && request.path == "/jobs/etl/runs")
    #expect(request.queryKeys == ["x"] && request.userAgent == "curl\\u{202e}/8")
    #expect(request.remoteIP == "127.0.0.1" && request.bytesIn == 2)
    _ = try await bench.ask(.get, "/runs", as: nil)
    _ = try await bench.ask(.get, "/healthz", as: nil)
    let statuses = bench.sink.records.compactMap {
      if case .request(let request) = $0.body { request.status } else { nil }
    }
    #expect(statuses == [202, 401])
  }

  @Test func `what a gateway judged leaves one too where no access log tells of it`() async throws {
    for recordsRequests in [true, false] {
      var settings = TriggerAPISettings()
      settings.recordsRequests = recordsRequests
      let bench = APIBench(settings: settings)
      let response = try await bench.ask(
        .post, "/jobs/etl/runs", as: nil, ["X-Vigil-Assertion": "alice edge-1"], body: "{}")
      #expect(response.status == .accepted)
      let requests = bench.sink.records.compactMap { record -> RequestRecord? in
        if case .request(let request) = record.body { request } else { nil }
      }
      #expect(requests.map(\.requestID) == (recordsRequests ? ["edge-1"] : []))
      #expect(requests.allSatisfy { $0.principal == "alice" && $0.runID != nil })
    }
  }
}
