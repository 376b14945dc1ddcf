package import Detect
package import Ingest

/// Records and findings as OCSF events, one JSON object a line: `events.ocsf.jsonl`.
///
/// A request that asks for a job, and a decision: API Activity. Any other request: HTTP Activity.
/// Logins: Authentication. Tokens, keys, configuration, policy, approvals: Entity Management. Runs and
/// tasks: Scheduled Job Activity, which has no activity for an end: 99 with the event's own name.
/// Findings and alerts: Detection Finding. Controls: Compliance Finding. The journal's own life: Event
/// Log Activity.
package final class OCSFSink: ExportSink {
  private let output: PackageOutput
  private var event = OCSFEvent()

  package init(to target: any PackageTarget) throws {
    output = try PackageOutput(PackageLayout.ocsf, to: target)
  }

  package func record(_ record: IndexedRecord) throws {
    let header = record.record.header
    let origin = OCSFEvent.Origin(
      uid: header.id, source: header.source, sequence: record.index)
    switch record.record.body {
    case .request(let body): request(body, header, origin)
    case .decision(let body): decision(body, header, origin)
    case .run(let body): run(body, header, origin)
    case .task(let body): task(body, header, origin)
    case .approval(let body): approval(body, header, origin)
    case .alert(let body): alert(body, header, origin)
    case .control(let body): control(body, header, origin)
    }
    try put()
  }

  package func finding(_ finding: Finding) throws {
    begin(
      .detectionFinding, OCSFEvent.Activity(1), finding.timestamp,
      severity: OCSFSink.severity(finding.severity), nil,
      OCSFEvent.Origin(
        uid: finding.findingID, source: "vigil/detect",
        correlation: finding.runID ?? finding.requestID))
    event.object("finding_info") { writer in
      writer.field("uid", finding.findingID)
      writer.field("title", finding.rule)
      writer.field("desc", finding.explanation)
      writer.beginObject("analytic")
      writer.field("name", finding.rule)
      // 3 Statistical where there is a probability to speak of, else 1 Rule.
      writer.field("type_id", finding.pValue < 1 ? 3 : 1)
      writer.endObject()
    }
    if finding.principal != nil || finding.job != nil {
      event.list("evidences") { writer in
        if let name = finding.principal {
          writer.beginObject("actor")
          OCSFEvent.user("user", name, nil, to: &writer)
          writer.endObject()
        }
        if let job = finding.job {
          writer.beginObject("job")
          writer.field("name", job)
          writer.endObject()
        }
      }
    }
    unmapped { writer in
      writer.field(named: "p_value", finding.pValue)
      writer.field("journal_indexes", finding.evidence)
    }
    try put()
  }

  package func control(_ row: ControlRow) throws {
    begin(
      .complianceFinding, OCSFEvent.Activity(1), row.madeAt, severity: 1, nil,
      OCSFEvent.Origin(uid: row.uid, source: "vigil/export"))
    event.object("finding_info") { writer in
      writer.field("uid", row.uid)
      writer.field("title", "\(row.clause) \(row.title)")
      writer.field("desc", row.reason)
    }
    event.object("compliance") { writer in
      writer.field("standards", [row.standard])
      writer.field("control", row.clause)
      writer.field("status", row.verdict.words)
      // 1 Pass, 2 Warning, 3 Fail.
      writer.field("status_id", row.verdict.ocsfStatus)
    }
    try put()
  }

  package func finish() throws -> [PackageFile] { [try output.finish()] }

  private func put() throws {
    let line = event.end()
    try output.appendLine(line.span)
  }

  private func begin(
    _ kind: OCSFEvent.Class, _ activity: OCSFEvent.Activity, _ instant: Timestamp,
    severity: Int = 1, _ status: OCSFEvent.Status?, _ origin: OCSFEvent.Origin
  ) {
    event.begin(kind, activity, at: instant, severity: severity, status, origin)
  }

  private func unmapped(_ body: (inout JSONWriter) -> Void) { event.object("unmapped", body) }

  static func severity(_ severity: Finding.Severity) -> Int {
    switch severity {
    case .informational: 1
    case .low: 2
    case .medium: 3
    case .high: 4
    case .critical: 5
    }
  }
}

extension OCSFSink {
  private static let httpActivities = [
    "CONNECT": 1, "DELETE": 2, "GET": 3, "HEAD": 4, "OPTIONS": 5, "POST": 6, "PUT": 7, "TRACE": 8,
    "PATCH": 9,
  ]
  private static let apiActivities = [
    "POST": 1, "GET": 2, "HEAD": 2, "PUT": 3, "PATCH": 3, "DELETE": 4,
  ]

