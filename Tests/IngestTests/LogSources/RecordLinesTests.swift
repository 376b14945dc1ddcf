import Ingest
import Testing

@Suite struct RecordLinesTests {
  private static let head =
    #""ts":"2026-11-24T05:28:54.000000Z","source":"caddy/edge-1","id":"r-1""#

  private func parse(_ kind: String, _ rest: String, _ format: LogFormat) -> ParsedLine {
    var parser = LineParser(format: format)
    return parser.parse(#"{"v":1,"kind":"\#(kind)",\#(RecordLinesTests.head),\#(rest)}"#)
  }

  private static let kinds: [(String, String)] = [
    ("request", #""request_id":"r-1","method":"GET","path":"/a","status":200"#),
    ("run", #""run_id":"a","event":"started","attempt":1"#),
    ("task", #""run_id":"a","task_id":"t","event":"started""#),
    ("decision", #""principal":"p","effect":"permit","credential":"oidc","credential_id":"c-7""#),
    ("approval", #""approval_id":"a","subject":"run","event":"given""#),
    ("alert", #""finding_id":"f","event":"raised""#),
    ("control", #""event":"token_rotated","subject":"s""#),
  ]

  @Test(arguments: kinds)
  func aRecordLineReadsBackAsTheRecordItWas(_ kind: String, _ rest: String) throws {
    let prepared = try #require(parse(kind, rest, .record).prepared)
    let isBelieved = ["request", "run", "task"].contains(kind)
    #expect(prepared.record.header.isImported == !isBelieved)
    #expect(prepared.record.header.source == "caddy/edge-1")
    #expect(prepared.record.header.id == "r-1")
    #expect(prepared.record.header.original == nil)
    #expect(prepared.isOriginalVerbatim)
    let imported = isBelieved ? "" : #","imported":true"#
    #expect(
      String(decoding: prepared.record.encoded(), as: UTF8.self)
        == #"{"v":1,"kind":"\#(kind)",\#(RecordLinesTests.head),\#(rest)\#(imported)}"#)
  }

  @Test(arguments: kinds)
  func underAutoOnlyRequestsRunsAndTasksAreBelieved(_ kind: String, _ rest: String) {
    let parsed = parse(kind, rest, .auto)
    if ["request", "run", "task"].contains(kind) {
      #expect(parsed.prepared?.format == .record)
    } else {
      #expect(parsed.rejection?.reason == .kindNotBelieved)
    }
  }

  @Test func otherFormatsTakeNoRecordLines() {
    for format in [LogFormat.caddy, .caddyRuntime, .luigi, .launcher] {
      #expect(
        parse("run", #""run_id":"a","event":"lost""#, format).rejection?.reason == .unknownShape)
    }
  }

  @Test func aSourceSettingDoesNotRenameARecord() throws {
    var settings = LogSettings()
    settings.source = "other/x"
    var parser = LineParser(format: .auto, settings: settings)
    let parsed = parser.parse(
      #"{"v":1,"kind":"run",\#(RecordLinesTests.head),"run_id":"a","event":"lost"}"#)
    #expect(parsed.prepared?.record.header.source == "caddy/edge-1")
  }

  @Test func stringsAreRedactedAndTheReceiptTimeOfAnotherJournalIsDropped() throws {
    let parsed = parse(
      "run",
      #""run_id":"a","event":"failed","params":{"db_password":"p4ss","n":"1"},"#
        + #""error":{"message":"Bearer abc.def refused"},"received_at":"2026-11-24T05:28:55Z""#,
      .auto)
    let run = try #require(parsed.run)
    #expect(run.parameters == Array(#"{"db_password":"[redacted]","n":"1"}"#.utf8))
    #expect(run.error?.message == "Bearer [redacted] refused")
    #expect(parsed.prepared?.isOriginalVerbatim == false)
    #expect(parsed.prepared?.record.header.receivedAt == nil)
  }

  @Test func keysThatTheVocabularyDoesNotKnowAreKeptInTheOriginal() throws {
    let parsed = parse("run", #""run_id":"a","event":"lost","queue":"gpu","secret":"s""#, .auto)
    let original = String(
      decoding: try #require(parsed.prepared?.record.header.original), as: UTF8.self)
    #expect(original.hasSuffix(#""queue":"gpu","secret":"[redacted]"}"#))
  }

  @Test(arguments: [
    (#""event":"started""#, Rejection.Reason.missingField),
    (#""run_id":"a","event":"jumped""#, .wrongType),
    (#""run_id":"a","event":"started","attempt":0"#, .outOfRange),
    (#""run_id":7,"event":"started""#, .wrongType),
  ])
  func whatIsNoRunIsRejected(_ rest: String, _ reason: Rejection.Reason) {
    #expect(parse("run", rest, .auto).rejection?.reason == reason)
  }

  @Test func headersAreCheckedToo() {
    var parser = LineParser(format: .auto)
    let base = #"{"v":1,"kind":"run",\#(RecordLinesTests.head),"run_id":"a","event":"lost"}"#
    let cases: [(String, String, Rejection.Reason)] = [
      (#""v":1"#, #""v":2"#, .unknownVersion), (#""kind":"run""#, #""kind":"walk""#, .unknownShape),
      ("2026-11-24T", "2026-11-34T", .badTime), (#","id":"r-1""#, "", .missingField),
    ]
    for (good, bad, reason) in cases {
      #expect(parser.parse(base.replacing(good, with: bad)).rejection?.reason == reason)
    }
  }
}
