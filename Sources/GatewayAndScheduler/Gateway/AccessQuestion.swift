package import Ingest

/// What the policy is asked: may this principal do this, here and now?
package struct AccessQuestion: Sendable, Equatable {
  /// Nil for somebody who showed no credential.
  package var identity: Identity?
  /// `run:trigger`, `run:kill`, `run:view`, `job:view`, `approval:give`, `approval:view`,
  /// `luigi:view`, or one that the configuration's routes name.
  package var action: String
  /// The job it is about; nil where there is none.
  package var job: String?
  /// The job is not told yet, and whoever serves the request asks again with it: a rule or scope that
  /// names jobs then counts where it allows, and does not where it denies. Only without a job.
  package var jobIsOpen = false
  /// The client's address, as the gateway reports it.
  package var remoteIP: String?
  /// When it is asked.
  package var at: Timestamp
  package var facts: AccessFacts

  package init(_ action: String, job: String? = nil, by identity: Identity?, at: Timestamp) {
    self.action = action
    self.job = job
    self.identity = identity
    self.at = at
    facts = AccessFacts()
  }
}

/// What the world looks like at the instant of the question; the same values, told from the recorded
/// past, let a policy be replayed.
package struct AccessFacts: Sendable, Equatable {
  /// Runs of this job that are queued, held or running.
  package var openRunsOfJob = 0
  /// The same, of this principal.
  package var openRunsOfPrincipal = 0
  /// Seconds since each of this principal's triggers that were let through in the last hour, newest first;
  /// at most 1,000.
  package var triggerAges: [Double] = []
  /// How rare a trigger at this instant is for this principal, from 0 to 1; nil where Detect does not
  /// know or is not asked.
  package var offHoursP: Double?

  package init() {}
}

/// The policy's answer, with the rule that gave it.
package struct AccessDecision: Sendable, Equatable {
  package var effect: DecisionRecord.Effect
  /// The rule's name; `default` where none matched, `scope` where the credential is not good for it,
  /// `credential` where there is no good one.
  package var rule: String
  /// A sentence for the record and for the one who asked: it names what would have been needed.
  package var reason: String
  /// SHA-256 of the policy's text, hex.
  package var policySHA256: String
  /// Set when a rule let it through and its limit did not.
  package var limit: Limit?

  /// What a rule counts.
  package enum Limit: String, Sendable, CaseIterable {
    case openRunsOfJob = "open_runs_of_job"
    case openRunsOfPrincipal = "open_runs_of_principal"
    case triggers
  }

  package init(
    _ effect: DecisionRecord.Effect, rule: String, reason: String, policySHA256: String
  ) {
    self.effect = effect
    self.rule = rule
    self.reason = reason
    self.policySHA256 = policySHA256
  }
}

extension AccessDecision {
  /// The answer as it is carried out: a hold of what nothing can wait for is a no.
  ///
  /// Only a trigger of a job waits for an approval, in the scheduler. Where the job is open the hold
  /// stays, since whoever asked asks again with it.
  package func enforced(for question: AccessQuestion) -> AccessDecision {
    let canWait = question.action == AccessAction.trigger && question.job != nil
    guard effect == .hold, !question.jobIsOpen, !canWait else { return self }
    return deniedHold
  }

  /// A no in place of a hold.
  var deniedHold: AccessDecision {
    var result = self
    result.effect = .deny
    result.reason = "needs an approval, which only a trigger can wait for: \(reason)"
    return result
  }
}

/// Something that answers access questions: the policy's current version.
package protocol AccessJudging: Sendable {
  func decide(_ question: AccessQuestion) -> AccessDecision
}

/// Tells what the world looks like for a question; the scheduler knows its runs, Detect the habits.
package protocol AccessFactsSource: Sendable {
  func facts(principal: String?, job: String?, at now: Timestamp) async -> AccessFacts
  /// The same for somebody whose zone and type are known: habits are judged by local hours.
  func facts(of identity: Identity?, job: String?, at now: Timestamp) async -> AccessFacts
}

extension AccessFactsSource {
  package func facts(of identity: Identity?, job: String?, at now: Timestamp) async -> AccessFacts {
    await facts(principal: identity?.principal, job: job, at: now)
  }
}