  private func request(
    _ body: RequestRecord, _ header: RecordHeader, _ origin: OCSFEvent.Origin
  ) {
    var origin = origin
    origin.correlation = body.runID ?? body.requestID
    let status: OCSFEvent.Status =
      switch body.status ?? 0 {
      case 100..<400: .success
      case 400...: .failure
      default: .unknown
      }
    let isCall = body.job != nil
    let table = isCall ? OCSFSink.apiActivities : OCSFSink.httpActivities
    let method = body.method ?? ""
    let activity = table[method].map { OCSFEvent.Activity($0) } ?? .other(method)
    begin(
      isCall ? .apiActivity : .httpActivity, activity, header.timestamp, status, origin)
    event.object("actor") { writer in
      OCSFEvent.user("user", body.principal, body.principalType, groups: body.groups, to: &writer)
    }
    event.object("src_endpoint") { writer in
      writer.field("ip", body.remoteIP)
      if body.remoteIP == nil { writer.field("svc_name", header.source) }
      writer.field("port", body.remotePort)
    }
    if let job = body.job {
      event.object("api") { writer in
        writer.field("operation", "trigger \(job)")
        writer.beginObject("request")
        writer.field("uid", body.requestID ?? header.id)
        writer.endObject()
      }
    }
    http(body)
  }

  private func http(_ body: RequestRecord) {
    event.object("http_request") { writer in
      writer.field("http_method", body.method)
      writer.field("user_agent", body.userAgent)
      writer.field("uid", body.requestID)
      guard body.path != nil else { return }
      writer.beginObject("url")
      writer.field("hostname", body.host)
      writer.field("path", body.path)
      writer.endObject()
    }
    guard let status = body.status else { return }
    event.object("http_response") { writer in
      writer.field("code", status)
      writer.field("length", body.bytesOut)
      writer.field("latency", body.durationSeconds.map { Int(min($0 * 1000, 1e15)) })
    }
  }

  private func decision(
    _ body: DecisionRecord, _ header: RecordHeader, _ origin: OCSFEvent.Origin
  ) {
    var origin = origin
    origin.correlation = body.requestID
    origin.profiles = ["security_control"]
    begin(
      .apiActivity, .other("authorize"), header.timestamp,
      body.effect == .deny ? .failure : .success, origin)
    event.object("actor") { writer in
      OCSFEvent.user("user", body.principal, body.principalType, groups: body.groups, to: &writer)
    }
    event.object("api") { $0.field("operation", body.action ?? "access") }
    event.object("src_endpoint") { $0.field("svc_name", header.source) }
    // 1 Allowed, 2 Denied; 1 Allowed, 2 Blocked, 14 Delayed.
    event.field("action_id", body.effect == .deny ? 2 : 1)
    let disposition =
      switch body.effect {
      case .permit: 1
      case .deny: 2
      case .hold: 14
      }
    event.field("disposition_id", disposition)
    event.object("policy") { writer in
      writer.field("name", body.rule ?? "policy")
      writer.field("uid", body.policySHA256)
    }
    event.field("status_detail", body.reason)
    if let job = body.job { unmapped { $0.field("job", job) } }
  }

  private func approval(
    _ body: ApprovalRecord, _ header: RecordHeader, _ origin: OCSFEvent.Origin
  ) {
    var origin = origin
    origin.correlation = body.subject == .run ? body.subjectID : nil
    begin(
      .entityManagement, .other(body.event.rawValue), header.timestamp,
      body.event == .refused ? .failure : .success, origin)
    event.object("actor") { OCSFEvent.user("user", body.principal, nil, to: &$0) }
    event.object("entity") { writer in
      writer.field("name", "approval of \(body.subject.rawValue)")
      writer.field("type", "approval")
      writer.field("uid", body.approvalID)
    }
    event.field("comment", body.reason)
  }
}

extension OCSFSink {
  private func run(_ body: RunRecord, _ header: RecordHeader, _ origin: OCSFEvent.Origin) {
    var origin = origin
    origin.correlation = body.runID ?? body.requestID
    let status: OCSFEvent.Status? =
      switch body.event {
      case .succeeded: .success
      case .failed, .killed, .timedOut, .lost, .rejected: .failure
      case .queued, .held, .approved, .started, .progress, .ended: nil
      }
    let activity: OCSFEvent.Activity =
      body.event == .started ? .init(6) : .other(body.event.rawValue)
    begin(.scheduledJobActivity, activity, header.timestamp, status, origin)
    OCSFSink.device(&event, body.host, header.source)
    if body.principal != nil {
      event.object("actor") { OCSFEvent.user("user", body.principal, nil, to: &$0) }
    }
    event.object("job") { writer in
      writer.field("name", body.job ?? body.runID ?? "unnamed")
      writer.field("type_id", 99)
      writer.field("type", "run")
      writer.field("run_state_id", OCSFSink.runState(body.event))
    }
    event.field("status_detail", body.error?.message)
    unmapped { writer in
      writer.field("run_id", body.runID)
      writer.field("attempt", body.attempt)
      writer.field("exit_code", body.exitCode)
      writer.field("duration_s", body.durationSeconds)
    }
  }

  /// 1 Ready, 2 Queued, 3 Running, 4 Stopped.
  private static func runState(_ event: RunRecord.Event) -> Int {
    switch event {
    case .approved: 1
    case .queued, .held: 2
    case .started, .progress: 3
    case .succeeded, .failed, .killed, .timedOut, .lost, .rejected, .ended: 4
    }
  }

