package import Ingest

/// What the claims of a token must say (RFC 7519 section 4.1, RFC 8725 sections 3.8 to 3.10).
package struct JWTRules: Sendable, Equatable {
  /// With or without a slash at its end; the token's may differ in that alone.
  package var issuer: String
  /// The token must name one of them.
  package var audiences: [String]
  /// Takes a token without an audience if its `azp` or `client_id` is one of the audiences.
  package var takesClientForAudience = false
  /// How far the provider's clock may be from ours, in seconds.
  package var leewaySeconds = 60.0

  package init(issuer: String, audiences: [String]) {
    self.issuer = issuer
    self.audiences = audiences
  }

  /// Throws why the claims do not count at this instant.
  package func check(_ claims: JSONFields, at now: Timestamp) throws(CredentialRefusal) {
    guard let issuer = claims.text("iss"), JWTRules.areSame(issuer, self.issuer) else {
      let found = claims.text("iss").map { ForeignText.quoted($0) } ?? "none"
      throw .token("wrong_issuer", "iss \(found)")
    }
    try checkAudience(claims)
    try checkTimes(claims, now.secondsSinceEpoch)
  }

  private func checkAudience(_ claims: JSONFields) throws(CredentialRefusal) {
    if claims.has("aud"), claims.texts("aud") == nil {
      throw .token("malformed", "aud is neither text nor a list of texts")
    }
    let stated = claims.texts("aud") ?? []
    if stated.contains(where: audiences.contains) { return }
    if takesClientForAudience, stated.isEmpty,
      let client = claims.text("azp") ?? claims.text("client_id"), audiences.contains(client)
    {
      return
    }
    let found = stated.prefix(4).map { ForeignText.quoted($0) }.joined(separator: ", ")
    throw .token("wrong_audience", "aud [\(found)]")
  }

  private func checkTimes(_ claims: JSONFields, _ now: Double) throws(CredentialRefusal) {
    for name in ["exp", "nbf", "iat"] where claims.has(name) && claims.instant(name) == nil {
      throw .token("malformed", "\(name) is no number")
    }
    guard let expiry = claims.instant("exp") else { throw .token("malformed", "no exp") }
    guard now < expiry + leewaySeconds else {
      throw .token("expired", "\(JWTRules.seconds(now - expiry)) s ago")
    }
    for name in ["nbf", "iat"] {
      guard let start = claims.instant(name) else { continue }
      guard now >= start - leewaySeconds else {
        throw .token("not_yet_valid", "\(name) in \(JWTRules.seconds(start - now)) s")
      }
    }
  }

  private static func seconds(_ value: Double) -> String {
    abs(value) < 1e12 ? String(Int64(value)) : "very many"
  }

  /// Equal but for one slash at the end.
  package static func areSame(_ left: String, _ right: String) -> Bool {
    func trimmed(_ text: String) -> Substring { text.hasSuffix("/") ? text.dropLast() : text[...] }
    return trimmed(left) == trimmed(right)
  }
}
