package import Correlate
import Ingest

/// The keys of activities that a filter may ask for.
package enum ActivityField: String, CaseIterable, Hashable, Sendable {
  case activityID = "activity_id"
  case requestID = "request_id"
  case runID = "run_id"
  case traceID = "trace_id"
  case job, principal
  case principalType = "principal_type"
  case groups, owner, zone
  case remoteIP = "remote_ip"
  case status, trigger
  case requestedAt = "requested_at"
  case decided
  case queuedAt = "queued_at"
  case startedAt = "started_at"
  case endedAt = "ended_at"
  /// The first instant known of it; what `since` and `until` bound.
  case began
  case waitSeconds = "wait_s"
  case durationSeconds = "duration_s"
  case cpuSeconds = "cpu_s"
  case maxRSSBytes = "max_rss_bytes"
  case readBytes = "read_bytes"
  case writeBytes = "write_bytes"
  case exitCode = "exit_code"
  case errorType = "error.type"
  case errorMessage = "error.message"
  case state, dangling
  case outcomeSource = "outcome_source"
  case attempts
  case tasksTotal = "tasks.total"
  case tasksSucceeded = "tasks.succeeded"
  case tasksFailed = "tasks.failed"
  case tasksDangling = "tasks.dangling"
  case link
  case linkConfidence = "link_confidence"
}

extension ActivityField: FilterField {
  package static var time: ActivityField { .began }

  package var type: FilterType {
    switch self {
    case .status, .exitCode, .attempts, .tasksTotal, .tasksSucceeded, .tasksFailed,
      .tasksDangling, .linkConfidence:
      .number
    case .waitSeconds, .durationSeconds, .cpuSeconds: .seconds
    case .maxRSSBytes, .readBytes, .writeBytes: .bytes
    case .requestedAt, .queuedAt, .startedAt, .endedAt, .began: .instant
    case .groups: .texts
    case .principalType: .word(PrincipalType.allCases.map(\.rawValue))
    case .trigger: .word(RunRecord.Trigger.allCases.map(\.rawValue))
    case .decided: .word(DecisionRecord.Effect.allCases.map(\.rawValue))
    case .state, .dangling: .word(Activity.State.allCases.map(\.rawValue))
    case .outcomeSource: .word(Activity.OutcomeSource.allCases.map(\.rawValue))
    case .link: .word(Activity.Link.allCases.map(\.rawValue))
    default: .text
    }
  }
}

extension Activity: FilterSubject {
  package func value(of field: ActivityField) -> FilterValue {
    switch field {
    case .activityID: .text(activityID)
    case .requestID: FilterValue(requestID)
    case .runID: FilterValue(runID)
    case .traceID: FilterValue(traceID)
    case .job: FilterValue(job)
    case .principal: FilterValue(principal)
    case .principalType: FilterValue(principalType?.rawValue)
    case .groups: FilterValue(groups)
    case .owner: FilterValue(owner)
    case .zone: FilterValue(zone)
    case .remoteIP: FilterValue(remoteIP)
    case .status: FilterValue(status)
    case .trigger: FilterValue(trigger?.rawValue)
    case .errorType: FilterValue(error?.type)
    case .errorMessage: FilterValue(error?.message)
    case .state: .text(state.rawValue)
    case .dangling: FilterValue(dangling?.rawValue)
    case .outcomeSource: FilterValue(outcomeSource?.rawValue)
    case .link: .text(link.rawValue)
    case .decided: FilterValue(decided?.rawValue)
    default: measure(field)
    }
  }

  private func measure(_ field: ActivityField) -> FilterValue {
    switch field {
    case .requestedAt: FilterValue(requestedAt)
    case .queuedAt: FilterValue(queuedAt)
    case .startedAt: FilterValue(startedAt)
    case .endedAt: FilterValue(endedAt)
    case .began: FilterValue(requestedAt ?? queuedAt ?? startedAt ?? endedAt)
    case .waitSeconds: FilterValue(waitSeconds)
    case .durationSeconds: FilterValue(durationSeconds)
    case .cpuSeconds: FilterValue(cpuSeconds)
    case .maxRSSBytes: FilterValue(maxRSSBytes)
    case .readBytes: FilterValue(readBytes)
    case .writeBytes: FilterValue(writeBytes)
    case .exitCode: FilterValue(exitCode)
    case .attempts: .integer(attempts)
    case .tasksTotal: tasks.total > 0 ? .integer(tasks.total) : .absent
    case .tasksSucceeded: tasks.total > 0 ? .integer(tasks.succeeded) : .absent
    case .tasksFailed: tasks.total > 0 ? .integer(tasks.failed) : .absent
    case .tasksDangling: tasks.total > 0 ? .integer(tasks.dangling) : .absent
    case .linkConfidence: .number(linkConfidence)
    default: .absent
    }
  }
}
