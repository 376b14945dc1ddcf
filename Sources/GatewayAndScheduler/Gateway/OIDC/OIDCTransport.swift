/// Sends requests to the provider: libcurl, or a provider that tests simulate.
package protocol OIDCTransport: Sendable {
  func send(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse
}

extension HTTPClient: OIDCTransport {}

/// What a provider says of itself (OpenID Connect Discovery 1.0 section 3).
package struct OIDCMetadata: Sendable, Equatable {
  package var issuer: String
  package var authorizationEndpoint: String
  package var tokenEndpoint: String
  package var keySetEndpoint: String
  package var userinfoEndpoint: String?
  package var endSessionEndpoint: String?
  package var revocationEndpoint: String?
  /// Empty where the provider does not say.
  package var clientAuthentications: [String]

  /// Bytes of the longest document read.
  static let byteCountMax = 256 << 10

  /// Where a provider's document is.
  package static func address(issuer: String) -> String {
    (issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer)
      + "/.well-known/openid-configuration"
  }

  /// Reads a document; the issuer in it must be the one asked for, or a provider could speak for
  /// another (section 4.3).
  package init(json: [UInt8], issuer expected: String) throws(OIDCError) {
    let fields: JSONFields
    do { fields = try JSONFields(json) } catch {
      throw .malformed("discovery", error.detail ?? "")
    }
    guard let issuer = fields.text("issuer"), JWTRules.areSame(issuer, expected) else {
      let found = fields.text("issuer").map { ForeignText.quoted($0) } ?? "none"
      throw .malformed("discovery", "issuer \(found): expected \(ForeignText.quoted(expected))")
    }
    self.issuer = issuer
    let isSecure = issuer.hasPrefix("https://")
    authorizationEndpoint = try OIDCMetadata.address(
      fields, "authorization_endpoint", isSecure: isSecure)
    tokenEndpoint = try OIDCMetadata.address(fields, "token_endpoint", isSecure: isSecure)
    keySetEndpoint = try OIDCMetadata.address(fields, "jwks_uri", isSecure: isSecure)
    userinfoEndpoint = try? OIDCMetadata.address(fields, "userinfo_endpoint", isSecure: isSecure)
    endSessionEndpoint = try? OIDCMetadata.address(
      fields, "end_session_endpoint", isSecure: isSecure)
    revocationEndpoint = try? OIDCMetadata.address(
      fields, "revocation_endpoint", isSecure: isSecure)
    clientAuthentications = fields.texts("token_endpoint_auth_methods_supported") ?? []
  }

  private static func address(
    _ fields: JSONFields, _ name: String, isSecure: Bool
  ) throws(OIDCError) -> String {
    // A provider with TLS has no endpoint without it.
    guard let text = fields.text(name),
      text.hasPrefix("https://") || text.hasPrefix("http://") && !isSecure,
      text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") })
    else { throw .malformed("discovery", "\(name) is no address") }
    return text
  }
}
