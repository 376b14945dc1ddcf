import Ingest
import TestSupport

/// Records of every kind, with fields drawn from small sets so that comparisons often hold.
struct RecordSamples {
  var random: SeededRandom

  static let names = ["etl", "etl-nightly", "métier", "a*b", "", "train", "ETL", "e\u{301}tl"]

  private mutating func some<Value>(_ values: [Value]) -> Value? {
    Bool.random(using: &random) ? values.randomElement(using: &random) : nil
  }

  private mutating func name() -> String? { some(RecordSamples.names) }
  private mutating func number() -> Int? { some([0, 1, 7, 200, 500, 4096]) }
  private mutating func seconds() -> Double? { some([0, 0.25, 1, 90, 5400]) }
  private mutating func list() -> [String] { some([["ops"], ["ops", "data"], ["métier"]]) ?? [] }
  private mutating func instant() -> Timestamp {
    Build.time(Double(Int.random(in: 0..<20, using: &random)) * 3600)
  }

  private mutating func parameters() -> [UInt8]? {
    let some = some(["{\"day\":3,\"name\":\"etl\",\"deep\":{\"x\":[1]}}", "{\"day\":\"3\"}", "{}"])
    return some.map { Array($0.utf8) }
  }

  mutating func record(_ index: Int) -> IndexedRecord {
    let kind = RecordKind.allCases.randomElement(using: &random) ?? .run
    var header = RecordHeader(
      timestamp: instant(), source: some(["caddy/a", "luigi/b"]) ?? "vigil/c", id: "id-\(index)")
    header.receivedAt = instant()
    header.isImported = Bool.random(using: &random)
    header.oversizeByteCount = number()
    header.oversizeSHA256 = name()
    header.originalHMAC = name()
    return IndexedRecord(index: index, record: Record(header: header, body: body(kind)))
  }

  mutating func body(_ kind: RecordKind) -> RecordBody {
    switch kind {
    case .request: .request(request())
    case .decision: .decision(decision())
    case .run: .run(run())
    case .task: .task(task())
    case .approval: .approval(approval())
    case .alert: .alert(alert())
    case .control: .control(control())
    }
  }

  private mutating func request() -> RequestRecord {
    var body = RequestRecord()
    (body.requestID, body.traceID, body.principal) = (name(), name(), name())
    body.principalType = some(PrincipalType.allCases)
    (body.issuer, body.zone, body.remoteIP) = (name(), name(), some(["10.0.0.1", "10.0.0.2"]))
    (body.groups, body.queryKeys) = (list(), list())
    (body.userAgent, body.method, body.host, body.path) = (name(), name(), name(), name())
    (body.remotePort, body.status) = (number(), some([200, 404, 500, 502]))
    (body.durationSeconds, body.bytesIn, body.bytesOut) = (seconds(), number(), number())
    (body.job, body.runID, body.tlsVersion, body.tlsCipher) = (name(), name(), name(), name())
    return body
  }

  private mutating func decision() -> DecisionRecord {
    var body = DecisionRecord(effect: .deny)
    body.effect = some(DecisionRecord.Effect.allCases) ?? .permit
    (body.requestID, body.principal, body.issuer, body.action) = (name(), name(), name(), name())
    body.principalType = some(PrincipalType.allCases)
    (body.job, body.rule, body.reason, body.policySHA256) = (name(), name(), name(), name())
    body.credential = some(DecisionRecord.Credential.allCases)
    (body.credentialID, body.groups) = (name(), list())
    return body
  }

  private mutating func run() -> RunRecord {
    var body = RunRecord(event: some(RunRecord.Event.allCases) ?? .started)
    body.runID = "run"
    (body.requestID, body.traceID, body.job, body.principal) = (name(), name(), name(), name())
    body.vantage = some(RunRecord.Vantage.allCases) ?? .outside
    body.trigger = some(RunRecord.Trigger.allCases)
    (body.groups, body.owner, body.attempt) = (list(), name(), some([1, 2]))
    (body.host, body.pid, body.parameters) = (name(), number(), parameters())
    (body.durationSeconds, body.cpuSeconds) = (seconds(), seconds())
    (body.maxRSSBytes, body.readBytes, body.writeBytes) = (number(), number(), number())
    (body.exitCode, body.signal) = (some([0, -9, 1]), some([9, 15]))
    body.error = some([.init(type: "E", message: "etl"), .init(type: nil, message: "x")])
    return body
  }

  private mutating func task() -> TaskRecord {
    var body = TaskRecord(event: some(TaskRecord.Event.allCases) ?? .started)
    (body.runID, body.taskID, body.task) = ("run", "task", name())
    (body.attempt, body.dependsOn, body.parameters) = (some([1, 2]), list(), parameters())
    (body.owner, body.durationSeconds) = (name(), seconds())
    body.error = some([.init(type: "E", message: "etl")])
    return body
  }

  private mutating func approval() -> ApprovalRecord {
    var body = ApprovalRecord(
      subject: some(ApprovalRecord.Subject.allCases) ?? .run,
      event: some(ApprovalRecord.Event.allCases) ?? .given)
    (body.approvalID, body.subjectID, body.principal) = ("a", name(), name())
    (body.reason, body.expiresAt) = (name(), some([Build.time(3600), Build.time(7200)]))
    return body
  }

  private mutating func alert() -> AlertRecord {
    var body = AlertRecord(event: some(AlertRecord.Event.allCases) ?? .raised)
    (body.findingID, body.sink, body.principal, body.reason) = ("f", name(), name(), name())
    body.finding = some([Array("{\"rule\":\"off_hours\",\"p_value\":0.25}".utf8)])
    (body.owner, body.notification, body.group) = (name(), name(), name())
    body.notificationEvent = some(AlertRecord.NotificationEvent.allCases)
    body.findings = some([["f"], ["f", "g"]]) ?? []
    (body.attempt, body.suppressionID) = (number(), name())
    body.expiresAt = some([Build.time(3600), Build.time(7200)])
    if let rule = name() {
      var match = AlertRecord.Match()
      match.rule = rule
      body.match = match
    }
    return body
  }

  private mutating func control() -> ControlRecord {
    var body = ControlRecord(event: some(ControlRecord.Event.allCases) ?? .notice)
    (body.principal, body.subject, body.reason, body.sha256) = (name(), name(), name(), name())
    body.counts = some([[.init("lines", 3)], [.init("lines", 500), .init("overlap_s", 0)]]) ?? []
    (body.remoteIP, body.remotePort, body.path) = (some(["10.0.0.1"]), number(), name())
    body.status = some([500, 502])
    if Bool.random(using: &random) {
      let (first, second) = (Build.time(0), Build.time(7200))
      body.span = RecordSpan(timestamps: first...second, received: first...second)
    }
    return body
  }
}
