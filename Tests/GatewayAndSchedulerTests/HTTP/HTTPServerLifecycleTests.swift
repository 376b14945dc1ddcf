import Foundation
import GatewayAndScheduler
import Glibc
import Testing

@Suite struct HTTPServerLifecycleTests {
  private static let request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

  private func start(
    _ endpoint: HTTPEndpoint, handler: @escaping HTTPHandler = describingHandler
  ) throws -> HTTPServer {
    try HTTPServer(at: endpoint, clock: ContinuousClock(), handler: handler)
  }

  @Test func `port 0 reports the port that was chosen, and a taken one is said to be in use`()
    async throws
  {
    let first = try start(.loopback(port: 0))
    guard case .loopback(let port) = first.endpoint else { throw RawError(errno: 0) }
    #expect(port != 0)
    #expect(throws: HTTPServerError.inUse(.loopback(port: port))) {
      try start(.loopback(port: port))
    }
    await first.stop(draining: .zero)
    let second = try start(.loopback(port: port))
    #expect(second.endpoint == first.endpoint)
    await second.stop(draining: .zero)
  }

  @Test func `stopping answers what has begun, closes what is idle, and refuses what is new`()
    async throws
  {
    let (begun, begin) = AsyncStream<Void>.makeStream()
    let (released, release) = AsyncStream<Void>.makeStream()
    let server = try start(.loopback(port: 0)) { _ in
      begin.yield()
      _ = await released.first { true }
      return .text(.ok, "drained")
    }
    let idle = try RawConnection(server.endpoint)
    async let answer = exchange(server.endpoint, HTTPServerLifecycleTests.request)
    _ = await begun.first { true }
    async let stopped: Void = server.stop(draining: .seconds(20))
    #expect(try await offPool { idle.readToEnd() } == [])
    #expect(throws: RawError(errno: ECONNREFUSED)) { try RawConnection(server.endpoint) }
    release.yield()
    let text = try await answer
    #expect(text.contains("Connection: close\r\n") && text.hasSuffix("drained\n"))
    await stopped
  }

  @Test func `a handler that outlasts the drain is answered for with 503`() async throws {
    let (begun, begin) = AsyncStream<Void>.makeStream()
    let server = try start(.loopback(port: 0)) { _ in
      begin.yield()
      try? await ContinuousClock().sleep(for: .seconds(60))
      return .text(.ok, "too late")
    }
    async let answer = exchange(server.endpoint, HTTPServerLifecycleTests.request)
    _ = await begun.first { true }
    await server.stop(draining: .milliseconds(50))
    #expect(try await answer.hasPrefix("HTTP/1.1 503 "))
  }

  @Test func `a server that is dropped while a handler works ends without a crash`() async throws {
    let (begun, begin) = AsyncStream<Void>.makeStream()
    var server: HTTPServer? = try start(.loopback(port: 0)) { _ in
      begin.yield()
      try? await ContinuousClock().sleep(for: .seconds(60))
      return .text(.ok, "too late")
    }
    let endpoint = try #require(server?.endpoint)
    async let answer = exchange(endpoint, HTTPServerLifecycleTests.request)
    _ = await begun.first { true }
    server = nil
    let text = try await answer
    #expect(text.isEmpty || text.hasPrefix("HTTP/1.1 503 "))
  }

  @Test func `stopping twice, or with nobody there, returns`() async throws {
    let server = try start(.loopback(port: 0))
    await server.stop(draining: .seconds(20))
    await server.stop(draining: .seconds(20))
    #expect(throws: RawError(errno: ECONNREFUSED)) { try RawConnection(server.endpoint) }
  }

  @Test func `a socket file is for its owner only, and goes when the server stops`() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/s"
    let server = try start(.unixSocket(path: path))
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
    #expect(mode as? Int == 0o600)
    #expect(throws: HTTPServerError.inUse(.unixSocket(path: path))) {
      try start(.unixSocket(path: path))
    }
    await server.stop(draining: .zero)
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func `a socket that nobody listens on is replaced`() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/s"
    try RawListener(path).abandon()
    #expect(FileManager.default.fileExists(atPath: path))
    let server = try start(.unixSocket(path: path))
    let answer = try await offPool {
      let connection = try RawConnection(server.endpoint)
      connection.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
      return connection.readToEnd()
    }
    #expect(answer?.isEmpty == false)
    await server.stop(draining: .zero)
  }

  @Test func `a socket that somebody else serves, and a file that is none, are left alone`() throws
  {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/s"
    let foreign = try RawListener(path)
    #expect(throws: HTTPServerError.inUse(.unixSocket(path: path))) {
      try start(.unixSocket(path: path))
    }
    foreign.abandon()
    let file = directory.path + "/file"
    #expect(FileManager.default.createFile(atPath: file, contents: Data("kept".utf8)))
    #expect(throws: HTTPServerError.notASocket(path: file)) { try start(.unixSocket(path: file)) }
    #expect(try String(contentsOfFile: file, encoding: .utf8) == "kept")
  }

  @Test func `a socket file that was replaced meanwhile is not removed`() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/s"
    let server = try start(.unixSocket(path: path))
    try FileManager.default.removeItem(atPath: path)
    #expect(FileManager.default.createFile(atPath: path, contents: nil))
    await server.stop(draining: .zero)
    #expect(FileManager.default.fileExists(atPath: path))
  }

  @Test(arguments: ["", "/tmp/" + String(repeating: "a", count: 103), "/tmp/a\u{0}b"])
  func `a path that no socket can have is refused`(path: String) {
    #expect(throws: HTTPServerError.invalidPath(path, byteCountMax: 107)) {
      try start(.unixSocket(path: path))
    }
  }

  @Test func `more connections than the limit wait for their turn`() async throws {
    var limits = HTTPLimits()
    limits.connectionCountMax = 4
    try await TestServer(limits: limits, handler: describingHandler).use { server in
      let answers = try await withThrowingTaskGroup(of: Bool.self) { group in
        for _ in 0..<20 {
          group.addTask {
            try await exchange(
              server.endpoint, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
            ).hasPrefix("HTTP/1.1 200 ")
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(answers.count == 20 && answers.allSatisfy { $0 })
    }
  }
}
