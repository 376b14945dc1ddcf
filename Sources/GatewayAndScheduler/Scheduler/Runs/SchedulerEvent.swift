package import Ingest

/// What happens to the scheduler.
package enum SchedulerEvent: Sendable {
  /// Somebody wants a run; everything about the wish is checked, and the policy asked.
  case triggered(SchedulerWish, ticket: Int)
  /// The records of a batch are on stable storage.
  case appended(batch: Int, [Acknowledgement])
  /// They are not, or it is not known whether they are.
  case refused(batch: Int, String)
  /// Which of the jobs asked about have all their outputs there.
  case probed(runID: String, complete: Set<String>)
  /// What the directory of an attempt says.
  case observed(runID: String, attempt: Int, AttemptReport)
  /// An attempt was handed to a shim; what is observed from here on is of that one.
  case launched(runID: String, attempt: Int)
  /// An attempt could not be handed to a shim.
  case launchFailed(runID: String, attempt: Int, String)
  /// An attempt's shim lives and gave no sign of it for so long; whether it was killed for that.
  case silent(runID: String, attempt: Int, seconds: Double, isKilled: Bool)
  /// A shim that was silent for so long beats again.
  case heard(runID: String, attempt: Int, seconds: Double)
  case settled(
    approvalID: String, by: String, gives: Bool, reason: String?, ticket: Int)
  case killOrdered(runID: String, by: String, reason: String?, ticket: Int)
  /// A machine thinks that a run should be ended; a person is to say so.
  case killProposed(runID: String, by: String, reason: String, ticket: Int)
  /// Time has passed.
  case ticked
}

/// A wish, checked.
package struct SchedulerWish: Sendable {
  package var runID: String
  package var job: String
  package var parameters: JobParameters
  package var redactedParameters: [UInt8]
  package var trigger: RunRecord.Trigger
  package var identity: Identity?
  package var requestID: String?
  package var traceID: String?
  /// What the policy said; nil where it is not asked: schedules, and what a run needs.
  package var decision: AccessDecision?

  package init(
    runID: String, job: String, parameters: JobParameters, redacted: [UInt8],
    trigger: RunRecord.Trigger
  ) {
    self.runID = runID
    self.job = job
    self.parameters = parameters
    redactedParameters = redacted
    self.trigger = trigger
  }
}

/// What the scheduler wants done.
package enum SchedulerAction: Sendable {
  /// Append in this order, each durable before the next; then `appended` or `refused`.
  case append(batch: Int, [Record])
  case answer(ticket: Int, SchedulerAnswer)
  /// Look whether the outputs are there; then `probed`.
  case probe(runID: String, outputs: [String: [String]], directories: [String: String])
  /// Start an attempt; then `launched` or `launchFailed`.
  case launch(AttemptPlan)
  /// Say what an attempt's directory holds, and watch it while its shim lives; `observed`.
  case inspect(runID: String, attempt: Int)
  /// Tell the attempt's shim to end it.
  case stop(runID: String, attempt: Int)
  /// Remove a run's directory.
  case prune(runID: String)
}

package enum SchedulerAnswer: Sendable, Equatable {
  case trigger(TriggerOutcome)
  case order(RunOrderOutcome)
}

/// An attempt to be started: the run's view of it; paths and tokens are the supervisor's.
package struct AttemptPlan: Sendable, Equatable {
  package var runID: String
  package var attempt: Int
  package var job: JobDefinition
  package var invocation: JobInvocation
  /// AUDIT_… variables, `NAME=value`.
  package var audit: [String]
}
