import Ingest
import TestSupport
import Testing

/// What redaction passes over or remembers must never change what it answers.
@Suite struct RedactionMemoryTests {
  /// Beginnings and pieces of secrets, and what lies harmlessly between them.
  private static let pieces = [
    "eyJ", "ghp_", "AKIA", "sk-", "xoxb-", "xoxb-0123456789", "SG.", "hvs.", "sk_live_0123456789",
    "Bearer", "Basic", "password", "--password", "=", ":", " ", "'", "\"", "%", "%3D", "\\", "?",
    "#",
    "&", ";", "/", "//", "://", "@", "-", "_", ".", "{", "[", "0123456789abcdef", "deadbeef-cafe",
    "ABCDEF", "cGFzc3dvcmQ9aHVudGVyMmh1bnRlcjI", "A1B2C3D4E5F6G7H8", "x", "GET", "é", "\u{7F}",
  ]

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func noRuleFindsAnythingInAnInertText(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var redactor = TextRedactor(RedactionList())
    var inertCount = 0
    for _ in 0..<20_000 {
      var text = ""
      for _ in 0..<Int.random(in: 0...4, using: &random) {
        text += RedactionMemoryTests.pieces.randomElement(using: &random) ?? ""
      }
      let bytes = Array(text.utf8)
      if bytes.span.isInert(isURL: false) {
        inertCount += 1
        let found = redactor.redacted(bytes.span)
        #expect(found == nil, "seed \(seed): \(text)")
      }
      if bytes.span.isInert(isURL: true) {
        let found = redactor.redactedURL(bytes.span)
        #expect(found == nil, "seed \(seed): \(text)")
      }
    }
    #expect(inertCount > 1000)
  }

  @Test(arguments: [
    "-", "--password", "{\"password\":\"x\"}", "[1]", "Bearer abcd", "password=x", "a:b", "a%3Db",
    "xoxb-0123456789", "a b", "a'b", "a\"b", "a\\b", "tab\there",
  ])
  func whatSomeRuleMayConcernIsNotInert(_ text: String) {
    let bytes = Array(text.utf8)
    let isInert = bytes.span.isInert(isURL: false)
    #expect(!isInert)
  }

  /// A parser that has read many lines knows many texts; a fresh one knows none.
  @Test(arguments: [1, 2] as [UInt64])
  func aParserThatHasReadOtherLinesReadsALineAsAFreshOneDoes(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var used = LineParser(format: .auto)
    for _ in 0..<150 {
      let line = RedactionMemoryTests.line(&random)
      var fresh = LineParser(format: .auto)
      let (found, expected) = (used.parse(line), fresh.parse(line))
      #expect(
        found == expected, "seed \(seed): \(String(decoding: line, as: UTF8.self))")
    }
  }

  /// The same few texts stand as keys and values, as URLs and not, in headers and outside.
  private static func line(_ random: inout SeededRandom) -> [UInt8] {
    func text() -> String {
      ((0..<2).map { _ in pieces.randomElement(using: &random) ?? "" }).joined()
    }
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("schema", "trigger-event/1")
    writer.field("ts", 1_795_477_219.5)
    writer.field("event", "run.requested")
    writer.field("run_id", text())
    writer.field("uri", text())
    writer.field("argv", [text(), text(), text()])
    writer.beginObject("headers")
    writer.field("Location", [text()])
    writer.field("X-Other", [text()])
    writer.endObject()
    writer.beginObject("params")
    writer.field(named: text() + "1", text())
    writer.field(named: text() + "2", "{\"token\":\"\(random.next())\"}")
    writer.endObject()
    writer.endObject()
    return writer.bytes
  }
}

/// Exact, whatever is driven out.
@Suite struct TextCacheTests {
  @Test func aTextIsFoundUntilTwoOthersTookItsSlots() {
    var cache = TextCache(slotCount: 2)
    let texts = ["one", "two", "three"].map { Array($0.utf8) }
    for (index, text) in texts.enumerated() {
      let early = cache.value(of: text.span, hash: 0)
      #expect(early == nil)
      cache.insert(text.span, hash: 0, UInt8(index))
    }
    let found = texts.map { cache.value(of: $0.span, hash: 0) }
    #expect(found == [nil, 1, 2])
  }

  /// An empty slot has a length that no text has, and hash 0, which any text may have.
  @Test func anEmptySlotHoldsNoTextOfAnyLength() {
    let cache = TextCache(slotCount: 2)
    for count in 0...300 {
      let found = cache.value(of: [UInt8](repeating: 0, count: count).span, hash: 0)
      #expect(found == nil, "\(count) bytes")
    }
  }

  @Test(arguments: [1, 2] as [UInt64])
  func theAnswerIsTheOneInsertedOrNone(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var cache = TextCache(slotCount: 8)
    for _ in 0..<3000 {
      let text = random.bytes(count: Int.random(in: 0...70, using: &random)).map { $0 & 1 }
      // A hash of few values: texts share slots, and even hashes.
      let hash = text.span.tableHash & 7
      let value = UInt8(truncatingIfNeeded: text.reduce(text.count) { $0 + Int($1) })
      if let found = cache.value(of: text.span, hash: hash) { #expect(found == value) }
      cache.insert(text.span, hash: hash, value)
      let isKept = text.count <= TextCache.textByteCountMax
      let found = cache.value(of: text.span, hash: hash)
      #expect(found == (isKept ? value : nil))
    }
  }
}
