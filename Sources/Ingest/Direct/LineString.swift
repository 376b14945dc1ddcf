/// What a string has in it beside bytes that stand for themselves.
struct LineString: OptionSet {
  let rawValue: UInt8

  static let hasEscapes = LineString(rawValue: 1)
  /// U+007F, which entries escape.
  static let hasDelete = LineString(rawValue: 2)

  /// The closing quote of a string, from a byte on that ends a plain run; nil for no valid string.
  static func end(_ text: Span<UInt8>, from start: Int, _ traits: inout LineString) -> Int? {
    var offset = start
    while offset < text.count {
      let byte = text[offset]
      if byte == UInt8(ascii: "\"") { return offset }
      if byte == UInt8(ascii: "\\") {
        guard let next = endOfEscape(text, offset) else { return nil }
        traits.insert(.hasEscapes)
        offset = next
      } else if byte == 0x7F {
        traits.insert(.hasDelete)
        offset += 1
      } else {
        guard byte >= 0x80, let next = endOfScalar(text, offset) else { return nil }
        offset = next
      }
      offset = text.endOfPlainRun(from: offset)
    }
    return nil
  }

  /// One past the escape whose backslash stands at `offset`.
  private static func endOfEscape(_ text: Span<UInt8>, _ offset: Int) -> Int? {
    guard offset + 1 < text.count, text.isEscape(at: offset + 1) else { return nil }
    return offset + (text[offset + 1] == UInt8(ascii: "u") ? 6 : 2)
  }

  /// One past the scalar of two to four bytes at `offset`.
  private static func endOfScalar(_ text: Span<UInt8>, _ offset: Int) -> Int? {
    text.characterLength(at: offset).map { offset + $0 }
  }
}
