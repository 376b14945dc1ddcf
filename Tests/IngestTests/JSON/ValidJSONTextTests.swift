import Ingest
import TestSupport
import Testing

@Suite struct ValidJSONTextTests {
  @Test("a number reads as the standard library reads it", arguments: [1, 2, 3] as [UInt64])
  func numbers(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    for _ in 0..<3000 {
      let digits = (0..<Int.random(in: 1...25, using: &random)).map { _ in
        String(Int.random(in: 0...9, using: &random))
      }.joined()
      var text = Bool.random(using: &random) ? "-" : ""
      text += digits.first == "0" ? "0" : digits
      if Bool.random(using: &random) {
        text += "." + String(UInt64.random(in: 0...UInt64.max, using: &random) >> 20)
      }
      if Int.random(in: 0..<8, using: &random) == 0 {
        text += "e\(Int.random(in: -30...30, using: &random))"
      }
      let bytes = Array((text + ",").utf8)
      let json = ValidJSONText(bytes.span)
      let double = try #require(Double(text))
      let found = json.double(at: 0)
      #expect(found == double, "seed \(seed): \(text)")
      if double.magnitude < 1e15 {
        let floor = json.floor(at: 0)
        // Rounding to a binary64 may reach the next whole number; the text does not.
        #expect(
          floor == Int64(double.rounded(.down)) || floor == Int64(double.rounded(.down)) - 1,
          "seed \(seed): \(text)")
      }
    }
  }

  @Test("division by a power of ten rounds as one exact step", arguments: [4, 5] as [UInt64])
  func exactDivision(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    for _ in 0..<4000 {
      let digits =
        UInt64.random(in: 0...UInt64.max, using: &random)
        >> UInt64.random(in: 0..<64, using: &random)
      let exponent = Int.random(in: -19...0, using: &random)
      #expect(
        JSONNumber.double(digits, exponent) == Double("\(digits)e\(exponent)"),
        "seed \(seed): \(digits)e\(exponent)")
    }
    #expect(JSONNumber.double(1, 1) == nil)
    #expect(JSONNumber.double(1, -20) == nil)
  }

  @Test("a whole number is the text's, not that of the nearest binary64")
  func floor() {
    let texts: [(String, Int64?)] = [
      ("1736121600.9999999", 1_736_121_600), ("-0.5", -1), ("7", 7), ("1e3", 1000), ("1e30", nil),
      ("true", nil), ("\"1\"", nil),
    ]
    for (text, expected) in texts {
      let bytes = Array(text.utf8)
      let found = ValidJSONText(bytes.span).floor(at: 0)
      #expect(found == expected, "\(text)")
    }
  }

  @Test("strings end at the quote that no backslash escapes, and are unescaped only when they must")
  func strings() {
    let bytes = Array(#"{"a":"x\"\\","b":"é"}"#.utf8)
    let json = ValidJSONText(bytes.span)
    let first = json.string(at: 5) ?? 0..<0
    let plain = json.unescaped(first)
    #expect(bytes[first] == Array(#"x\"\\"#.utf8)[...])
    #expect(plain == Array(#"x"\"#.utf8))
    let second = json.string(at: 17) ?? 0..<0
    let same = json.unescaped(second)
    #expect(same == nil && bytes[second] == Array("é".utf8)[...])
    let noString = json.string(at: 0)
    #expect(noString == nil)
    let answers = [
      json.isString("é", at: 17), json.isString("e", at: 17), json.isString("x", at: 5),
      json.isString("é", at: 0), json.isString("é", at: -1),
    ]
    #expect(answers == [true, false, false, false, false])
  }

  @Test("a string with escapes is the text that it stands for")
  func escapedStrings() {
    for (written, expected) in [
      ("\"PO\\u0053T\"", true), ("\"PO\\u0054T\"", false), ("\"POST", false),
    ] {
      let bytes = Array(written.utf8)
      let found = ValidJSONText(bytes.span).isString("POST", at: 0)
      #expect(found == expected, "\(written)")
    }
  }

  @Test("a list's first element is found behind white space")
  func lists() {
    for (written, expected) in [
      ("[ \"d\"]", 2), ("[1]", 1), ("[]", nil), ("[ ]", nil), ("{}", nil),
    ]
      as [(String, Int?)]
    {
      let bytes = Array(written.utf8)
      let found = ValidJSONText(bytes.span).firstElement(at: 0)
      #expect(found == expected, "\(written)")
    }
  }
}
