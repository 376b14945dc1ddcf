import Correlate
import Detect
import Ingest

/// Judges the controls of a standard by the facts of a period. Never `met` without data.
struct ControlAssessment {
  let facts: ReportFacts
  let manifest: Manifest
  /// Whether findings were looked for with a past to compare with.
  let hasPast: Bool

  private static let youngSiteDays = 14.0

  /// - Parameter heardFrom: the earliest event time of what was judged, in the period or before it; nil
  ///   when nothing was heard.
  init(_ facts: ReportFacts, _ manifest: Manifest, heardFrom: Timestamp?) {
    self.facts = facts
    self.manifest = manifest
    let days = facts.latest.flatMap { last in heardFrom.map { last.seconds(since: $0) / 86_400 } }
    hasPast = (days ?? 0) >= ControlAssessment.youngSiteDays
  }

  /// What decided: the verdict, a sentence, the indexes.
  struct Answer {
    let verdict: ControlRow.Verdict
    let reason: String
    let evidence: EvidenceList

    init(_ verdict: ControlRow.Verdict, _ reason: String, _ evidence: EvidenceList = .init()) {
      self.verdict = verdict
      self.reason = reason
      self.evidence = evidence
    }
  }

  func rows(_ standard: ComplianceStandard) -> [ControlRow] {
    ControlCatalogue.controls(of: standard).map { control in
      let answer = answer(control.topic)
      return ControlRow(
        standard: standard.rawValue, clause: control.clause, title: control.title,
        query: control.topic.query, verdict: answer.verdict, reason: answer.reason,
        evidence: answer.evidence.kept,
        omittedCount: answer.evidence.count - answer.evidence.kept.count, madeAt: manifest.madeAt)
    }
  }

  private func answer(_ topic: ControlTopic) -> Answer {
    let lacking = topic.fields.intersection(manifest.privacy.leftOut).sorted()
    guard lacking.isEmpty else {
      return Answer(
        .insufficientData, "rests on fields left out: \(lacking.joined(separator: ", "))")
    }
    return judge(topic)
  }

  private func judge(_ topic: ControlTopic) -> Answer {
    switch topic {
    case .attribution: attribution
    case .accessReview: accessReview
    case .decisions: decisions
    case .denials: denials
    case .approvals: approvals
    case .privilegedActions: privilegedActions
    case .atypicalUse:
      handled("off-hours or first-seen findings") {
        ["off_hours", "first_seen", "trigger_burst"].contains($0.rule)
      }
    case .findingsHandled:
      handled("findings of medium severity or above") { $0.severity >= .medium }
    case .changes: changes
    case .gaps: gaps
    case .clocks: clocks
    case .integrity: integrity
    case .logAccess: logAccess
    case .logLife: logLife
    case .authentication: authentication
    case .trail: trail
    case .retention(let days): retention(days)
    }
  }

  private static func count(_ value: Int, _ one: String, _ many: String? = nil) -> String {
    "\(Quantity.count(value)) \(value == 1 ? one : many ?? one + "s")"
  }

  private var triggers: String { ControlAssessment.count(facts.triggers.count, "trigger") }

  private var attribution: Answer {
    guard !facts.triggers.isEmpty else {
      return Answer(.insufficientData, "no trigger of a job was recorded in the period")
    }
    let lacking = facts.incompleteTriggers
    guard lacking.isEmpty else {
      return Answer(
        .notMet,
        "\(Quantity.count(lacking.count)) of \(triggers) lack a principal, an address, a target or an "
          + "outcome", lacking)
    }
    return Answer(
      .met, "all \(triggers) have principal, address, time, target and outcome", facts.triggers)
  }

  private var accessReview: Answer {
    guard !facts.access.isEmpty else {
      return Answer(.insufficientData, "nobody triggered a job, and no permission was exercised")
    }
    let permitted = facts.access.values.contains { $0.isPermitted }
    let people = Set(facts.access.keys.map(\.principal)).count
    let unused = facts.access.values.count { $0.isPermitted && $0.triggerCount == 0 }
    let words =
      "\(ControlAssessment.count(people, "principal")) used \(Quantity.count(facts.access.count)) "
      + "pairs of principal and job"
    guard permitted else {
      return Answer(
        .insufficientData,
        words + "; who could have is not in the log, for it holds no decisions of a policy",
        facts.triggers)
    }
    guard facts.anonymousTriggers.isEmpty else {
      return Answer(
        .notMet, words + "; \(facts.anonymousTriggers.count) triggers had no principal",
        facts.anonymousTriggers)
    }
    return Answer(
      .met, words + "; \(unused) permitted pairs were not used", facts.decisionEvidence)
  }

  private var decisions: Answer {
    guard !facts.decisionEvidence.isEmpty else {
      return Answer(
        .insufficientData,
        "no decision of an access policy was recorded in the period ("
          + "\(Quantity.count(facts.refusedRequests.count)) requests were refused by status)",
        facts.refusedRequests)
    }
    let round = findings { $0.rule == "run_without_request" }
    guard facts.deniedYetRan.isEmpty, round.count == 0 else {
      return Answer(
        .notMet,
        "\(ControlAssessment.count(facts.deniedYetRan.count, "record")) of runs that had been denied, "
          + "\(ControlAssessment.count(round.count, "run")) round the gateway",
        facts.deniedYetRan + round.evidence)
    }
    let total = ControlAssessment.count(facts.decisionEvidence.count, "decision")
    return Answer(
      .met, "\(total), \(facts.denials.count) of them denials; no denied run took place",
      facts.decisionEvidence)
  }

  private var denials: Answer {
    let refused = facts.refusedRequests + facts.denials
    guard !refused.isEmpty else {
      return Answer(
        .insufficientData, "no refused attempt was recorded in the period: none, or none was logged"
      )
    }
    let bursts = findings { $0.rule == "denied_burst" }
    return Answer(
      .met,
      "\(ControlAssessment.count(refused.count, "refused attempt")) recorded, "
        + "\(ControlAssessment.count(bursts.count, "burst")) among them", refused)
  }

  private var approvals: Answer {
    guard !facts.approvalEvidence.isEmpty else {
      return Answer(.insufficientData, "no approval was asked for or given in the period")
    }
    if let refuted = refuted(
      by: facts.selfApprovals, "approvals by the one who asked", and: "approval_misuse",
      "findings of misuse")
    {
      return refuted
    }
    let words = ControlAssessment.count(facts.approvalEvidence.count, "approval record")
    return Answer(.met, "\(words); nobody approved what they had asked for", facts.approvalEvidence)
  }

  private var privilegedActions: Answer {
    let loads =
      ControlAssessment.count(facts.namelessLoads.count, "load")
      + " of configuration or policy without a person"
    guard !facts.privilegedEvidence.isEmpty else {
      return Answer(
        .insufficientData,
        "no privileged action of a person was recorded in the period, and \(loads)",
        facts.namelessLoads)
    }
    guard facts.namelessPrivileged.isEmpty else {
      return Answer(
        .notMet, "\(facts.namelessPrivileged.count) privileged actions have no principal",
        facts.namelessPrivileged)
    }
    let all = facts.privilegedEvidence
    return Answer(
      .met, "\(Quantity.count(all.count)) privileged actions, each with a person; \(loads)", all)
  }
}
