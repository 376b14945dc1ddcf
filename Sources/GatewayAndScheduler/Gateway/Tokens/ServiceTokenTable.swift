package import Ingest

/// All tokens there ever were, as the lines of the token file tell them.
package struct ServiceTokenTable: Sendable {
  /// Most credentials in one file.
  package static let countMax = 100_000

  /// A credential and its state.
  package struct Entry: Sendable, Equatable {
    package let grant: ServiceTokenLine.Grant
    package let createdAt: Timestamp
    /// The credential that it replaced.
    package let replaces: String?
    /// Set once rotated: when, until when it is still good, and what replaces it.
    package internal(set) var rotation: Rotation?
    /// Set once revoked.
    package internal(set) var revokedAt: Timestamp?
    package internal(set) var revocationReason: String?
    var revokedBy: String?

    package struct Rotation: Sendable, Equatable {
      package let at: Timestamp
      /// The last instant at which it is good.
      package let goodUntil: Timestamp
      package let successor: String
    }

    /// In words that a list can show.
    package enum State: String, Sendable, CaseIterable {
      case good
      /// Rotated, and good until the overlap ends.
      case overlapping
      case expired
      case revoked
      case rotatedAway = "rotated_away"
    }

    package func state(at now: Timestamp) -> State {
      if revokedAt != nil { return .revoked }
      if let rotation, now > rotation.goodUntil { return .rotatedAway }
      if let expiresAt = grant.expiresAt, now >= expiresAt { return .expired }
      return rotation == nil ? .good : .overlapping
    }
  }

  private var entries: [String: Entry] = [:]
  /// Ids in the order in which they were made.
  private var order: [String] = []

  package init() {}

  /// A credential by its id.
  package func entry(_ id: String) -> Entry? { entries[id] }

  /// Every credential, oldest first.
  package var all: [Entry] { order.compactMap { entries[$0] } }

  /// Takes a line in.
  ///
  /// - Returns: what is wrong with it; nil when it was taken.
  mutating func apply(_ line: ServiceTokenLine) -> String? {
    switch line.event {
    case .created(let grant): return add(grant, at: line.at, replaces: nil)
    case .rotated(let grant, let old, let goodUntil):
      guard let entry = entries[old] else { return "retires \(old), which is not there" }
      guard entry.rotation == nil else { return "retires \(old) a second time" }
      if let problem = add(grant, at: line.at, replaces: old) { return problem }
      entries[old]?.rotation = Entry.Rotation(
        at: line.at, goodUntil: goodUntil, successor: grant.id)
      return nil
    case .revoked(let id, let reason):
      guard entries[id] != nil else { return "revokes \(id), which is not there" }
      if entries[id]?.revokedAt == nil {
        entries[id]?.revokedAt = line.at
        entries[id]?.revocationReason = reason
        entries[id]?.revokedBy = line.by
      }
      return nil
    }
  }

  private mutating func add(
    _ grant: ServiceTokenLine.Grant, at: Timestamp, replaces: String?
  ) -> String? {
    guard entries[grant.id] == nil else { return "makes \(grant.id) a second time" }
    guard order.count < ServiceTokenTable.countMax else {
      return "makes more than \(ServiceTokenTable.countMax) credentials"
    }
    entries[grant.id] = Entry(grant: grant, createdAt: at, replaces: replaces)
    order.append(grant.id)
    return nil
  }
}
