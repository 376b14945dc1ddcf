import Ingest
import TestSupport
import Testing

/// The fast scanner against the full reader: what it takes, the reader takes, with the same values.
@Suite struct JSONLineScannerTests {
  /// Paths as they occur in recorded lines, and in lines made of pieces.
  private static func paths() -> LinePaths {
    var paths = LinePaths()
    for key in ["ts", "status", "user_id", "event", "run_id", "a"] as [StaticString] {
      paths.add(key)
    }
    let request = paths.add("request")
    paths.add("method", in: request)
    paths.add("uri", in: request)
    let headers = paths.add("resp_headers")
    paths.add("X-Request-Id", in: headers)
    let inner = paths.add("a", in: 5)
    paths.add("b", in: inner)
    return paths
  }

  /// The same, for the full reader: the keys from the outermost object on.
  private static let names: [[StaticString]] = [
    ["ts"], ["status"], ["user_id"], ["event"], ["run_id"], ["a"], ["request"],
    ["request", "method"], ["request", "uri"], ["resp_headers"], ["resp_headers", "X-Request-Id"],
    ["a", "a"], ["a", "a", "b"],
  ]

  private static let pieces: [[UInt8]] =
    [
      "\"", "\\", "{", "}", "[", "]", ":", ",", "0", "-", ".", "true", "nul", "false", "null",
      "\\u",
      "\\u00e9", "\"a\":", "\"\\u0061\":", "\"b\":{", "\"b\":", "{\"a\":", ",\"a\":", " ", "\t",
      "\r",
      "\n", "1e5", "1e999", "-0", "00", "12.5", "é", "\u{2028}", "😀",
      "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
      "]]]]", "\\x", "\\n", "\"\":", "0123456789abcdef", "\"x\"", ",\"c\":[\"d\"]", "},{",
      "\"}\n{\"",
    ].map { Array($0.utf8) }
    + [
      [0xFF], [0xC3], [0xE2, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x01], [0x7F],
      [0],
    ]

  private static func recorded() throws -> [[UInt8]] {
    try RecordedLog.lines("variants/json-mtls.log")
      + RecordedLog.lines("live-1/trigger-events.jsonl").prefix(20)
      + RecordedLog.lines("live-1/luigi-events.jsonl").prefix(20)
      + RecordedLog.lines("live-1/caddy-access.log").prefix(20).filter { $0.count < 3000 }
  }

  /// What the scanner says of a text, checked line by line against the reader.
  private func check(_ text: [UInt8], _ scanner: inout JSONLineScanner, _ seed: UInt64) -> Int {
    var plain = 0
    var offset = 0
    var document = JSONDocument()
    scanner.begin()
    while let line = scanner.next(text.span) {
      #expect(line.range.lowerBound == offset, "seed \(seed)")
      #expect(text[line.range.upperBound] == 0x0A, "seed \(seed)")
      #expect(!text[line.range].contains(0x0A), "seed \(seed)")
      offset = line.range.upperBound + 1
      guard line.isPlain else { continue }
      plain += 1
      let shown = String(decoding: text[line.range], as: UTF8.self)
      do { try document.parse(text.span.extracting(line.range)) } catch {
        Issue.record("seed \(seed): taken, but \(error): \(shown)")
        continue
      }
      for (number, names) in JSONLineScannerTests.names.enumerated() {
        var node: JSONDocument.Reference? = document.root
        for name in names { node = node.flatMap { document.member($0, name) } }
        let place = node.map { line.range.lowerBound + document.textRange($0).lowerBound } ?? -1
        #expect(scanner.value(number) == place, "seed \(seed): \(names): \(shown)")
      }
    }
    #expect(offset == text.count, "seed \(seed)")
    return plain
  }

  @Test(
    "recorded lines, changed here and there, are taken only when the reader takes them",
    arguments: [1, 2, 3, 4] as [UInt64])
  func mutatedLines(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let lines = try JSONLineScannerTests.recorded()
    var scanner = JSONLineScanner(JSONLineScannerTests.paths())
    var plain = 0
    var count = 0
    for _ in 0..<80 {
      var text: [UInt8] = []
      for _ in 0..<Int.random(in: 1...40, using: &random) {
        var line = try #require(lines.randomElement(using: &random))
        if Int.random(in: 0..<4, using: &random) == 0 { mutate(&line, &random) }
        text += line + [0x0A]
        count += 1
      }
      plain += check(text, &scanner, seed)
    }
    #expect(plain > count / 2)
  }

