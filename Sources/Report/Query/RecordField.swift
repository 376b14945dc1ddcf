package import Ingest

/// The fields of records by their documented names, of every kind.
package enum RecordField: String, CaseIterable, Hashable, Sendable {
  // Every kind.
  case v, kind, ts, source, id, imported, index
  case receivedAt = "received_at"
  case oversizeBytes = "oversize_bytes"
  case oversizeSHA256 = "oversize_sha256"
  case originalHMAC = "original_hmac"
  // Requests and decisions.
  case requestID = "request_id"
  case traceID = "trace_id"
  case principal
  case principalType = "principal_type"
  case issuer, groups, zone
  case remoteIP = "remote_ip"
  case remotePort = "remote_port"
  case userAgent = "user_agent"
  case method, host, path
  case queryKeys = "query_keys"
  case status
  case durationSeconds = "duration_s"
  case bytesIn = "bytes_in"
  case bytesOut = "bytes_out"
  case job
  case runID = "run_id"
  case tlsVersion = "tls_version"
  case tlsCipher = "tls_cipher"
  case action, effect, rule, reason
  case policySHA256 = "policy_sha256"
  case credential
  case credentialID = "credential_id"
  // Runs and tasks.
  case event, vantage, trigger, owner, attempt, pid, params
  case cpuSeconds = "cpu_s"
  case maxRSSBytes = "max_rss_bytes"
  case readBytes = "read_bytes"
  case writeBytes = "write_bytes"
  case exitCode = "exit_code"
  case signal
  case errorType = "error.type"
  case errorMessage = "error.message"
  case taskID = "task_id"
  case task
  case dependsOn = "depends_on"
  // Approvals, alerts and control records.
  case approvalID = "approval_id"
  case subject
  case subjectID = "subject_id"
  case expiresAt = "expires_at"
  case findingID = "finding_id"
  case finding, sink
  case notification
  case notificationEvent = "notification_event"
  case group, findings
  case suppressionID = "suppression_id"
  case match, counts, sha256
  case timestampMin = "ts_min"
  case timestampMax = "ts_max"
  case receivedAtMin = "received_at_min"
  case receivedAtMax = "received_at_max"
}

extension RecordField: FilterField {
  package static var time: RecordField { .ts }

  package var type: FilterType {
    switch self {
    case .v, .index, .remotePort, .status, .attempt, .pid, .exitCode, .signal: .number
    case .durationSeconds, .cpuSeconds: .seconds
    case .oversizeBytes, .bytesIn, .bytesOut, .maxRSSBytes, .readBytes, .writeBytes: .bytes
    case .ts, .receivedAt, .expiresAt, .timestampMin, .timestampMax, .receivedAtMin,
      .receivedAtMax:
      .instant
    case .imported: .flag
    case .groups, .queryKeys, .dependsOn, .findings: .texts
    case .params, .finding, .match, .counts: .object
    case .notificationEvent: .word(AlertRecord.NotificationEvent.allCases.map(\.rawValue))
    case .kind: .word(RecordKind.allCases.map(\.rawValue))
    case .principalType: .word(PrincipalType.allCases.map(\.rawValue))
    case .effect: .word(DecisionRecord.Effect.allCases.map(\.rawValue))
    case .credential: .word(DecisionRecord.Credential.allCases.map(\.rawValue))
    case .vantage: .word(RunRecord.Vantage.allCases.map(\.rawValue))
    case .trigger: .word(RunRecord.Trigger.allCases.map(\.rawValue))
    case .event: .word(RecordField.events)
    default: .text
    }
  }

  /// The words of every kind's `event`, each once.
  private static let events: [String] = {
    let all =
      RunRecord.Event.allCases.map(\.rawValue) + TaskRecord.Event.allCases.map(\.rawValue)
      + ApprovalRecord.Event.allCases.map(\.rawValue)
      + AlertRecord.Event.allCases.map(\.rawValue)
      + ControlRecord.Event.allCases.map(\.rawValue)
    var seen: Set<String> = []
    return all.filter { seen.insert($0).inserted }
  }()

  /// The kinds that have the field.
  package var kinds: Set<RecordKind> {
    switch self {
    case .v, .kind, .ts, .source, .id, .imported, .index, .receivedAt, .oversizeBytes,
      .oversizeSHA256, .originalHMAC:
      Set(RecordKind.allCases)
    case .requestID: [.request, .decision, .run]
    case .traceID: [.request, .run]
    case .principal: [.request, .decision, .run, .approval, .alert, .control]
    case .principalType, .issuer: [.request, .decision]
    case .groups: [.request, .decision, .run]
    case .remoteIP, .remotePort, .path, .status: [.request, .control]
    case .zone, .userAgent, .method, .queryKeys, .bytesIn, .bytesOut, .tlsVersion, .tlsCipher:
      [.request]
    case .host: [.request, .run]
    case .durationSeconds: [.request, .run, .task]
    case .job: [.request, .decision, .run]
    case .runID: [.request, .run, .task]
    case .action, .effect, .rule, .policySHA256, .credential, .credentialID: [.decision]
    case .reason: [.decision, .approval, .alert, .control]
    case .event: [.run, .task, .approval, .alert, .control]
    case .owner, .attempt: [.run, .task, .alert]
    case .params, .errorType, .errorMessage: [.run, .task]
    case .vantage, .trigger, .pid, .cpuSeconds, .maxRSSBytes, .readBytes, .writeBytes, .exitCode,
      .signal:
      [.run]
    case .taskID, .task, .dependsOn: [.task]
    case .approvalID, .subjectID: [.approval]
    case .expiresAt: [.approval, .alert]
    case .subject: [.approval, .control]
    case .findingID, .finding, .sink, .notification, .notificationEvent, .group, .findings,
      .suppressionID, .match:
      [.alert]
    case .counts, .sha256, .timestampMin, .timestampMax, .receivedAtMin, .receivedAtMax:
      [.control]
    }
  }
}
