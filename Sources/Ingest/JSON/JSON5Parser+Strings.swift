/// Strings and their escapes.
extension JSON5Parser {
  mutating func parseString() throws(JSON5Error) -> String {
    let start = scanner.place
    let quote = scanner.take()
    var text = String.UnicodeScalarView()
    while let scalar = scanner.peek() {
      if scalar == "\n" || scalar == "\r" { throw scanner.unexpected("the string's closing quote") }
      scanner.take()
      if scalar == quote { return String(text) }
      if scalar == "\\" {
        try parseEscape(into: &text)
      } else {
        text.append(scalar)
      }
    }
    throw JSON5Error(start, found: "a string that does not end", expected: "a closing quote")
  }

  /// After the backslash: ECMAScript 5.1 section 7.8.4, with JSON5's rule that any other character
  /// stands for itself, digits apart.
  private mutating func parseEscape(
    into text: inout String.UnicodeScalarView
  ) throws(JSON5Error) {
    let error = scanner.unexpected("an escape")
    guard let scalar = scanner.take() else { throw error }
    switch scalar {
    case "b": text.append("\u{8}")
    case "f": text.append("\u{C}")
    case "n": text.append("\n")
    case "r": text.append("\r")
    case "t": text.append("\t")
    case "v": text.append("\u{B}")
    case "x": text.append(try parseHex(2))
    case "u": text.append(try parseUnicodeEscape())
    case "\r": _ = scanner.take("\n")
    case "\n", "\u{2028}", "\u{2029}": break
    case "0":
      if let next = scanner.peek(), ("0"..."9").contains(next) { throw error }
      text.append("\0")
    case "1"..."9": throw error
    default: text.append(scalar)
    }
  }

  /// After `\u`: four digits, and the second half of a surrogate pair.
  private mutating func parseUnicodeEscape() throws(JSON5Error) -> Unicode.Scalar {
    let place = scanner.place
    let high = try parseHexValue(4)
    if let scalar = Unicode.Scalar(high) { return scalar }
    if high < 0xDC00, scanner.take("\\"), scanner.take("u") {
      let low = try parseHexValue(4)
      if (0xDC00..<0xE000).contains(low),
        let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + low - 0xDC00)
      {
        return scalar
      }
    }
    throw JSON5Error(place, found: "half a surrogate pair", expected: "both halves")
  }

  mutating func parseHex(_ count: Int) throws(JSON5Error) -> Unicode.Scalar {
    let error = scanner.unexpected("an escape of a character")
    guard let scalar = Unicode.Scalar(try parseHexValue(count)) else { throw error }
    return scalar
  }

  private mutating func parseHexValue(_ count: Int) throws(JSON5Error) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<count {
      guard let digit = scanner.peek().flatMap(JSON5Parser.hexDigit) else {
        throw scanner.unexpected("a hexadecimal digit")
      }
      value = value << 4 | UInt32(digit)
      scanner.take()
    }
    return value
  }

  static func hexDigit(_ scalar: Unicode.Scalar) -> UInt8? {
    scalar.isASCII ? JSONEscape.hexDigit(UInt8(truncatingIfNeeded: scalar.value)) : nil
  }
}
