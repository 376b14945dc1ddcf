package import Ingest

/// One intent and what came of it: request, decision, run with its attempts, tasks.
///
/// A snapshot: Correlate hands out a new value whenever something about the activity changed.
package struct Activity: Sendable, Equatable, Codable {
  /// How the activity stands. Outcomes of a run, outcomes without a run, and dangling states.
  package enum State: String, Sendable, CaseIterable, Codable {
    /// The trigger was accepted and the join window has not passed yet.
    case requested
    case queued, held, approved
    /// Started and not ended by the end of what was read.
    case open
    case succeeded, failed, killed
    case timedOut = "timed_out"
    case lost
    /// The gateway refused the trigger (401, 403, or a decision record that denies).
    case denied
    /// The trigger service refused it (another 4xx, or its own record).
    case rejected
    /// Nobody answered: the upstream failed or the client went away, and no run appeared.
    case unanswered
    /// Accepted, and no run appeared within the join window.
    case noRun = "no_run"
    /// Spawned, and its launcher went on without an exit record.
    case exitMissing = "exit_missing"
    /// Started as seen from inside, and no end.
    case endMissing = "end_missing"
    /// Exited, and nothing was heard from inside although others were.
    case noEvents = "no_events"
  }

  /// How request and run were joined; from the strongest key to none.
  package enum Link: String, Sendable, CaseIterable, Codable {
    case runID = "run_id"
    case requestID = "request_id"
    case traceID = "trace_id"
    case inferred
    /// Only one side is known.
    case none
  }

  /// Who said how the run came out.
  package enum OutcomeSource: String, Sendable, CaseIterable, Codable { case launcher, luigi }

  /// Steps inside the run, counted by their last state.
  package struct TaskCounts: Sendable, Equatable, Codable {
    package var total = 0
    package var succeeded = 0
    /// Failed, timed out or broken.
    package var failed = 0
    /// Started and not ended.
    package var dangling = 0

    package init() {}
  }

  /// Hash of the run id, else of the request id: 32 hex digits.
  ///
  /// Fixed when the activity is first told: a run that joins a trigger after its window keeps the id
  /// that was made of the request.
  package var activityID: String
  package var requestID: String?
  package var runID: String?
  package var traceID: String?
  package var job: String?
  package var principal: String?
  package var principalType: PrincipalType?
  package var groups: [String] = []
  package var owner: String?
  /// IANA zone of the principal, from the request.
  package var zone: String?
  package var remoteIP: String?
  /// HTTP status of the trigger's answer.
  package var status: Int?
  /// What made the run come about, as its launcher said.
  package var trigger: RunRecord.Trigger?
  /// Start of the request (`ts - duration_s`); nil without a request.
  package var requestedAt: Timestamp?
  /// Effect and instant of the last decision record.
  package var decided: DecisionRecord.Effect?
  package var queuedAt: Timestamp?
  /// Start of the newest attempt.
  package var startedAt: Timestamp?
  package var endedAt: Timestamp?
  /// Seconds from queued (else requested) to the first start; nil where clocks make it negative.
  package var waitSeconds: Double?
  /// Seconds of the newest attempt: the terminal record's own figure, else end minus start.
  package var durationSeconds: Double?
  package var cpuSeconds: Double?
  package var maxRSSBytes: Int?
  package var readBytes: Int?
  package var writeBytes: Int?
  package var exitCode: Int?
  /// Of the run, else of its last failed task; without a run, of the refusal or the gateway.
  package var error: RunRecord.Failure?
  package var state: State
  /// A missing piece of evidence beside a known outcome: `exitMissing`, `endMissing`, `noEvents`.
  package var dangling: State?
  package var outcomeSource: OutcomeSource?
  /// Attempts of the run as a whole, from 1; 0 while none has started.
  package var attempts = 0
  package var tasks = TaskCounts()
  package var link = Link.none
  /// 1 for an exact key, below for an inferred one, 0 without a link.
  package var linkConfidence = 0.0
  /// Another run was joined to the same request before this one.
  package var sharesRequest = false
  /// Seconds from the request's start to the run's first record from outside, where negative beyond
  /// `ClockOffset.toleranceSeconds`: impossible unless the two clocks disagree. Nil otherwise.
  package var clockOffsetSeconds: Double?
  /// Journal indexes of the records behind this activity, ascending; at most `evidenceCountMax`.
  package var evidence: [Int] = []
  /// Records beyond the evidence that is kept.
  package var evidenceOmitted = 0

  /// The most indexes kept per activity: the first ones, and the terminal records always.
  package static let evidenceCountMax = 64
  /// The part of it that only terminal records may take.
  package static let evidenceTerminalCountMin = 8

  package init(activityID: String, state: State) {
    self.activityID = activityID
    self.state = state
  }
}
