/// Values in a JSON text that is known to be valid, read where they begin.
///
/// For readers that know where a value is and want nothing else: no node is made, and nothing is
/// allocated but for a string with escapes. Each answers nil when the value is of another kind.
package struct ValidJSONText: ~Escapable {
  package let bytes: Span<UInt8>

  @_lifetime(copy bytes)
  package init(_ bytes: Span<UInt8>) { self.bytes = bytes }

  /// The bytes of the string at `start`, between the quotes and as they are written.
  package func string(at start: Int) -> Range<Int>? {
    guard start < bytes.count, bytes[start] == UInt8(ascii: "\"") else { return nil }
    var end = start + 1
    while true {
      end = bytes.endOfPlainRun(from: end)
      guard end < bytes.count else { return nil }
      if bytes[end] == UInt8(ascii: "\"") { return start + 1..<end }
      end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1
      guard end <= bytes.count else { return nil }
    }
  }

  /// A string's text without its escapes; nil where it has none and stands for itself.
  package func unescaped(_ range: Range<Int>) -> [UInt8]? {
    var index = range.lowerBound
    while index < range.upperBound, bytes[index] != UInt8(ascii: "\\") {
      index = Swift.max(bytes.endOfPlainRun(from: index), index + 1)
    }
    guard index < range.upperBound else { return nil }
    return JSONEscape.unescaped([UInt8](copying: bytes.extracting(range))[...])
  }

  /// Whether the string at `start` is `text`, which has no quotes, backslashes or control characters.
  package func isString(_ text: StaticString, at start: Int) -> Bool {
    let length = text.utf8CodeUnitCount
    guard start >= 0, bytes.count - start > length + 1, bytes[start] == UInt8(ascii: "\"") else {
      return false
    }
    // SAFETY: a StaticString's buffer holds utf8CodeUnitCount bytes for the whole program.
    let letters = unsafe Span(_unsafeStart: text.utf8Start, count: length)
    for index in 0..<length where bytes[start + 1 + index] != letters[index] {
      // What differs before any escape differs.
      return bytes[start + 1 + index] == UInt8(ascii: "\\") && isEscapedString(text, at: start)
    }
    return bytes[start + 1 + length] == UInt8(ascii: "\"")
  }

  private func isEscapedString(_ text: StaticString, at start: Int) -> Bool {
    guard let range = string(at: start), let plain = unescaped(range) else { return false }
    return plain.elementsEqual(text.description.utf8)
  }

  /// Where the first element of the array at `start` begins; nil for no array, or an empty one.
  package func firstElement(at start: Int) -> Int? {
    guard start < bytes.count, bytes[start] == UInt8(ascii: "[") else { return nil }
    var place = start + 1
    while place < bytes.count, bytes[place].isASCIISpace { place += 1 }
    return place < bytes.count && bytes[place] != UInt8(ascii: "]") ? place : nil
  }

  /// The number at `start` as the nearest binary64.
  package func double(at start: Int) -> Double? {
    guard let decimal = decimal(at: start) else { return nil }
    if decimal.isExact, let value = JSONNumber.double(decimal.digits, decimal.exponent) {
      return decimal.isNegative ? -value : value
    }
    return JSONNumber.double([UInt8](copying: bytes.extracting(start..<decimal.end))[...])
  }

  /// The largest whole number that is not above the number at `start`; nil beyond Int64 too.
  package func floor(at start: Int) -> Int64? {
    guard let decimal = decimal(at: start) else { return nil }
    guard decimal.isExact, !decimal.isNegative, decimal.exponent <= 0, decimal.exponent > -20 else {
      return Int64(exactly: (double(at: start) ?? .infinity).rounded(.down))
    }
    var whole = decimal.digits
    for _ in 0..<(-decimal.exponent) { whole /= 10 }
    return Int64(exactly: whole)
  }

  private struct Decimal {
    var digits: UInt64 = 0
    var exponent = 0
    var isNegative = false
    /// Whether digits and exponent are the whole number: up to 19 digits, and no exponent.
    var isExact = true
    var end: Int
  }

  private func decimal(at start: Int) -> Decimal? {
    var place = start
    var decimal = Decimal(end: start)
    guard place < bytes.count else { return nil }
    if bytes[place] == UInt8(ascii: "-") {
      decimal.isNegative = true
      place += 1
    }
    let firstDigit = place
    var point = -1
    while place < bytes.count {
      let digit = bytes[place] &- UInt8(ascii: "0")
      if digit < 10 {
        decimal.digits = decimal.digits &* 10 &+ UInt64(digit)
      } else if bytes[place] == UInt8(ascii: ".") {
        point = place
      } else {
        break
      }
      place += 1
    }
    guard place > firstDigit else { return nil }
    if point >= 0 { decimal.exponent = point + 1 - place }
    decimal.isExact = place - firstDigit <= (point >= 0 ? 20 : 19)
    while place < bytes.count, bytes[place].isNumberByte {
      decimal.isExact = false
      place += 1
    }
    decimal.end = place
    return decimal
  }
}

extension UInt8 {
  /// Whether it may stand in a number.
  fileprivate var isNumberByte: Bool {
    self &- UInt8(ascii: "0") < 10 || self | 0x20 == UInt8(ascii: "e") || self == UInt8(ascii: ".")
      || self == UInt8(ascii: "+") || self == UInt8(ascii: "-")
  }
}
