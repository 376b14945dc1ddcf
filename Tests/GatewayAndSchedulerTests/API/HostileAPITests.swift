import GatewayAndScheduler
import Ingest
import TestSupport
import Testing

/// Whatever is sent to the trigger API on the real server: its status, its record where one is due, and
/// nothing else happens.
@Suite struct HostileAPITests {
  /// One thing sent as raw bytes.
  struct Case: Sendable, CustomTestStringConvertible {
    let what: String
    let bytes: [UInt8]
    /// 0: the connection is cut without an answer.
    let status: Int
    /// Effects of the decision records, in order; empty where the request never reached the API.
    let effects: [DecisionRecord.Effect]
    /// What the scheduler was asked to trigger.
    var parameters: String?

    var testDescription: String { "\(status) \(what)" }
  }

  private static let limits: HTTPLimits = {
    var limits = HTTPLimits()
    limits.bodyByteCountMax = 64 << 10
    limits.idleMax = .milliseconds(300)
    limits.receivingMax = .milliseconds(300)
    return limits
  }()

  private static let alice = "Host: h\r\nConnection: close\r\nAuthorization: Bearer alice\r\n"

  private static func post(
    _ what: String, _ status: Int, _ target: String = "/jobs/etl/runs", head: String = alice,
    body: String = "", _ effects: [DecisionRecord.Effect] = [.permit], parameters: String? = nil
  ) -> Case {
    let text =
      "POST \(target) HTTP/1.1\r\n\(head)Content-Type: application/json\r\n"
      + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    return Case(
      what: what, bytes: Array(text.utf8), status: status, effects: effects, parameters: parameters)
  }

  private static func raw(_ what: String, _ status: Int, _ text: String) -> Case {
    Case(what: what, bytes: Array(text.utf8), status: status, effects: [])
  }

  // MARK: Never a request

  private static let malformed: [Case] = [
    raw("no HTTP at all", 0, "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}"),
    raw("no version", 400, "POST /jobs/etl/runs\r\n\(alice)\r\n"),
    raw(
      "two lengths", 400,
      "POST /jobs/etl/runs HTTP/1.1\r\n\(alice)Content-Length: 0\r\nContent-Length: 5\r\n\r\nhello"),
    raw(
      "length and chunks", 400,
      "POST /jobs/etl/runs HTTP/1.1\r\n\(alice)Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    raw(
      "odd coding", 501,
      "POST /jobs/etl/runs HTTP/1.1\r\n\(alice)Transfer-Encoding: gzip, chunked\r\n\r\n"),
    raw(
      "space before the colon", 400,
      "POST /jobs/etl/runs HTTP/1.1\r\n\(alice)Remote-User : root\r\n\r\n"),
    raw("a folded header", 400, "POST /jobs/etl/runs HTTP/1.1\r\n\(alice)X: a\r\n\u{1}b\r\n\r\n"),
    raw("two hosts", 400, "POST /jobs/etl/runs HTTP/1.1\r\nHost: a\r\n\(alice)\r\n"),
    raw("no host", 400, "POST /jobs/etl/runs HTTP/1.1\r\nAuthorization: Bearer alice\r\n\r\n"),
    raw("a method that is no token", 400, "PO(ST /jobs/etl/runs HTTP/1.1\r\n\(alice)\r\n"),
    raw(
      "a method of 40 bytes", 400,
      "\(String(repeating: "P", count: 40)) /jobs HTTP/1.1\r\n\(alice)\r\n"),
    raw(
      "a header of 1 MiB", 0,
      "POST /jobs/etl/runs HTTP/1.1\r\n\(alice)X: \(String(repeating: "x", count: 1 << 20))\r\n\r\n"
    ),
    raw(
      "200 headers", 431,
      "GET /jobs HTTP/1.1\r\n\(alice)\((0..<200).map { "X-\($0): y\r\n" }.joined())\r\n"),
    raw(
      "a token of 1 MiB", 0,
      "GET /jobs HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAuthorization: Bearer \(String(repeating: "a", count: 1 << 20))\r\n\r\n"
    ),
    raw(
      "a token of 100,000 bytes", 431,
      "GET /jobs HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAuthorization: Bearer \(String(repeating: "a.", count: 50_000))\r\n\r\n"
    ),
    raw(
      "a target of 9,000 bytes", 414,
      "GET /jobs/\(String(repeating: "a", count: 9000)) HTTP/1.1\r\n\(alice)\r\n"),
    raw(
      "a body that is announced too long", 413,
      "POST /jobs/etl/runs HTTP/1.1\r\n\(alice)Content-Length: 999999999\r\n\r\n"),
    raw(
      "a body that stops", 0, "POST /jobs/etl/runs HTTP/1.1\r\n\(alice)Content-Length: 100\r\n\r\n{"
    ),
    raw("headers that stop", 0, "POST /jobs/etl/runs HTTP/1.1\r\nHost: h\r\nX"),
  ]

