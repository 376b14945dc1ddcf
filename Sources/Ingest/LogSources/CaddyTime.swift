/// Times as Caddy's encoders write them: `time_format` is `unix_seconds_float` (default),
/// `unix_milli_float`, `unix_nano`, `iso8601`, `rfc3339`, `rfc3339_nano`, `wall`, `wall_milli`,
/// `wall_nano`, `common_log`, or a Go layout, of which only those that look like one of these work.
struct CaddyTime {
  let unit: TimeUnit
  let wallOffsetMinutes: Int

  /// A JSON number's text; nil when its unit is open or the time is outside the years 1 to 9999.
  func instant(number text: ArraySlice<UInt8>) -> Timestamp? {
    guard let unit = unit == .automatic ? CaddyTime.onlyUnit(of: text) : unit else { return nil }
    let exponent: Int
    switch unit {
    case .automatic, .seconds: exponent = 6
    case .milliseconds: exponent = 3
    case .nanoseconds: exponent = -3
    }
    return JSONNumber.microseconds(text, exponent: exponent).flatMap(Timestamp.init(microseconds:))
  }

  /// The unit that puts the number in the years 2000 to 9999. As seconds those are 9.5e8 to 2.5e11,
  /// as milliseconds 9.5e11 to 2.5e14, as nanoseconds from 9.5e17: no number is in two of them.
  private static func onlyUnit(of text: ArraySlice<UInt8>) -> TimeUnit? {
    guard let whole = JSONNumber.microseconds(text, exponent: 0) else { return nil }
    let first: Int64 = 946_684_800
    let last: Int64 = 253_402_300_799
    if (first...last).contains(whole) { return .seconds }
    if (first * 1000...last * 1000 + 999).contains(whole) { return .milliseconds }
    return whole >= first * 1_000_000_000 ? .nanoseconds : nil
  }

  /// A text in one of the formats above; nil for any other.
  func instant(text: Span<UInt8>) -> Timestamp? {
    if let instant = Timestamp(rfc3339: text) { return instant }
    guard text.count <= 64 else { return nil }
    var bytes = [UInt8](copying: text)
    if let common = CaddyTime.commonLog(bytes) { bytes = common }
    if let colon = CaddyTime.offsetWithoutColon(bytes) {
      bytes.insert(UInt8(ascii: ":"), at: colon)
      return Timestamp(rfc3339: bytes.span)
    }
    return wallInstant(bytes)
  }

  /// `2026/11/23 23:47:24.979`, or with dashes: no zone, so the configured one.
  private func wallInstant(_ text: [UInt8]) -> Timestamp? {
    var bytes = text
    guard bytes.count >= 19 else { return nil }
    for index in [4, 7] where bytes[index] == UInt8(ascii: "/") { bytes[index] = UInt8(ascii: "-") }
    bytes.append(UInt8(ascii: "Z"))
    guard let instant = Timestamp(rfc3339: bytes.span) else { return nil }
    return Timestamp(microseconds: instant.microseconds - Int64(wallOffsetMinutes) * 60_000_000)
  }

  /// Where a colon belongs in `…+0200`, as zap's ISO 8601 encoder writes an offset.
  private static func offsetWithoutColon(_ text: [UInt8]) -> Int? {
    guard text.count >= 24 else { return nil }
    let sign = text[text.count - 5]
    guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return nil }
    return text.count - 2
  }

  /// `23/Nov/2026:23:47:24 +0000` as `2026-11-23T23:47:24+0000`.
  private static func commonLog(_ text: [UInt8]) -> [UInt8]? {
    guard text.count == 26, text[2] == UInt8(ascii: "/"), text[6] == UInt8(ascii: "/"),
      text[11] == UInt8(ascii: ":"), text[20] == UInt8(ascii: " ")
    else { return nil }
    let name = String(decoding: text[3..<6], as: UTF8.self)
    guard let month = monthNames.firstIndex(of: name) else { return nil }
    var result = Array(text[7..<11]) + [UInt8(ascii: "-")]
    result.appendDecimal(month + 1, width: 2)
    result.append(UInt8(ascii: "-"))
    result += text[0..<2]
    result.append(UInt8(ascii: "T"))
    return result + text[12..<20] + text[21...]
  }

  private static let monthNames = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
}

extension LineFields {
  /// The time under one of the configured keys.
  func caddyTime(_ object: Node) throws(LineError) -> Timestamp {
    guard let node = value(object, anyOf: settings.keys.time) else {
      throw LineError(
        .missingField, "no time under \(settings.keys.time.joined(separator: ", "))", at: object)
    }
    let format = CaddyTime(
      unit: settings.timeUnit, wallOffsetMinutes: settings.wallOffsetMinutes)
    switch document.kind(node) {
    case .number:
      if let instant = format.instant(number: document.bytes[document.range(node)]) {
        return instant
      }
      throw LineError(
        .badTime, "the number in no unit alone falls in the years 2000 to 9999: set timeUnit",
        at: node)
    case .string:
      let bytes = document.unescapedBytes(node)
      if let instant = format.instant(text: bytes.span) { return instant }
      throw LineError(
        .badTime, "the time text is not RFC 3339, ISO 8601, wall or common log", at: node)
    default: throw LineError(.wrongType, "the time is \(document.kind(node))", at: node)
    }
  }

  /// Seconds under `duration`; nil when absent.
  func caddyDuration(_ object: Node) throws(LineError) -> Double? {
    guard let node = value(object, "duration") else { return nil }
    switch document.kind(node) {
    case .number: return try caddyDuration(number: node)
    case .string:
      guard let nanoseconds = GoDuration.nanoseconds(document.unescapedBytes(node).span) else {
        throw LineError(.badDuration, "the duration text is no Go duration", at: node)
      }
      return Double(nanoseconds) / 1e9
    default: throw wrongType("duration", "a number or string", node)
    }
  }

  private func caddyDuration(number node: Node) throws(LineError) -> Double {
    guard let number = document.double(node), number >= 0 else {
      throw LineError(.outOfRange, "duration is negative", at: node)
    }
    switch settings.durationUnit {
    case .seconds: return number
    case .milliseconds: return number / 1e3
    case .nanoseconds: return number / 1e9
    case .automatic:
      if number == 0 || document.integer(node) == nil { return number }
      throw LineError(
        .badDuration, "a whole number may be nanoseconds or milliseconds: set durationUnit",
        at: node)
    }
  }
}
