import Ingest
import Testing

@Suite struct LineParserTests {
  private static let good =
    #"{"schema":"trigger-event/1","ts":1795477135.5,"event":"run.spawned","run_id":"a"}"#

  @Test(arguments: ["", " ", "\n", "\r\n", "\t \n"])
  func whiteSpaceIsABlankLine(_ text: String) {
    var parser = LineParser(format: .auto)
    #expect(parser.parse(text) == .blank)
  }

  @Test(arguments: [
    ("hello", Rejection.Reason.notJSON), ("{]", .notJSON), ("{\"a\":1}}", .notJSON),
    ("{\"a\":\"\\q\"}", .notJSON), ("{\"a\":\"\t\"}", .notJSON),
    ("{\"a\":1", .truncated), ("{\"a\":\"x", .truncated), ("{", .truncated),
    ("{\"a\":1,\"a\":2}", .duplicateKey), ("{\"a\":1,\"\\u0061\":2}", .duplicateKey),
    ("{\"a\":1e999}", .numberOutOfRange), ("[1]", .unknownShape), ("7", .unknownShape),
    ("{}", .unknownShape), ("{\"a\":\n1}", .embeddedNewline),
    ("2026-11-23 23:34:30.71 +0000 UTC m=+1.85 write error: broken pipe", .consoleEncoded),
    ("1.795477645e+09\tinfo\tadmin\tstarted", .consoleEncoded),
    ("2026/11/23 23:47:22.492\t\u{1B}[33mWARN\u{1B}[0m\tadmin\toff", .consoleEncoded),
  ])
  func whatIsNoLineOfAnyEmitterIsRejectedWithItsReason(
    _ text: String, _ reason: Rejection.Reason
  ) throws {
    var parser = LineParser(format: .auto)
    let rejection = try #require(parser.parse(text).rejection)
    #expect(rejection.reason == reason)
    #expect((0...text.utf8.count).contains(rejection.byteOffset))
    #expect(!rejection.detail.isEmpty)
  }

  @Test func nestingTenThousandDeepIsRefusedWithoutRecursion() {
    var parser = LineParser(format: .auto)
    let deep = String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)
    #expect(parser.parse(#"{"a":\#(deep)}"#).rejection?.reason == .tooDeep)
    let objects = String(repeating: #"{"a":"#, count: 10_000)
    #expect(parser.parse(objects).rejection?.reason == .tooDeep)
  }

  @Test func invalidUTF8IsRefusedWhereItStands() throws {
    var parser = LineParser(format: .auto)
    let rejection = try #require(
      parser.parse(Array("{\"a\":\"".utf8) + [0xFF, 0x22, 0x7D]).rejection)
    #expect(rejection.reason == .invalidUTF8)
    #expect(rejection.byteOffset == 6)
    #expect(rejection.excerpt.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F })
  }

  @Test func aLineBeyondTheLimitIsTooLongAndOneAtTheLimitIsNot() {
    var settings = LogSettings()
    settings.lineByteCountMax = LineParserTests.good.utf8.count
    var parser = LineParser(format: .auto, settings: settings)
    #expect(parser.parse(LineParserTests.good).run != nil)
    #expect(parser.parse(LineParserTests.good + "\n").run != nil)
    settings.lineByteCountMax -= 1
    parser = LineParser(format: .auto, settings: settings)
    #expect(parser.parse(LineParserTests.good).rejection?.reason == .tooLong)
  }

  @Test func aNewlineIsNoPartOfTheLineAndOtherSpaceIsNotVerbatim() throws {
    var parser = LineParser(format: .auto)
    let plain = try #require(parser.parse(LineParserTests.good).prepared)
    #expect(plain.isOriginalVerbatim)
    #expect(plain.record.header.original == Array(LineParserTests.good.utf8))
    #expect(parser.parse(LineParserTests.good + "\n").prepared == plain)
    let carriage = try #require(parser.parse(LineParserTests.good + "\r\n").prepared)
    #expect(carriage.record == plain.record)
    #expect(!carriage.isOriginalVerbatim)
    let indented = parser.parse("  " + LineParserTests.good)
    #expect(indented.prepared?.isOriginalVerbatim == false)
  }

  @Test func offsetsCountTheSpaceThatWasTrimmed() {
    var parser = LineParser(format: .auto)
    #expect(parser.parse("  {\"a\":x}").rejection?.byteOffset == 7)
  }

  @Test func aRejectionAfterRedactionPointsIntoTheLineAsItCame() throws {
    var parser = LineParser(format: .auto)
    let text = CaddyAccessLogTests.line(headers: #""X-Secret":["a long secret value"]"#)
      .replacing(#""resp_headers""#, with: #""bytes_read":"x","resp_headers""#)
      .replacing("?x=1&y=2&x=3", with: "?x=somewhat-longer-than-a-placeholder")
    let rejection = try #require(parser.parse(text).rejection)
    #expect(rejection.reason == .wrongType)
    #expect(text.utf8.dropFirst(rejection.byteOffset).starts(with: "x\",\"resp".utf8))
  }

  @Test func oneParserReadsLinesOfEveryEmitterInAnyOrder() throws {
    var parser = LineParser(format: .auto)
    let access = CaddyAccessLogTests.line()
    for _ in 0..<3 {
      #expect(parser.parse(access).request != nil)
      #expect(parser.parse(LineParserTests.good).run?.runID == "a")
      #expect(parser.parse("{").rejection != nil)
    }
  }

  @Test func everyPrefixOfALineIsRejectedAndNoneCrashes() {
    var parser = LineParser(format: .auto)
    let bytes = Array(CaddyAccessLogTests.line().utf8)
    for end in 1..<bytes.count {
      #expect(parser.parse(Array(bytes[..<end])).rejection?.reason == .truncated)
    }
  }

  @Test func anExcerptShowsTheShapeAndNoValues() throws {
    var parser = LineParser(format: .auto)
    let text = CaddyAccessLogTests.line().dropLast(3)
    let excerpt = try #require(parser.parse(String(text)).rejection).excerpt
    #expect(
      excerpt.hasPrefix(
        #"{"level":"info","ts":1795477505.997917,"logger":"http.log.access.log0","msg":"...","#
          + #""request":{"remote_ip":"...""#))
    #expect(excerpt.count <= 176)
  }
}
