import Ingest
import Testing

@Suite struct FieldLimitTests {
  /// Every field long and of characters that are six bytes each when escaped.
  private static let long = String(repeating: "\u{1}", count: 40_000)
  private static let list = [String](repeating: long, count: 500)
  private static let object = Array(#"{"k":"\#(String(repeating: "x", count: 4080))"}"#.utf8)

  private static var bodies: [RecordBody] {
    var request = RequestRecord()
    request.requestID = long
    request.traceID = long
    request.principal = long
    request.principalType = .service
    request.issuer = long
    request.groups = list
    request.zone = long
    request.remoteIP = long
    request.remotePort = 65_535
    request.userAgent = long
    request.method = long
    request.host = long
    request.path = long
    request.queryKeys = list
    request.status = 999
    request.durationSeconds = .greatestFiniteMagnitude
    request.bytesIn = .max
    request.bytesOut = .max
    request.job = long
    request.runID = long
    request.tlsVersion = long
    request.tlsCipher = long
    return [.request(request)] + [decision, run, task, approval, alert, control]
  }

  private static var decision: RecordBody {
    var body = DecisionRecord(effect: .permit)
    body.requestID = long
    body.principal = long
    body.principalType = .service
    body.issuer = long
    body.groups = list
    body.action = long
    body.job = long
    body.rule = long
    body.reason = long
    body.policySHA256 = long
    body.credential = .serviceToken
    body.credentialID = long
    return .decision(body)
  }

  private static var run: RecordBody {
    var body = RunRecord(event: .timedOut)
    body.runID = long
    body.requestID = long
    body.traceID = long
    body.job = long
    body.vantage = .inside
    body.trigger = .schedule
    body.principal = long
    body.groups = list
    body.owner = long
    body.attempt = 1_000_000_000
    body.host = long
    body.pid = .max
    body.parameters = object
    body.durationSeconds = .greatestFiniteMagnitude
    body.cpuSeconds = .greatestFiniteMagnitude
    body.maxRSSBytes = .max
    body.readBytes = .max
    body.writeBytes = .max
    body.exitCode = -1_000_000
    body.signal = 1024
    body.error = RunRecord.Failure(type: long, message: long)
    return .run(body)
  }

  private static var task: RecordBody {
    var body = TaskRecord(event: .timedOut)
    body.runID = long
    body.taskID = long
    body.task = long
    body.attempt = 1_000_000_000
    body.dependsOn = list
    body.parameters = object
    body.owner = long
    body.durationSeconds = .greatestFiniteMagnitude
    body.error = RunRecord.Failure(type: long, message: long)
    return .task(body)
  }

  private static var approval: RecordBody {
    var body = ApprovalRecord(subject: .suppression, event: .requested)
    body.approvalID = long
    body.subjectID = long
    body.principal = long
    body.reason = long
    body.expiresAt = .latest
    return .approval(body)
  }

  private static var alert: RecordBody {
    var body = AlertRecord(event: .deliveryFailed)
    body.findingID = long
    body.finding = object
    body.sink = long
    body.principal = long
    body.reason = long
    (body.owner, body.notification, body.group, body.suppressionID) = (long, long, long, long)
    body.notificationEvent = .acknowledged
    body.findings = list
    body.attempt = .max
    body.expiresAt = .latest
    var match = AlertRecord.Match()
    (match.rule, match.job, match.principal, match.owner) = (long, long, long, long)
    body.match = match
    return .alert(body)
  }

  private static var control: RecordBody {
    var body = ControlRecord(event: .duplicateConflict)
    body.principal = long
    body.subject = long
    body.reason = long
    body.counts = (0..<500).map { ControlRecord.Count("\($0)" + long, .max) }
    body.sha256 = long
    body.remoteIP = long
    body.remotePort = 65_535
    body.path = long
    body.status = 999
    return .control(body)
  }

  @Test func theLongestRecordOfEveryKindFitsAnEntryAfterCutting() throws {
    for body in FieldLimitTests.bodies {
      var header = RecordHeader(
        timestamp: .latest, source: FieldLimitTests.long, id: FieldLimitTests.long)
      header.receivedAt = .latest
      header.isImported = true
      header.oversizeByteCount = .max
      header.originalHMAC = FieldLimitTests.long
      var record = Record(header: header, body: body)
      record.cutToLimits()
      let bytes = record.encoded()
      #expect(bytes.count <= Record.entryByteCountMax, "\(body.kind): \(bytes.count) bytes")
      var document = JSONDocument()
      try document.parse(bytes.span)
      #expect(try Record(document) == record)
    }
  }

  @Test func whatIsWithinItsLimitsStaysAsItIs() {
    var source = RandomRecord(seed: 21)
    for kind in RecordKind.allCases {
      var record = source.next(kind)
      let before = record
      record.cutToLimits()
      #expect(record == before)
    }
  }

  @Test func countsWhoseNamesAreOneAfterCuttingAreKeptOnce() {
    var body = ControlRecord(event: .recordRejected)
    let name = String(repeating: "n", count: 64)
    body.counts = [ControlRecord.Count(name + "a", 1), ControlRecord.Count(name + "b", 2)]
    var record = Record(
      header: RecordHeader(timestamp: .earliest, source: "s", id: "i"), body: .control(body))
    record.cutToLimits()
    body.counts = [ControlRecord.Count(name, 1)]
    #expect(record.body == .control(body))
  }

  @Test func aTextIsCutAtAWholeScalar() {
    #expect(FieldLimit.prefix("aé☃😀", byteCount: 10) == "aé☃😀")
    #expect(FieldLimit.prefix("aé☃😀", byteCount: 9) == "aé☃")
    #expect(FieldLimit.prefix("aé☃😀", byteCount: 5) == "aé")
    #expect(FieldLimit.prefix("aé☃😀", byteCount: 2) == "a")
    #expect(FieldLimit.prefix("é", byteCount: 1).isEmpty)
  }
}
