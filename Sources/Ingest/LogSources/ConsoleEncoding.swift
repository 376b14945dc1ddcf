/// Recognises what Caddy writes for people and not for programs.
enum ConsoleEncoding {
  /// Bytes at the beginning of a line that are looked at.
  private static let windowByteCount = 96

  /// What to do about it; nil when the line is something else.
  static func advice(_ text: Span<UInt8>) -> String? {
    let window = text.extracting(0..<min(text.count, windowByteCount))
    if hasTabbedLevel(window) {
      return "text of the console encoder: set `format json` in Caddy's log block"
    }
    if beginsWithDate(window) {
      return "plain text that begins with a date, as Caddy's fallback log: set `format json` in "
        + "Caddy's log block, or keep its stderr in a file of its own"
    }
    return nil
  }

  /// A tab and then a level word, coloured or not.
  private static func hasTabbedLevel(_ text: Span<UInt8>) -> Bool {
    for index in text.indices where text[index] == 0x09 {
      var start = index + 1
      if text.hasBytes("\u{1B}[", at: start) {
        while start < text.count, text[start] != UInt8(ascii: "m") { start += 1 }
        start += 1
      }
      for level: StaticString in ["debug", "info", "warn", "error", "dpanic", "panic", "fatal"] {
        if text.hasBytes(level, at: start, ignoringCase: true) { return true }
      }
    }
    return false
  }

  /// `2026/11/23 23:47:24` or `2026-11-23 23:34:30`.
  private static func beginsWithDate(_ text: Span<UInt8>) -> Bool {
    guard text.count >= 19 else { return false }
    for index in [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18]
    where text[index] &- UInt8(ascii: "0") >= 10 {
      return false
    }
    let separator = text[4]
    return (separator == UInt8(ascii: "/") || separator == UInt8(ascii: "-"))
      && text[7] == separator && text[13] == UInt8(ascii: ":") && text[16] == UInt8(ascii: ":")
  }
}
