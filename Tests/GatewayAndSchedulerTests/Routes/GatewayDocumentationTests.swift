import Foundation
import GatewayAndScheduler
import Ingest
import Testing

/// Documentation/Gateway.md says what the program does.
@Suite struct GatewayDocumentationTests {
  private static let page = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Documentation/Gateway.md")

  @Test func `the configuration on the page is taken, and shows the defaults`() throws {
    let text = try String(contentsOf: GatewayDocumentationTests.page, encoding: .utf8)
    let block = try #require(text.components(separatedBy: "```json5\n").dropFirst().first)
    let bytes = Array(try #require(block.components(separatedBy: "```").first).utf8)
    let settings = try #require(
      try ConfigurationReader.read(bytes.span, file: "Gateway.md") {
        (reader) throws(ConfigurationError) in
        try reader.object("gateway", GatewaySettings.init(from:))
      })
    #expect(settings.sessions == SessionLimits())
    var expected = OIDCSettings(
      issuer: "https://id.example.com/realms/main", clientID: "vigil")
    expected.clientSecretReference = "file:/etc/vigil/oidc-secret"
    expected.authorityFile = "/etc/vigil/ca.pem"
    #expect(settings.oidc == expected)
    #expect(settings.afterLogout == "/" && settings.otherOrigins.isEmpty)
  }

  @Test func `the page names every algorithm and every header of the answer`() throws {
    let text = try String(contentsOf: GatewayDocumentationTests.page, encoding: .utf8)
    for algorithm in SignatureAlgorithm.allCases {
      #expect(text.contains(algorithm.rawValue), "\(algorithm.rawValue)")
    }
    for name in ["Remote-User", "X-Vigil-Assertion", "X-Vigil-Set-Cookie", "X-Auth-Method"] {
      #expect(text.contains("`\(name)`"), "\(name)")
    }
  }
}
