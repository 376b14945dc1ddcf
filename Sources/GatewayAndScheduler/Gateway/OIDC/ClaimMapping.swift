package import Ingest

/// Which claims say who somebody is.
///
/// A name is a claim's own, or a path with dots: `realm_access.roles`.
package struct ClaimMapping: Sendable, Equatable {
  /// Names a person. A token whose `sub` is absent, null or the client itself is a service's, known by
  /// `servicePrincipal`.
  package var principal = "sub"
  /// The client of a client-credentials token: the first of these that is there.
  package var servicePrincipal = ["client_id", "azp"]
  /// A list, or one text with commas.
  package var groups = "groups"
  package var email = "email"
  /// IANA zone.
  package var zone = "zoneinfo"

  package init() {}

  /// Bytes of the longest principal.
  package static let principalByteCountMax = 256
  /// Most groups, and bytes of all their names together: an assertion has to fit into a header.
  package static let groupCountMax = 256
  package static let groupByteCountMax = 8 << 10

  /// The identity that checked claims state. Nothing is cut: a list of groups with one missing could
  /// slip past a rule that denies by group, so what is too much is refused.
  package func identity(
    _ claims: JSONFields, issuer: String, credential: DecisionRecord.Credential
  ) throws(CredentialRefusal) -> Identity {
    let client = servicePrincipal.lazy.compactMap { claims.text($0) }.first
    // Client credentials: the provider names the client as subject, or nobody. A person's token in
    // which the principal's claim is missing must never pass for its client.
    let subject = claims.text("sub")
    let isService = subject == nil || subject == client && !claims.has("nonce")
    guard let name = isService ? client ?? subject : claims.text(principal) else {
      throw .token("malformed", "no claim names the principal")
    }
    guard name.utf8.count <= ClaimMapping.principalByteCountMax,
      !ForeignText.isTreacherous(name)
    else { throw .token("malformed", "principal \(ForeignText.quoted(name))") }
    var identity = Identity(
      principal: name, principalType: isService ? .service : .human, credential: credential)
    identity.issuer = issuer
    identity.groups = try groupNames(claims)
    identity.email = ClaimMapping.plain(claims.text(email))
    identity.zone = ClaimMapping.plain(claims.text(zone))
    identity.credentialID = claims.text("jti").flatMap { ClaimMapping.plain($0) }
    return identity
  }

  private func groupNames(_ claims: JSONFields) throws(CredentialRefusal) -> [String] {
    guard claims.has(groups) else { return [] }
    guard let stated = claims.texts(groups) else {
      throw .token("malformed", "\(groups) is neither text nor a list of texts")
    }
    // In a list a comma belongs to the name: the name of an LDAP group, say.
    let pieces =
      claims.text(groups) == nil
      ? stated.map { $0[...] } : stated.flatMap { $0.split(separator: ",") }
    var names: [String] = []
    var known: Set<String> = []
    var byteCount = 0
    for piece in pieces {
      let name = String(piece.trimmingSpaces())
      guard !name.isEmpty, known.insert(name).inserted else { continue }
      guard !ForeignText.isTreacherous(name) else {
        throw .token("malformed", "group \(ForeignText.quoted(name))")
      }
      names.append(name)
      byteCount += name.utf8.count
    }
    guard names.count <= ClaimMapping.groupCountMax, byteCount <= ClaimMapping.groupByteCountMax
    else { throw .token("malformed", "\(names.count) groups of \(byteCount) bytes") }
    return names
  }

  /// Of an additional fact: nothing, where it could not stand in a record or header.
  private static func plain(_ text: String?) -> String? {
    guard let text, text.utf8.count <= principalByteCountMax, !ForeignText.isTreacherous(text)
    else { return nil }
    return text
  }
}

extension Substring {
  fileprivate func trimmingSpaces() -> Substring {
    let start = drop { $0 == " " }
    guard let last = start.lastIndex(where: { $0 != " " }) else { return start }
    return start[...last]
  }
}
