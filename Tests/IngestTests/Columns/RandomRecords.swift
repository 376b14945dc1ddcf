import Ingest
import TestSupport

/// Records of every kind with every field there or not, from a seed.
struct RandomRecords {
  private var random: SeededRandom
  private let spanSeconds: Double
  /// Texts that repeat, that are equal in other bytes, and that are none of ASCII.
  private static let words = [
    "", "a", "ana@corp.example", "caf\u{E9}", "cafe\u{301}", "日本", "\u{0}\"\\\n", "etl",
    String(repeating: "long ", count: 60),
  ]

  init(seed: UInt64, spanSeconds: Double = 600) {
    random = SeededRandom(seed: seed)
    self.spanSeconds = spanSeconds
  }

  /// With ids of their own, at times of which many are equal.
  mutating func records(_ count: Int) -> [Record] {
    (0..<count).map { number in
      let time = Build.time(Double(Int.random(in: 0..<Int(spanSeconds), using: &random)))
      var header = RecordHeader(
        timestamp: time, source: "source/\(Int.random(in: 0..<3, using: &random))",
        id: "\(Int.random(in: 0..<1000, using: &random))-\(number)")
      header.isImported = chance()
      header.oversizeSHA256 = text()
      header.originalHMAC = text()
      if chance() { header.original = Array("{\"n\":\(number)}".utf8) }
      return Record(header: header, body: body())
    }
  }

  private mutating func chance() -> Bool { Bool.random(using: &random) }
  private mutating func text() -> String? { chance() ? word() : nil }
  private mutating func word() -> String { RandomRecords.words.randomElement(using: &random) ?? "" }
  private mutating func texts() -> [String] {
    (0..<Int.random(in: 0..<3, using: &random)).map { _ in word() }
  }

  private mutating func number(_ range: ClosedRange<Int>) -> Int? {
    guard chance() else { return nil }
    return chance()
      ? [range.lowerBound, range.upperBound].randomElement(using: &random)
      : Int.random(in: range, using: &random)
  }

  private mutating func seconds() -> Double? {
    chance() ? [0, 0.1, 1e-9, 12.345_678, 1e300].randomElement(using: &random) : nil
  }

  private mutating func object() -> [UInt8]? { chance() ? Array("{\"a\":[1,{}]}".utf8) : nil }

  private mutating func failure() -> RunRecord.Failure? {
    chance() ? RunRecord.Failure(type: text(), message: text()) : nil
  }

  private mutating func body() -> RecordBody {
    switch Int.random(in: 0..<8, using: &random) {
    case 0, 1: .request(request())
    case 2: .decision(decision())
    case 3: .run(run())
    case 4: .task(task())
    case 5: .approval(approval())
    case 6: .alert(alert())
    default: .control(control())
    }
  }

  private mutating func request() -> RequestRecord {
    var body = RequestRecord()
    (body.requestID, body.traceID, body.principal) = (text(), text(), text())
    body.principalType = chance() ? PrincipalType.allCases.randomElement(using: &random) : nil
    (body.issuer, body.groups, body.zone) = (text(), texts(), text())
    (body.remoteIP, body.remotePort) = (text(), number(0...65_535))
    (body.userAgent, body.method, body.host, body.path) = (text(), text(), text(), text())
    (body.queryKeys, body.status) = (texts(), number(0...999))
    (body.durationSeconds, body.bytesIn) = (seconds(), number(0...Int.max))
    (body.bytesOut, body.job, body.runID) = (number(0...Int.max), text(), text())
    (body.tlsVersion, body.tlsCipher) = (text(), text())
    return body
  }

  private mutating func decision() -> DecisionRecord {
    var body = DecisionRecord(
      effect: DecisionRecord.Effect.allCases.randomElement(using: &random) ?? .deny)
    (body.requestID, body.principal, body.issuer) = (text(), text(), text())
    body.principalType = chance() ? .service : nil
    (body.groups, body.action, body.job, body.rule) = (texts(), text(), text(), text())
    (body.reason, body.policySHA256, body.credentialID) = (text(), text(), text())
    body.credential =
      chance() ? DecisionRecord.Credential.allCases.randomElement(using: &random) : nil
    return body
  }

  private mutating func run() -> RunRecord {
    var body = RunRecord(event: RunRecord.Event.allCases.randomElement(using: &random) ?? .queued)
    body.runID = word()
    (body.requestID, body.traceID, body.job) = (text(), text(), text())
    body.vantage = chance() ? .inside : .outside
    body.trigger = chance() ? RunRecord.Trigger.allCases.randomElement(using: &random) : nil
    (body.principal, body.groups, body.owner) = (text(), texts(), text())
    (body.attempt, body.host, body.pid) = (number(1...1_000_000_000), text(), number(0...Int.max))
    (body.parameters, body.durationSeconds, body.cpuSeconds) = (object(), seconds(), seconds())
    (body.maxRSSBytes, body.readBytes) = (number(0...Int.max), number(0...Int.max))
    (body.writeBytes, body.exitCode) = (number(0...Int.max), number(-1_000_000...1_000_000))
    (body.signal, body.error) = (number(0...1024), failure())
    return body
  }

  private mutating func task() -> TaskRecord {
    var body = TaskRecord(
      event: TaskRecord.Event.allCases.randomElement(using: &random) ?? .pending)
    (body.runID, body.taskID, body.task) = (word(), word(), text())
    (body.attempt, body.dependsOn) = (number(1...1_000_000_000), texts())
    (body.parameters, body.owner, body.durationSeconds) = (object(), text(), seconds())
    body.error = failure()
    return body
  }

  private mutating func approval() -> ApprovalRecord {
    var body = ApprovalRecord(subject: .run, event: .given)
    (body.approvalID, body.subjectID, body.reason) = (word(), text(), text())
    body.expiresAt = chance() ? Build.time(5) : nil
    return body
  }

  private mutating func alert() -> AlertRecord {
    var body = AlertRecord(event: .raised)
    (body.findingID, body.finding, body.reason) = (word(), object(), text())
    return body
  }

  private mutating func control() -> ControlRecord {
    var body = ControlRecord(
      event: ControlRecord.Event.allCases.randomElement(using: &random) ?? .notice)
    (body.principal, body.subject, body.path) = (text(), text(), text())
    body.counts = chance() ? [.init("lines", Int.random(in: 0...9, using: &random))] : []
    body.status = number(0...999)
    return body
  }
}
