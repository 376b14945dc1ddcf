import GatewayAndScheduler
import Testing

@Suite struct HTTPClientTests {
  private let client = HTTPClient()

  /// Answers with method, target, the fields under `x-` and the body.
  private static let echo: HTTPHandler = { request in
    var response = HTTPResponse(.accepted, headers: ["X-A": "1", "Set-Cookie": "a"])
    response.headers.append("set-cookie", "b")
    let fields = request.headers.fields.filter { $0.name.hasPrefix("X-") }
      .map { "\($0.name)=\($0.value)" }
    let line = ["\(request.method.rawValue) \(request.target.text)"] + fields
    response.body = Array((line.joined(separator: " ") + "\n").utf8) + request.body
    return response
  }

  private func url(_ server: HTTPServer, _ path: String) -> String {
    "http://\(server.endpoint)\(path)"
  }

  @Test(arguments: ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"])
  func `a request arrives as it was given, with and without a body`(name: String) async throws {
    let method = try #require(HTTPMethod(rawValue: name))
    try await TestServer(handler: HTTPClientTests.echo).use { server in
      for body in [[], [0, 1, 255, 10]] as [[UInt8]] {
        let response = try await client.send(
          HTTPClientRequest(
            method, url(server, "/a?b=%20"), headers: ["X-B": "", "X-A": "v", "X-a": "w"],
            body: body))
        #expect(response.status == .accepted)
        #expect(response.headers.values("set-cookie") == ["a", "b"])
        #expect(response.headers["x-a"] == "1")
        #expect(
          response.body == Array("\(name) /a?b=%20 X-B= X-A=v X-a=w\n".utf8) + body)
      }
    }
  }

  @Test func `HEAD brings headers and no body`() async throws {
    try await TestServer(handler: HTTPClientTests.echo).use { server in
      let response = try await client.send(HTTPClientRequest(.head, url(server, "/")))
      #expect(response.headers["content-length"] == "7")
      #expect(response.body.isEmpty)
    }
  }

  @Test func `nothing is sent that was not asked for`() async throws {
    try await TestServer(handler: { request in
      .text(
        .ok, request.headers.fields.map { $0.name.lowercased() }.sorted().joined(separator: " "))
    }).use { server in
      let get = try await client.send(HTTPClientRequest(.get, url(server, "/")))
      #expect(String(decoding: get.body, as: UTF8.self) == "accept host\n")
      let post = try await client.send(
        HTTPClientRequest(.post, url(server, "/"), body: [UInt8](repeating: 1, count: 9)))
      #expect(String(decoding: post.body, as: UTF8.self) == "accept content-length host\n")
    }
  }

  @Test func `a large body goes both ways`() async throws {
    let body = (0..<2 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    var limits = HTTPLimits()
    limits.bodyByteCountMax = 8 << 20
    try await TestServer(limits: limits, handler: { HTTPResponse(.ok, body: $0.body) }).use {
      server in
      let response = try await client.send(
        HTTPClientRequest(.post, url(server, "/"), body: body, responseByteCountMax: 8 << 20))
      #expect(response.body == body)
    }
  }

  @Test func `a redirect is a response like any other`() async throws {
    try await TestServer(handler: { request in
      request.target.text == "/"
        ? HTTPResponse(.found, headers: ["Location": "/elsewhere"]) : .text(.ok, "followed")
    }).use { server in
      let response = try await client.send(HTTPClientRequest(.get, url(server, "/")))
      #expect(response.status == .found)
      #expect(response.headers["Location"] == "/elsewhere")
      #expect(server.counters.requests == 1)
    }
  }

  @Test func `one request after the other keeps its connection`() async throws {
    try await TestServer(handler: HTTPClientTests.echo).use { server in
      for number in 1...5 {
        let response = try await client.send(HTTPClientRequest(.get, url(server, "/\(number)")))
        #expect(response.status == .accepted)
      }
      #expect(server.counters.connections == 1)
    }
  }

  @Test func `more requests than lanes are all answered`() async throws {
    try await TestServer(handler: HTTPClientTests.echo).use { server in
      let bodies = try await withThrowingTaskGroup(of: [UInt8].self) { group in
        for number in 0..<50 {
          group.addTask {
            try await client.send(HTTPClientRequest(.get, url(server, "/\(number)"))).body
          }
        }
        return try await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
      }
      #expect(bodies.count == 50)
      #expect(server.counters.connections <= HTTPClient.laneCountMax)
    }
  }

  @Test func `a Unix socket is reached whatever host the URL names`() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/s"
    try await TestServer(endpoint: .unixSocket(path: path), handler: HTTPClientTests.echo).use {
      _ in
      let response = try await client.send(
        HTTPClientRequest(.get, "http://witness/x", socketPath: path))
      #expect(String(decoding: response.body, as: UTF8.self) == "GET /x\n")
    }
  }

