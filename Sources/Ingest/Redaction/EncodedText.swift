/// One layer of percent-encoding (RFC 3986 section 2.1) or of backslash escapes (`\u0070`, `\x70`,
/// `\"`), taken off leniently: what is no escape stays.
enum EncodedText {
  static func decoded(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var index = 0
    while index < text.count {
      if let (byte, length) = escape(text, at: index) {
        result.append(byte)
        index += length
      } else {
        result.append(text[index])
        index += 1
      }
    }
    return result
  }

  /// The byte that an escape stands for, and the escape's length. Scalars above U+007F are no part
  /// of any secret's shape and read as `?`.
  private static func escape(_ text: [UInt8], at index: Int) -> (UInt8, Int)? {
    if text[index] == UInt8(ascii: "%"), let byte = hex(text, from: index + 1, count: 2) {
      return (UInt8(byte), 3)
    }
    guard text[index] == UInt8(ascii: "\\"), index + 1 < text.count else { return nil }
    switch text[index + 1] {
    case UInt8(ascii: "u"):
      guard let unit = hex(text, from: index + 2, count: 4) else { return nil }
      return (unit < 0x80 ? UInt8(unit) : UInt8(ascii: "?"), 6)
    case UInt8(ascii: "x"):
      guard let byte = hex(text, from: index + 2, count: 2) else { return nil }
      return (UInt8(byte), 4)
    case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "/"), UInt8(ascii: "\\"):
      return (text[index + 1], 2)
    default: return nil
    }
  }

  private static func hex(_ text: [UInt8], from start: Int, count: Int) -> Int? {
    guard start + count <= text.count else { return nil }
    var value = 0
    for index in start..<start + count {
      guard let digit = JSONEscape.hexDigit(text[index]) else { return nil }
      value = value << 4 | Int(digit)
    }
    return value
  }
}

extension Span<UInt8> {
  /// Whether a byte occurs that begins an escape.
  var hasEncodedByte: Bool {
    for index in indices where self[index] == UInt8(ascii: "%") || self[index] == UInt8(ascii: "\\")
    {
      return true
    }
    return false
  }
}
