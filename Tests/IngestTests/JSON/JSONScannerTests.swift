import Ingest
import TestSupport
import Testing

/// The scanner against the reader that it replaced: the same nodes, or the same error at the same byte.
@Suite struct JSONScannerTests {
  private static let pieces: [[UInt8]] =
    [
      "\"", "\\", "{", "}", "[", "]", ":", ",", "0", "-", ".", "e", "E+", "true", "nul", "false",
      "null", "\\u", "\\u00e9", "\\ud800", "\\u0061", "\"a\":", "\"\\u0061\":", "\"original\":",
      "\"origina\\u006c\":", " ", "\t", "\r\n", "1e5", "1e999", "-0", "00", "é", "\u{2028}", "😀",
      "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "]]]]", "\\x", "\"\":", "0123456789abcdef",
    ].map { Array($0.utf8) }
    + [
      [0xFF], [0xC3], [0xE2, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x01], [0x7F],
    ]

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func mutatedLinesAreReadAsBefore(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let lines =
      try RecordedLog.lines("variants/json-mtls.log")
      + RecordedLog.lines("live-1/trigger-events.jsonl").prefix(20)
      + RecordedLog.lines("live-1/luigi-events.jsonl").prefix(20)
      + RecordedLog.lines("live-1/caddy-access.log").prefix(20).filter { $0.count < 3000 }
    for _ in 0..<600 {
      var text = try #require(lines.randomElement(using: &random))
      for _ in 0..<Int.random(in: 0...3, using: &random) { mutate(&text, &random) }
      try compare(text, stopKey: Bool.random(using: &random) ? "resp_headers" : nil, seed)
    }
  }

  @Test(arguments: [5, 6, 7, 8] as [UInt64])
  func textsOfPiecesAreReadAsBefore(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    for _ in 0..<4000 {
      var text: [UInt8] = Bool.random(using: &random) ? Array("{\"v\":1,".utf8) : []
      for _ in 0..<Int.random(in: 0...12, using: &random) {
        text += try #require(JSONScannerTests.pieces.randomElement(using: &random))
      }
      try compare(text, stopKey: Bool.random(using: &random) ? "original" : nil, seed)
    }
  }

  @Test func textsCutAnywhereAreReadAsBefore() throws {
    let text = Array(
      " {\"a\":[1,-2.5e+3,true,false,null,{\"b\":\"é\\u00e9\\ud83d\\ude00\\n\"}],\"original\":{}} "
        .utf8)
    for end in 0...text.count {
      try compare(Array(text[..<end]), stopKey: nil, 0)
      try compare(Array(text[..<end]), stopKey: "original", 0)
    }
  }

  /// 64 keys are compared with each other, more go through a set; kinds of keys collide in both.
  @Test(arguments: [1, 2, 63, 64, 65, 66, 200])
  func aRepeatedKeyIsFoundAmongAnyNumberOfKeys(_ count: Int) throws {
    let keys = (0..<count).map { "key-\($0 * 37 % 1000)-x" }
    for place in [0, count / 2, count - 1] {
      for repeated in [nil, keys[place], "\\u006b" + keys[place].dropFirst()] {
        var members = keys.map { "\"\($0)\":\($0.utf8.count)" }
        if let repeated { members.append("\"\(repeated)\":0") }
        members.append("\"last\":[]")
        try compare(Array("{\(members.joined(separator: ","))}".utf8), stopKey: nil, 0)
      }
    }
  }

  @Test func everyKeyOfTheRootIsFoundByNameWhateverElseIsThere() throws {
    // Kinds are told by length, first and last byte: these share one, or are absent beside one.
    let names: [(key: StaticString, isThere: Bool)] = [
      ("level", true), ("lapel", true), ("local", true), ("lobal", false), ("", true), ("l", true),
      ("status", true), ("stat\u{75}s!", false), ("größe", true), ("grüße", false),
    ]
    let members = names.filter(\.isThere).map { "\"\($0.key)\":\"\($0.key)\"" }
    var document = JSONDocument()
    for extra in ["", ",\"\\u0078\":1"] {
      try document.parse(Array("{\(members.joined(separator: ","))\(extra)}".utf8).span)
      for (name, isThere) in names {
        let found = document.member(document.root, name).flatMap(document.string)
        #expect(found == (isThere ? name.description : nil), "\(name)\(extra)")
      }
      #expect(document.member(document.root, "x") != nil || extra.isEmpty)
    }
    try document.parse(Array("[{\"level\":1}]".utf8).span)
    #expect(document.member(document.root, "level") == nil, "a list has no members")
    try document.parse(Array("{}".utf8).span)
    #expect(document.member(document.root, "level") == nil, "of an earlier text")
  }

  // MARK: Comparing

  private func mutate(_ text: inout [UInt8], _ random: inout SeededRandom) {
    let place = Int.random(in: 0...text.count, using: &random)
    let end = min(text.count, place + Int.random(in: 0...20, using: &random))
    switch Int.random(in: 0..<3, using: &random) {
    case 0: text.removeSubrange(place..<end)
    case 1: text.replaceSubrange(place..<end, with: random.bytes(count: end - place))
    default:
      text.insert(
        contentsOf: JSONScannerTests.pieces.randomElement(using: &random) ?? [], at: place)
    }
  }

  private func compare(_ text: [UInt8], stopKey: StaticString?, _ seed: UInt64) throws {
    var reference = ReferenceJSONReader(text, stopKey: stopKey?.description)
    var expected: JSONError?
    do { try reference.read() } catch { expected = error }
    var document = JSONDocument()
    var found: JSONError?
    do { try document.parse(text.span, stoppingBefore: stopKey) } catch { found = error }
    let shown = String(decoding: text, as: UTF8.self)
    try #require(found == expected, "seed \(seed): \(shown)")
    guard found == nil else { return }
    var nodes: [ReferenceJSONReader.Node] = []
    list(document, document.root, into: &nodes)
    #expect(nodes == reference.nodes, "seed \(seed): \(shown)")
  }

  /// The document as a flat list; escapes are taken from the bytes.
  private func list(
    _ document: JSONDocument, _ value: JSONDocument.Reference,
    into nodes: inout [ReferenceJSONReader.Node]
  ) {
    let index = nodes.count
    let range = document.range(value)
    let kind = document.kind(value)
    let isText = kind == .string || kind == .key
    nodes.append(
      .init(
        kind: kind, range: range, next: index + 1,
        hasEscapes: isText && document.bytes[range].contains(UInt8(ascii: "\\"))))
    document.forEachMember(value) { key, member in
      list(document, key, into: &nodes)
      list(document, member, into: &nodes)
    }
    document.forEachElement(value) { list(document, $0, into: &nodes) }
    nodes[index].next = nodes.count
  }
}