  private static func device(_ event: inout OCSFEvent, _ host: String?, _ source: String) {
    event.object("device") { writer in
      writer.field(
        "hostname", host ?? source.split(separator: "/").last.map(String.init) ?? source)
      writer.field("type_id", 0)
    }
  }

  private func task(_ body: TaskRecord, _ header: RecordHeader, _ origin: OCSFEvent.Origin) {
    var origin = origin
    origin.correlation = body.runID
    let status: OCSFEvent.Status? =
      switch body.event {
      case .succeeded: .success
      case .failed, .timedOut, .broken: .failure
      case .pending, .started, .progress, .skipped: nil
      }
    let activity: OCSFEvent.Activity =
      body.event == .started ? .init(6) : .other(body.event.rawValue)
    begin(.scheduledJobActivity, activity, header.timestamp, status, origin)
    OCSFSink.device(&event, nil, header.source)
    event.object("job") { writer in
      writer.field("name", body.task ?? body.taskID ?? "unnamed")
      writer.field("type_id", 99)
      writer.field("type", "task")
    }
    event.field("status_detail", body.error?.message)
    unmapped { writer in
      writer.field("run_id", body.runID)
      writer.field("task_id", body.taskID)
    }
  }

  private func alert(_ body: AlertRecord, _ header: RecordHeader, _ origin: OCSFEvent.Origin) {
    let activity: OCSFEvent.Activity =
      switch body.event {
      case .raised: .init(1)
      case .resolved: .init(3)
      case .queued, .delivered, .deliveryFailed, .abandoned, .acknowledged, .suppressed, .lifted:
        .init(2)
      }
    begin(.detectionFinding, activity, header.timestamp, nil, origin)
    event.object("finding_info") { writer in
      writer.field(
        "uid", body.findingID ?? body.notification ?? body.suppressionID ?? header.id)
      writer.field("title", "alert \(body.event.rawValue)")
    }
    event.field("comment", body.reason)
    unmapped { writer in
      writer.field("sink", body.sink)
      writer.field("principal", body.principal)
      writer.field("owner", body.owner)
      writer.field("notification", body.notification)
      writer.field("findings", body.findings)
      writer.field("suppression_id", body.suppressionID)
      writer.field("match", json: body.match?.encoded())
      writer.field("expires_at", body.expiresAt)
    }
  }

  private func control(
    _ body: ControlRecord, _ header: RecordHeader, _ origin: OCSFEvent.Origin
  ) {
    switch OCSFControl(body.event) {
    case .authentication(let activity, let status):
      begin(.authentication, activity, header.timestamp, status, origin)
      event.object("user") { writer in
        writer.field("name", body.principal ?? body.subject ?? "unknown")
      }
      event.object("service") { $0.field("name", header.source) }
      if body.remoteIP != nil { event.object("src_endpoint") { $0.field("ip", body.remoteIP) } }
    case .entity(let activity, let type):
      begin(
        .entityManagement, activity, header.timestamp,
        body.event == .configRefused ? .failure : .success, origin)
      if body.principal != nil {
        event.object("actor") { OCSFEvent.user("user", body.principal, nil, to: &$0) }
      }
      event.object("entity") { writer in
        writer.field("name", body.subject ?? type)
        writer.field("type", type)
        writer.field("uid", body.sha256)
      }
    case .log(let activity):
      begin(.eventLogActivity, activity, header.timestamp, .success, origin)
      OCSFSink.device(&event, nil, header.source)
      if body.principal != nil {
        event.object("actor") { OCSFEvent.user("user", body.principal, nil, to: &$0) }
      }
      event.field("log_name", body.subject ?? "journal")
    }
    event.field("status_detail", body.reason)
  }
}

/// In which class an event of the analyser's own life is told.
private enum OCSFControl {
  case authentication(OCSFEvent.Activity, OCSFEvent.Status)
  case entity(OCSFEvent.Activity, String)
  case log(OCSFEvent.Activity)

  init(_ event: ControlRecord.Event) {
    self =
      switch event {
      case .login: .authentication(.init(1), .success)
      case .loginFailed: .authentication(.init(1), .failure)
      case .logout: .authentication(.init(2), .success)
      case .tokenCreated: .entity(.init(1), "token")
      case .tokenRotated: .entity(.init(3), "token")
      case .tokenRevoked: .entity(.init(4), "token")
      case .keyRotated: .entity(.init(3), "key")
      case .configLoaded, .configRefused: .entity(.init(3), "configuration")
      case .policyLoaded: .entity(.init(3), "policy")
      case .exportMade: .log(.init(3))
      case .segmentSealed: .log(.init(5))
      case .segmentPruned: .log(.init(2))
      case .journalOpened, .gatewayStarted, .sourceStarted: .log(.init(6))
      case .journalClosed, .gatewayStopped, .sourceStopped: .log(.init(7))
      case .journalRecovered, .sourceGap, .clockSkew, .checkpointSigned, .clockStepped,
        .duplicateConflict, .journalRead, .heartbeat, .recordRejected, .requestFailed, .notice:
        .log(.other(event.rawValue))
      }
  }
}