  // MARK: Paths

  private static let paths: [Case] = [
    post("a step up", 400, "/jobs/../runs", []),
    post("an escaped step up", 400, "/jobs/%2e%2e/runs", []),
    post("half escaped", 400, "/jobs/.%2E/runs", []),
    post("an escaped slash", 400, "/jobs/a%2fb/runs", []),
    post("a backslash", 400, "/jobs/a%5Cb/runs", []),
    post("a zero byte", 400, "/jobs/a%00b/runs", []),
    post("a line break", 400, "/jobs/a%0Ab/runs", []),
    post("no UTF-8", 400, "/jobs/%ff/runs", []), post("a broken escape", 400, "/jobs/%zz/runs", []),
    post("an empty name", 404, "/jobs//runs", []),
    post("doubled slashes", 404, "//jobs/etl/runs", []),
    post("a slash at the end", 404, "/jobs/etl/runs/", []),
    post("escaped twice", 202, "/jobs/%252e%252e/runs", parameters: "{}"),
    post("another case", 404, "/Jobs/etl/runs", []),
    post("a name of 300 bytes", 404, "/jobs/\(String(repeating: "a", count: 300))/runs"),
    post("a name with a space", 404, "/jobs/a%20b/runs"),
    post("a name turned round", 404, "/jobs/a%E2%80%AEb/runs"),
    post("a name with a line separator", 404, "/jobs/a%E2%80%A8b/runs"),
    post("a name with NEL", 404, "/jobs/a%C2%85b/runs"),
    post("a name of letters beyond ASCII", 202, "/jobs/%C3%BCbersicht/runs", parameters: "{}"),
    post("a name that is an option", 202, "/jobs/--help/runs", parameters: "{}"),
    post("a name that is a command", 404, "/jobs/$(id)%20;%20rm%20-rf%20~/runs"),
    post(
      "absolute form of another host", 202, "http://evil.example/jobs/etl/runs", parameters: "{}"),
    post("a run's id that is none", 404, "/runs/$(id)/kill"),
    post("a run's id of 200 bytes", 404, "/runs/\(String(repeating: "a", count: 200))/kill"),
  ]

  // MARK: Bodies and headers

