import Foundation
import Ingest
import Testing

@Suite struct JSONDocumentTests {
  private func parsed(_ text: String, stoppingBefore key: StaticString? = nil) throws
    -> JSONDocument
  {
    var document = JSONDocument()
    try document.parse(Array(text.utf8).span, stoppingBefore: key)
    return document
  }

  @Test func membersAndElementsAreFoundInOrder() throws {
    let document = try parsed(#"{"a":[1,"x",{"b":null}],"c":{"d":true},"e":-7.5}"#)
    let root = document.root
    var keys: [String] = []
    document.forEachMember(root) { key, _ in keys.append(document.string(key) ?? "") }
    #expect(keys == ["a", "c", "e"])
    let array = try #require(document.member(root, "a"))
    var kinds: [JSONDocument.Kind] = []
    document.forEachElement(array) { kinds.append(document.kind($0)) }
    #expect(kinds == [.number, .string, .object])
    #expect(document.firstElement(array).flatMap { document.integer($0) } == 1)
    let flag = try #require(document.member(root, path: "c", "d"))
    #expect(document.boolean(flag) == true)
    #expect(document.member(root, "e").flatMap { document.double($0) } == -7.5)
    #expect(document.member(root, "e").flatMap { document.integer($0) } == nil)
    #expect(document.member(root, "z") == nil)
    #expect(document.member(array, "a") == nil)
    #expect(document.member(root, path: "c", "d", "e") == nil)
  }

  @Test func emptyContainersHaveNoFirstElement() throws {
    let document = try parsed("[[],{}]")
    let first = try #require(document.firstElement(document.root))
    #expect(document.firstElement(first) == nil)
    #expect(document.strings(first) == [])
    #expect(document.strings(document.root) == [])
  }

  @Test(arguments: [
    (#""\u0061\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{C}\n\r\t"), (#""\ud83d\ude00""#, "😀"),
    (#""\ud83d""#, "\u{FFFD}"), (#""\ude00x""#, "\u{FFFD}x"),
    (#""\ud83d\ud83d\ude00""#, "\u{FFFD}😀"),
    (#""\ud83d\u0041""#, "\u{FFFD}A"), (#""\ud83d\n""#, "\u{FFFD}\n"), (#""é\u00e9""#, "éé"),
    (#""\u0000""#, "\u{0}"), (#""\uD7FF\uE000""#, "\u{D7FF}\u{E000}"),
  ])
  func escapesAreReadAndLoneSurrogatesReplaced(_ text: String, _ expected: String) throws {
    let document = try parsed(text)
    #expect(document.string(document.root) == expected)
    #expect(document.unescapedBytes(document.root) == Array(expected.utf8))
  }

  @Test func aKeyIsFoundHoweverItIsEscaped() throws {
    let document = try parsed(#"{"p\u0061ss":1}"#)
    #expect(document.member(document.root, "pass").flatMap { document.integer($0) } == 1)
  }

  @Test func parsingStopsBeforeTheStopKeyOfTheOutermostObjectOnly() throws {
    let text = #"{"a":{"original":1},"b":2,"original":{broken"#
    let document = try parsed(text, stoppingBefore: "original")
    #expect(document.member(document.root, "b").flatMap { document.integer($0) } == 2)
    #expect(document.member(document.root, "original") == nil)
    #expect(document.member(document.root, path: "a", "original") != nil)
    let whole = try parsed(#"{"a":1,"original":2}"#)
    #expect(whole.member(whole.root, "original") != nil)
    let first = try parsed(#"{"original":xx"#, stoppingBefore: "original")
    #expect(first.kind(first.root) == .object)
  }

  @Test func duplicateKeysBeforeTheStopKeyAreStillRefused() {
    #expect(throws: JSONError.self) {
      try parsed(#"{"a":1,"a":2,"original":{}}"#, stoppingBefore: "original")
    }
  }

  @Test func aDocumentCanBeParsedIntoAgainAfterAnError() throws {
    var document = try parsed(#"{"a":[1,2,3]}"#)
    #expect(throws: JSONError.self) { try document.parse(Array("{".utf8).span) }
    try document.parse(Array(#"{"b":1}"#.utf8).span)
    #expect(document.member(document.root, "a") == nil)
    #expect(document.member(document.root, "b") != nil)
  }

  @Test func rangesAreTheBytesAsWritten() throws {
    let text = #"{"a":"x\ny","b":[1, 2]}"#
    let document = try parsed(text)
    let string = try #require(document.member(document.root, "a"))
    let array = try #require(document.member(document.root, "b"))
    #expect(Array(document.bytes[document.range(string)]) == Array(#"x\ny"#.utf8))
    #expect(Array(document.bytes[document.textRange(string)]) == Array(#""x\ny""#.utf8))
    #expect(Array(document.bytes[document.textRange(array)]) == Array("[1, 2]".utf8))
    #expect(document.textRange(document.root) == 0..<text.utf8.count)
  }

  @Test func positionsCountLinesAtByteTenOnly() throws {
    let document = try parsed("[1,\n\u{20}2,\r\n3]")
    #expect(document.position(ofByte: 0) == (1, 1))
    #expect(document.position(ofByte: 5) == (2, 2))
    #expect(document.position(ofByte: 9) == (3, 1))
  }

  @Test(arguments: [
    ("0", 0), ("-0", 0), ("12", 12), ("-9223372036854775808", Int64.min),
    ("9223372036854775807", Int64.max), ("9223372036854775808", nil),
    ("-9223372036854775809", nil), ("1.0", nil), ("1e3", nil),
  ])
  func integersAreExactOrAbsent(_ text: String, _ expected: Int64?) throws {
    let document = try parsed(text)
    #expect(document.integer(document.root) == expected)
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func doublesReadAsTheNearestBinary64(_ seed: UInt64) throws {
    var random = LineRandom(seed: seed)
    for _ in 0..<500 {
      let value = Double(bitPattern: random.next())
      guard value.isFinite else { continue }
      for text in [
        value.description, String(format: "%.17g", value), String(format: "%.3e", value),
      ] {
        let json = text.replacing("inf", with: "0").replacing("nan", with: "0")
        let document = try parsed(json)
        let expected = try #require(Double(json))
        #expect(document.double(document.root) == expected, "seed \(seed): \(json)")
      }
    }
  }

  @Test(arguments: [
    ("1795477505.997917", 6, 1_795_477_505_997_917),
    ("1795477505.9979175", 6, 1_795_477_505_997_918),
    ("1795477505.99791749999", 6, 1_795_477_505_997_917), ("-0.0000005", 6, -1), ("0.5", 0, 1),
    ("1795477505997.917", 3, 1_795_477_505_997_917),
    ("1795477505997917499", -3, 1_795_477_505_997_917),
    ("1.5e3", 6, 1_500_000_000), ("1e-9", 6, 0), ("0e99999", 6, 0), ("0", -3, 0), ("499", -3, 0),
    ("500", -3, 1), ("1e13", 6, nil), ("1e99999", 6, nil), ("9223372036854775807", 0, Int64.max),
  ])
  func microsecondsAreExactFromTheDecimalText(_ text: String, _ exponent: Int, _ expected: Int64?) {
    let bytes = Array(text.utf8)
    #expect(JSONNumber.microseconds(bytes[...], exponent: exponent) == expected)
  }
}
