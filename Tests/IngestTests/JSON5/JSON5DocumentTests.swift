import Ingest
import Testing

@Suite struct JSON5DocumentTests {
  private func parse(_ text: String) throws(JSON5Error) -> JSON5Value.Content {
    let bytes = Array(text.utf8)
    return try JSON5Document(bytes.span).root.content
  }

  @Test(
    "values read as the specification has them",
    arguments: [
      ("{}", .object([])), ("[ ]", .array([])), ("null", .null), (" true // yes", .boolean(true)),
      ("/* a */ false /**/", .boolean(false)), ("'it\\'s'", .string("it's")),
      (#""a\x41\u00e9\ud83d\ude00\0\v\q""#, .string("aA\u{E9}\u{1F600}\0\u{B}q")),
      ("'a\\\r\nb\\\nc'", .string("abc")), ("'\u{2028}'", .string("\u{2028}")),
      ("0x1F", .integer(31)), ("-0xff", .integer(-255)), ("+7", .integer(7)), ("-0", .integer(0)),
      ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
      ("9223372036854775808", .number(9.223372036854775808e18)), (".5", .number(0.5)),
      ("5.", .number(5)), ("-1.5e3", .number(-1500)), ("1E-2", .number(0.01)),
      ("\u{FEFF}1\u{A0}\u{3000}", .integer(1)),
    ] as [(String, JSON5Value.Content)])
  func values(text: String, content: JSON5Value.Content) throws {
    #expect(try parse(text) == content)
  }

  @Test("keys stand bare, in either quotes, or with escapes, and trailing commas are allowed")
  func keys() throws {
    let text = "{a$_1: 1, 'b c': 2, \"d\": 3, größe: 4, \\u0065f: 5,}"
    guard case .object(let members) = try parse(text) else {
      Issue.record("no object")
      return
    }
    #expect(members.map(\.key) == ["a$_1", "b c", "d", "größe", "ef"])
    #expect(members.map(\.value.content) == (1...5).map { .integer($0) })
    #expect(
      try parse("[1,2,]")
        == .array([
          JSON5Value(place: JSON5Place(line: 1, column: 2), content: .integer(1)),
          JSON5Value(place: JSON5Place(line: 1, column: 4), content: .integer(2)),
        ]))
  }

  @Test("keys and values know their line and column, counted in scalars")
  func places() throws {
    let bytes = Array("// é\n{\n  'ü': [1,\r\n    x]}".replacing("x", with: "'x'").utf8)
    let root = try JSON5Document(bytes.span).root
    #expect(root.place == JSON5Place(line: 2, column: 1))
    guard case .object(let members) = root.content, let member = members.first,
      case .array(let elements) = member.value.content
    else {
      Issue.record("another shape")
      return
    }
    #expect(member.place == JSON5Place(line: 3, column: 3))
    #expect(member.value.place == JSON5Place(line: 3, column: 8))
    #expect(elements.last?.place == JSON5Place(line: 4, column: 5))
  }

  @Test(
    "what is no JSON5 is refused with place, found and expected",
    arguments: [
      ("", "line 1, column 1: found the end of the text: expected a value"),
      ("{a:1 b:2}", "line 1, column 6: found \"b\": expected \",\" or \"}\""),
      ("{a 1}", "line 1, column 4: found \"1\": expected \":\" after a key"),
      ("{,}", "line 1, column 2: found \",\": expected a key or \"}\""),
      ("[,]", "line 1, column 2: found \",\": expected a value"),
      ("[1,,2]", "line 1, column 4: found \",\": expected a value"),
      ("{1a:1}", "line 1, column 2: found \"1a\": expected a key or \"}\""),
      ("1 2", "line 1, column 3: found \"2\": expected the end of the text"),
      ("\n'abc", "line 2, column 1: found a string that does not end: expected a closing quote"),
      ("'a\nb'", "line 1, column 3: found \"\\u{a}\": expected the string's closing quote"),
      ("/* x", "line 1, column 1: found a comment that does not end: expected */"),
      ("Infinity", "line 1, column 1: found Infinity: expected a finite number"),
      ("-Infinity", "line 1, column 2: found Infinity: expected a finite number"),
      ("[NaN]", "line 1, column 2: found NaN: expected a finite number"),
      ("+true", "line 1, column 2: found \"true\": expected a finite number"),
      ("1e999", "line 1, column 1: found a number beyond a binary64: expected a finite number"),
      ("012", "line 1, column 1: found a number with a leading 0: expected none"),
      (".", "line 1, column 2: found the end of the text: expected a digit"),
      ("1.2.3", "line 1, column 4: found \".\": expected the end of the number"),
      ("0x", "line 1, column 3: found the end of the text: expected a hexadecimal digit"),
      ("'\\u12'", "line 1, column 6: found \"'\": expected a hexadecimal digit"),
      ("'\\ud800x'", "line 1, column 4: found half a surrogate pair: expected both halves"),
      ("'\\1'", "line 1, column 3: found \"1\": expected an escape"),
      (
        "{a: 1,\n a: 2}",
        "line 2, column 2: found key \"a\" again: expected each key once: it stands at line 1, column 2"
      ),
      (
        "{'a':1, \\u0061:2}",
        "line 1, column 9: found key \"a\" again: expected each key once: it stands at line 1, column 2"
      ),
      ("\u{202E}", "line 1, column 1: found \"\\u{202e}\": expected a value"),
    ])
  func refused(text: String, message: String) {
    let error = #expect(throws: JSON5Error.self) { _ = try parse(text) }
    #expect(error?.description == message)
  }

  @Test("bytes that are no UTF-8 are refused with their place")
  func invalidUTF8() {
    let bytes = Array("{\n a: '".utf8) + [0xFF] + Array("'}".utf8)
    let error = #expect(throws: JSON5Error.self) { _ = try JSON5Document(bytes.span) }
    #expect(error?.place == JSON5Place(line: 2, column: 6))
  }

  @Test("nesting is taken to the limit and refused beyond")
  func depth() throws {
    let limit = JSON5Document.depthMax
    let open = String(repeating: "[", count: limit)
    #expect(throws: Never.self) { _ = try parse(open + String(repeating: "]", count: limit)) }
    let error = #expect(throws: JSON5Error.self) { _ = try parse("[" + open) }
    #expect(error?.place == JSON5Place(line: 1, column: limit + 1))
    #expect(throws: JSON5Error.self) { _ = try parse(String(repeating: "{a:[", count: 100_000)) }
  }

  @Test(
    "every cut and every changed byte of a text reads or is refused, and never crashes",
    arguments: 0..<20)
  func mutated(seed: Int) {
    let text = Array(
      #"{a: [1, -0x2F, .5e-3, 'x\u00e9\n', "\x41"], /* c */ b: {c: null, d: true,},} // e"#.utf8)
    var random = InputRandom(seed: seed)
    var outcomes = 0
    for offset in text.indices {
      for bytes in [Array(text[..<offset]), mutation(of: text, at: offset, &random)] {
        let isRead = (try? JSON5Document(bytes.span)) != nil
        outcomes += isRead ? 1 : 1
      }
    }
    #expect(outcomes == text.count * 2)
  }

  private func mutation(of text: [UInt8], at offset: Int, _ random: inout InputRandom) -> [UInt8] {
    var bytes = text
    bytes[offset] = UInt8.random(in: 0...255, using: &random)
    return bytes
  }
}