  private static let bodies: [Case] = [
    post(
      "options and shell words", 202,
      body: #"{"params":{"day":"--config=/etc/passwd; $(reboot) `id` | sh\n","-rf":"/"}}"#,
      parameters: #"{"day":"--config=/etc/passwd; $(reboot) `id` | sh\n","-rf":"/"}"#),
    post(
      "escapes and numbers as they were written", 202, body: #"{"params":{"\u0061":1e2,"b":-0.0}}"#,
      parameters: #"{"\u0061":1e2,"b":-0.0}"#),
    post(
      "names that mean something elsewhere", 202,
      body: #"{"params":{"__proto__":{"a":1},"constructor":null}}"#,
      parameters: #"{"__proto__":{"a":1},"constructor":null}"#),
    post("the same key twice", 400, body: #"{"params":{"a":1,"\u0061":2}}"#),
    post(
      "too deep", 400,
      body:
        "{\"params\":{\"a\":\(String(repeating: "[", count: 200))1\(String(repeating: "]", count: 200))}}"
    ),
    post("a number without end", 400, body: "{\"params\":{\"a\":1e999999}}"),
    post("a raw control character", 400, body: "{\"params\":{\"a\":\"\u{1}\"}}"),
    post("two texts", 400, body: "{}{}"), post("a byte order mark", 400, body: "\u{FEFF}{}"),
    post(
      "17 KiB", 413, body: "{\"params\":{\"a\":\"\(String(repeating: "x", count: 17 << 10))\"}}"),
    post("100 KiB", 413, body: String(repeating: "x", count: 100 << 10), []),
    post("another key", 422, body: #"{"command":"sh"}"#),
    post(
      "a forged request id", 202, head: alice + "X-Request-Id: 1\r\nX-Run-Id: r\r\n",
      parameters: "{}"),
    post(
      "another method by header", 202, head: alice + "X-HTTP-Method-Override: DELETE\r\n",
      parameters: "{}"),
    post("a key with a line", 400, head: alice + "Idempotency-Key: a\tb\r\n"),
    post(
      "a spoofed user", 401, head: "Host: h\r\nConnection: close\r\nRemote-User: root\r\n", [.deny]),
    post(
      "a user name that writes lines", 401,
      head:
        "Host: h\r\nConnection: close\r\nRemote-User: a\",\"effect\":\"permit\u{2028}\u{85}\r\n",
      [.deny]),
    post(
      "a forwarded user beside a token that does not count", 401,
      head: "Host: h\r\nConnection: close\r\nX-Forwarded-User: root\r\nAuthorization: Bearer x\r\n",
      [.deny]),
    post(
      "no rights", 403, head: "Host: h\r\nConnection: close\r\nAuthorization: Bearer stranger\r\n",
      [.deny]),
  ]

  // MARK: Methods

  private static let methods: [Case] =
    ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "post"]
    .map { raw("\($0) on a trigger", 405, "\($0) /jobs/etl/runs HTTP/1.1\r\n\(alice)\r\n") }
    + [
      raw("CONNECT", 400, "CONNECT h:443 HTTP/1.1\r\n\(alice)\r\n"),
      raw("an asterisk", 404, "OPTIONS * HTTP/1.1\r\n\(alice)\r\n"),
      raw("POST of a list", 405, "POST /jobs HTTP/1.1\r\n\(alice)Content-Length: 0\r\n\r\n"),
      raw("HTTP/2's first words", 0, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ]

  @Test(arguments: malformed + paths + bodies + methods)
  func `each gets its status, its record, and nothing else happens`(_ item: Case) async throws {
    let bench = APIBench()
    let server = TestServer(
      limits: HostileAPITests.limits, incidents: { bench.incidents.note($0) },
      handler: bench.handler)
    try await server.use { server in
      let answer = try await exchange(server.endpoint, item.bytes)
      if item.status == 0 {
        #expect(
          answer.isEmpty || answer.hasPrefix("HTTP/1.1 4") || answer.hasPrefix("HTTP/1.1 505"),
          "\(answer.prefix(200))")
      } else {
        #expect(answer.hasPrefix("HTTP/1.1 \(item.status) "), "\(answer.prefix(300))")
      }
      let alive = try await exchange(
        server.endpoint, "GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
      #expect(alive.hasPrefix("HTTP/1.1 200 "))
    }
    let seen = bench.scheduler.seen
    #expect(bench.sink.decisions.map(\.effect) == item.effects)
    #expect(
      seen.requests.map { String(decoding: $0.parameters, as: UTF8.self) }
        == (item.parameters.map { [$0] } ?? []))
    #expect(seen.orders.isEmpty)
    // What never reached the API is a record all the same: one.
    let failures = await bench.failures(item.effects.isEmpty ? 1 : 0)
    #expect(failures.map(\.event) == (item.effects.isEmpty ? [.requestFailed] : []))
    if let failure = failures.first {
      #expect(failure.reason?.isEmpty == false && failure.counts.first?.value == 1)
      // Where no request line was read, the library's own 400 is not ours to tell.
      let isUnread = item.status == 0 || failure.counts.first?.name == "no_request"
      #expect(isUnread || failure.status == item.status, "\(failure)")
    }
    try HostileAPITests.requireOneLine(bench.sink.records)
  }

  /// As entries of a journal: one line each, nothing in them that turns or breaks a line for a reader.
  private static func requireOneLine(_ records: [Record]) throws {
    for record in records {
      let text = String(decoding: record.encoded(), as: UTF8.self)
      let isPlain = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
      let turning: Set<Unicode.Scalar> = ["\u{85}", "\u{2028}", "\u{2029}", "\u{202E}"]
      #expect(isPlain && !text.unicodeScalars.contains(where: turning.contains), "\(text)")
      var document = JSONDocument()
      try document.parse(Array(text.utf8).span)
      #expect(try Record(document) == record)
    }
  }

  @Test func `a client that drips its body is cut, and triggers nothing`() async throws {
    let bench = APIBench()
    let server = TestServer(
      limits: HostileAPITests.limits, incidents: { bench.incidents.note($0) },
      handler: bench.handler)
    try await server.use { server in
      let sent = try await offPool {
        let connection = try RawConnection(server.endpoint)
        connection.send(
          "POST /jobs/etl/runs HTTP/1.1\r\n\(HostileAPITests.alice)Content-Length: 1000\r\n\r\n")
        return connection.drip(" ", atMost: 400)
      }
      #expect(sent < 400 && server.counters.cutOff == 1)
    }
    let failures = await bench.failures(1)
    #expect(failures.map(\.event) == [.requestFailed])
    #expect(failures.first?.counts.first?.name == "cut_off")
    #expect(bench.scheduler.seen.requests.isEmpty && bench.sink.records.count == 1)
  }

  @Test func `a body in the tail of another request is no request of its own`() async throws {
    let bench = APIBench()
    let inner = "POST /runs/run-1/kill HTTP/1.1\r\n\(HostileAPITests.alice)\r\n"
    try await TestServer(limits: HostileAPITests.limits, handler: bench.handler).use { server in
      let answer = try await exchange(
        server.endpoint,
        "POST /jobs/etl/runs HTTP/1.1\r\n\(HostileAPITests.alice)Content-Type: application/json\r\n"
          + "Content-Length: \(inner.utf8.count)\r\n\r\n\(inner)")
      #expect(answer.hasPrefix("HTTP/1.1 400 "))
      #expect(answer.matches(of: /HTTP\/1\.1/).count == 1)
    }
    #expect(bench.scheduler.seen.orders.isEmpty && bench.scheduler.seen.requests.isEmpty)
  }
}
