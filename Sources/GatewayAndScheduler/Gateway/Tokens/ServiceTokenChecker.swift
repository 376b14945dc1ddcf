package import Ingest
import Synchronization

/// Believes `Authorization: Bearer vigil_…` when the token file does.
///
/// The file is looked at before every use (one stat) and read again when it is another one or
/// has another length: a rotation or revocation counts from the next request on. What cannot be
/// read is believed in nothing: every token is then refused as `store_unavailable`.
package final class ServiceTokenChecker: CredentialChecker {
  /// Longest `Authorization` value that is looked at, in bytes.
  package static let headerByteCountMax = 4096
  /// Who vouches for tokens of our own.
  package static let issuer = "vigil"

  /// What was read, and of which file.
  private struct Known {
    var table = ServiceTokenTable()
    var key: ServiceTokenKey?
    /// Identity and length of the file: lines are only appended, and a file that must change otherwise
    /// is replaced, so equal stamps are equal bytes. Nil before the first look, `.some(nil)` where there
    /// is no file.
    var stamp: FileStatus??
    var readAt = Timestamp.earliest
    var problem: String?

    mutating func load(_ directory: String) throws {
      guard let stamp, stamp != nil else { return }
      let store = ServiceTokenStore(try PosixStorage(directory: directory, creating: false))
      guard let key = try store.key() else {
        throw ServiceTokenStoreError.key(problem: "found none beside the token file")
      }
      table = try store.read(key).table
      self.key = key
    }
  }

  private let directory: String
  private let report: @Sendable (String) -> Void
  private let known = Mutex(Known())

  /// - Parameters:
  ///   - stateDirectory: where the token file and its key are; neither needs to be there yet.
  ///   - report: gets, once for each time it changes, why the file cannot be used.
  package init(
    stateDirectory: String, report: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    directory = stateDirectory
    self.report = report
  }

  package func authenticate(
    _ request: HTTPRequest, at now: Timestamp
  ) async -> Authentication {
    authenticate(authorization: request.headers.values("Authorization"), at: now)
  }

  /// The same over the values of the request's `Authorization` fields.
  package func authenticate(authorization values: [String], at now: Timestamp) -> Authentication {
    let tokens = values.compactMap(ServiceTokenChecker.bearer).filter {
      $0.hasPrefix(ServiceTokenText.prefix)
    }
    guard let text = tokens.first.map(String.init) else { return .anonymous }
    guard values.count == 1 else {
      return refused("malformed", "\(values.count) Authorization fields, expected one")
    }
    guard text.utf8.count <= ServiceTokenChecker.headerByteCountMax else {
      return refused("too_long", "\(text.utf8.count) bytes")
    }
    guard let token = ServiceTokenText(text) else {
      return refused("malformed", "expected vigil_, 16 hex digits, _, 64 hex digits")
    }
    return check(token, at: now)
  }

  /// What follows `Bearer` (in any case) and blanks; nil for another scheme.
  private static func bearer(_ value: String) -> Substring? {
    let scheme = value.prefix(7)
    guard scheme.lowercased() == "bearer " else { return nil }
    return value.dropFirst(7).drop { $0 == " " }
  }

  private func check(_ token: ServiceTokenText, at now: Timestamp) -> Authentication {
    let (entry, key, problem) = known.withLock { known in
      refresh(&known, at: now)
      return (known.table.entry(token.id), known.key, known.problem)
    }
    if problem != nil { return refused("store_unavailable", "the token file cannot be read") }
    guard let entry, let hash = key?.hash(of: token) else {
      return refused("unknown", "no such credential")
    }
    // The id is a claim until the secret is shown: nothing is said in its name before.
    guard ServiceTokenKey.areEqual(hash, entry.grant.hash) else {
      return refused("unknown", "the secret is not the credential's")
    }
    switch entry.state(at: now) {
    case .good, .overlapping: return .authenticated(ServiceTokenChecker.identity(entry), nil)
    case .expired:
      return refused("expired", entry, entry.grant.expiresAt.map { "at \($0.rfc3339)" })
    case .revoked:
      return refused("revoked", entry, entry.revokedAt.map { "at \($0.rfc3339)" })
    case .rotatedAway:
      return refused(
        "rotated_away", entry, entry.rotation.map { "good until \($0.goodUntil.rfc3339)" })
    }
  }

  private static func identity(_ entry: ServiceTokenTable.Entry) -> Identity {
    var identity = Identity(
      principal: entry.grant.principal, principalType: .service, credential: .serviceToken)
    identity.issuer = issuer
    identity.groups = entry.grant.groups
    identity.zone = entry.grant.zone
    identity.credentialID = entry.grant.id
    identity.scopes = entry.grant.scopes
    return identity
  }

  private func refused(_ reason: String, _ detail: String) -> Authentication {
    .refused(CredentialRefusal(reason, detail, credential: .serviceToken))
  }

  private func refused(
    _ reason: String, _ entry: ServiceTokenTable.Entry, _ detail: String?
  ) -> Authentication {
    var refusal = CredentialRefusal(reason, detail, credential: .serviceToken)
    refusal.credentialID = entry.grant.id
    refusal.principal = entry.grant.principal
    return .refused(refusal)
  }

  /// What is damaged is read again once a second at most: a refusal must stay cheap.
  private func refresh(_ known: inout Known, at now: Timestamp) {
    do {
      let path = directory + "/" + ServiceTokenStore.fileName
      let stamp = try InputDescriptor.status(ofPath: path)
      if let seen = known.stamp, seen == stamp {
        guard known.problem != nil, abs(now.seconds(since: known.readAt)) >= 1 else { return }
      }
      var read = Known(stamp: .some(stamp), readAt: now)
      do {
        try read.load(directory)
      } catch {
        read = Known(stamp: .some(stamp), readAt: now, problem: "\(error)")
      }
      tell(read.problem, before: known.problem)
      known = read
    } catch {
      let problem = "\(error)"
      tell(problem, before: known.problem)
      known = Known(readAt: now, problem: problem)
    }
  }

  private func tell(_ problem: String?, before: String?) {
    if let problem, problem != before { report(problem) }
  }
}
