import Foundation
import GatewayAndScheduler
import Ingest
import Synchronization
import TestSupport
import Testing

/// Caddy with the shipped Caddyfile, and behind it a gateway, an API that believes assertions, and
/// something in the place of luigid.
final class LiveCaddy: Sendable {
  let release: CaddyRelease

  /// What a backend was sent.
  struct Seen: Sendable {
    var path: String
    var headers: HTTPHeaders
    var principal: String?
    var isAsserted = false
    var remoteIP: String?
  }

  /// Everything that a backend was sent, in order.
  final class Backend: Sendable {
    private let seen = Mutex<[Seen]>([])
    var last: Seen? { seen.withLock { $0.last } }
    var count: Int { seen.withLock { $0.count } }
    func note(_ one: Seen) { seen.withLock { $0.append(one) } }
  }

  let bench: GatewayBench
  let backend = Backend()
  let luigid = Backend()
  let address: String
  private let directory: TemporaryDirectory
  private let client = HTTPClient()
  private let ports: (https: UInt16, http: UInt16)
  private let direct = Mutex("")
  private let jar = Mutex<[String: String]>([:])
  private let sentCount = Mutex(0)

  init(_ release: CaddyRelease) async throws {
    self.release = release
    directory = try TemporaryDirectory()
    ports = try await LiveCaddy.freePorts()
    address = "https://localhost:\(ports.https)"
    bench = try GatewayBench(address: address)
  }

  var cookies: [String: String] { jar.withLock { $0 } }
  var requestCount: Int { sentCount.withLock { $0 } }
  var accessLog: String {
    let bytes = FileManager.default.contents(atPath: directory.path + "/caddy-access.log")
    return String(decoding: bytes ?? Data(), as: UTF8.self)
  }

  func use(_ body: (LiveCaddy) async throws -> Void) async throws {
    let api = router
    try await TestServer(handler: { await api.respond(to: $0) }).use { server in
      let luigi = luigid
      let stub: HTTPHandler = { request in
        luigi.note(Seen(path: request.target.text, headers: request.headers))
        return .text(.ok, "{}")
      }
      try await TestServer(handler: stub).use { other in
        direct.withLock { $0 = "http://\(server.endpoint)" }
        let caddy = try start(vigil: "\(server.endpoint)", luigid: "\(other.endpoint)")
        defer {
          caddy.terminate()
          caddy.waitUntilExit()
        }
        try await waitForCaddy(caddy)
        try await body(self)
      }
    }
  }

  /// The gateway's routes, and an API that asks assertions first and then the credential itself.
  private var router: Router {
    var router = bench.router
    let (backend, world) = (backend, bench.world)
    let assertions = AssertionChecker(bench.signer)
    let answer: @Sendable (HTTPRequest, HTTPStatus) async -> HTTPResponse = { request, status in
      var seen = Seen(path: request.target.text, headers: request.headers)
      guard
        case .authenticated(let identity, let origin) = await assertions.authenticate(
          request, at: world.now)
      else {
        guard request.target.segments == ["healthz"] else {
          return .text(.unauthorized, "no assertion")
        }
        backend.note(seen)
        return .text(status, "fine")
      }
      seen.principal = identity.principal
      seen.isAsserted = true
      seen.remoteIP = origin?.remoteIP
      backend.note(seen)
      return .text(status, "for \(identity.principal)")
    }
    router.add(.post, "/jobs/{job}/runs") { await answer($0, .accepted) }
    router.add(.get, "/jobs") { await answer($0, .ok) }
    router.add(.get, "/healthz") { await answer($0, .ok) }
    return router
  }