  @Test func `cancelling aborts a transfer that would take for ever`() async throws {
    let (begun, begin) = AsyncStream<Void>.makeStream()
    try await TestServer(handler: { _ in
      begin.yield()
      try? await ContinuousClock().sleep(for: .seconds(60))
      return HTTPResponse(.ok)
    }).use { server in
      let address = url(server, "/")
      let task = Task { try await client.send(HTTPClientRequest(.get, address)) }
      _ = await begun.first { true }
      task.cancel()
      await #expect(throws: HTTPClientError.cancelled) { try await task.value }
      await server.stop(draining: .zero)
    }
  }

  @Test func `a wait for a lane ends at the request's own limit, and when its task is cancelled`()
    async throws
  {
    let (begun, begin) = AsyncStream<Void>.makeStream()
    try await TestServer(handler: { _ in
      begin.yield()
      try? await ContinuousClock().sleep(for: .seconds(60))
      return HTTPResponse(.ok)
    }).use { server in
      let request = HTTPClientRequest(.get, url(server, "/"), timeout: .seconds(60))
      let busy = (0..<HTTPClient.laneCountMax).map { _ in
        Task { try await client.send(request) }
      }
      var iterator = begun.makeAsyncIterator()
      for _ in busy { _ = await iterator.next() }
      var hasty = request
      hasty.timeout = .milliseconds(50)
      let late = HTTPClientError.timedOut("http://\(server.endpoint)", after: hasty.timeout)
      await #expect(throws: late) { try await client.send(hasty) }
      let waiting = Task { try await client.send(request) }
      while client.waiterCount == 0 { await Task.yield() }
      waiting.cancel()
      await #expect(throws: HTTPClientError.cancelled) { try await waiting.value }
      #expect(client.waiterCount == 0)
      for task in busy { task.cancel() }
      for task in busy {
        await #expect(throws: HTTPClientError.cancelled) { try await task.value }
      }
      await server.stop(draining: .zero)
    }
  }

  @Test(arguments: [
    ("HTTP/1.1 200 x\r\nContent-Length: 100\r\n\r\nhalf", "half"),
    ("HTTP/1.1 200 x\r\nContent-Length: 12\r\n\r\nlonger text.", "longer t"),
  ])
  func `a body that breaks off or is too long is cut where the head is all that counts`(
    text: String, body: String
  ) async throws {
    for takesCutBody in [true, false] {
      let responder = try RawResponder(text)
      var request = HTTPClientRequest(.get, responder.origin, responseByteCountMax: 8)
      request.takesCutBody = takesCutBody
      guard takesCutBody else {
        await #expect(throws: HTTPClientError.self) { try await client.send(request) }
        continue
      }
      let response = try await client.send(request)
      #expect(response.status == .ok)
      #expect(String(decoding: response.body, as: UTF8.self) == body)
    }
  }

  @Test(arguments: ["HTTP/1.1 200 x\r\nContent-Le", "HTTP/1.1 100 Continue\r\n\r\n"])
  func `half a head is no response`(text: String) async throws {
    let responder = try RawResponder(text)
    var request = HTTPClientRequest(.get, responder.origin)
    request.takesCutBody = true
    await #expect(throws: HTTPClientError.self) { try await client.send(request) }
  }

  @Test func `a connection that the server has closed meanwhile is made anew`() async throws {
    try await TestServer(handler: HTTPClientTests.echo).use { server in
      _ = try await client.send(HTTPClientRequest(.get, url(server, "/1")))
      await server.stop(draining: .seconds(5))
      let again = try HTTPServer(
        at: server.endpoint, clock: ContinuousClock(), handler: HTTPClientTests.echo)
      let response = try await client.send(HTTPClientRequest(.get, url(again, "/2")))
      #expect(String(decoding: response.body, as: UTF8.self) == "GET /2\n")
      await again.stop(draining: .seconds(5))
    }
  }
}
