package import Ingest

/// Why a token was not made, rotated or revoked.
package struct ServiceTokenRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}

/// Makes, rotates and revokes tokens: in the token file and in the journal.
///
/// Order, so that a crash at any point leaves no credential good that the journal does not know: a
/// new credential is a record first and a line after; what is taken away is a line first and a record
/// after. A record that a crash left out is told by the next command, whichever it is.
package struct ServiceTokenIssuer {
  /// Longest overlap: what detection believes of a rotation's record.
  package static let overlapSecondsMax: Double = 366 * 86_400
  /// Most groups and most scopes.
  package static let listCountMax = 100

  private let store: ServiceTokenStore
  private let name: String?
  private let record: (Record) throws -> Void
  private let randomBytes: (Int) -> [UInt8]?

  /// - Parameters:
  ///   - name: who does it; for the file and the records.
  ///   - record: returns once the record is on stable storage in the journal.
  package init(
    _ store: ServiceTokenStore, by name: String? = nil, randomBytes: @escaping (Int) -> [UInt8]?,
    record: @escaping (Record) throws -> Void
  ) {
    self.store = store
    self.name = name
    self.record = record
    self.randomBytes = randomBytes
  }

  /// What a token is to stand for.
  package struct Wish: Sendable {
    package var principal: String
    package var scopes: [String]
    package var groups: [String] = []
    /// IANA zone; the caller has checked that it is one.
    package var zone: String?
    /// Nil for a token that does not expire.
    package var secondsGood: Double?

    package init(principal: String, scopes: [String]) {
      self.principal = principal
      self.scopes = scopes
    }
  }

  /// Makes a token. The returned text is the only copy of its secret.
  package func create(_ wish: Wish, at now: Timestamp) throws -> ServiceTokenText {
    try ServiceTokenIssuer.check(wish)
    return try store.write(randomBytes) { key, contents, appender in
      try catchUp(contents)
      let token = try draw(contents)
      let grant = ServiceTokenLine.Grant(
        id: token.id, principal: wish.principal, groups: wish.groups, zone: wish.zone,
        scopes: wish.scopes, expiresAt: wish.secondsGood.map { now.advanced(bySeconds: $0) },
        hash: key.hash(of: token))
      try put(ServiceTokenLine(at: now, by: name, .created(grant)), appender)
      return token
    }
  }

  /// Replaces a token by one for the same principal, good for the same and, where it ends, for as long
  /// again as the old one was when it was made; both are good until the overlap ends.
  package func rotate(
    _ id: String, overlapSeconds: Double, at now: Timestamp
  ) throws -> ServiceTokenText {
    guard (0...ServiceTokenIssuer.overlapSecondsMax).contains(overlapSeconds) else {
      throw ServiceTokenRefusal("an overlap of \(overlapSeconds) s: expected 0 s to 366 d")
    }
    return try store.write(randomBytes) { key, contents, appender in
      try catchUp(contents)
      let old = try ServiceTokenIssuer.entry(id, contents)
      guard old.state(at: now) == .good else {
        let hint = old.rotation.map { ": rotate its successor \($0.successor)" } ?? ""
        throw ServiceTokenRefusal(
          "token \(id) is \(old.state(at: now).rawValue): expected a good one\(hint)")
      }
      let token = try draw(contents)
      var grant = old.grant
      grant.id = token.id
      grant.hash = key.hash(of: token)
      grant.expiresAt = old.grant.expiresAt.map {
        now.advanced(bySeconds: $0.seconds(since: old.createdAt))
      }
      // Whole seconds, since the record's overlap is a count.
      let goodUntil = now.advanced(bySeconds: overlapSeconds.rounded())
      try put(
        ServiceTokenLine(at: now, by: name, .rotated(grant, retires: id, goodUntil: goodUntil)),
        appender)
      return token
    }
  }

  /// Revokes a token, at once and for good. Once more is fine, and changes nothing.
  package func revoke(_ id: String, reason: String?, at now: Timestamp) throws {
    try store.write(randomBytes) { _, contents, appender in
      try catchUp(contents)
      let entry = try ServiceTokenIssuer.entry(id, contents)
      if let revokedAt = entry.revokedAt {
        let line = ServiceTokenLine(
          at: revokedAt, by: entry.revokedBy, .revoked(id: id, reason: entry.revocationReason))
        for missing in ServiceTokenRecords.after(line) { try record(missing) }
        return
      }
      try put(ServiceTokenLine(at: now, by: name, .revoked(id: id, reason: reason)), appender)
    }
  }

  /// Only the newest line's records can be missing: whoever writes the next one tells them first.
  private func catchUp(_ contents: ServiceTokenStore.Contents) throws {
    guard let last = contents.last else { return }
    for missing in ServiceTokenRecords.after(last) { try record(missing) }
  }

  private func put(
    _ line: ServiceTokenLine, _ appender: ServiceTokenStore.Appender
  ) throws {
    for first in ServiceTokenRecords.before(line) { try record(first) }
    try appender.append(line)
    for second in ServiceTokenRecords.after(line) { try record(second) }
  }

  private func draw(_ contents: ServiceTokenStore.Contents) throws -> ServiceTokenText {
    let count = ServiceTokenText.idByteCount
    guard let bytes = randomBytes(count + ServiceTokenText.secretByteCount),
      bytes.count == count + ServiceTokenText.secretByteCount
    else { throw ServiceTokenStoreError.noRandomBytes }
    let token = ServiceTokenText(id: Array(bytes[..<count]), secret: Array(bytes[count...]))
    guard contents.table.entry(token.id) == nil else {
      throw ServiceTokenRefusal("the system's random bytes repeat: expected new ones")
    }
    return token
  }

  private static func entry(
    _ id: String, _ contents: ServiceTokenStore.Contents
  ) throws -> ServiceTokenTable.Entry {
    guard let entry = contents.table.entry(id) else {
      throw ServiceTokenRefusal("no token \(PolicyText.quoted(id)): expected the id of one")
    }
    return entry
  }

  private static func check(_ wish: Wish) throws {
    try checkName(wish.principal, "principal")
    for group in wish.groups { try checkName(group, "group") }
    guard wish.groups.count <= listCountMax, (1...listCountMax).contains(wish.scopes.count) else {
      throw ServiceTokenRefusal(
        "\(wish.groups.count) groups and \(wish.scopes.count) scopes: expected up to "
          + "\(listCountMax), and one scope at least")
    }
    for scope in wish.scopes where AccessScope(scope) == nil {
      throw ServiceTokenRefusal(
        "scope \(PolicyText.quoted(scope)): expected ACTION or ACTION:JOB, as run:trigger:etl")
    }
    if let seconds = wish.secondsGood, seconds < 1 {
      throw ServiceTokenRefusal("good for \(seconds) s: expected a second or more")
    }
  }

  private static func checkName(_ name: String, _ what: String) throws {
    let isLegible = name.unicodeScalars.allSatisfy { scalar in
      scalar.value >= 0x20 && scalar.value != 0x7F && scalar != ","
        && scalar.properties.generalCategory != .control
    }
    guard (1...256).contains(name.utf8.count), isLegible else {
      throw ServiceTokenRefusal(
        "\(what) \(PolicyText.quoted(name)): expected 1 to 256 bytes without commas and control "
          + "characters")
    }
  }
}
