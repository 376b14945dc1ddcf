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
    expected.clientSecretReference = .file(path: "/etc/vigil/oidc-secret")
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

  @Test(arguments: ["\"hunter2secret\"", "123456789", "true", "1.5", "[\"hunter2secret\"]", "null"])
  func `a literal in the place of the client's secret is refused, and not shown`(
    _ literal: String
  ) throws {
    let text = Array(
      """
      { oidc: { issuer: "https://id.test", client_id: "vigil", client_secret: \(literal) } }
      """.utf8)
    let error = #expect(throws: ConfigurationError.self) {
      try ConfigurationReader.read(text.span, file: "f") { (reader) throws(ConfigurationError) in
        try reader.object("oidc", OIDCSettings.init(from:))
      }
    }
    let told = try #require(error).description
    #expect(told.contains("expected a reference to the secret"), "\(told)")
    #expect(!told.contains("hunter2") && !told.contains("123456789"), "\(told)")
  }
}
