import Foundation
import GatewayAndScheduler
import Glibc
import Testing

/// Against `openssl s_server` with a certificate of an authority made for the test.
@Suite struct HTTPClientSecurityTests {
  private let client = HTTPClient()

  @Test func `only a certificate of the given authority, for the host, is trusted`() async throws {
    let directory = try TemporaryDirectory()
    let server = try await offPool { try SecureServer(in: directory.path) }
    let trusted = try await client.send(
      HTTPClientRequest(
        .get, "https://127.0.0.1:\(server.port)/", authorityFile: server.authorityFile))
    #expect(trusted.status == .ok)
    // 20: unable to get local issuer certificate.
    for (host, authority, fault) in [
      ("127.0.0.1", nil, HTTPClientError.TLSFault.certificate(verification: 20)),
      ("localhost", server.authorityFile, .hostName),
    ] {
      let origin = "https://\(host):\(server.port)"
      await #expect(throws: HTTPClientError.insecure(origin, fault)) {
        try await client.send(
          HTTPClientRequest(.get, origin + "/secret", authorityFile: authority))
      }
    }
  }

  @Test func `a server without TLS is not taken for one with`() async throws {
    try await TestServer(handler: describingHandler).use { server in
      let origin = "https://\(server.endpoint)"
      await #expect(throws: HTTPClientError.insecure(origin, .handshake)) {
        try await client.send(HTTPClientRequest(.get, origin))
      }
    }
  }

  @Test func `an authority file that is not there is named`() async throws {
    let path = "/nowhere/authority.pem"
    try await TestServer(handler: describingHandler).use { server in
      await #expect(throws: HTTPClientError.authorityFile(path: path)) {
        try await client.send(
          HTTPClientRequest(.get, "https://\(server.endpoint)", authorityFile: path))
      }
    }
  }
}

/// `openssl s_server -www` on a free port of 127.0.0.1, ended when the last reference goes.
private final class SecureServer: Sendable {
  let port: String
  let authorityFile: String
  private let process: Int32

  init(in directory: String) throws {
    authorityFile = directory + "/ca.pem"
    let (key, certificate) = (directory + "/key.pem", directory + "/cert.pem")
    let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    try SecureServer.openssl(
      ["req", "-x509"] + curve + [
        "-keyout", directory + "/cakey.pem", "-out", authorityFile, "-subj", "/CN=Test authority",
      ])
    try SecureServer.openssl(
      ["req", "-x509"] + curve + [
        "-keyout", key, "-out", certificate, "-subj", "/CN=server", "-CA", authorityFile,
        "-CAkey", directory + "/cakey.pem", "-addext", "subjectAltName=IP:127.0.0.1", "-addext",
        "basicConstraints=critical,CA:FALSE",
      ])
    let output = Pipe()
    let server = SecureServer.command([
      "s_server", "-accept", "127.0.0.1:0", "-www", "-cert", certificate, "-key", key,
    ])
    server.standardOutput = output
    try server.run()
    process = server.processIdentifier
    port = try SecureServer.port(in: output.fileHandleForReading)
  }

  deinit {
    kill(process, SIGTERM)
  }

  /// s_server says `ACCEPT 127.0.0.1:<port>` once it listens.
  private static func port(in output: FileHandle) throws -> String {
    var text = ""
    while true {
      let piece = output.availableData
      text += String(decoding: piece, as: UTF8.self)
      if let match = text.firstMatch(of: /ACCEPT 127\.0\.0\.1:(\d+)\n/) { return String(match.1) }
      try #require(!piece.isEmpty, "openssl s_server ended: \(text)")
    }
  }

  private static func command(_ arguments: [String]) -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    return process
  }

  private static func openssl(_ arguments: [String]) throws {
    let process = command(arguments)
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "openssl \(arguments)")
  }
}
