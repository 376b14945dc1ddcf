package import Detect
import Ingest

/// The keys of alerts that a filter may ask for: a finding's, and what became of it.
package enum AlertField: String, CaseIterable, Hashable, Sendable {
  case state, owner
  case raisedAt = "raised_at"
  case changedAt = "changed_at"
  /// Who acknowledged, resolved or suppressed it.
  case by
  case reason
  case suppressionID = "suppression_id"
  /// Sinks whose receiver has it.
  case sinks
  case findingID = "finding_id"
  case rule, ts, severity
  case pValue = "p_value"
  case score, principal, job
  case requestID = "request_id"
  case runID = "run_id"
  case activityID = "activity_id"
  case episodeID = "episode_id"
  case explanation

  /// The same key of the finding itself.
  fileprivate var ofFinding: FindingField? { FindingField(rawValue: rawValue) }
}

extension AlertField: FilterField {
  package static var time: AlertField { .raisedAt }

  package var type: FilterType {
    switch self {
    case .state: .word(AlertEntry.State.allCases.map(\.rawValue))
    case .raisedAt, .changedAt: .instant
    case .sinks: .texts
    default: ofFinding?.type ?? .text
    }
  }
}

extension AlertEntry: FilterSubject {
  package func value(of field: AlertField) -> FilterValue {
    switch field {
    case .state: .text(state.rawValue)
    case .owner: FilterValue(owner)
    case .raisedAt: .instant(raisedAt)
    case .changedAt: .instant(changedAt)
    case .by: FilterValue(principal)
    case .reason: FilterValue(reason)
    case .suppressionID: FilterValue(suppressionID)
    case .sinks: FilterValue(deliveredSinks.sorted())
    default: field.ofFinding.map { finding.value(of: $0) } ?? .absent
    }
  }
}
