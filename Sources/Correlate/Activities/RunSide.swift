internal import Ingest

/// What is known of the run of one activity: its spine from outside, its detail from inside.
struct RunSide: Sendable, Codable {
  /// Some record named this run (a refusal alone does not make a run).
  var isKnown = false
  /// Event time of the first record of any vantage.
  var firstHeardAt: Timestamp?
  /// The earliest instant at which the run is known to have existed: its first record's time, less
  /// the duration that the record states.
  var beganAt: Timestamp?
  var lastHeardAt: Timestamp?
  var trigger: RunRecord.Trigger?
  /// The run whose need made this one come about, as its scheduler said: it was asked for with that one.
  var neededBy: String?

  // From outside: launcher or scheduler.
  var outsideSource: Int?
  var firstOutsideAt: Timestamp?
  /// The last of `queued`, `held`, `approved` in the current attempt.
  var phase: RunRecord.Event?
  /// The current attempt, from 1; 0 before anything stated or implied one.
  var attempt = 0
  /// The attempt that was known first; above 1 when earlier ones went unheard.
  var firstAttempt = 0
  var firstStartedAt: Timestamp?
  var firstStartedAttempt = 0
  var isStartedOutside = false
  /// The terminal event of the current attempt.
  var terminal: RunRecord.Event?

  // From inside.
  var insideSource: Int?
  var isStartedInside = false
  var insideEnd: RunRecord.Event?
  var insideDurationSeconds: Double?
  var tasks = TaskLedger()

  /// Over, outcome not told: the instant of an `ended` record.
  var closedAt: Timestamp?
  var isClosedOutside = false

  // What was made of it.
  /// The outcome was taken from inside, for want of a terminal record.
  var isConcluded = false
  /// The outcome is known to be missing.
  var missing: Activity.State?
  /// When the outcome became known, or known to be missing.
  var overAt: Timestamp?
  var error: RunRecord.Failure?

  // What was told of the current attempt.
  var isStartSaid = false
  var isEndSaid = false

  /// Waits for its inside source to go on, up to `JoinWindow.danglingSeconds`.
  var isAwaitingInside = false

  var isStarted: Bool { isStartedOutside || isStartedInside }
  /// Schedules and retries need no request of their own.
  var isAutonomous: Bool { trigger == .schedule || trigger == .retry }
  var isHeardFromInside: Bool { insideSource != nil || tasks.counts.total > 0 }

  /// The state of a run that is known.
  var state: Activity.State {
    if let terminal { return RunSide.state(after: terminal) }
    if let missing { return missing }
    if isConcluded { return concludedState }
    if !isStarted, !isHeardFromInside, let phase { return RunSide.state(after: phase) }
    return .open
  }

  /// As seen from inside: failed if any task failed last.
  private var concludedState: Activity.State {
    if let insideEnd, insideEnd.isTerminal { return RunSide.state(after: insideEnd) }
    return tasks.counts.failed > 0 ? .failed : .succeeded
  }

  private static func state(after event: RunRecord.Event) -> Activity.State {
    switch event {
    case .queued: .queued
    case .held: .held
    case .approved: .approved
    case .rejected: .rejected
    case .started, .progress, .ended: .open
    case .succeeded: .succeeded
    case .failed: .failed
    case .killed: .killed
    case .timedOut: .timedOut
    case .lost: .lost
    }
  }

  /// Which attempt a record speaks of.
  enum Placement: Equatable {
    case current
    /// An attempt that another has followed.
    case stale
    case next(Int)
  }

  /// Without a number a record speaks of the current attempt, but for a start after a failed end.
  func placement(of record: RunRecord) -> Placement {
    guard let stated = record.attempt else {
      let follows =
        record.event == .started && isStartedOutside && (terminal ?? .succeeded) != .succeeded
      return follows ? .next(attempt + 1) : .current
    }
    if attempt == 0 || stated == attempt { return .current }
    return stated < attempt ? .stale : .next(stated)
  }

  /// Notes that somebody spoke of this run.
  mutating func hear(at timestamp: Timestamp, durationSeconds: Double?) {
    let began = timestamp.advanced(bySeconds: -(durationSeconds ?? 0))
    isKnown = true
    firstHeardAt = min(firstHeardAt ?? timestamp, timestamp)
    lastHeardAt = max(lastHeardAt ?? timestamp, timestamp)
    beganAt = min(beganAt ?? began, began)
  }

  /// Forgets the attempt that failed; tasks keep their last states across attempts.
  mutating func beginAttempt(_ number: Int) {
    attempt = number
    phase = nil
    isStartedOutside = false
    terminal = nil
    isStartedInside = false
    insideEnd = nil
    insideDurationSeconds = nil
    closedAt = nil
    isClosedOutside = false
    isConcluded = false
    missing = nil
    overAt = nil
    error = nil
    isStartSaid = false
    isEndSaid = false
    isAwaitingInside = false
  }
}
