package import Ingest

/// A person's word that certain findings are not to be told for a while: whose, why, until when.
package struct AlertSuppression: Sendable, Equatable {
  package let id: String
  /// The one finding that it is about; nil for a suppression by match.
  package let findingID: String?
  package let match: AlertRecord.Match
  package let owner: String?
  /// Who made it.
  package let principal: String?
  package let reason: String?
  package let since: Timestamp
  /// Nil on records from before suppressions ended by themselves: it never does.
  package let expiresAt: Timestamp?
  /// Set when it was ended early.
  package var liftedAt: Timestamp?
  package var liftedBy: String?
  package var liftReason: String?
  private let globs: [(field: Field, glob: Glob)]

  private enum Field { case rule, job, principal, owner }

  /// Nil for a record that is no suppression of its own, as one that says which suppression withheld a
  /// finding.
  package init?(_ record: AlertRecord, at timestamp: Timestamp) {
    guard record.event == .suppressed, let id = record.suppressionID,
      record.expiresAt != nil || record.match != nil
    else { return nil }
    self.id = id
    findingID = record.findingID
    match = record.match ?? AlertRecord.Match()
    owner = record.owner
    principal = record.principal
    reason = record.reason
    since = timestamp
    expiresAt = record.expiresAt
    let stated: [(Field, String?)] = [
      (.rule, match.rule), (.job, match.job), (.principal, match.principal), (.owner, match.owner),
    ]
    globs = stated.compactMap { field, text in text.map { (field, Glob(Array($0.utf8))) } }
  }

  /// What it withholds, for a person.
  package var subject: String { findingID.map { "finding \($0)" } ?? match.words }

  /// Whether it withholds what is raised at `instant`; the end is excluded.
  package func isActive(at instant: Timestamp) -> Bool {
    [liftedAt, expiresAt].compactMap { $0 }.allSatisfy { instant < $0 }
  }

  /// Whether a finding is of those that it is about. A glob over something that the finding does not name
  /// does not match, and a critical finding is withheld only where its rule is named in full.
  package func covers(_ finding: Finding, owner: String?) -> Bool {
    if let findingID { return finding.findingID == findingID }
    guard !globs.isEmpty else { return false }
    if finding.severity == .critical, match.rule != finding.rule { return false }
    return globs.allSatisfy { field, glob in
      let text: String? =
        switch field {
        case .rule: finding.rule
        case .job: finding.job
        case .principal: finding.principal
        case .owner: owner
        }
      return text.map { glob.matches($0) } ?? false
    }
  }

  /// Appends one JSON object, for lists of suppressions.
  package func encode(to writer: inout JSONWriter, index: Int? = nil) {
    writer.beginObject()
    writer.field("suppression_id", id)
    writer.field("finding_id", findingID)
    if !match.isEmpty { writer.field("match", json: match.encoded()) }
    writer.field("owner", owner)
    writer.field("principal", principal)
    writer.field("reason", reason)
    writer.field("since", since)
    writer.field("expires_at", expiresAt)
    writer.field("lifted_at", liftedAt)
    writer.field("lifted_by", liftedBy)
    writer.field("lift_reason", liftReason)
    writer.field("index", index)
    writer.endObject()
  }

  package static func == (left: AlertSuppression, right: AlertSuppression) -> Bool {
    (left.id, left.findingID, left.match, left.owner, left.principal)
      == (right.id, right.findingID, right.match, right.owner, right.principal)
      && (left.reason, left.since, left.expiresAt, left.liftedAt, left.liftedBy, left.liftReason)
        == (
          right.reason, right.since, right.expiresAt, right.liftedAt, right.liftedBy,
          right.liftReason
        )
  }
}
