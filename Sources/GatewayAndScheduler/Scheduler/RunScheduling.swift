package import Ingest

/// What somebody wants run.
package struct RunRequest: Sendable, Equatable {
  package var job: String
  /// One JSON object, not yet checked against the job's schema; at most 16 KiB.
  package var parameters: [UInt8]
  package var trigger: RunRecord.Trigger
  /// Nil for the schedule's own.
  package var identity: Identity?
  package var requestID: String?
  package var traceID: String?
  /// The client's own name for this wish, 1 to 256 bytes: a second request of the same principal for
  /// the same job with the same key is the same run.
  package var idempotencyKey: String?
  package var remoteIP: String?

  package init(job: String, parameters: [UInt8], trigger: RunRecord.Trigger) {
    self.job = job
    self.parameters = parameters
    self.trigger = trigger
  }
}

/// What became of a wish.
package enum TriggerOutcome: Sendable, Equatable {
  /// Queued, and durably so.
  case accepted(RunView)
  /// Waits for a person's word; `approvalID` is in the view.
  case held(RunView)
  /// The same wish was made before; this is its run.
  case repeated(RunView)
  /// The same idempotency key with other parameters.
  case keyConflict(RunView)
  case unknownJob
  /// The parameters do not fit the job's schema: one sentence each.
  case invalid([String])
  /// The policy says no at the scheduler.
  case denied(AccessDecision)
  /// A limit on concurrency or rate is reached.
  case limited(String)
  /// The journal could not take the record: nothing is triggered.
  case unavailable(String)
}

/// A run as it is now.
package struct RunView: Sendable, Equatable {
  package var runID: String
  package var job: String
  /// The state is the last event: `queued`, `held`, `started`, a terminal one.
  package var state: RunRecord.Event
  package var principal: String?
  package var owner: String?
  package var trigger: RunRecord.Trigger
  package var requestID: String?
  /// 1 for the first.
  package var attempt = 1
  /// Set while it is held, and afterwards.
  package var approvalID: String?
  package var queuedAt: Timestamp
  package var startedAt: Timestamp?
  package var endedAt: Timestamp?
  package var exitCode: Int?
  package var signal: Int?
  /// Why it failed, was rejected or lost, in a sentence.
  package var reason: String?
  /// One JSON object, redacted as in the journal.
  package var parameters: [UInt8] = []

  package init(
    runID: String, job: String, state: RunRecord.Event, trigger: RunRecord.Trigger,
    queuedAt: Timestamp
  ) {
    self.runID = runID
    self.job = job
    self.state = state
    self.trigger = trigger
    self.queuedAt = queuedAt
  }
}

/// Which runs are asked for; nil fields do not restrict. Newest first.
package struct RunFilter: Sendable, Equatable {
  package var job: String?
  package var principal: String?
  package var state: RunRecord.Event?
  /// 1 to 1,000.
  package var countMax = 100
  /// Only runs older than this one.
  package var before: String?

  package init() {}
}

/// What became of a wish about a run that is there.
package enum RunOrderOutcome: Sendable, Equatable {
  case done(RunView)
  case unknown
  /// The run is not in a state for it.
  case notPossible(RunView, String)
  /// Whoever orders may not: the approver asked for the run himself.
  case refused(String)
  case unavailable(String)
}

/// A job as the API shows it.
package struct JobView: Sendable, Equatable {
  package var name: String
  package var kind: String
  package var owner: String?
  package var summary: String?
  /// JSON Schema (2020-12 subset) of the parameters, one JSON object.
  package var parameterSchema: [UInt8]
  package var schedule: String?
  package var nextRun: Timestamp?
  package var needs: [String] = []
  package var openRunCount = 0

  package init(name: String, kind: String, parameterSchema: [UInt8]) {
    self.name = name
    self.kind = kind
    self.parameterSchema = parameterSchema
  }
}

/// The scheduler as the trigger API sees it.
package protocol RunScheduling: Sendable {
  /// Judges again, checks, records durably, and starts what may start. `.accepted` and `.held` mean that
  /// the record is on stable storage.
  func trigger(_ request: RunRequest) async -> TriggerOutcome
  func run(_ runID: String) async -> RunView?
  func runs(_ filter: RunFilter) async -> [RunView]
  func kill(_ runID: String, by identity: Identity, reason: String?) async -> RunOrderOutcome
  /// A person's word on a held run, or on a proposal to kill one.
  func settle(
    approval approvalID: String, by identity: Identity, gives: Bool, reason: String?
  ) async -> RunOrderOutcome
  func approvals() async -> [PendingApproval]
  func jobs() async -> [JobView]
  func job(_ name: String) async -> JobView?
}

/// Something that waits for a person's word.
package struct PendingApproval: Sendable, Equatable {
  package var approvalID: String
  /// What giving it does: lets the held run start, or kills the running one.
  package enum Purpose: String, Sendable, CaseIterable { case start, kill }
  package var purpose: Purpose
  package var run: RunView
  /// Who may not give it.
  package var askedBy: String?
  package var reason: String?
  package var requestedAt: Timestamp
  package var expiresAt: Timestamp

  package init(
    approvalID: String, purpose: Purpose, run: RunView, requestedAt: Timestamp,
    expiresAt: Timestamp
  ) {
    self.approvalID = approvalID
    self.purpose = purpose
    self.run = run
    self.requestedAt = requestedAt
    self.expiresAt = expiresAt
  }
}
