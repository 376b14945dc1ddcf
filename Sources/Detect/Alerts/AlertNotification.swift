package import Ingest

/// One message for one sink: findings of one episode, or news of them.
///
/// What it says is fixed once its `queued` record is in the journal: a repetition after a crash is the
/// same message under the same key.
package struct AlertNotification: Sendable, Equatable {
  /// What the message is about.
  package enum Event: String, Sendable, CaseIterable {
    case raised, acknowledged, resolved
    /// A sample, from `vigil alerts test`: never in the journal.
    case test
  }

  /// Findings that one message carries in full; `findingCount` tells of all.
  package static let findingCountMax = 50

  /// Idempotency key, 32 hex digits: a hash of sink, event and the ids of all its findings.
  package var key: String
  /// The sink's name in the configuration.
  package var sink: String
  package var event: Event
  /// What groups messages at the receiver: the episode's id, or the finding's where it has none.
  package var groupID: String
  /// In the order in which they were raised, never empty, at most `findingCountMax`.
  package var findings: [Finding]
  package var findingCount: Int
  /// Who is responsible for the job; nil where nobody is named.
  package var owner: String?
  /// When the first of them was raised.
  package var raisedAt: Timestamp
  /// Who acknowledged or resolved, and why.
  package var principal: String?
  package var reason: String?

  package init(
    key: String, sink: String, event: Event, groupID: String, findings: [Finding],
    raisedAt: Timestamp
  ) {
    self.key = key
    self.sink = sink
    self.event = event
    self.groupID = groupID
    self.findings = findings
    findingCount = findings.count
    self.raisedAt = raisedAt
  }

  /// The worst of its findings'.
  package var severity: Finding.Severity { findings.map(\.severity).max() ?? .informational }
}
