import Correlate
import Ingest

/// More triggers of one principal within an hour than their past hours allow.
///
/// Counts requests on trigger routes as they complete, whatever came of them but a refusal, which
/// `denied_burst` counts: a burst must be told before its runs leave the queue.
struct TriggerBurstRule: DetectionRule {
  static let name = "trigger_burst"
  static let interest: EventInterest = .requests

  private var bursts = BurstDetector(countMin: 5)

  mutating func approve(_ finding: ReportedFinding, _ configuration: DetectionConfiguration) {
    bursts.approve(finding, configuration)
  }

  mutating func observe(_ event: CorrelatedEvent, _ context: inout RuleContext) {
    guard case .request(let indexed, let outcome) = event,
      outcome != .denied, outcome != .unauthenticated,
      case .request(let request) = indexed.record.body,
      let principal = request.principal, request.job != nil
    else { return }
    let at = indexed.record.header.timestamp
    guard let burst = bursts.count(principal, at: at, &context) else { return }
    var draft = burst.draft(
      rule: TriggerBurstRule.name, at: at, who: Legible.name(principal), did: "triggered jobs")
    draft.principal = principal
    draft.job = request.job
    draft.requestID = request.requestID
    draft.runID = request.runID
    draft.evidence = [indexed.index]
    context.report(draft) { burst.working(of: "triggers") }
  }
}
