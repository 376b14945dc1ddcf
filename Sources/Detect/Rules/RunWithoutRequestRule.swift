import Correlate
import Ingest

/// A run that no request asked for: somebody went round the gateway. A declared rule, always said.
///
/// Critical; high when its launcher says that a schedule started it but no such schedule is
/// declared. Quiet for jobs that the configuration declares, and while no trigger has ever been
/// seen at a gateway: then nothing is known about who goes round it. p = Krichevsky-Trofimov share
/// of such runs among the job's past.
struct RunWithoutRequestRule: DetectionRule {
  static let name = "run_without_request"
  static let interest: EventInterest = .activities

  private var rates = DeclaredRates()
  private var hasSeenTrigger = false

  mutating func observe(_ event: CorrelatedEvent, _ context: inout RuleContext) {
    guard case .activity(let update) = event else { return }
    let activity = update.activity
    let job = activity.job ?? ""
    switch update.change {
    case .triggered where activity.requestedAt != nil:
      hasSeenTrigger = true
      if activity.runID != nil { rates.learn(job, isStrange: false, at: update.at) }
    case .requestMissing:
      defer { rates.learn(job, isStrange: true, at: update.at) }
      guard hasSeenTrigger, !JobPattern.matches(job, context.configuration.jobsWithoutRequest)
      else { return }
      context.report(draft(update, job)) {
        ShareWorking.working(
          rates.rate(job),
          facts: [
            "no request at the gateway names this run, and none has its trace",
            "its launcher says: \(update.activity.trigger?.rawValue ?? "nothing")",
            "the job is not declared to run without a request",
          ], usual: "with a request", strange: "without one")
      }
    default: break
    }
  }

  private func draft(_ update: ActivityUpdate, _ job: String) -> Draft {
    let activity = update.activity
    let rate = rates.rate(job)
    var draft = Draft(
      rule: RunWithoutRequestRule.name, subject: activity.activityID, episodeSubject: job,
      timestamp: update.at, pValue: rate.share)
    draft.describe(activity)
    draft.happenedAt = activity.startedAt
    draft.severity = activity.trigger == .schedule ? .high : .critical
    draft.observed = [.init("link", activity.link.rawValue)]
    if let trigger = activity.trigger {
      draft.observed.append(.init("claimed_trigger", trigger.rawValue))
    }
    draft.expected = [.init("share_without_request", rate.share)]
    draft.history = rate.history
    let claimed = activity.trigger.map { "; its launcher says: \($0.rawValue)" } ?? ""
    draft.explanation =
      "run \(Legible.name(activity.runID ?? "")) of \(Legible.name(job)) has no request at the "
      + "gateway and no declared schedule\(claimed): of its "
      + "\(Legible.count(rate.history.events, "run")) before, \(Legible.number(rate.strange)) had none"
    return draft
  }
}
