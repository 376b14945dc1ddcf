import Ingest
import Testing

/// The grammar of RFC 8259, by tables.
@Suite struct JSONGrammarTests {
  private func error(_ bytes: [UInt8]) -> JSONError? {
    var document = JSONDocument()
    do {
      try document.parse(bytes.span)
      return nil
    } catch {
      return error
    }
  }

  private func error(_ text: String) -> JSONError? { error(Array(text.utf8)) }

  @Test(arguments: [
    "{}", "[]", "0", "-0", "-0.0", "1e5", "1E+5", "1e-5", "0.5", "-12.25e2", "true", "false",
    "null", "\"\"", "\"a\"", " { } ", "\t[\n1\r,2 ]", "[[],[{}]]", #"{"a":{"b":[1,{"c":null}]}}"#,
    #"{"":1}"#, #""\"\\\/\b\f\n\r\t\u00e9""#, #""\ud83d\ude00""#, #""\u0000""#, #""\uFFFF""#,
    "\"é ☃ 😀 \u{2028}\u{85}\u{7F}\"", "9223372036854775808", "1e308", "1e-999", "-1e-999",
    "0e9999999999999999999", "123456789012345678901234567890", #"{"a":1,"A":2}"#, "[1,1]",
  ])
  func whatTheGrammarAllowsIsAccepted(_ text: String) {
    #expect(error(text) == nil)
  }

