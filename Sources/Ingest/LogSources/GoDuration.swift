/// A duration as Go's `time.Duration.String` writes it: `14.661µs`, `1m2.5s`, `0s`.
enum GoDuration {
  /// Whole nanoseconds; nil for anything else, a negative duration, or one beyond Int64.
  ///
  /// Nanoseconds are what Go holds, so seconds made from them equal the default encoding's bit for
  /// bit.
  static func nanoseconds(_ text: Span<UInt8>) -> Int64? {
    guard !text.isEmpty, text.count <= 64 else { return nil }
    if text.count == 1, text[0] == UInt8(ascii: "0") { return 0 }
    let bytes = [UInt8](copying: text)
    var total: Int64 = 0
    var index = 0
    while index < bytes.count {
      let start = index
      while index < bytes.count,
        bytes[index] &- UInt8(ascii: "0") < 10 || bytes[index] == UInt8(ascii: ".")
      {
        index += 1
      }
      let number = bytes[start..<index]
      guard !number.isEmpty, let unit = unit(bytes, at: &index),
        let part = part(number, unit)
      else { return nil }
      let (sum, overflow) = total.addingReportingOverflow(part)
      guard !overflow else { return nil }
      total = sum
    }
    return total
  }

  private enum Unit { case hours, minutes, seconds, milliseconds, microseconds, nanoseconds }

  /// Longer spellings before their own beginnings. Both micro signs: U+00B5 and U+03BC.
  private static let spellings: [(StaticString, Unit)] = [
    ("ns", .nanoseconds), ("us", .microseconds), ("\u{B5}s", .microseconds),
    ("\u{3BC}s", .microseconds), ("ms", .milliseconds), ("s", .seconds), ("m", .minutes),
    ("h", .hours),
  ]

  private static func unit(_ bytes: [UInt8], at index: inout Int) -> Unit? {
    for (spelling, unit) in spellings where bytes.span.hasBytes(spelling, at: index) {
      index += spelling.utf8CodeUnitCount
      return unit
    }
    return nil
  }

  private static func part(_ number: ArraySlice<UInt8>, _ unit: Unit) -> Int64? {
    switch unit {
    case .nanoseconds: return JSONNumber.microseconds(number, exponent: 0)
    case .microseconds: return JSONNumber.microseconds(number, exponent: 3)
    case .milliseconds: return JSONNumber.microseconds(number, exponent: 6)
    case .seconds: return JSONNumber.microseconds(number, exponent: 9)
    case .minutes, .hours:
      guard let whole = JSONNumber.integer(number) else { return nil }
      let seconds: Int64 = unit == .minutes ? 60 : 3600
      let (result, overflow) = whole.multipliedReportingOverflow(by: seconds * 1_000_000_000)
      return overflow ? nil : result
    }
  }
}
