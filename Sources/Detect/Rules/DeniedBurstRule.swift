import Correlate
import Ingest

/// More refusals of one principal within an hour than the past allows; of one address when
/// anonymous.
///
/// Counts every request that was denied or not authenticated, trigger or not.
struct DeniedBurstRule: DetectionRule {
  static let name = "denied_burst"
  static let interest: EventInterest = .requests

  private var bursts = BurstDetector(countMin: 5)

  mutating func approve(_ finding: ReportedFinding, _ configuration: DetectionConfiguration) {
    bursts.approve(finding, configuration)
  }

  mutating func observe(_ event: CorrelatedEvent, _ context: inout RuleContext) {
    guard case .request(let indexed, let outcome) = event,
      outcome == .denied || outcome == .unauthenticated,
      case .request(let request) = indexed.record.body
    else { return }
    let subject: String
    let who: String
    if let principal = request.principal {
      subject = "principal/\(principal)"
      who = Legible.name(principal)
    } else {
      let address = request.remoteIP ?? "an unstated address"
      subject = "address/\(address)"
      who = "an anonymous client at \(Legible.name(address))"
    }
    let at = indexed.record.header.timestamp
    guard let burst = bursts.count(subject, at: at, &context) else { return }
    var draft = burst.draft(rule: DeniedBurstRule.name, at: at, who: who, did: "was refused")
    draft.principal = request.principal
    draft.job = request.job
    draft.requestID = request.requestID
    draft.evidence = [indexed.index]
    context.report(draft) { burst.working(of: "refusals") }
  }
}