  @Test(
    "texts of pieces of JSON are taken only when the reader takes them",
    arguments: [5, 6, 7, 8] as [UInt64])
  func textsOfPieces(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var scanner = JSONLineScanner(JSONLineScannerTests.paths())
    var plain = 0
    for _ in 0..<1500 {
      var text: [UInt8] = []
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        text += Array("{\"a\":".utf8)
        for _ in 0..<Int.random(in: 0...7, using: &random) {
          text += try #require(JSONLineScannerTests.pieces.randomElement(using: &random))
        }
        text += Array(Bool.random(using: &random) ? "}\n".utf8 : "1}\n".utf8)
      }
      plain += check(text, &scanner, seed)
    }
    #expect(plain > 100)
  }

  @Test("every byte of a line replaced by every other byte is judged as the reader judges it")
  func everyByteReplaced() {
    let line = Array(
      #"{"a":{"a":{"b":[1,-2.50,true]}},"ts":10.5,"status":200,"user_id":"\"é\n","event":null}"#
        .utf8)
    var scanner = JSONLineScanner(JSONLineScannerTests.paths())
    var document = JSONDocument()
    var refused = 0
    for place in line.indices {
      var text: [UInt8] = []
      var valid = 0
      for byte in UInt8.min...UInt8.max where byte != 0x0A {
        var changed = line
        changed[place] = byte
        do {
          try document.parse(changed.span)
          valid += 1
        } catch {}
        text += changed + [0x0A]
      }
      let plain = check(text, &scanner, UInt64(place))
      // White space, exponents and escaped keys are left to the reader.
      #expect(plain <= valid && plain * 20 >= valid * 15, "byte \(place): \(plain) of \(valid)")
      refused += 255 - valid
    }
    #expect(refused > 255)
  }

  @Test("lines as programs write them are all taken, wherever in a block they begin")
  func ordinaryLines() throws {
    let lines = try JSONLineScannerTests.recorded()
    var scanner = JSONLineScanner(JSONLineScannerTests.paths())
    for padding in 0..<130 {
      var text = Array("{\"p\":\"\(String(repeating: "x", count: padding))\"}\n".utf8)
      for line in lines { text += line + [0x0A] }
      #expect(check(text, &scanner, UInt64(padding)) == lines.count + 1)
    }
  }

  @Test(
    "a key that an object repeats is found among any number of keys, at any depth",
    arguments: [1, 2, 12, 63, 64, 65, 300])
  func repeatedKeys(_ count: Int) {
    let keys = (0..<count).map { "key-\($0 * 37 % 1000)-\(String(repeating: "x", count: $0 % 9))" }
    var scanner = JSONLineScanner(JSONLineScannerTests.paths())
    for place in [0, count / 2, count - 1] {
      for (before, after) in [("{", "}\n"), ("{\"z\":[{", "}]}\n")] {
        let members = keys.map { "\"\($0)\":1" }
        let once = before + members.joined(separator: ",") + after
        let twice = before + (members + ["\"\(keys[place])\":2"]).joined(separator: ",") + after
        #expect(check(Array(once.utf8), &scanner, 0) == 1)
        #expect(check(Array(twice.utf8), &scanner, 0) == 0)
      }
    }
  }

  @Test("depth, keys and values beyond what it follows are left to the reader")
  func limits() {
    var scanner = JSONLineScanner(JSONLineScannerTests.paths())
    func nested(_ depth: Int) -> [UInt8] {
      Array(
        ("{\"a\":" + String(repeating: "[", count: depth - 1)
          + String(repeating: "]", count: depth - 1) + "}\n").utf8)
    }
    #expect(check(nested(JSONLineScanner.depthMax), &scanner, 0) == 1)
    #expect(check(nested(JSONLineScanner.depthMax + 1), &scanner, 0) == 0)
    let keys = (0...JSONLineScanner.keyCountMax).map { "\"k\($0)\":0" }
    #expect(check(Array("{\(keys.dropLast().joined(separator: ","))}\n".utf8), &scanner, 0) == 1)
    #expect(check(Array("{\(keys.joined(separator: ","))}\n".utf8), &scanner, 0) == 0)
    let long = "{\"a\":\"" + String(repeating: "x", count: 100_000) + "\"}\n"
    #expect(check(Array((long + long).utf8), &scanner, 0) == 2)
    #expect(check(Array(String(repeating: "{}\n", count: 20_000).utf8), &scanner, 0) == 20_000)
  }

  @Test("all ways of classing bytes give the same blocks", arguments: [9, 10, 11] as [UInt64])
  func ways(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let lines = try JSONLineScannerTests.recorded()
    for _ in 0..<300 {
      var text = try #require(lines.randomElement(using: &random))
      for _ in 0..<Int.random(in: 0...6, using: &random) { mutate(&text, &random) }
      text += Array(repeating: UInt8(ascii: "\\"), count: Int.random(in: 0...70, using: &random))
      text += try #require(lines.randomElement(using: &random))
      var definition = JSONBlocks(.portable)
      definition.look(at: text.span)
      for way in JSONBlocks.Way.allCases where way.isAvailable {
        var blocks = JSONBlocks(way)
        blocks.look(at: text.span)
        #expect(blocks.words == definition.words, "seed \(seed), \(way)")
      }
    }
  }

  private func mutate(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
    guard !bytes.isEmpty else { return }
    let place = Int.random(in: 0..<bytes.count, using: &random)
    let end = min(bytes.count, place + Int.random(in: 1...30, using: &random))
    switch Int.random(in: 0..<5, using: &random) {
    case 0: bytes.remove(at: place)
    case 1: bytes[place] = UInt8.random(in: 0x0B...0xFF, using: &random)
    case 2:
      let piece = JSONLineScannerTests.pieces.randomElement(using: &random) ?? []
      bytes.insert(contentsOf: piece.filter { $0 != 0x0A }, at: place)
    case 3: bytes.removeSubrange(place..<end)
    default: bytes.insert(contentsOf: Array(bytes[place..<end]), at: end)
    }
  }
}
