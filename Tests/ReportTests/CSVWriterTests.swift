import Report
import Testing

@Suite struct CSVWriterTests {
  @Test(
    "cells are quoted by RFC 4180 and formulas are disarmed",
    arguments: [
      ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"hi\"", "\"say \"\"hi\"\"\""),
      ("two\nlines", "\"two\nlines\""), ("=1+1", "'=1+1"), ("+1", "'+1"), ("@x", "'@x"),
      ("-1.5", "-1.5"), ("-x", "'-x"), ("-", "'-"), ("\tx", "'\tx"), ("\rx", "\"'\rx\""),
      ("'quoted", "''quoted"), ("", ""), ("=a,b", "\"'=a,b\""),
    ])
  func cells(value: String, expected: String) {
    #expect(CSVWriter.line([value]) == expected + "\r\n")
  }

  @Test("no cell that a spreadsheet would execute survives", arguments: 0..<64)
  func property(seed: Int) {
    var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
    let alphabet = Array("=+-@\t\r'\"a1,\n")
    var value = ""
    for _ in 0..<6 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      value.append(alphabet[Int(state >> 33) % alphabet.count])
    }
    let cell = String(CSVWriter.line([value]).dropLast(1))
    let bare = cell.hasPrefix("\"") ? cell.dropFirst() : cell[...]
    if let first = bare.unicodeScalars.first, "=+@\t\r".unicodeScalars.contains(first) {
      Issue.record("seed \(seed): \(value.debugDescription) became \(cell.debugDescription)")
    }
  }

  @Test("cells are joined by commas and the line ends in CRLF")
  func joins() {
    #expect(CSVWriter.line(["a", "", "c"]) == "a,,c\r\n")
  }
}
