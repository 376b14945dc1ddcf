/// Exact readings of JSON number texts.
package enum JSONNumber {
  /// An integer text (`-12`) in the range of Int64; nil with a fraction, an exponent or overflow.
  package static func integer(_ text: ArraySlice<UInt8>) -> Int64? {
    var rest = text[...]
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative { rest = rest.dropFirst() }
    guard !rest.isEmpty else { return nil }
    var value: Int64 = 0
    for byte in rest {
      let digit = byte &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      let (scaled, scaleOverflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, sumOverflow) = scaled.subtractingReportingOverflow(Int64(digit))
      guard !scaleOverflow, !sumOverflow else { return nil }
      value = sum  // kept negative: Int64.min has no positive counterpart
    }
    if isNegative { return value }
    return value == Int64.min ? nil : -value
  }

  /// The nearest binary64; infinity beyond its range. Precondition: a JSON number text.
  package static func double(_ text: ArraySlice<UInt8>) -> Double {
    if let fast = clinger(text) { return fast }
    return Double(String(decoding: text, as: UTF8.self)) ?? .infinity
  }

  /// Clinger's fast path: up to 15 digits and a power of ten up to 22 are exact in binary64, and one
  /// correctly rounded operation joins them (W. Clinger, PLDI 1990).
  private static func clinger(_ text: ArraySlice<UInt8>) -> Double? {
    guard let decimal = ScaledDecimal(text), decimal.digits < 1_000_000_000_000_000 else {
      return nil
    }
    let magnitude = Double(decimal.digits)
    let signed = decimal.isNegative ? -magnitude : magnitude
    switch decimal.exponent {
    case 0: return signed
    case -22..<0: return signed / powersOfTen[-decimal.exponent]
    case 1...22: return signed * powersOfTen[decimal.exponent]
    default: return nil
    }
  }

  /// The nearest binary64 to `digits * 10^exponent`, for exponents from -19 to 0; nil for others.
  ///
  /// Both sides of the division are moved to 64 whole bits; the quotient then has 63 or 64, and what
  /// is left over counts as one bit behind them: enough to round as the exact quotient would.
  package static func double(_ digits: UInt64, _ exponent: Int) -> Double? {
    guard exponent <= 0, exponent >= -19 else { return nil }
    guard digits != 0, exponent != 0 else { return Double(digits) }
    var power: UInt64 = 1
    for _ in 0..<(-exponent) { power &*= 10 }
    let digitShift = digits.leadingZeroBitCount
    let powerShift = power.leadingZeroBitCount
    let dividend = digits << UInt64(digitShift)
    let (quotient, remainder) = (power << UInt64(powerShift)).dividingFullWidth(
      (dividend >> 1, dividend << 63))
    let value = Double(quotient | (remainder == 0 ? 0 : 1))
    // dividend * 2^63 over power * 2^powerShift.
    return Double(sign: .plus, exponent: powerShift - digitShift - 63, significand: value)
  }

  private static let powersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
  ]

  /// Reads a number of some unit as whole microseconds, exactly, rounding half up in magnitude.
  ///
  /// - Parameter exponent: microseconds per unit as a power of ten: 6 for seconds, 3 for
  ///   milliseconds, -3 for nanoseconds.
  /// - Returns: nil beyond the range of Int64.
  package static func microseconds(_ text: ArraySlice<UInt8>, exponent: Int) -> Int64? {
    guard let decimal = ScaledDecimal(text) else { return nil }
    var value = decimal.digits
    var scale = decimal.exponent + exponent
    while scale > 0, value != 0 {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      guard !overflow else { return nil }
      value = product
      scale -= 1
    }
    while scale < -1, value != 0 {
      value /= 10
      scale += 1
    }
    if scale == -1 { value = (value + 5) / 10 }
    guard value <= UInt64(Int64.max) else { return nil }
    return decimal.isNegative ? -Int64(value) : Int64(value)
  }
}

/// A decimal text as `digits * 10^exponent`. Digits beyond the nineteenth are dropped, with their
/// weight kept in the exponent: the value is then exact to a part in 10^18.
private struct ScaledDecimal {
  var isNegative = false
  var digits: UInt64 = 0
  var exponent = 0

  init?(_ text: ArraySlice<UInt8>) {
    var seenPoint = false
    var seenDigit = false
    var rest = text[...]
    if rest.first == UInt8(ascii: "-") {
      isNegative = true
      rest = rest.dropFirst()
    }
    while let byte = rest.first {
      let digit = byte &- UInt8(ascii: "0")
      if digit < 10 {
        seenDigit = true
        if digits < 1_000_000_000_000_000_000 {
          digits = digits * 10 + UInt64(digit)
          if seenPoint { exponent -= 1 }
        } else if !seenPoint {
          exponent += 1
        }
      } else if byte == UInt8(ascii: "."), !seenPoint {
        seenPoint = true
      } else {
        break
      }
      rest = rest.dropFirst()
    }
    guard seenDigit else { return nil }
    guard let mark = rest.first else { return }
    guard mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") else { return nil }
    rest = rest.dropFirst()
    if rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    guard let power = JSONNumber.integer(rest), abs(power) < 100_000 else { return nil }
    exponent += Int(power)
  }
}
