package import Ingest

/// Accounts of a site without an identity provider: what a service token's principal is besides a name.
///
///     accounts: {
///       "svc-ci": { type: "service", groups: ["ci"] },
///       "alice": { type: "human", groups: ["operators"], zone: "Europe/Berlin", email: "a@example.com" },
///     }
///
/// It vouches for nobody: the credential does that, and tokens are kept elsewhere, as keyed hashes.
package struct UsersFile: Sendable, Equatable {
  /// One principal.
  package struct Account: Sendable, Equatable {
    /// A service unless the file says otherwise: only people approve.
    package var principalType: PrincipalType
    package var groups: [String]
    /// IANA time zone.
    package var zone: String?
    package var email: String?
  }

  /// Most accounts, and most groups of one.
  package static let accountCountMax = 100_000
  package static let groupCountMax = 256

  package private(set) var accounts: [String: Account] = [:]

  package init() {}

  /// Reads the key `accounts` of an object; whose other keys are the caller's.
  package init(from reader: inout ConfigurationReader) throws(ConfigurationError) {
    let named = try reader.named("accounts") { (name, reader) throws(ConfigurationError) in
      try UsersFile.account(name, from: &reader)
    }
    guard named.count <= UsersFile.accountCountMax else {
      throw reader.error(
        "accounts", "found \(named.count) accounts: expected at most \(UsersFile.accountCountMax)")
    }
    for (name, account) in named { accounts[name] = account }
  }

  private static func account(
    _ name: String, from reader: inout ConfigurationReader
  ) throws(ConfigurationError) -> Account {
    let type = try reader.value("type", .oneOf(PrincipalType.self), default: .service)
    let groups = try reader.value("groups", .strings, default: [])
    let zone = try reader.optional("zone", .string)
    let email = try reader.optional("email", .string)
    guard (1...256).contains(name.utf8.count), name.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
    else {
      throw reader.error(
        "type",
        "found an account name of \(name.utf8.count) bytes: expected 1 to 256 bytes "
          + "without control characters")
    }
    guard groups.count <= groupCountMax, Set(groups).count == groups.count else {
      throw reader.error(
        "groups", "found \(groups.count) groups: expected at most \(groupCountMax), each once")
    }
    return Account(principalType: type, groups: groups, zone: zone, email: email)
  }

  /// The identity with what the file knows of its principal, where the credential does not say it.
  ///
  /// Only for credentials of our own (service tokens): what a provider states stands as it is.
  package func enriched(_ identity: Identity) -> Identity {
    guard identity.credential == .serviceToken, let account = accounts[identity.principal] else {
      return identity
    }
    var result = identity
    result.principalType = account.principalType
    if result.groups.isEmpty { result.groups = account.groups }
    result.zone = result.zone ?? account.zone
    result.email = result.email ?? account.email
    return result
  }
}

/// A checker whose identities carry what the users file knows of them.
package struct UsersFileChecker: CredentialChecker {
  private let checker: any CredentialChecker
  private let users: @Sendable () -> UsersFile

  /// - Parameter users: the file's current version.
  package init(_ checker: any CredentialChecker, users: @escaping @Sendable () -> UsersFile) {
    self.checker = checker
    self.users = users
  }

  package func authenticate(_ request: HTTPRequest, at now: Timestamp) async -> Authentication {
    switch await checker.authenticate(request, at: now) {
    case .authenticated(let identity, let origin):
      .authenticated(users().enriched(identity), origin)
    case .anonymous: .anonymous
    case .refused(let refusal): .refused(refusal)
    }
  }
}
