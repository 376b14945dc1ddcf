package import Ingest

/// One finding in the life of alerts: what was said of it, and what became of it.
package struct AlertEntry: Sendable, Equatable {
  /// In the words of the lifecycle: raised → delivered → acknowledged → resolved, or suppressed.
  package enum State: String, Sendable, CaseIterable {
    case raised, delivered, acknowledged, resolved, suppressed

    /// Nobody needs to be told of it any more.
    var isDecided: Bool { self == .acknowledged || self == .resolved || self == .suppressed }
  }

  package let finding: Finding
  /// Who is responsible for the job; nil where nobody is named.
  package let owner: String?
  package let raisedAt: Timestamp
  /// Of the `raised` record; nil where it is not known yet.
  package let index: Int?
  package internal(set) var state = State.raised
  package internal(set) var changedAt: Timestamp
  /// Who acknowledged, resolved or suppressed it, and why.
  package internal(set) var principal: String?
  package internal(set) var reason: String?
  /// What withheld it.
  package internal(set) var suppressionID: String?
  /// Sinks for which a message about it was decided.
  package internal(set) var queuedSinks: Set<String> = []
  /// Sinks whose receiver has it.
  package internal(set) var deliveredSinks: Set<String> = []
  /// Where it was told, for news of it.
  var told: Set<ToldGroup.Key> = []

  init(_ finding: Finding, owner: String?, at instant: Timestamp, index: Int?) {
    self.finding = finding
    self.owner = owner
    raisedAt = instant
    changedAt = instant
    self.index = index
  }

  /// Keeps who said something about it, and why.
  mutating func say(_ alert: AlertRecord) {
    (principal, reason) = (alert.principal, alert.reason)
  }

  /// Nobody has anything left to do about it.
  var isOver: Bool { state == .resolved || state == .suppressed }

  /// What groups it with others: its episode, or itself.
  package var groupID: String { finding.episodeID ?? finding.findingID }
}

/// A message that is decided, by its `queued` record, until it is delivered or given up.
package struct AlertMessage: Sendable, Equatable {
  package let key: String
  package let sink: String
  package let event: AlertRecord.NotificationEvent
  package let groupID: String
  /// Ids of everything that it is about, in the order in which they were raised.
  package let findings: [String]
  package let queuedAt: Timestamp
  package let principal: String?
  package let reason: String?
  var toldKey: ToldGroup.Key { ToldGroup.Key(sink: sink, group: groupID) }
  /// Place in the order in which messages were decided.
  package internal(set) var number = 0
  /// Whether one of its findings is: such a message goes before others.
  package internal(set) var isCritical = false
  /// Attempts that failed, the last one's time and what came of it.
  package internal(set) var failedCount = 0
  package internal(set) var failedAt: Timestamp?
  package internal(set) var failure: String?

  /// Nil for a record that lacks what a message needs.
  init?(_ record: AlertRecord, at instant: Timestamp) {
    guard record.event == .queued, let key = record.notification, let sink = record.sink,
      let event = record.notificationEvent, let first = record.findings.first
    else { return nil }
    self.key = key
    self.sink = sink
    self.event = event
    groupID = record.group ?? first
    findings = record.findings
    queuedAt = instant
    principal = record.principal
    reason = record.reason
  }
}

/// What one sink was told under one group, for the news that follow.
struct ToldGroup: Sendable, Equatable {
  struct Key: Hashable, Comparable, Sendable {
    let sink: String
    let group: String

    static func < (left: Key, right: Key) -> Bool {
      (left.sink, left.group) < (right.sink, right.group)
    }
  }

  var findings: [String] = []
  /// Messages about them that are not delivered or given up yet.
  var waiting: Set<String> = []
  var isDelivered = false
  /// Whether it was told that somebody knows; not of findings that came since.
  var isAcknowledged = false
  /// Whether one of its findings is forgotten and was not over: then nobody can say that all of it is.
  var hasForgottenOpen = false
  var queuedAt: Timestamp
}
