import Ingest
import Testing

@Suite struct RecordCodingTests {
  private func decoded(_ bytes: [UInt8]) throws -> Record {
    var document = JSONDocument()
    try document.parse(bytes.span)
    return try Record(document)
  }

  @Test(arguments: RecordKind.allCases, [1, 2, 3] as [UInt64])
  func everyKindReadsBackAsItWasWritten(_ kind: RecordKind, _ seed: UInt64) throws {
    var source = RandomRecord(seed: seed)
    for _ in 0..<60 {
      let record = source.next(kind)
      let bytes = record.encoded()
      #expect(!bytes.contains(0x0A))
      #expect(
        try decoded(bytes) == record, "seed \(seed): \(String(decoding: bytes, as: UTF8.self))")
      #expect(try decoded(bytes).encoded() == bytes, "seed \(seed)")
    }
  }

  @Test func aReaderThatStopsBeforeTheOriginalGetsEverythingElse() throws {
    var source = RandomRecord(seed: 9)
    for kind in RecordKind.allCases {
      var record = source.next(kind)
      record.header.original = Array(#"{"a":1}"#.utf8)
      var document = JSONDocument()
      try document.parse(record.encoded().span, stoppingBefore: "original")
      record.header.original = nil
      #expect(try Record(document) == record)
    }
  }

  @Test func keysStandInTheDocumentedOrder() throws {
    var run = RunRecord(event: .failed)
    run.runID = "r"
    run.requestID = "q"
    run.traceID = "t"
    run.job = "j"
    run.vantage = .inside
    run.trigger = .schedule
    run.principal = "p"
    run.groups = ["g"]
    run.owner = "o"
    run.attempt = 2
    run.host = "h"
    run.pid = 3
    run.parameters = Array("{}".utf8)
    run.durationSeconds = 1.5
    run.cpuSeconds = 0.5
    run.maxRSSBytes = 4
    run.readBytes = 5
    run.writeBytes = 6
    run.exitCode = 7
    run.signal = 8
    run.error = RunRecord.Failure(type: "e", message: "m")
    var header = RecordHeader(
      timestamp: try #require(Timestamp(microseconds: 1)), source: "a/b", id: "i")
    header.receivedAt = Timestamp(microseconds: 2)
    header.isImported = true
    header.oversizeByteCount = 9
    header.originalHMAC = "ff"
    header.original = Array("{}".utf8)
    let record = Record(header: header, body: .run(run))
    #expect(
      String(decoding: record.encoded(), as: UTF8.self)
        == #"{"v":1,"kind":"run","ts":"1970-01-01T00:00:00.000001Z","source":"a/b","id":"i","#
        + #""run_id":"r","request_id":"q","trace_id":"t","job":"j","event":"failed","#
        + #""vantage":"inside","trigger":"schedule","principal":"p","groups":["g"],"owner":"o","#
        + #""attempt":2,"host":"h","pid":3,"params":{},"duration_s":1.5,"cpu_s":0.5,"#
        + #""max_rss_bytes":4,"read_bytes":5,"write_bytes":6,"exit_code":7,"signal":8,"#
        + #""error":{"type":"e","message":"m"},"imported":true,"#
        + #""received_at":"1970-01-01T00:00:00.000002Z","oversize_bytes":9,"original_hmac":"ff","#
        + #""original":{}}"#)
  }

  @Test(arguments: [
    (
      RecordKind.request,
      "request_id trace_id principal principal_type issuer groups zone remote_ip remote_port "
        + "user_agent method host path query_keys status duration_s bytes_in bytes_out job run_id "
        + "tls_version tls_cipher"
    ),
    (
      .decision,
      "request_id principal principal_type issuer groups action job effect rule reason "
        + "policy_sha256 credential credential_id"
    ),
    (
      .run,
      "run_id request_id trace_id job event vantage trigger principal groups owner attempt host pid "
        + "params duration_s cpu_s max_rss_bytes read_bytes write_bytes exit_code signal error"
    ),
    (
      .task,
      "run_id task_id task event attempt depends_on params owner duration_s error"
    ),
    (.approval, "approval_id subject subject_id event principal reason expires_at"),
    (
      .alert,
      "finding_id event finding owner sink notification notification_event group findings attempt "
        + "suppression_id match expires_at principal reason"
    ),
    (
      .control,
      "event principal subject reason counts sha256 remote_ip remote_port path status"
    ),
  ])
  func aKindHasNoOtherKeysAndNoOtherOrder(_ kind: RecordKind, _ names: String) throws {
    let order =
      "v kind ts source id \(names) imported received_at oversize_bytes original_hmac original"
      .split(separator: " ").map(String.init)
    var source = RandomRecord(seed: 11)
    var seen: Set<String> = []
    for _ in 0..<80 {
      var document = JSONDocument()
      try document.parse(source.next(kind).encoded().span)
      var places: [Int] = []
      document.forEachMember(document.root) { key, _ in
        let name = document.string(key) ?? ""
        seen.insert(name)
        places.append(order.firstIndex(of: name) ?? -1)
      }
      #expect(places == places.sorted() && !places.contains(-1))
    }
    #expect(seen == Set(order))
  }

  @Test(arguments: [
    (#""v":1"#, #""v":2"#, RecordError.Reason.unknownVersion, "v"),
    (#""kind":"run""#, #""kind":"x""#, .unknownKind, "kind"),
    (#""ts":"2026-11-24T05:28:54Z""#, #""ts":"24.11.2026""#, .outOfRange, "ts"),
    (#","id":"i""#, "", .missingField, "id"),
    (#""source":"s""#, #""source":1"#, .wrongType, "source"),
    (#""event":"queued""#, #""event":"x""#, .wrongType, "event"),
    (#""run_id":"r""#, #""pid":1"#, .missingField, "run_id"),
    (#""attempt":1"#, #""attempt":0"#, .outOfRange, "attempt"),
    (#""attempt":1"#, #""attempt":1.5"#, .outOfRange, "attempt"),
    (#""attempt":1"#, #""duration_s":-1"#, .outOfRange, "duration_s"),
    (#""attempt":1"#, #""params":[]"#, .wrongType, "params"),
    (#""attempt":1"#, #""groups":"a""#, .wrongType, "groups"),
  ])
  func whatIsNoRecordIsRefusedByKey(
    _ good: String, _ bad: String, _ reason: RecordError.Reason, _ key: String
  ) throws {
    let text =
      #"{"v":1,"kind":"run","ts":"2026-11-24T05:28:54Z","source":"s","id":"i","run_id":"r","#
      + #""event":"queued","attempt":1}"#
    #expect(try decoded(Array(text.utf8)).kind == .run)
    let damaged = text.replacing(good, with: bad)
    #expect(damaged != text)
    #expect(throws: RecordError(reason, key)) { try decoded(Array(damaged.utf8)) }
  }

  @Test func aWholeNumberWithAPointIsAnInteger() throws {
    let record = try decoded(
      Array(
        (#"{"v":1.0,"kind":"run","ts":"2026-11-24T05:28:54Z","source":"s","id":"i","run_id":"r","#
          + #""event":"queued","attempt":2.0,"owner":null}"#).utf8))
    guard case .run(let run) = record.body else {
      Issue.record("expected a run")
      return
    }
    #expect(run.attempt == 2 && run.owner == nil)
  }

  @Test func onlyAnObjectIsARecord() {
    for text in ["[]", "1", "\"x\"", "null"] {
      #expect(throws: RecordError(.notAnObject, "")) { try decoded(Array(text.utf8)) }
    }
  }
}
