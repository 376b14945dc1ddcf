import Report
import Testing

@Suite struct TerminalTextTests {
  @Test(
    "what moves the cursor or reorders a line is shown as its code point",
    arguments: [
      ("plain", "plain"), ("zoë 漢字", "zoë 漢字"), ("a\u{1B}[31mb", "a\\u{1b}[31mb"),
      ("a\u{202E}b", "a\\u{202e}b"), ("a\u{2028}b\u{85}c", "a\\u{2028}b\\u{85}c"),
      ("tab\there", "tab\\u{9}here"), ("zero\u{200B}width", "zero\\u{200b}width"),
      ("\u{7F}", "\\u{7f}"),
    ])
  func escapes(text: String, expected: String) {
    #expect(TerminalText.escaped(text) == expected)
  }

  @Test(
    "width counts columns, not scalars",
    arguments: [("abc", 3), ("漢字", 4), ("e\u{301}", 1), ("", 0), ("👋", 2)])
  func width(text: String, columns: Int) {
    #expect(TerminalText.width(text) == columns)
  }

  @Test(
    "text that does not fit ends in an ellipsis and never exceeds the width",
    arguments: 0...12)
  func fits(limit: Int) {
    for text in ["abcdef", "漢字漢字", "a漢b字", "e\u{301}e\u{301}e\u{301}"] {
      let fitted = TerminalText.fitted(text, width: limit)
      #expect(TerminalText.width(fitted) <= limit)
      if TerminalText.width(text) <= limit { #expect(fitted == text) }
    }
  }

  @Test("wrapping keeps every word, in order, within the width", arguments: [1, 3, 7, 20, 200])
  func wraps(limit: Int) {
    let text = "the quick brown fox jumps over the extraordinarily lazy dog"
    let lines = TerminalText.wrapped(text, width: limit)
    #expect(lines.allSatisfy { TerminalText.width($0) <= limit })
    #expect(lines.joined().replacing(" ", with: "") == text.replacing(" ", with: ""))
  }

  @Test("an empty text is one empty line")
  func wrapsNothing() {
    #expect(TerminalText.wrapped("", width: 10) == [""])
  }

  @Test("without colour a paint changes nothing")
  func paints() {
    #expect(TextStyle(usesColor: false)("x", .red) == "x")
    #expect(TextStyle(usesColor: true)("x", .red) == "\u{1B}[31mx\u{1B}[0m")
    #expect(TextStyle(usesColor: true)("x", nil) == "x")
  }
}
