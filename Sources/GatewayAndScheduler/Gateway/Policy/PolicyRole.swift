package import Ingest

/// A set of identities. Every key that is stated must hold, by any one of its values.
package struct PolicyRole: Hashable, Sendable {
  /// Patterns of the principal's name.
  package var principals: [GlobPattern] = []
  /// Exact names, of which the identity has one.
  package var groups: [String] = []
  package var types: [PrincipalType] = []
  /// Exact; `vigil` for service tokens.
  package var issuers: [String] = []

  package init() {}

  /// Whether nothing is stated: such a role holds everybody and is refused where it is read.
  package var isEmpty: Bool {
    principals.isEmpty && groups.isEmpty && types.isEmpty && issuers.isEmpty
  }

  /// Whether the identity belongs to it.
  package func contains(_ identity: Identity) -> Bool {
    (principals.isEmpty || principals.match(identity.principal))
      && (groups.isEmpty || groups.contains { identity.groups.contains($0) })
      && (types.isEmpty || types.contains(identity.principalType))
      && (issuers.isEmpty || identity.issuer.map(issuers.contains) ?? false)
  }

  /// Whether everybody in the other is in this one. Never true wrongly; false also where it is not
  /// seen.
  package func covers(_ other: PolicyRole) -> Bool {
    func isWider<Value: Equatable>(_ mine: [Value], _ theirs: [Value]) -> Bool {
      mine.isEmpty || !theirs.isEmpty && theirs.allSatisfy(mine.contains)
    }
    let namesAreWider =
      principals.isEmpty || principals.contains(where: \.matchesAll)
      || !other.principals.isEmpty && principals.cover(other.principals)
    return namesAreWider && isWider(groups, other.groups) && isWider(types, other.types)
      && isWider(issuers, other.issuers)
  }
}
