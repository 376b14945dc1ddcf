import GatewayAndScheduler
import Synchronization
import Testing

/// Whatever is sent: an answer of the stated kind or a hang-up, the handler not reached, and the
/// server well afterwards.
@Suite struct HostileRequestTests {
  /// What a server told of, in order.
  final class IncidentList: Sendable {
    private let list = Mutex<[HTTPIncident]>([])
    var all: [HTTPIncident] { list.withLock { $0 } }
    func note(_ incident: HTTPIncident) { list.withLock { $0.append(incident) } }
  }

  private static let head = "Host: h\r\nConnection: close\r\n"

  private static let limits: HTTPLimits = {
    var limits = HTTPLimits()
    limits.bodyByteCountMax = 1000
    limits.headerCountMax = 20
    return limits
  }()

  /// The library does not see a peer that only ends its own direction; time cuts it.
  private static let impatient: HTTPLimits = {
    var limits = HostileRequestTests.limits
    limits.idleMax = .milliseconds(150)
    limits.receivingMax = .milliseconds(150)
    return limits
  }()

  /// A server whose handler must never be reached but for `/alive`; what it told of the others.
  @discardableResult
  private func withGuardedServer(
    limits: HTTPLimits = HostileRequestTests.limits, _ body: (HTTPServer) async throws -> Void
  ) async throws -> [HTTPIncident] {
    let incidents = IncidentList()
    try await TestServer(
      limits: limits, incidents: { incidents.note($0) },
      handler: { request in
        if request.target.text != "/alive" { Issue.record("handler reached: \(request.target)") }
        return .text(.ok, "alive")
      }
    ).use { server in
      try await body(server)
      let answer = try await exchange(
        server.endpoint, "GET /alive HTTP/1.1\r\n\(HostileRequestTests.head)\r\n")
      #expect(answer.hasSuffix("alive\n"))
    }
    return incidents.all
  }

