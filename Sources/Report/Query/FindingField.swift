package import Detect
import Ingest

/// The keys of findings that a filter may ask for.
package enum FindingField: String, CaseIterable, Hashable, Sendable {
  case findingID = "finding_id"
  case rule, ts, severity
  case pValue = "p_value"
  case score, principal, job
  case requestID = "request_id"
  case runID = "run_id"
  case activityID = "activity_id"
  case episodeID = "episode_id"
  case explanation
}

extension FindingField: FilterField {
  package static var time: FindingField { .ts }

  package var type: FilterType {
    switch self {
    case .ts: .instant
    case .pValue, .score: .number
    case .severity: .word(Finding.Severity.allCases.map(\.rawValue))
    case .rule: .word(Array(Set(DetectionPipeline.ruleNames)).sorted())
    default: .text
    }
  }
}

extension Finding: FilterSubject {
  package func value(of field: FindingField) -> FilterValue {
    switch field {
    case .findingID: .text(findingID)
    case .rule: .text(rule)
    case .ts: .instant(timestamp)
    case .severity: .text(severity.rawValue)
    case .pValue: .number(pValue)
    case .score: .number(score)
    case .principal: FilterValue(principal)
    case .job: FilterValue(job)
    case .requestID: FilterValue(requestID)
    case .runID: FilterValue(runID)
    case .activityID: FilterValue(activityID)
    case .episodeID: FilterValue(episodeID)
    case .explanation: .text(explanation)
    }
  }
}
