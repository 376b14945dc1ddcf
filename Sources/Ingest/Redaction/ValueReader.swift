/// Reads the value that follows a secret name, erring towards too much.
struct ValueReader: ~Escapable {
  let text: Span<UInt8>
  private var offset: Int

  @_lifetime(copy text)
  init(_ text: Span<UInt8>, at offset: Int) {
    self.text = text
    self.offset = offset
  }

  /// The value's range without its quotes; nil when nothing follows.
  ///
  /// - Parameter takesWholeLine: an unquoted value goes on over spaces to the end of the line.
  mutating func read(takesWholeLine: Bool) -> Range<Int>? {
    skipSeparators()
    guard offset < text.count else { return nil }
    if text.hasPlaceholder(at: offset) { return nil }
    if text[offset] == UInt8(ascii: "[") { return list() }
    let backslashes = skipBackslashes()
    guard offset < text.count else { return nil }
    let range = isQuote(text[offset]) ? quoted(backslashes) : unquoted(takesWholeLine)
    return range.isEmpty ? nil : range
  }

  private mutating func skipSeparators() {
    var skipped = 0
    while offset < text.count, skipped < 8 {
      switch text[offset] {
      case UInt8(ascii: " "), UInt8(ascii: "="), UInt8(ascii: ":"), UInt8(ascii: ">"),
        UInt8(ascii: "("), UInt8(ascii: "\t"):
        offset += 1
        skipped += 1
      default: return
      }
    }
  }

  private mutating func skipBackslashes() -> Int {
    let start = offset
    while offset < text.count, offset - start < 8, text[offset] == UInt8(ascii: "\\") {
      offset += 1
    }
    return offset - start
  }

  private func isQuote(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "`")
  }

  /// To the quote that closes it: one with as many backslashes before it as the opening quote had,
  /// or for an unescaped opening an even number of them. To the end of the text when none does.
  private func quoted(_ backslashes: Int) -> Range<Int> {
    let quote = text[offset]
    let start = offset + 1
    var index = start
    var run = 0
    while index < text.count {
      if text[index] == UInt8(ascii: "\\") {
        run += 1
      } else {
        let closes = backslashes == 0 ? run.isMultiple(of: 2) : run <= backslashes
        if text[index] == quote, closes { return start..<max(start, index - min(run, backslashes)) }
        run = 0
      }
      index += 1
    }
    return start..<text.count
  }

  private func unquoted(_ takesWholeLine: Bool) -> Range<Int> {
    var end = offset
    while end < text.count, !endsUnquoted(text[end], at: end, takesWholeLine) { end += 1 }
    return offset..<end
  }

  /// A comma, semicolon or bracket belongs to the value unless white space or the end follows.
  private func endsUnquoted(_ byte: UInt8, at index: Int, _ takesWholeLine: Bool) -> Bool {
    switch byte {
    case 0x0A, 0x0D, UInt8(ascii: "\""): true
    case 0x20, 0x09, UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "<"): !takesWholeLine
    case UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ")"), UInt8(ascii: "}"),
      UInt8(ascii: "]"):
      !takesWholeLine && (index + 1 == text.count || text[index + 1].isASCIISpace)
    default: false
    }
  }

  /// `["a","b"]`, to a quote and bracket that close it, or to the end.
  private func list() -> Range<Int>? {
    var end = offset + 1
    if end < text.count, text[end] == UInt8(ascii: "]") { return nil }
    if text.hasBytes("[\"REDACTED\"]", at: offset) { return nil }
    while end + 1 < text.count {
      if text[end + 1] == UInt8(ascii: "]"), isQuote(text[end]) { return offset..<(end + 2) }
      end += 1
    }
    return offset..<text.count
  }
}

extension Span<UInt8> {
  /// Whether `word` stands at `offset`; with `ignoringCase`, `word` is given in lower case.
  func hasBytes(_ word: StaticString, at offset: Int, ignoringCase: Bool = false) -> Bool {
    let length = word.utf8CodeUnitCount
    guard offset >= 0, count - offset >= length else { return false }
    // SAFETY: a StaticString's buffer holds utf8CodeUnitCount bytes for the whole program.
    let letters = unsafe Span(
      _unsafeStart: word.utf8Start, count: length)
    for index in 0..<length {
      let byte = ignoringCase ? NameTable.lowercased(self[offset + index]) : self[offset + index]
      if byte != letters[index] { return false }
    }
    return true
  }

  /// Whether what was taken out before stands at `offset`, and nothing is glued to it.
  func hasPlaceholder(at offset: Int) -> Bool {
    guard hasBytes("[redacted]", at: offset) else { return false }
    return offset + 10 >= count || !self[offset + 10].isASCIIAlphanumeric
  }

  /// Where `word` first stands.
  func firstOffset(of word: StaticString) -> Int? {
    guard count >= word.utf8CodeUnitCount else { return nil }
    for offset in 0...(count - word.utf8CodeUnitCount) where hasBytes(word, at: offset) {
      return offset
    }
    return nil
  }
}