  @Test(arguments: [
    ("", JSONError.Reason.unexpectedEnd, 0), (" ", .unexpectedEnd, 1), ("{", .unexpectedEnd, 1),
    ("[", .unexpectedEnd, 1), ("[1", .unexpectedEnd, 2), ("[1,", .unexpectedEnd, 3),
    (#"{"a""#, .unexpectedEnd, 4), (#"{"a":"#, .unexpectedEnd, 5), ("\"a", .unexpectedEnd, 2),
    (#""\"#, .unexpectedEnd, 2), (#""\u12"#, .unexpectedEnd, 5), ("tru", .unexpectedEnd, 3),
    ("-", .unexpectedEnd, 1), ("1.", .unexpectedEnd, 2), ("1e", .unexpectedEnd, 2),
    ("1e+", .unexpectedEnd, 3),
    ("[1,]", .unexpectedByte, 3), ("[,1]", .unexpectedByte, 1), ("[1 2]", .unexpectedByte, 3),
    ("{,}", .unexpectedByte, 1), (#"{"a":1,}"#, .unexpectedByte, 7),
    (#"{"a" 1}"#, .unexpectedByte, 5), (#"{"a"::1}"#, .unexpectedByte, 5),
    ("{1:2}", .unexpectedByte, 1), ("{a:1}", .unexpectedByte, 1), ("[1}", .unexpectedByte, 2),
    (#"{"a":1]"#, .unexpectedByte, 6), ("01", .unexpectedByte, 1), ("-01", .unexpectedByte, 2),
    ("+1", .unexpectedByte, 0), (".5", .unexpectedByte, 0), ("1.e5", .unexpectedByte, 2),
    ("1.5.5", .trailingBytes, 3), ("1ex", .unexpectedByte, 2), ("-x", .unexpectedByte, 1),
    ("NaN", .unexpectedByte, 0), ("Infinity", .unexpectedByte, 0), ("nul1", .unexpectedByte, 3),
    ("True", .unexpectedByte, 0), ("'a'", .unexpectedByte, 0), ("\u{FEFF}{}", .unexpectedByte, 0),
    ("{}x", .trailingBytes, 2), ("{} {}", .trailingBytes, 3), ("1 2", .trailingBytes, 2),
    ("//a\n1", .unexpectedByte, 0), ("[1]/**/", .trailingBytes, 3), ("0x10", .trailingBytes, 1),
    (#""\x41""#, .invalidEscape, 2), (#""\u12G4""#, .invalidEscape, 5),
    (#""\ ""#, .invalidEscape, 2), ("\"a\tb\"", .controlCharacter, 2),
    ("\"\u{0}\"", .controlCharacter, 1), ("\"a\nb\"", .controlCharacter, 2),
    ("[1e309]", .numberOutOfRange, 1), ("-1e400", .numberOutOfRange, 0),
    ("1e99999999999999999999", .numberOutOfRange, 0),
  ])
  func whatItDoesNotAllowIsRefusedWithReasonAndPlace(
    _ text: String, _ reason: JSONError.Reason, _ offset: Int
  ) {
    #expect(error(text) == JSONError(reason, at: offset))
  }

  @Test func aNumberOfManyDigitsIsJudgedByItsValue() {
    #expect(error("1" + String(repeating: "0", count: 308)) == nil)
    #expect(error("1" + String(repeating: "0", count: 309))?.reason == .numberOutOfRange)
    #expect(error("0." + String(repeating: "0", count: 400) + "1") == nil)
    #expect(error(String(repeating: "9", count: 400) + "e-200") == nil)
  }

  @Test(
    arguments: [
      [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x20], [0xE0, 0x80, 0x80],
      [0xE0, 0x9F, 0xBF], [0xE1, 0x80], [0xE1, 0x80, 0x20], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],
      [0xEF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF1, 0x80, 0x80],
      [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFE],
      [0xFF],
    ] as [[UInt8]])
  func bytesThatAreNoUTF8AreRefusedWhereTheyBegin(_ bytes: [UInt8]) {
    let text = [0x22, 0x61] + bytes + [0x22]
    #expect(error(text) == JSONError(.invalidUTF8, at: 2))
    #expect(error(Array(text.dropLast())) == JSONError(.invalidUTF8, at: 2))
  }

  @Test func theFirstAndLastScalarsOfEveryLengthAreAccepted() {
    for scalar in [0x20, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF] {
      let character = Unicode.Scalar(UInt32(scalar)).map(String.init) ?? ""
      #expect(error("\"\(character)\"") == nil, "U+\(String(scalar, radix: 16))")
    }
  }

  @Test(arguments: [
    (#"{"a":1,"a":2}"#, 8), (#"{"a":1,"\u0061":2}"#, 8), (#"{"\u0061":1,"a":2}"#, 13),
    (#"{"x":{"a":1,"b":2,"a":3}}"#, 19), (#"[{"é":1,"\u00e9":2}]"#, 10), (#"{"":1,"":2}"#, 7),
    (#"{"\ud800":1,"\udfff":2}"#, 13),
  ])
  func anObjectWithOneKeyTwiceIsRefused(_ text: String, _ offset: Int) {
    #expect(error(text)?.reason == .duplicateKey, "\(text)")
    #expect(error(text)?.byteOffset == offset)
  }

  @Test func duplicateKeysAreFoundAmongMany() {
    for count in [8, 9, 10, 100, 1000] {
      let members = (0..<count).map { "\"k\($0)\":\($0)" }.joined(separator: ",")
      #expect(error("{\(members)}") == nil)
      #expect(error("{\(members),\"k\(count / 2)\":1}")?.reason == .duplicateKey)
      #expect(error("{\(members),\"\\u006B\(count - 1)\":1}")?.reason == .duplicateKey)
    }
  }

  @Test func sameKeysInDifferentObjectsAreNoDuplicates() {
    #expect(error(#"{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}"#) == nil)
  }

  @Test func nestingIsTakenToTheLimitAndNoFurther() {
    let max = JSONDocument.depthMax
    for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
      let middle = open == "[" ? "" : "1"
      func nested(_ depth: Int) -> String {
        String(repeating: open, count: depth) + middle + String(repeating: close, count: depth)
      }
      #expect(error(nested(max)) == nil)
      #expect(error(nested(max + 1)) == JSONError(.tooDeep, at: max * open.utf8.count))
      #expect(error(nested(10_000))?.reason == .tooDeep)
    }
  }
}
