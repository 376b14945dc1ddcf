import Correlate
import Ingest

/// A trigger of a job by someone who neither owns it nor belongs to the group that does.
///
/// p = Krichevsky-Trofimov share of such triggers among the job's past, or the principal's where
/// that is larger: whoever often runs others' jobs is not strange for it. One that could have been
/// told waits in quarantine.
struct NonOwnerRule: DetectionRule {
  static let name = "non_owner"
  static let interest: EventInterest = .activities

  private var byJob = DeclaredRates()
  private var byPrincipal = DeclaredRates()
  private var quarantine = Quarantine()

  mutating func observe(_ event: CorrelatedEvent, _ context: inout RuleContext) {
    guard case .activity(let update) = event, update.change == .triggered,
      let owner = update.activity.owner, let principal = update.activity.principal,
      let job = update.activity.job
    else { return }
    let isStrange = owner != principal && !update.activity.groups.contains(owner)
    let mine = byPrincipal.rate(principal)
    let theirs = byJob.rate(job)
    let pValue = max(mine.share, theirs.share)
    let level = context.level(at: update.at)
    if isStrange, pValue <= level {
      var draft = Draft(
        rule: NonOwnerRule.name, subject: update.activity.activityID, episodeSubject: principal,
        timestamp: update.at, pValue: pValue)
      draft.describe(update.activity)
      draft.observed = [.init("owner", owner)]
      draft.expected = [
        .init("share_of_job", theirs.share), .init("share_of_principal", mine.share),
      ]
      draft.history = theirs.history
      draft.explanation =
        "\(Legible.name(principal)) triggered \(Legible.name(job)), which belongs to "
        + "\(Legible.name(owner)): of its \(Legible.count(theirs.history.events, "trigger")) before, "
        + "\(Legible.number(theirs.strange)) came from others (\(Legible.odds(pValue)))"
      context.report(draft) {
        ShareWorking.working(
          job: theirs, principal: mine,
          facts: ["the job belongs to \(Legible.name(owner)), the principal is not of it"])
      }
    }
    guard isStrange, pValue <= OnlineBudget.levelMax else {
      return learn(principal, job, isStrange: isStrange, at: update.at)
    }
    let day = Int(update.at.microseconds.flooredDivision(by: 86_400_000_000).quotient)
    let key = NonOwnerRule.key(principal, job)
    for _ in quarantine.hold(key, 1, day: day, context.configuration) {
      learn(principal, job, isStrange: true, at: update.at)
    }
  }

  mutating func approve(_ finding: ReportedFinding, _ configuration: DetectionConfiguration) {
    guard let principal = finding.principal, let job = finding.job else { return }
    let held = quarantine.release(NonOwnerRule.key(principal, job))
    for _ in 0..<max(held.count, configuration.quarantineDays) {
      learn(principal, job, isStrange: true, at: finding.timestamp)
    }
  }

  private mutating func learn(_ principal: String, _ job: String, isStrange: Bool, at: Timestamp) {
    byJob.learn(job, isStrange: isStrange, at: at)
    byPrincipal.learn(principal, isStrange: isStrange, at: at)
  }

  private static func key(_ principal: String, _ job: String) -> String {
    "\(principal.utf8.count)/\(principal)/\(job)"
  }
}