  private func start(vigil: String, luigid: String) throws -> Process {
    let process = Process()
    process.executableURL = URL(filePath: release.program)
    process.arguments = [
      "run", "--config", release.caddyfile, "--adapter", "caddyfile",
    ]
    process.environment = [
      "HOME": directory.path, "XDG_DATA_HOME": directory.path, "XDG_CONFIG_HOME": directory.path,
      "PATH": "/usr/bin:/bin", "LOG_DIR": directory.path, "SITE": "localhost",
      "ADMIN_SOCKET": directory.path + "/a", "HTTP_PORT": "\(ports.http)",
      "HTTPS_PORT": "\(ports.https)", "VIGIL": vigil, "LUIGID": luigid,
    ]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  /// Asks until Caddy answers; it takes a second to make its authority.
  private func waitForCaddy(_ caddy: Process) async throws {
    for _ in 0..<400 where caddy.isRunning {
      if (try? await client.send(request(.get, address + "/healthz", [:]))) != nil {
        sentCount.withLock { $0 += 1 }
        return
      }
      try await ContinuousClock().sleep(for: .milliseconds(25))
    }
    Issue.record("caddy does not answer; is it running: \(caddy.isRunning)")
  }

  private func request(
    _ method: HTTPMethod, _ url: String, _ headers: HTTPHeaders
  ) -> HTTPClientRequest {
    HTTPClientRequest(
      method, url, headers: headers, timeout: .seconds(20),
      authorityFile: directory.path + "/caddy/pki/authorities/local/root.crt")
  }

  /// Through Caddy, with the browser's cookies.
  func send(
    _ method: HTTPMethod, _ target: String, _ headers: HTTPHeaders = [:]
  ) async throws -> HTTPClientResponse {
    var all = headers
    let cookies = cookies.map { "\($0.key)=\($0.value)" }
    if !cookies.isEmpty { all.append("Cookie", cookies.joined(separator: "; ")) }
    sentCount.withLock { $0 += 1 }
    let response = try await client.send(request(method, address + target, all))
    for field in response.headers.values("Set-Cookie") {
      let pair = field.prefix { $0 != ";" }.split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      jar.withLock { $0[String(pair[0])] = field.contains("Max-Age=0") ? nil : String(pair[1]) }
    }
    return response
  }

  /// What Caddy answers to a bearer token of so many bytes, from a client that sends the head in one go:
  /// libcurl 7.88 stalls by itself above 128 kB over TLS.
  func statusLine(forHeaderOf byteCount: Int) throws -> String {
    try raw(
      greeting: "localhost",
      #"b"POST /jobs/etl/runs HTTP/1.1\r\nHost: localhost:\#(ports.https)\r\nContent-Length: 0\r\n""#
        + #"b"Authorization: Bearer " + b"a" * \#(byteCount) + b"\r\nConnection: close\r\n\r\n""#)
  }

  /// What Caddy answers to a request for another name, or for the bare address, as a scanner sends it.
  ///
  /// - Parameter greeting: the name in the TLS greeting; nil for none, as with a bare address.
  func statusLine(greeting: String?, host: String, target: String) throws -> String {
    try raw(
      greeting: greeting,
      #"b"GET \#(target) HTTP/1.1\r\nHost: \#(host)\r\nConnection: close\r\n\r\n""#)
  }

  /// What Caddy answers on its port for plain HTTP.
  func plainStatusLine(host: String, target: String) throws -> String {
    try raw(
      greeting: nil, isPlain: true,
      #"b"GET \#(target) HTTP/1.1\r\nHost: \#(host)\r\nConnection: close\r\n\r\n""#)
  }

  /// Sends an expression of Python's and returns the status line; what nobody answers is what was raised.
  private func raw(
    greeting: String?, isPlain: Bool = false, _ request: String
  ) throws -> String {
    let name = greeting.map { "\"\($0)\"" } ?? "None"
    let script = """
      import socket, ssl
      context = ssl._create_unverified_context()
      context.check_hostname = False
      try:
          socket = socket.create_connection(("127.0.0.1", \(isPlain ? ports.http : ports.https)), 20)
          if not \(isPlain ? "True" : "False"):
              socket = context.wrap_socket(socket, server_hostname=\(name))
          socket.sendall(\(request))
          print(socket.recv(1000).split(b"\\r\\n")[0].decode())
      except OSError as error:
          print(error)
      """
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/python3")
    process.arguments = ["-c", script]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    sentCount.withLock { $0 += 1 }
    return String(decoding: output, as: UTF8.self)
  }

  /// Past Caddy.
  func sendDirectly(
    _ method: HTTPMethod, _ target: String, _ headers: HTTPHeaders
  ) async throws -> HTTPClientResponse {
    try await client.send(
      HTTPClientRequest(method, direct.withLock { $0 } + target, headers: headers))
  }

  /// Two ports that were free a moment ago.
  private static func freePorts() async throws -> (https: UInt16, http: UInt16) {
    var ports: [UInt16] = []
    let nobody: HTTPHandler = { _ in .text(.notFound, "nobody") }
    try await TestServer(handler: nobody).use { first in
      try await TestServer(handler: nobody).use { second in
        for case .loopback(let port) in [first.endpoint, second.endpoint] { ports.append(port) }
      }
    }
    try #require(ports.count == 2)
    return (ports[0], ports[1])
  }
}
