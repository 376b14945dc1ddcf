import GatewayAndScheduler
import Glibc
import Testing

@Suite struct HTTPServerTests {
  @Test func `a request reaches its handler whole, and the answer comes back`() async throws {
    try await TestServer(handler: describingHandler).use { server in
      let answer = try await exchange(
        server.endpoint,
        "POST /a%20b?x=1&y=%41 HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"
      )
      #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
      #expect(answer.hasSuffix("\r\n\r\nPOST [\"a b\"] [x=1,y=A] 5 bytes\n"))
    }
  }

  @Test func `a chunked body is put together`() async throws {
    try await TestServer(handler: { .text(.ok, String(decoding: $0.body, as: UTF8.self)) }).use {
      server in
      let answer = try await exchange(
        server.endpoint,
        "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
          + "3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: t\r\n\r\n")
      #expect(answer.hasSuffix("\r\n\r\nabcde\n"))
    }
  }

  @Test func `HEAD gets the length of the body and no body`() async throws {
    try await TestServer(handler: { _ in .text(.ok, "12345678") }).use { server in
      let answer = try await exchange(
        server.endpoint, "HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
      #expect(answer.contains("Content-Length: 9\r\n"))
      #expect(answer.hasSuffix("\r\n\r\n"))
    }
  }

  @Test func `requests sent in one go are answered in order on one connection`() async throws {
    try await TestServer(handler: { request in
      // The first takes longest: order must come from the connection, not from the handlers.
      for _ in 0..<(request.target.text == "/1" ? 1000 : 0) { await Task.yield() }
      return .text(.ok, "answer \(request.target.text)")
    }).use { server in
      let answers = try await exchange(
        server.endpoint,
        (1...3).map { "GET /\($0) HTTP/1.1\r\nHost: h\r\n\r\n" }.joined()
          + "GET /4 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
      #expect(
        answers.matches(of: /answer \/\d/).map { String($0.output) }
          == (1...4).map { "answer /\($0)" })
      #expect(server.counters.connections == 1)
      #expect(server.counters.requests == 4)
    }
  }

  @Test func `a peer that waits for the go-ahead gets it before it sends its body`() async throws {
    try await TestServer(handler: describingHandler).use { server in
      let (interim, answer) = try await offPool {
        let connection = try RawConnection(server.endpoint)
        connection.send(
          "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nExpect: 100-continue\r\n"
            + "Content-Length: 3\r\n\r\n")
        let interim = connection.read(through: "\r\n\r\n")
        connection.send("abc")
        return (interim, String(decoding: connection.readToEnd() ?? [], as: UTF8.self))
      }
      #expect(interim == "HTTP/1.1 100 Continue\r\n\r\n")
      #expect(answer.hasSuffix("POST [] [] 3 bytes\n"))
    }
  }

  @Test func `all fields reach the handler in order, other bytes as ISO 8859-1`() async throws {
    try await TestServer(handler: { request in
      .text(.ok, request.headers.values("x-a").joined(separator: "|"))
    }).use { server in
      let head = Array("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-A: 1\r\nx-a: ".utf8)
      let answer = try await exchange(
        server.endpoint, head + [0x63, 0xE9] + Array("\r\nX-A: é\r\n\r\n".utf8))
      #expect(answer.hasSuffix("\r\n\r\n1|cé|é\n"))
    }
  }

  @Test func `a zero byte ends a field value, and nothing behind it is read as more`() async throws
  {
    try await TestServer(handler: { .text(.ok, "\($0.headers.values("x"))") }).use { server in
      let answer = try await exchange(
        server.endpoint,
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX: a\u{0}b\r\nX: c\r\n\r\n")
      #expect(answer.hasSuffix("[\"a\", \"c\"]\n"))
    }
  }

  @Test(arguments: ["Location: /a\r\nSet-Cookie: x=1", "Bad Name: v"])
  func `a header that cannot be sent is answered with 500 and never sent`(
    field: String
  ) async throws {
    let parts = field.split(separator: ": ", maxSplits: 1).map(String.init)
    try await TestServer(handler: { _ in
      var response = HTTPResponse.text(.found, "secret text")
      response.headers.append(parts[0], parts[1])
      return response
    }).use { server in
      let answer = try await exchange(
        server.endpoint, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
      #expect(answer.hasPrefix("HTTP/1.1 500 "))
      #expect(!answer.contains("Set-Cookie") && !answer.contains("secret"))
      #expect(server.counters.unsendable == 1)
    }
  }

  @Test func `a handler's own framing headers are left out`() async throws {
    try await TestServer(handler: { _ in
      var response = HTTPResponse.text(.ok, "four")
      for (name, value) in [("Content-Length", "99"), ("transfer-encoding", "chunked")] {
        response.headers.append(name, value)
      }
      return response
    }).use { server in
      let answer = try await exchange(
        server.endpoint, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
      #expect(answer.contains("Content-Length: 5\r\n") && !answer.contains("99"))
      #expect(!answer.lowercased().contains("transfer-encoding"))
    }
  }

  @Test func `a large answer arrives whole`() async throws {
    let body = [UInt8](repeating: 0x61, count: 3 << 20)
    try await TestServer(handler: { _ in HTTPResponse(.ok, body: body) }).use { server in
      let answer = try await exchange(
        server.endpoint, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
      #expect(answer.utf8.count > body.count)
      #expect(answer.hasSuffix("aaaa"))
    }
  }

  @Test func `on a Unix socket the handler knows the process that asks`() async throws {
    let directory = try TemporaryDirectory()
    let endpoint = HTTPEndpoint.unixSocket(path: directory.path + "/s")
    try await TestServer(endpoint: endpoint, handler: { .text(.ok, "\($0.peer)") }).use { server in
      let answer = try await exchange(
        server.endpoint, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
      let expected = HTTPPeer.process(id: getpid(), user: geteuid(), group: getegid())
      #expect(answer.hasSuffix("\(expected)\n"))
    }
  }

  @Test func `many connections at once are all answered`() async throws {
    try await TestServer(handler: describingHandler).use { server in
      let answers = try await withThrowingTaskGroup(of: String.self) { group in
        for number in 0..<64 {
          group.addTask {
            try await exchange(
              server.endpoint, "GET /\(number) HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
          }
        }
        var answers: Set<String> = []
        for try await answer in group {
          answers.insert(String(answer.firstMatch(of: /GET.*bytes/)?.output ?? "none"))
        }
        return answers
      }
      #expect(answers == Set((0..<64).map { "GET [\"\($0)\"] [] 0 bytes" }))
    }
  }
}
