import GatewayAndScheduler
import Testing

@Suite struct HTTPClientErrorTests {
  private let client = HTTPClient()

  @Test(arguments: [
    ("", HTTPClientError.URLFault.scheme), ("file:///etc/passwd", .scheme), ("ftp://h/", .scheme),
    ("gopher://h:70/_x", .scheme), ("//h/", .scheme), ("http:/h", .scheme),
    ("http://", .host), ("http:///p", .host), ("http://:80/", .host), ("http://a\\b/", .host),
    ("http://user:secret@h/", .userInformation), ("http://h/\r\nX: y", .notPrintableASCII),
    ("http://h/ x", .notPrintableASCII), ("http://é/", .notPrintableASCII),
    ("http://h/" + String(repeating: "a", count: 8192), .notPrintableASCII),
  ])
  func `a URL that is not plainly http or https is refused`(
    url: String, fault: HTTPClientError.URLFault
  ) async {
    await #expect(throws: HTTPClientError.invalidURL(fault)) {
      try await client.send(HTTPClientRequest(.get, url))
    }
  }

  @Test(arguments: [
    ("X", "a\r\nY: b"), ("X Y", "a"), ("Content-Length", "3"), ("transfer-encoding", "chunked"),
  ])
  func `a header that would break the request is refused`(name: String, value: String) async throws
  {
    var headers: HTTPHeaders = [:]
    headers.append(name, value)
    let error = await #expect(throws: HTTPClientError.self) {
      try await client.send(HTTPClientRequest(.post, "http://127.0.0.1:1/", headers: headers))
    }
    guard case .invalidHeader = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test(arguments: ["", "a\u{0}b", String(repeating: "a", count: 108)])
  func `a path that no socket can have is refused`(path: String) async {
    await #expect(throws: HTTPClientError.invalidPath) {
      try await client.send(HTTPClientRequest(.get, "http://h/", socketPath: path))
    }
  }

  @Test func `nobody listening, and a name without an address, are two errors`() async throws {
    let server = try HTTPServer(
      at: .loopback(port: 0), clock: ContinuousClock(), handler: describingHandler)
    await server.stop(draining: .zero)
    let origin = "http://\(server.endpoint)"
    await #expect(throws: HTTPClientError.couldNotConnect(origin)) {
      try await client.send(HTTPClientRequest(.get, origin + "/secret"))
    }
    // An empty label is refused by the resolver itself: no name server is asked.
    await #expect(throws: HTTPClientError.couldNotResolve("http://a..b")) {
      try await client.send(HTTPClientRequest(.get, "http://a..b/secret"))
    }
  }

  @Test(arguments: [
    ("GARBAGE\r\n\r\n", HTTPClientError.malformedResponse("")),
    ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", .connectionLost("")),
    ("", .connectionLost("")),
    (
      "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + String(repeating: "a", count: 2000),
      .responseTooLarge("", byteCountMax: 1000)
    ),
    (
      "HTTP/1.1 200 OK\r\nX: " + String(repeating: "a", count: 99_000) + "\r\n\r\n",
      .responseTooLarge("", byteCountMax: 65536)
    ),
  ])
  func `a response that is broken says how`(text: String, error: HTTPClientError) async throws {
    let responder = try RawResponder(text)
    let request = HTTPClientRequest(
      .get, responder.origin + "/secret", responseByteCountMax: 1000)
    let thrown = await #expect(throws: HTTPClientError.self) { try await client.send(request) }
    #expect(thrown == error.at(responder.origin))
    #expect(thrown?.description.contains("secret") == false)
  }

  @Test func `a 100 before the response is not the response`() async throws {
    let responder = try RawResponder(
      "HTTP/1.1 100 Continue\r\nX: 1\r\n\r\nHTTP/1.1 404 No\r\nY:  two words \r\n"
        + "Content-Length: 0\r\n\r\n")
    let response = try await client.send(HTTPClientRequest(.get, responder.origin))
    #expect(response.status == .notFound)
    #expect(response.headers == ["Y": "two words", "Content-Length": "0"])
  }

  @Test func `a body of exactly the limit is taken, one byte more is not`() async throws {
    try await TestServer(handler: { _ in HTTPResponse(.ok, body: [1, 2, 3, 4]) }).use { server in
      let origin = "http://\(server.endpoint)"
      let response = try await client.send(
        HTTPClientRequest(.get, origin, responseByteCountMax: 4))
      #expect(response.body == [1, 2, 3, 4])
      await #expect(throws: HTTPClientError.responseTooLarge(origin, byteCountMax: 3)) {
        try await client.send(HTTPClientRequest(.get, origin, responseByteCountMax: 3))
      }
    }
  }

  @Test func `a server that does not answer in time is given up`() async throws {
    try await TestServer(handler: { _ in
      try? await ContinuousClock().sleep(for: .seconds(60))
      return HTTPResponse(.ok)
    }).use { server in
      let origin = "http://\(server.endpoint)"
      let limit = Duration.milliseconds(100)
      await #expect(throws: HTTPClientError.timedOut(origin, after: limit)) {
        try await client.send(HTTPClientRequest(.get, origin, timeout: limit))
      }
      await server.stop(draining: .zero)
    }
  }

  @Test func `no error repeats path, query or header values`() {
    let origin = "https://h:1"
    let errors: [HTTPClientError] = [
      .couldNotResolve(origin), .couldNotConnect(origin),
      .insecure(origin, .certificate(verification: 20)),
      .timedOut(origin, after: .seconds(1)), .responseTooLarge(origin, byteCountMax: 5),
      .malformedResponse(origin), .connectionLost(origin), .failed(origin, code: 56),
    ]
    for error in errors { #expect(error.description.hasPrefix("request to https://h:1: ")) }
    #expect(
      HTTPClientError.insecure(origin, .certificate(verification: 20)).description
        == "request to https://h:1: tls: certificate refused: x509 error 20")
  }
}

extension HTTPClientError {
  /// The same error with another origin, for tables written before the port is known.
  fileprivate func at(_ origin: String) -> HTTPClientError {
    switch self {
    case .malformedResponse: .malformedResponse(origin)
    case .connectionLost: .connectionLost(origin)
    case .responseTooLarge(_, let limit): .responseTooLarge(origin, byteCountMax: limit)
    default: self
    }
  }
}