  @Test(arguments: [
    ("GET /%zz HTTP/1.1\r\n\(head)\r\n", 400),
    ("GET /%ff HTTP/1.1\r\n\(head)\r\n", 400),
    ("GET /\u{E9} HTTP/1.1\r\n\(head)\r\n", 400),
    ("GET /../etc/passwd HTTP/1.1\r\n\(head)\r\n", 400),
    ("GET /a/%2e%2e/b HTTP/1.1\r\n\(head)\r\n", 400),
    ("GET /a%2fb HTTP/1.1\r\n\(head)\r\n", 400),
    ("GET nowhere HTTP/1.1\r\n\(head)\r\n", 400),
    ("CONNECT h:443 HTTP/1.1\r\n\(head)\r\n", 400),
    ("G@T / HTTP/1.1\r\n\(head)\r\n", 400),
    ("GET / HTTP/1.1\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\n\(head)\r\n", 400),
    ("GET / HTTP/1.1\r\n\(head)Name With Space: v\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\n\(head)X : v\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\n\(head)X: a\u{1}b\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\n\(head)Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
    ("POST / HTTP/1.1\r\n\(head)Content-Length: 1\r\nContent-Length: 1\r\n\r\na", 400),
    (
      "POST / HTTP/1.1\r\n\(head)Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400
    ),
    ("POST / HTTP/1.1\r\n\(head)Content-Length : 5\r\n\r\nabcde", 400),
    ("POST / HTTP/1.1\r\n\(head)Content-Length: -5\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\n\(head)Content-Length: 5x\r\n\r\nabcde", 400),
    ("POST / HTTP/1.1\r\n\(head)Content-Length: 99999999999999999999999\r\n\r\n", 413),
    ("POST / HTTP/1.1\r\n\(head)Transfer-Encoding: gzip\r\n\r\n", 501),
    ("POST / HTTP/1.1\r\n\(head)Transfer-Encoding: chunked, gzip\r\n\r\n", 501),
    ("POST / HTTP/1.1\r\n\(head)Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
    ("POST / HTTP/1.1\r\n\(head)Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
    ("POST / HTTP/1.1\r\n\(head)Transfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\n\(head)Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\n\(head)Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", 413),
    ("POST / HTTP/1.1\r\n\(head)Expect: something\r\nContent-Length: 1\r\n\r\na", 417),
    ("GET / HTTP/9.1\r\n\(head)\r\n", 505),
  ])
  func `a request that is wrong is answered for what it is`(
    text: String, status: Int
  ) async throws {
    let told = try await withGuardedServer { server in
      let answer = try await exchange(server.endpoint, text)
      #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer.prefix(200))")
    }
    // Of a version that it does not know the library tells nothing.
    let isKnown = status != 505
    #expect(told.map(\.status?.code) == [isKnown ? status : nil], "\(told)")
    #expect(told.map(\.kind) == [isKnown ? .refused : .noRequest], "\(told)")
  }

  @Test(arguments: [
    "", "\r\n", "\r\n\r\n\r\n", "GET", "GET /", "GET / HTTP/1.1", "GET / HTTP/1.1\r\nHost: h\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
    "\u{16}\u{3}\u{1}\u{2}\u{0}",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", " \r\n \r\n", "GET \r\n\r\n", ":\r\n\r\n",
    "\u{0}\u{0}\u{0}\r\n\r\n",
  ])
  func `half a request, or none, ends with the connection`(text: String) async throws {
    let told = try await withGuardedServer(limits: HostileRequestTests.impatient) { server in
      let answer = try await offPool {
        let connection = try RawConnection(server.endpoint)
        connection.send(text)
        connection.finishSending()
        return connection.readToEnd().map { String(decoding: $0, as: UTF8.self) }
      }
      let text = try #require(answer, "neither an answer nor a hang-up")
      #expect(text.isEmpty || text.hasPrefix("HTTP/1."), "\(text)")
      #expect(!text.contains(" 200 "))
    }
    // A connection on which nothing was said is no incident.
    #expect(told.count == (text.isEmpty ? 0 : 1), "\(told)")
  }

  @Test func `headers beyond the limits are refused`() async throws {
    let told = try await withGuardedServer { server in
      let many = (0..<30).map { "X-\($0): v\r\n" }.joined()
      let counted = try await exchange(
        server.endpoint, "GET / HTTP/1.1\r\n\(HostileRequestTests.head)\(many)\r\n")
      #expect(counted.hasPrefix("HTTP/1.1 431 "))
      let giant = String(repeating: "a", count: 1 << 20)
      for text in [
        "GET / HTTP/1.1\r\n\(HostileRequestTests.head)X: \(giant)\r\n\r\n",
        "GET /\(giant) HTTP/1.1\r\n\(HostileRequestTests.head)\r\n", giant,
        "GET / HTTP/1.1\r\n\(giant)",
      ] {
        let answer = try await exchange(server.endpoint, text)
        #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 4"), "\(answer.prefix(80))")
      }
      let long = String(repeating: "a", count: HTTPTarget.byteCountMax)
      let target = try await exchange(
        server.endpoint, "GET /\(long) HTTP/1.1\r\n\(HostileRequestTests.head)\r\n")
      #expect(target.hasPrefix("HTTP/1.1 414 "))
    }
    #expect(told.count == 6, "\(told)")
    #expect(told.allSatisfy { ($0.path ?? "").utf8.count <= 200 })
  }

  @Test func `a body beyond the limit is read away and answered, a longer one cut`() async throws {
    let told = try await withGuardedServer { server in
      let head = HostileRequestTests.head
      let body = String(repeating: "a", count: 1001)
      for framing in [
        "Content-Length: 1001\r\n\r\n\(body)",
        "Transfer-Encoding: chunked\r\n\r\n3e9\r\n\(body)\r\n0\r\n\r\n",
        "Expect: 100-continue\r\nContent-Length: 1001\r\n\r\n", "Content-Length: 5000\r\n\r\n",
      ] {
        let answer = try await exchange(server.endpoint, "POST / HTTP/1.1\r\n\(head)\(framing)")
        #expect(answer.hasPrefix("HTTP/1.1 413 "), "\(framing.prefix(40)): \(answer)")
      }
      let endless = String(
        repeating: "400\r\n\(String(repeating: "a", count: 1024))\r\n", count: 99)
      let cut = try await exchange(
        server.endpoint, "POST / HTTP/1.1\r\n\(head)Transfer-Encoding: chunked\r\n\r\n\(endless)")
      #expect(cut.isEmpty)
    }
    #expect(told.map(\.kind) == [.refused, .refused, .refused, .refused, .cutOff], "\(told)")
  }

  @Test func `a body of exactly the limit is taken`() async throws {
    try await TestServer(limits: HostileRequestTests.limits, handler: describingHandler).use {
      server in
      let answer = try await exchange(
        server.endpoint,
        "POST / HTTP/1.1\r\n\(HostileRequestTests.head)Content-Length: 1000\r\n\r\n"
          + String(repeating: "a", count: 1000))
      #expect(answer.hasSuffix("1000 bytes\n"))
    }
  }

  @Test(arguments: ["", "GET / HT", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc"])
  func `a peer that stops sending is cut`(text: String) async throws {
    var limits = HTTPLimits()
    limits.idleMax = .milliseconds(150)
    limits.receivingMax = .milliseconds(150)
    let told = try await withGuardedServer(limits: limits) { server in
      let answer = try await exchange(server.endpoint, text)
      #expect(answer.isEmpty)
      #expect(server.counters.cutOff == 1)
    }
    let kinds: [HTTPIncident.Kind] =
      text.isEmpty ? [] : text.hasPrefix("GET") ? [.noRequest] : [.cutOff]
    #expect(told.map(\.kind) == kinds, "\(told)")
  }

  @Test func `a peer that drips is cut although it never falls silent`() async throws {
    var limits = HTTPLimits()
    limits.receivingMax = .milliseconds(200)
    try await withGuardedServer(limits: limits) { server in
      let sent = try await offPool {
        let connection = try RawConnection(server.endpoint)
        connection.send("GET / HTTP/1.1\r\nHost: h\r\n")
        return connection.drip("X: y\r\n", atMost: 400)
      }
      #expect(sent < 400)
      #expect(server.counters.cutOff == 1)
    }
  }

  @Test func `a handler out of time is answered for, and cancelled`() async throws {
    var limits = HTTPLimits()
    limits.handlingMax = .milliseconds(100)
    let (cancelled, cancel) = AsyncStream<Bool>.makeStream()
    try await TestServer(
      limits: limits,
      handler: { _ in
        try? await ContinuousClock().sleep(for: .seconds(60))
        cancel.yield(Task.isCancelled)
        return .text(.ok, "too late")
      }
    ).use { server in
      let answer = try await exchange(
        server.endpoint, "GET / HTTP/1.1\r\n\(HostileRequestTests.head)\r\n")
      #expect(answer.hasPrefix("HTTP/1.1 503 ") && answer.hasSuffix("timed out\n"))
      #expect(await cancelled.first { _ in true } == true)
      #expect(server.counters.handlersOverdue == 1)
    }
  }

  @Test func `a peer that goes away during its request harms nobody`() async throws {
    let (begun, begin) = AsyncStream<Void>.makeStream()
    let (gone, go) = AsyncStream<Void>.makeStream()
    try await TestServer(handler: { request in
      guard request.target.text == "/wait" else { return .text(.ok, "alive") }
      begin.yield()
      _ = await gone.first { true }
      return HTTPResponse(.ok, body: [UInt8](repeating: 0, count: 1 << 20))
    }).use { server in
      let connection = try await offPool {
        let connection = try RawConnection(server.endpoint)
        connection.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n")
        return connection
      }
      _ = await begun.first { true }
      connection.hangUp()
      go.yield()
      let answer = try await exchange(
        server.endpoint, "GET / HTTP/1.1\r\n\(HostileRequestTests.head)\r\n")
      #expect(answer.hasSuffix("alive\n"))
    }
  }

  @Test(arguments: 0..<8 as Range<UInt64>)
  func `mutated requests never end the server`(seed: UInt64) async throws {
    let samples = [
      "GET /a?b=c HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\nHost: h\r\n\r\n",
    ].map { Array($0.utf8) }
    try await TestServer(
      limits: HostileRequestTests.impatient, handler: describingHandler
    ).use { server in
      let texts = HostileRequestTests.mutations(of: samples, seed: seed, count: 60)
      let answers = try await offPool {
        let connections = try texts.map { text in
          let connection = try RawConnection(server.endpoint)
          connection.send(text)
          connection.finishSending()
          return connection
        }
        return connections.map { $0.readToEnd() }
      }
      #expect(answers.allSatisfy { $0 != nil }, "seed \(seed): a connection was left hanging")
      let alive = try await exchange(
        server.endpoint, "GET / HTTP/1.1\r\n\(HostileRequestTests.head)\r\n")
      #expect(alive.hasPrefix("HTTP/1.1 200 "), "seed \(seed)")
    }
  }

  private static func mutations(of samples: [[UInt8]], seed: UInt64, count: Int) -> [[UInt8]] {
    var random = SplitMix(seed: seed)
    return (0..<count).map { _ in
      var text = samples[Int(random.next() % UInt64(samples.count))]
      for _ in 0...random.next() % 4 where !text.isEmpty {
        let position = Int(random.next() % UInt64(text.count))
        switch random.next() % 4 {
        case 0: text[position] = UInt8(truncatingIfNeeded: random.next())
        case 1: text.remove(at: position)
        case 2: text.insert(UInt8(truncatingIfNeeded: random.next()), at: position)
        default: text.removeSubrange(position...)
        }
      }
      return text
    }
  }
}
