import Ingest

/// Seeded records of every kind, each optional field present or absent by chance.
struct RandomRecord {
  var random: LineRandom

  init(seed: UInt64) { random = LineRandom(seed: seed) }

  mutating func next(_ kind: RecordKind) -> Record {
    var header = RecordHeader(
      timestamp: time(), source: text(), id: text())
    if flip() { header.receivedAt = time() }
    header.isImported = flip()
    if flip() { header.oversizeByteCount = count() }
    if flip() { header.originalHMAC = text() }
    if flip() { header.original = object() }
    return Record(header: header, body: body(kind))
  }

  private mutating func body(_ kind: RecordKind) -> RecordBody {
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

  // MARK: Values

  private mutating func flip() -> Bool { Bool.random(using: &random) }

  private mutating func text() -> String {
    let words = [
      "a", "x-1", "é☃😀", "q\"uote", "back\\slash", "line\nfeed", "\u{2028}", "\u{1}", "  ",
    ]
    return words.randomElement(using: &random).map { $0 + random.text("abc", 3) } ?? ""
  }

  private mutating func maybe() -> String? { flip() ? text() : nil }

  private mutating func count() -> Int { Int.random(in: 0...Int.max, using: &random) }

  private mutating func maybe(_ range: ClosedRange<Int>) -> Int? {
    flip() ? Int.random(in: range, using: &random) : nil
  }

  private mutating func seconds() -> Double? {
    flip() ? Double.random(in: 0...1e6, using: &random) : nil
  }

  private mutating func time() -> Timestamp {
    let range = Timestamp.earliest.microseconds...Timestamp.latest.microseconds
    return Timestamp(microseconds: Int64.random(in: range, using: &random)) ?? .earliest
  }

  private mutating func list() -> [String] {
    (0..<Int.random(in: 0...3, using: &random)).map { _ in text() }
  }

  private mutating func object() -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("k", text())
    writer.endObject()
    return writer.bytes
  }

  private mutating func one<Value: CaseIterable>(_ type: Value.Type) -> Value? {
    Value.allCases.randomElement(using: &random)
  }

  private mutating func failure() -> RunRecord.Failure? {
    flip() ? RunRecord.Failure(type: maybe(), message: maybe()) : nil
  }

  // MARK: Kinds

  private mutating func request() -> RequestRecord {
    var body = RequestRecord()
    body.requestID = maybe()
    body.traceID = maybe()
    body.principal = maybe()
    body.principalType = flip() ? one(PrincipalType.self) : nil
    body.issuer = maybe()
    body.groups = list()
    body.zone = maybe()
    body.remoteIP = maybe()
    body.remotePort = maybe(0...65_535)
    body.userAgent = maybe()
    body.method = maybe()
    body.host = maybe()
    body.path = maybe()
    body.queryKeys = list()
    body.status = maybe(0...999)
    body.durationSeconds = seconds()
    body.bytesIn = maybe(0...Int.max)
    body.bytesOut = maybe(0...Int.max)
    body.job = maybe()
    body.runID = maybe()
    body.tlsVersion = maybe()
    body.tlsCipher = maybe()
    return body
  }

  private mutating func decision() -> DecisionRecord {
    var body = DecisionRecord(effect: one(DecisionRecord.Effect.self) ?? .deny)
    body.requestID = maybe()
    body.principal = maybe()
    body.principalType = flip() ? one(PrincipalType.self) : nil
    body.issuer = maybe()
    body.groups = list()
    body.action = maybe()
    body.job = maybe()
    body.rule = maybe()
    body.reason = maybe()
    body.policySHA256 = maybe()
    body.credential = flip() ? one(DecisionRecord.Credential.self) : nil
    body.credentialID = maybe()
    return body
  }

  private mutating func run() -> RunRecord {
    var body = RunRecord(event: one(RunRecord.Event.self) ?? .queued)
    body.runID = body.event == .rejected ? maybe() : text()
    body.requestID = maybe()
    body.traceID = maybe()
    body.job = maybe()
    body.vantage = flip() ? .inside : .outside
    body.trigger = flip() ? one(RunRecord.Trigger.self) : nil
    body.principal = maybe()
    body.groups = list()
    body.owner = maybe()
    body.attempt = maybe(1...1_000_000_000)
    body.host = maybe()
    body.pid = maybe(0...Int.max)
    body.parameters = flip() ? object() : nil
    body.durationSeconds = seconds()
    body.cpuSeconds = seconds()
    body.maxRSSBytes = maybe(0...Int.max)
    body.readBytes = maybe(0...Int.max)
    body.writeBytes = maybe(0...Int.max)
    body.exitCode = maybe(-1_000_000...1_000_000)
    body.signal = maybe(0...1024)
    body.error = failure()
    return body
  }

  private mutating func task() -> TaskRecord {
    var body = TaskRecord(event: one(TaskRecord.Event.self) ?? .pending)
    body.runID = text()
    body.taskID = text()
    body.task = maybe()
    body.attempt = maybe(1...1_000_000_000)
    body.dependsOn = list()
    body.parameters = flip() ? object() : nil
    body.owner = maybe()
    body.durationSeconds = seconds()
    body.error = failure()
    return body
  }

  private mutating func approval() -> ApprovalRecord {
    var body = ApprovalRecord(
      subject: one(ApprovalRecord.Subject.self) ?? .run,
      event: one(ApprovalRecord.Event.self) ?? .given)
    body.approvalID = text()
    body.subjectID = maybe()
    body.principal = maybe()
    body.reason = maybe()
    body.expiresAt = flip() ? time() : nil
    return body
  }

  private mutating func alert() -> AlertRecord {
    var body = AlertRecord(event: one(AlertRecord.Event.self) ?? .raised)
    body.findingID = text()
    body.finding = flip() ? object() : nil
    body.sink = maybe()
    body.principal = maybe()
    body.reason = maybe()
    (body.owner, body.notification, body.group) = (maybe(), maybe(), maybe())
    body.notificationEvent = flip() ? one(AlertRecord.NotificationEvent.self) : nil
    body.findings = list()
    body.attempt = maybe(0...1_000_000)
    body.suppressionID = maybe()
    body.expiresAt = flip() ? time() : nil
    if flip() {
      var match = AlertRecord.Match()
      (match.rule, match.job) = (maybe(), maybe())
      (match.principal, match.owner) = (maybe(), maybe())
      body.match = match
    }
    return body
  }

  private mutating func control() -> ControlRecord {
    var body = ControlRecord(event: one(ControlRecord.Event.self) ?? .notice)
    body.principal = maybe()
    body.subject = maybe()
    body.reason = maybe()
    body.counts = list().enumerated().map {
      ControlRecord.Count("\($0.offset)\($0.element)", count())
    }
    body.sha256 = maybe()
    body.remoteIP = maybe()
    body.remotePort = maybe(0...65_535)
    body.path = maybe()
    body.status = maybe(0...999)
    return body
  }
}
