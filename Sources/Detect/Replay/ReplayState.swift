package import Correlate
package import Ingest

/// What was so at one instant, as far as records tell: runs, tokens, versions, approvals, alerts.
package struct ReplayState: Sendable, Equatable {
  /// A service token, by the last record about it.
  package struct Token: Sendable, Equatable {
    package enum Standing: String, Sendable { case good, rotated, revoked }

    package let id: String
    package var principal: String?
    package var standing = Standing.good
    package var reason: String?
    package var createdAt: Timestamp?
    package var changedAt: Timestamp?
    /// End of the overlap of a rotation, or the revocation.
    package var goodUntil: Timestamp?
    /// Entry of the last record.
    package var index = 0

    init(id: String) { self.id = id }
  }

  /// A configuration or a policy in force.
  package struct Version: Sendable, Equatable {
    /// What loaded it; nil for a policy that decisions name.
    package let event: ControlRecord.Event?
    package let source: String
    package var subject: String?
    package var sha256: String?
    package var principal: String?
    package var reason: String?
    package var since: Timestamp?
    package var index = 0
    /// Which one it is, from 1.
    package var count = 0

    init(event: ControlRecord.Event?, source: String) {
      self.event = event
      self.source = source
    }
  }

  /// An approval that was asked for and not answered.
  package struct Approval: Sendable, Equatable {
    package let id: String
    package let subject: ApprovalRecord.Subject
    package let subjectID: String?
    package let principal: String?
    package let reason: String?
    package let requestedAt: Timestamp
    package let expiresAt: Timestamp?
    package let index: Int
  }

  /// An alert that is not resolved, by the last record that changed it.
  package struct Alert: Sendable, Equatable {
    package let findingID: String
    /// Raised, acknowledged or suppressed.
    package let event: AlertRecord.Event
    package let principal: String?
    package let reason: String?
    package let at: Timestamp
    package let index: Int
  }

  /// A suppression that is neither lifted nor at its end.
  package struct Suppression: Sendable, Equatable {
    package let suppression: AlertSuppression
    package let index: Int

    init(_ suppression: AlertSuppression, index: Int) {
      self.suppression = suppression
      self.index = index
    }
  }

  /// The groups that a principal came with last.
  package struct Role: Sendable, Equatable {
    package let principal: String
    package let groups: [String]
    package let since: Timestamp
    package let index: Int
  }

  /// Records read, the journal's own included.
  package var recordCount = 0
  /// The newest event time read; nil before the first record.
  package var newest: Timestamp?
  /// When the last of them came in.
  package var receivedAt: Timestamp?
  /// Activities that are not over, in the order in which they began: accepted triggers that wait for
  /// a run, runs in the queue, held ones, and those under way.
  package var activities: [Activity] = []
  package var tokens: [Token] = []
  package var versions: [Version] = []
  package var approvals: [Approval] = []
  package var alerts: [Alert] = []
  package var suppressions: [Suppression] = []
  package var roles: [Role] = []
  /// Names of tokens, approvals and so on that found no room.
  package var notKept = 0
  /// Findings that could be said by then, in the order said, by id.
  package var findings: [String] = []
  package var learnt: [LearntCount] = []
  /// SHA-256, hex, of everything that correlation and rules hold: equal for equal states.
  package var digest = ""

  /// Activities in a state.
  package func activities(_ states: Set<Activity.State>) -> [Activity] {
    activities.filter { states.contains($0.state) }
  }
}

/// Rebuilds the state record by record, in event order.
///
/// A value: whoever keeps a copy can go on from it. Cost of `state`: a copy of what was learnt, and
/// its encoding.
package struct Replay: Sendable {
  private var analysis: Analysis
  private var correlator: Correlator
  private var ledger = ReplayLedger()
  private var findings: [String] = []
  private var recordCount = 0
  private var newest: Timestamp?
  private var receivedAt: Timestamp?

  /// - Parameter analysis: one that has read nothing yet.
  package init(
    _ analysis: Analysis, window: JoinWindow, identify: @escaping @Sendable (String) -> String
  ) {
    self.analysis = analysis
    correlator = Correlator(window: window, identify: identify)
  }

  package mutating func add(_ record: IndexedRecord) {
    recordCount += 1
    ledger.add(record)
    let header = record.record.header
    if let received = header.receivedAt { receivedAt = max(receivedAt ?? received, received) }
    guard Analysis.isHeard(record.record) else { return }
    newest = max(newest ?? header.timestamp, header.timestamp)
    correlator.add(record)
    _ = correlator.advance()
    findings += analysis.add(record).map(\.findingID)
  }

  /// The state now: nothing is settled that only an end of reading would settle.
  ///
  /// - Parameter clock: how far time has passed; nil for the newest record's time.
  package func state(at clock: Timestamp? = nil) throws -> ReplayState {
    var state = ReplayState()
    (state.recordCount, state.newest, state.receivedAt) = (recordCount, newest, receivedAt)
    let now = max(clock ?? .earliest, newest ?? .earliest)
    var waiting = analysis
    state.findings = findings + waiting.wait(until: now).map(\.findingID)
    state.learnt = waiting.learnt
    let bytes = try StateEncoder.bytes(waiting)
    state.digest = SHA256.digest(bytes.span).hex
    state.activities = openActivities(at: now)
    ledger.fill(&state, at: now)
    return state
  }

  private func openActivities(at now: Timestamp) -> [Activity] {
    guard newest != nil else { return [] }
    let underWay: Set<Activity.State> = [.requested, .queued, .held, .approved, .open]
    return correlator.standing(at: now).filter { underWay.contains($0.state) }.sorted {
      let (left, right) = (Replay.began($0), Replay.began($1))
      return left == right
        ? $0.activityID.utf8.lexicographicallyPrecedes($1.activityID.utf8) : left < right
    }
  }

  private static func began(_ activity: Activity) -> Timestamp {
    activity.requestedAt ?? activity.queuedAt ?? activity.startedAt ?? .latest
  }
}
