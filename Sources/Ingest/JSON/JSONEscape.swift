/// String escapes of RFC 8259 section 7.
package enum JSONEscape {
  /// The UTF-8 of a string's raw bytes (without quotes). Precondition: validated escapes.
  ///
  /// A lone surrogate escape, which the grammar allows and no UTF-8 can carry, becomes U+FFFD.
  package static func unescaped(_ raw: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(raw.count)
    var index = raw.startIndex
    while index < raw.endIndex {
      let byte = raw[index]
      guard byte == UInt8(ascii: "\\") else {
        result.append(byte)
        index += 1
        continue
      }
      let escape = raw[index + 1]
      index += 2
      switch escape {
      case UInt8(ascii: "b"): result.append(0x08)
      case UInt8(ascii: "f"): result.append(0x0C)
      case UInt8(ascii: "n"): result.append(0x0A)
      case UInt8(ascii: "r"): result.append(0x0D)
      case UInt8(ascii: "t"): result.append(0x09)
      case UInt8(ascii: "u"): appendUnicodeEscape(raw, &index, to: &result)
      default: result.append(escape)
      }
    }
    return result
  }

  /// Reads four hex digits at `index` and, for a high surrogate, the low one that must follow.
  private static func appendUnicodeEscape(
    _ raw: ArraySlice<UInt8>, _ index: inout Int, to result: inout [UInt8]
  ) {
    let unit = hexUnit(raw, index)
    index += 4
    var scalar = Unicode.Scalar(UInt32(unit))
    if (0xD800..<0xDC00).contains(unit), raw.endIndex - index >= 6,
      raw[index] == UInt8(ascii: "\\"), raw[index + 1] == UInt8(ascii: "u")
    {
      let low = hexUnit(raw, index + 2)
      if (0xDC00..<0xE000).contains(low) {
        scalar = Unicode.Scalar(0x10000 + (UInt32(unit) - 0xD800) << 10 + UInt32(low) - 0xDC00)
        index += 6
      }
    }
    result.append(contentsOf: Array(String(Character(scalar ?? "\u{FFFD}")).utf8))
  }

  private static func hexUnit(_ raw: ArraySlice<UInt8>, _ index: Int) -> UInt16 {
    var unit: UInt16 = 0
    for offset in 0..<4 {
      unit = unit << 4 | UInt16(hexDigit(raw[index + offset]) ?? 0)
    }
    return unit
  }

  /// 0 to 15; nil for no hexadecimal digit.
  package static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  /// Appends `text` as a quoted JSON string: quotes, backslashes and control characters escaped,
  /// everything else as UTF-8. U+2028, U+2029 and U+0085 stay raw: only byte 0x0A ends a line.
  package static func appendQuoted(_ text: String, to bytes: inout [UInt8]) {
    appendQuoted(text.utf8Span.span, to: &bytes)
  }

  /// The same for valid UTF-8.
  static func appendQuoted(_ text: Span<UInt8>, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    var copied = 0
    var index = text.endOfPlainRun(from: 0)
    while index < text.count {
      if text[index] < 0x80 {
        bytes.append(copying: text.extracting(copied..<index))
        appendEscaped(text[index], to: &bytes)
        copied = index + 1
      }
      index = text.endOfPlainRun(from: index + 1)
    }
    bytes.append(copying: text.extracting(copied..<text.count))
    bytes.append(UInt8(ascii: "\""))
  }

  private static func appendEscaped(_ byte: UInt8, to bytes: inout [UInt8]) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"):
      bytes.append(UInt8(ascii: "\\"))
      bytes.append(byte)
    case 0x0A: bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "n")])
    case 0x0D: bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "r")])
    case 0x09: bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "t")])
    case 0..<0x20, 0x7F:
      bytes.append(contentsOf: Array("\\u00".utf8))
      bytes.append(hexDigits[Int(byte >> 4)])
      bytes.append(hexDigits[Int(byte & 15)])
    default: bytes.append(byte)
    }
  }

  private static let hexDigits = Array("0123456789abcdef".utf8)
}
