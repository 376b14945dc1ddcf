import Correlate
import Ingest

/// A trigger that was accepted and after which nothing ran. A declared rule, always said; severity
/// high.
///
/// p = Krichevsky-Trofimov share of such triggers among the job's past.
struct RequestWithoutRunRule: DetectionRule {
  static let name = "request_without_run"
  static let interest: EventInterest = .activities

  private var rates = DeclaredRates()

  mutating func observe(_ event: CorrelatedEvent, _ context: inout RuleContext) {
    guard case .activity(let update) = event else { return }
    let activity = update.activity
    let job = activity.job ?? ""
    switch update.change {
    case .triggered where activity.requestedAt != nil && activity.runID != nil:
      rates.learn(job, isStrange: false, at: update.at)
    case .runMissing:
      context.report(draft(update, job)) {
        ShareWorking.working(
          rates.rate(job),
          facts: [
            "the trigger was accepted"
              + (update.activity.status.map { " with status \($0)" } ?? ""),
            "no run named it within "
              + Legible.duration(
                update.activity.requestedAt.map { update.at.seconds(since: $0) } ?? 0),
          ], usual: "with a run", strange: "without one")
      }
      rates.learn(job, isStrange: true, at: update.at)
    default: break
    }
  }

  private func draft(_ update: ActivityUpdate, _ job: String) -> Draft {
    let activity = update.activity
    let rate = rates.rate(job)
    var draft = Draft(
      rule: RequestWithoutRunRule.name, subject: activity.activityID, episodeSubject: job,
      timestamp: update.at, pValue: rate.share)
    draft.describe(activity)
    draft.happenedAt = activity.requestedAt
    draft.severity = .high
    let waited = activity.requestedAt.map { update.at.seconds(since: $0) } ?? 0
    draft.observed = [.init("waited_s", waited)]
    if let status = activity.status { draft.observed.append(.init("status", Double(status))) }
    draft.expected = [.init("share_without_run", rate.share)]
    draft.history = rate.history
    draft.explanation =
      "\(Legible.name(activity.principal ?? "an anonymous client")) triggered \(Legible.name(job)), "
      + "it was accepted, and no run appeared within \(Legible.duration(waited)): of its "
      + "\(Legible.count(rate.history.events, "accepted trigger")) before, "
      + "\(Legible.number(rate.strange)) had none"
    return draft
  }
}
