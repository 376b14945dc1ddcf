package import Ingest

/// The columns of each kind of record, for CSV files and database tables: one name, one cell a record.
///
/// A cell is text, a whole number, a number or nothing. Lists are joined by a space, objects are JSON
/// text. Times are RFC 3339 in UTC. Every table begins with the journal's index.
package enum RecordColumns {
  package enum Cell: Sendable, Equatable {
    case none
    case text(String)
    case whole(Int)
    case number(Double)
  }

  package struct Column: Sendable {
    package let name: String
    /// The type in SQLite's words.
    package let type: String
  }

  /// What the table of a kind is called.
  package static func table(of kind: RecordKind) -> String {
    switch kind {
    case .request: "requests"
    case .decision: "decisions"
    case .run: "run_events"
    case .task: "task_events"
    case .approval: "approvals"
    case .alert: "alerts"
    case .control: "controls_log"
    }
  }

  private static let header = [
    Column(name: "index", type: "INTEGER"), Column(name: "ts", type: "TEXT"),
    Column(name: "source", type: "TEXT"), Column(name: "id", type: "TEXT"),
    Column(name: "imported", type: "INTEGER"), Column(name: "received_at", type: "TEXT"),
  ]

  package static func columns(of kind: RecordKind) -> [Column] {
    header + own(kind)
  }

  private static func own(_ kind: RecordKind) -> [Column] {
    let words: String =
      switch kind {
      case .request:
        "request_id trace_id principal principal_type issuer groups zone remote_ip remote_port:i "
          + "user_agent method host path query_keys status:i duration_s:r bytes_in:i bytes_out:i job "
          + "run_id tls_version tls_cipher"
      case .decision:
        "request_id principal principal_type issuer groups action job effect rule reason "
          + "policy_sha256 credential credential_id"
      case .run:
        "run_id request_id trace_id job event vantage trigger principal groups owner attempt:i host "
          + "pid:i params duration_s:r cpu_s:r max_rss_bytes:i read_bytes:i write_bytes:i exit_code:i "
          + "signal:i error_type error_message"
      case .task:
        "run_id task_id task event attempt:i depends_on params owner duration_s:r error_type "
          + "error_message"
      case .approval: "approval_id subject subject_id event principal reason expires_at"
      case .alert:
        "finding_id event finding sink principal reason owner notification notification_event "
          + "group_id findings attempt:i suppression_id match expires_at"
      case .control:
        "event principal subject reason counts sha256 remote_ip remote_port:i path status:i"
      }
    return words.split(separator: " ").map { word in
      let parts = word.split(separator: ":")
      let type = parts.count == 1 ? "TEXT" : parts[1] == "i" ? "INTEGER" : "REAL"
      return Column(name: String(parts[0]), type: type)
    }
  }

  /// One cell for each column of the record's kind.
  package static func cells(of record: IndexedRecord) -> [Cell] {
    let header = record.record.header
    let head: [Cell] = [
      .whole(record.index), .text(header.timestamp.rfc3339), .text(header.source),
      .text(header.id), header.isImported ? .whole(1) : .none, Cell(header.receivedAt?.rfc3339),
    ]
    return switch record.record.body {
    case .request(let body): head + cells(body)
    case .decision(let body): head + cells(body)
    case .run(let body): head + cells(body)
    case .task(let body): head + cells(body)
    case .approval(let body): head + cells(body)
    case .alert(let body): head + cells(body)
    case .control(let body): head + cells(body)
    }
  }

  private static func cells(_ body: RequestRecord) -> [Cell] {
    [
      Cell(body.requestID), Cell(body.traceID), Cell(body.principal),
      Cell(body.principalType?.rawValue), Cell(body.issuer), Cell(body.groups), Cell(body.zone),
      Cell(body.remoteIP), Cell(body.remotePort), Cell(body.userAgent), Cell(body.method),
      Cell(body.host), Cell(body.path), Cell(body.queryKeys), Cell(body.status),
      Cell(body.durationSeconds), Cell(body.bytesIn), Cell(body.bytesOut), Cell(body.job),
      Cell(body.runID), Cell(body.tlsVersion), Cell(body.tlsCipher),
    ]
  }

  private static func cells(_ body: DecisionRecord) -> [Cell] {
    [
      Cell(body.requestID), Cell(body.principal), Cell(body.principalType?.rawValue),
      Cell(body.issuer), Cell(body.groups), Cell(body.action), Cell(body.job),
      .text(body.effect.rawValue), Cell(body.rule), Cell(body.reason), Cell(body.policySHA256),
      Cell(body.credential?.rawValue), Cell(body.credentialID),
    ]
  }

  private static func cells(_ body: RunRecord) -> [Cell] {
    [
      Cell(body.runID), Cell(body.requestID), Cell(body.traceID), Cell(body.job),
      .text(body.event.rawValue), .text(body.vantage.rawValue), Cell(body.trigger?.rawValue),
      Cell(body.principal), Cell(body.groups), Cell(body.owner), Cell(body.attempt),
      Cell(body.host), Cell(body.pid), Cell(json: body.parameters), Cell(body.durationSeconds),
      Cell(body.cpuSeconds), Cell(body.maxRSSBytes), Cell(body.readBytes), Cell(body.writeBytes),
      Cell(body.exitCode), Cell(body.signal), Cell(body.error?.type), Cell(body.error?.message),
    ]
  }

  private static func cells(_ body: TaskRecord) -> [Cell] {
    [
      Cell(body.runID), Cell(body.taskID), Cell(body.task), .text(body.event.rawValue),
      Cell(body.attempt), Cell(body.dependsOn), Cell(json: body.parameters), Cell(body.owner),
      Cell(body.durationSeconds), Cell(body.error?.type), Cell(body.error?.message),
    ]
  }

  private static func cells(_ body: ApprovalRecord) -> [Cell] {
    [
      Cell(body.approvalID), .text(body.subject.rawValue), Cell(body.subjectID),
      .text(body.event.rawValue), Cell(body.principal), Cell(body.reason),
      Cell(body.expiresAt?.rfc3339),
    ]
  }

  private static func cells(_ body: AlertRecord) -> [Cell] {
    [
      Cell(body.findingID), .text(body.event.rawValue), Cell(json: body.finding), Cell(body.sink),
      Cell(body.principal), Cell(body.reason), Cell(body.owner), Cell(body.notification),
      Cell(body.notificationEvent?.rawValue), Cell(body.group), Cell(body.findings),
      Cell(body.attempt), Cell(body.suppressionID), Cell(json: body.match?.encoded()),
      Cell(body.expiresAt?.rfc3339),
    ]
  }

  private static func cells(_ body: ControlRecord) -> [Cell] {
    let counts = body.counts.map { "\($0.name)=\($0.value)" }
    return [
      .text(body.event.rawValue), Cell(body.principal), Cell(body.subject), Cell(body.reason),
      Cell(counts), Cell(body.sha256), Cell(body.remoteIP), Cell(body.remotePort),
      Cell(body.path), Cell(body.status),
    ]
  }
}

extension RecordColumns.Cell {
  init(_ text: String?) { self = text.map { .text($0) } ?? .none }
  init(_ number: Int?) { self = number.map { .whole($0) } ?? .none }
  init(_ number: Double?) { self = number.map { .number($0) } ?? .none }
  init(_ list: [String]) { self = list.isEmpty ? .none : .text(list.joined(separator: " ")) }
  init(json: [UInt8]?) {
    self = json.map { .text(String(decoding: $0, as: UTF8.self)) } ?? .none
  }

  /// As a cell of a CSV file, before it is quoted.
  package var text: String {
    switch self {
    case .none: ""
    case .text(let text): text
    case .whole(let number): "\(number)"
    case .number(let number): "\(number)"
    }
  }
}
