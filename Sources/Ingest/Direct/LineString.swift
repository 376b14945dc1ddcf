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

  /// One past the escape whose backslash stands at `offset` (RFC 8259 section 7).
  private static func endOfEscape(_ text: Span<UInt8>, _ offset: Int) -> Int? {
    guard offset + 1 < text.count else { return nil }
    switch text[offset + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      return offset + 2
    case UInt8(ascii: "u"):
      guard offset + 6 <= text.count else { return nil }
      for index in offset + 2..<offset + 6 where JSONEscape.hexDigit(text[index]) == nil {
        return nil
      }
      return offset + 6
    default: return nil
    }
  }

  /// One past the scalar of two to four bytes at `offset` (Unicode 3.9, D92).
  private static func endOfScalar(_ text: Span<UInt8>, _ offset: Int) -> Int? {
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch text[offset] {
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    case 0xF1...0xF3: length = 4
    default: return nil
    }
    guard text.count - offset >= length, second.contains(text[offset + 1]) else { return nil }
    for index in 2..<max(length, 2) where text[offset + index] & 0xC0 != 0x80 { return nil }
    return offset + length
  }
}
