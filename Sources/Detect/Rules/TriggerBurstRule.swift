import Correlate
import Ingest

/// More triggers of one principal within an hour than their past hours allow.
struct TriggerBurstRule: DetectionRule {
  static let name = "trigger_burst"

  private var bursts = BurstDetector(countMin: 5)

  mutating func approve(_ finding: ReportedFinding, _ configuration: DetectionConfiguration) {
    bursts.approve(finding, configuration)
  }

  mutating func observe(_ event: CorrelatedEvent, _ context: inout RuleContext) {
    guard case .activity(let update) = event, update.change == .triggered,
      let principal = update.activity.principal, let at = update.activity.requestedAt
    else { return }
    guard let burst = bursts.count(principal, at: at, &context) else { return }
    var draft = burst.draft(
      rule: TriggerBurstRule.name, at: max(update.at, at), who: Legible.name(principal),
      did: "triggered jobs")
    let evidence = draft.evidence + update.activity.evidence
    draft.describe(update.activity)
    draft.evidence = evidence
    context.report(draft) { burst.working(of: "triggers") }
  }
}
