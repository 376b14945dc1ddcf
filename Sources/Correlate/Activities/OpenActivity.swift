internal import Ingest

/// One activity while more is expected of it: what is known of both sides, and what has been said.
///
/// A value without effects: it takes records and tells the steps; the machine emits them.
struct OpenActivity: Sendable, Codable {
  /// What the gateway said about the trigger.
  struct RequestSide: Sendable, Codable {
    let answer: TriggerAnswer
    let source: Int
    let startedAt: Timestamp
    /// The run that the answer named.
    let namedRunID: String?
    /// The gateway's own reason, from its error line.
    var error: RunRecord.Failure?
  }

  /// A change to be told. `snapshot` is the activity at that moment where it has moved on since.
  struct Step {
    let change: ActivityUpdate.Change
    var snapshot: Activity?

    init(_ change: ActivityUpdate.Change, snapshot: Activity? = nil) {
      self.change = change
      self.snapshot = snapshot
    }
  }

  /// Order of birth; tells the tenants of one slot apart.
  let serial: Int
  /// The activity as it is told; `refresh` brings its derived fields up to date.
  var snapshot = Activity(activityID: "", state: .requested)
  var request: RequestSide?
  var run = RunSide()
  /// The trigger service's own record says that it refused.
  var isRejected = false
  var rejectionError: RunRecord.Failure?
  /// Stands in for the ids where the records carry none.
  let fallbackName: String
  /// Born of a record that came after the watermark, or after the activity had settled: says nothing
  /// about a missing counterpart, which may have been here and gone.
  let isBornLate: Bool

  /// End of the wait for the other side.
  var windowEnd: Timestamp
  /// Joined, refused, in need of no other side, or the window has passed.
  var isWindowClosed = false
  var isRequested = false
  var isTriggered = false
  var isOffsetMeasured = false
  /// The earliest deadline of this activity in the queue.
  var armedAt: Timestamp?
  private var ordinaryEvidenceCount = 0

  init(serial: Int, windowEnd: Timestamp, fallbackName: String, isBornLate: Bool) {
    self.serial = serial
    self.windowEnd = windowEnd
    self.fallbackName = fallbackName
    self.isBornLate = isBornLate
  }

  /// What `activityID` is the hash of.
  var name: String { snapshot.runID ?? snapshot.requestID ?? fallbackName }

  /// No run is expected of this trigger.
  var isRefused: Bool {
    isRejected || snapshot.decided == .deny || request?.answer == .denied
      || request?.answer == .refused
  }

  /// Who asked for what, and when, is known by now and has not been told.
  var isTriggerDue: Bool {
    guard !isTriggered else { return false }
    return run.isKnown ? request != nil || run.isAutonomous : request != nil && isRefused
  }

  /// Keeps a record's index: the first ones, and terminal ones as long as there is any room.
  mutating func addEvidence(_ index: Int, isTerminal: Bool) {
    let ordinaryMax = Activity.evidenceCountMax - Activity.evidenceTerminalCountMin
    let fits =
      isTerminal
      ? snapshot.evidence.count < Activity.evidenceCountMax : ordinaryEvidenceCount < ordinaryMax
    guard fits, snapshot.evidence.count < Activity.evidenceCountMax else {
      snapshot.evidenceOmitted += 1
      return
    }
    if !isTerminal { ordinaryEvidenceCount += 1 }
    let place = snapshot.evidence.lastIndex { $0 < index }.map { $0 + 1 } ?? 0
    snapshot.evidence.insert(index, at: place)
  }

  /// Brings the derived fields of the snapshot up to date.
  mutating func refresh() {
    snapshot.state = state
    snapshot.tasks = run.tasks.counts
    if run.terminal != nil {
      snapshot.outcomeSource = .launcher
    } else {
      snapshot.outcomeSource = run.isConcluded && run.missing == nil ? .luigi : nil
    }
    snapshot.error = error
    if let started = run.firstStartedAt,
      let asked = snapshot.queuedAt ?? snapshot.requestedAt, started >= asked
    {
      snapshot.waitSeconds = started.seconds(since: asked)
    } else {
      snapshot.waitSeconds = nil
    }
  }

  var state: Activity.State {
    if run.isKnown { return run.state }
    if isRejected { return .rejected }
    if snapshot.decided == .deny { return .denied }
    switch request?.answer {
    case .denied: return .denied
    case .refused: return .rejected
    case .unanswered: return .unanswered
    case .accepted, nil:
      if snapshot.decided == .hold { return .held }
      return isWindowClosed ? .noRun : .requested
    }
  }

  private var error: RunRecord.Failure? {
    guard run.isKnown else { return rejectionError ?? request?.error }
    switch run.state {
    case .failed, .killed, .timedOut, .lost: return run.error ?? run.tasks.standingFailure
    default: return run.error
    }
  }
}
