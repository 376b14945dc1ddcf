package import Ingest

/// Takes JWTs of the provider from `Authorization: Bearer`: machines, and people with a tool. Access
/// tokens alone: an ID token is written for the login, and goes through browsers at logout.
package struct BearerTokenChecker: CredentialChecker {
  private let provider: OIDCProvider
  private let rules: JWTRules

  package init(_ provider: OIDCProvider) {
    self.provider = provider
    rules = provider.settings.bearerRules
  }

  package func authenticate(_ request: HTTPRequest, at now: Timestamp) async -> Authentication {
    switch BearerCredential(request.headers) {
    case .absent: return .anonymous
    case .several: return .refused(.token("malformed", "more than one authorization"))
    case .token(let text):
      // Opaque tokens are somebody else's; a JWT has dots.
      guard text.utf8.contains(UInt8(ascii: ".")) else { return .anonymous }
      do throws(CredentialRefusal) {
        let token = try JSONWebToken(text)
        try await provider.verify(token, rules, at: now)
        if let mark = token.identityTokenMark {
          throw .token("id_token", "\(mark): expected an access token")
        }
        return .authenticated(
          try provider.settings.claims.identity(
            token.claims, issuer: provider.settings.issuer, credential: .oidc), nil)
      } catch {
        return .refused(error)
      }
    }
  }
}

/// What stands in `Authorization`, as far as it is a bearer token (RFC 6750 section 2.1).
package enum BearerCredential: Equatable, Sendable {
  case absent
  /// Two fields: sender and reader may not mean the same.
  case several
  case token(String)

  package init(_ headers: HTTPHeaders) {
    let values = headers.values("Authorization")
    guard let value = values.first else {
      self = .absent
      return
    }
    guard values.count == 1 else {
      self = .several
      return
    }
    let parts = value.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, HTTPSyntax.equalIgnoringCase(String(parts[0]), "Bearer") else {
      self = .absent
      return
    }
    self = .token(String(parts[1]))
  }
}
