/// An instant of event time: microseconds since 1970-01-01T00:00:00Z, without leap seconds.
///
/// Range: the years 0001 to 9999, the four-digit years of RFC 3339. Text form: RFC 3339 in UTC with
/// exactly six decimals (`2026-11-24T05:28:54.000000Z`), which sorts bytewise as it sorts in time.
package struct Timestamp: Hashable, Comparable, Sendable {
  /// Microseconds since the Unix epoch; negative before 1970.
  package let microseconds: Int64

  /// The first and the last representable instants.
  package static let earliest = Timestamp(unchecked: -62_135_596_800_000_000)
  package static let latest = Timestamp(unchecked: 253_402_300_799_999_999)

  private init(unchecked microseconds: Int64) { self.microseconds = microseconds }

  /// Nil outside the years 0001 to 9999.
  package init?(microseconds: Int64) {
    self.microseconds = microseconds
    guard self >= Timestamp.earliest, self <= Timestamp.latest else { return nil }
  }

  /// Rounds to the nearest microsecond. Nil when not finite or out of range.
  package init?(secondsSinceEpoch seconds: Double) {
    let scaled = (seconds * 1e6).rounded()
    guard scaled.isFinite, abs(scaled) < 3e17 else { return nil }
    self.init(microseconds: Int64(scaled))
  }

  package static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.microseconds < right.microseconds
  }

  /// Seconds since the Unix epoch; exact to the microsecond for years up to 2242.
  package var secondsSinceEpoch: Double { Double(microseconds) / 1e6 }

  /// Signed seconds from `earlier` to this instant.
  package func seconds(since earlier: Timestamp) -> Double {
    Double(microseconds - earlier.microseconds) / 1e6
  }

  /// This instant moved by `seconds` (rounded to the microsecond, clamped to the range).
  package func advanced(bySeconds seconds: Double) -> Timestamp {
    let moved = (seconds * 1e6).rounded()
    guard moved.isFinite, abs(moved) < 6e17 else {
      return seconds < 0 ? Timestamp.earliest : Timestamp.latest
    }
    let sum = microseconds + Int64(moved)
    return Timestamp(
      unchecked: min(
        max(sum, Timestamp.earliest.microseconds), Timestamp.latest.microseconds))
  }
}

extension Timestamp {
  /// Reads an RFC 3339 date-time (section 5.6) with any number of decimals and any numeric offset.
  ///
  /// A space or `t` may stand for `T`; decimals beyond the sixth round to nearest; second 60 (a leap
  /// second) reads as the last microsecond of its minute. Nil for anything else.
  package init?(rfc3339 text: Span<UInt8>) {
    var reader = RFC3339Reader(text)
    guard let instant = reader.read() else { return nil }
    self = instant
  }

  /// See `init(rfc3339:)` over bytes.
  package init?(rfc3339 text: String) {
    let bytes = Array(text.utf8)
    self.init(rfc3339: bytes.span)
  }

  /// RFC 3339 in UTC with six decimals: 27 bytes.
  package var rfc3339: String {
    var bytes: [UInt8] = []
    appendRFC3339(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Bytes of `rfc3339`, whatever the instant.
  static let rfc3339ByteCount = 27

  /// Appends the 27 bytes of `rfc3339`.
  package func appendRFC3339(to bytes: inout [UInt8]) {
    bytes.append(addingCapacity: Timestamp.rfc3339ByteCount) { appendRFC3339(to: &$0) }
  }

  /// The same where there is room for them.
  func appendRFC3339(to output: inout OutputSpan<UInt8>) {
    let (days, microsecondOfDay) = microseconds.flooredDivision(by: 86_400_000_000)
    let date = CivilDate(daysSinceEpoch: Int(days))
    let second = Int(microsecondOfDay / 1_000_000)
    let microsecond = Int(microsecondOfDay % 1_000_000)
    output.append(twoDigits: date.year / 100)
    output.append(twoDigits: date.year % 100)
    output.append(UInt8(ascii: "-"))
    output.append(twoDigits: date.month)
    output.append(UInt8(ascii: "-"))
    output.append(twoDigits: date.day)
    output.append(UInt8(ascii: "T"))
    output.append(twoDigits: second / 3600)
    output.append(UInt8(ascii: ":"))
    output.append(twoDigits: second / 60 % 60)
    output.append(UInt8(ascii: ":"))
    output.append(twoDigits: second % 60)
    output.append(UInt8(ascii: "."))
    output.append(twoDigits: microsecond / 10_000)
    output.append(twoDigits: microsecond / 100 % 100)
    output.append(twoDigits: microsecond % 100)
    output.append(UInt8(ascii: "Z"))
  }
}

extension OutputSpan<UInt8> {
  /// Precondition: 0 to 99.
  fileprivate mutating func append(twoDigits value: Int) {
    append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / 10))
    append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10))
  }
}

/// The fields of one RFC 3339 date-time, read left to right.
private struct RFC3339Reader: ~Escapable {
  private let text: Span<UInt8>
  private var offset = 0

  @_lifetime(copy text)
  init(_ text: Span<UInt8>) { self.text = text }

  mutating func read() -> Timestamp? {
    guard let year = digits(4), skip("-"), let month = digits(2), skip("-"), let day = digits(2),
      let date = CivilDate(year: year, month: month, day: day),
      skip("T") || skip("t") || skip(" "),
      let hour = digits(2), hour < 24, skip(":"), let minute = digits(2), minute < 60,
      skip(":"), let second = digits(2), second <= 60,
      let fraction = fractionMicroseconds(), let zone = offsetMinutes(), offset == text.count
    else { return nil }
    let wholeSeconds = date.daysSinceEpoch * 86_400 + hour * 3600 + minute * 60 + min(second, 59)
    let microsecond = second == 60 ? 999_999 : fraction
    return Timestamp(
      microseconds: Int64(wholeSeconds - zone * 60) * 1_000_000 + Int64(microsecond))
  }

  private mutating func digits(_ count: Int) -> Int? {
    guard text.count - offset >= count else { return nil }
    var value = 0
    for index in offset..<offset + count {
      let digit = text[index] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value * 10 + Int(digit)
    }
    offset += count
    return value
  }

  private mutating func skip(_ byte: Unicode.Scalar) -> Bool {
    guard offset < text.count, text[offset] == UInt8(ascii: byte) else { return false }
    offset += 1
    return true
  }

  /// 0 to 1,000,000 (rounding may carry); 0 without a fraction; nil for a point without digits.
  private mutating func fractionMicroseconds() -> Int? {
    guard skip(".") else { return 0 }
    var value = 0
    var count = 0
    while offset < text.count, text[offset] &- UInt8(ascii: "0") < 10 {
      let digit = Int(text[offset] - UInt8(ascii: "0"))
      if count < 6 { value = value * 10 + digit } else if count == 6, digit >= 5 { value += 1 }
      count += 1
      offset += 1
    }
    guard count > 0 else { return nil }
    for _ in min(count, 6)..<6 { value *= 10 }
    return value
  }

  /// Minutes east of UTC; `Z` and `z` are 0.
  private mutating func offsetMinutes() -> Int? {
    if skip("Z") || skip("z") { return 0 }
    let sign: Int
    if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
    guard let hour = digits(2), hour < 24, skip(":"), let minute = digits(2), minute < 60 else {
      return nil
    }
    return sign * (hour * 60 + minute)
  }
}
