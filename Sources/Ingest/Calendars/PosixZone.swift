/// A zone's rules for all time, as a POSIX TZ string states them: `CET-1CEST,M3.5.0,M10.5.0/3`.
///
/// With the extension of RFC 9636 section 3.3.1: times of day from -167 to 167 hours.
struct PosixZone: Hashable, Sendable {
  /// A day of the year, by one of three rules, and a time of that day.
  struct Change: Hashable, Sendable {
    enum Day: Hashable, Sendable {
      /// 1 to 365; 29 February is never counted (`J60` is always 1 March).
      case julian(Int)
      /// 0 to 365; 29 February counts.
      case ordinal(Int)
      /// Month 1 to 12, week 1 to 5 (5: the last), weekday 0 (Sunday) to 6.
      case weekday(month: Int, week: Int, weekday: Int)
    }

    let day: Day
    /// Seconds after midnight, local time before the change; negative or beyond a day is allowed.
    let secondOfDay: Int
  }

  struct Daylight: Hashable, Sendable {
    /// Seconds east of UTC.
    let offset: Int
    let start: Change
    let end: Change
  }

  /// Seconds east of UTC in standard time.
  let standardOffset: Int
  /// Nil for a zone without daylight saving.
  let daylight: Daylight?

  /// Nil when the text is no such string.
  init?(_ text: [UInt8]) {
    var reader = PosixZoneReader(text: text)
    guard let zone = reader.read() else { return nil }
    self = zone
  }

  init(standardOffset: Int, daylight: Daylight?) {
    self.standardOffset = standardOffset
    self.daylight = daylight
  }

  /// The changes around a year, in order of time. Where two fall together, the start of daylight
  /// saving comes last: so a zone that never leaves it is written (RFC 9636 section 3.3.1).
  func transitions(aroundYear year: Int) -> [TimeZoneRules.Transition] {
    guard let daylight else { return [] }
    var result: [TimeZoneRules.Transition] = []
    for each in (year - 1)...(year + 1) {
      let end = PosixZone.second(of: daylight.end, inYear: each) - daylight.offset
      result.append(TimeZoneRules.Transition(second: end, offset: standardOffset))
      let start = PosixZone.second(of: daylight.start, inYear: each) - standardOffset
      result.append(TimeZoneRules.Transition(second: start, offset: daylight.offset))
    }
    return result.enumerated().sorted { left, right in
      if left.element.second != right.element.second {
        return left.element.second < right.element.second
      }
      return left.element.offset != daylight.offset && right.element.offset == daylight.offset
    }.map(\.element)
  }

  /// Seconds east of UTC at an instant, in seconds since 1970.
  func offset(at second: Int) -> Int {
    guard let daylight else { return standardOffset }
    let year = PosixZone.year(ofSecond: second + standardOffset)
    let last = transitions(aroundYear: year).last { $0.second <= second }
    return last?.offset ?? daylight.offset
  }

  static func year(ofSecond second: Int) -> Int {
    CivilDate(daysSinceEpoch: second.flooredDivision(by: 86_400).quotient).year
  }

  /// Seconds since 1970 as if local time were UTC.
  private static func second(of change: Change, inYear year: Int) -> Int {
    let days: Int
    let newYear = daysSinceEpoch(year: year, month: 1)
    switch change.day {
    case .ordinal(let number): days = newYear + number
    case .julian(let number):
      let march = daysSinceEpoch(year: year, month: 3)
      days = number < 60 ? newYear + number - 1 : march + number - 60
    case .weekday(let month, let week, let weekday):
      let first = daysSinceEpoch(year: year, month: month)
      let next =
        month == 12
        ? daysSinceEpoch(year: year + 1, month: 1) : daysSinceEpoch(year: year, month: month + 1)
      // Day 0, 1970-01-01, was a Thursday: weekday 4 counted from Sunday.
      let firstWeekday = (first + 4).flooredDivision(by: 7).remainder
      var day = first + (weekday - firstWeekday).flooredDivision(by: 7).remainder + (week - 1) * 7
      if day >= next { day -= 7 }
      days = day
    }
    return days * 86_400 + change.secondOfDay
  }

  /// Of the month's first day; any year, as `CivilDate` has only those from 1 to 9999.
  private static func daysSinceEpoch(year: Int, month: Int) -> Int {
    let shiftedYear = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = shiftedYear.flooredDivision(by: 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}

/// Reads a POSIX TZ string from left to right.
private struct PosixZoneReader {
  let text: [UInt8]
  private var offset = 0

  init(text: [UInt8]) { self.text = text }

  mutating func read() -> PosixZone? {
    guard skipName(), let standard = time(hourMax: 24) else { return nil }
    if offset == text.count { return PosixZone(standardOffset: -standard, daylight: nil) }
    guard skipName() else { return nil }
    var daylightOffset = -standard + 3600
    if offset < text.count, text[offset] != UInt8(ascii: ",") {
      guard let explicit = time(hourMax: 24) else { return nil }
      daylightOffset = -explicit
    }
    guard skip(","), let start = change(), skip(","), let end = change(), offset == text.count
    else { return nil }
    return PosixZone(
      standardOffset: -standard,
      daylight: PosixZone.Daylight(offset: daylightOffset, start: start, end: end))
  }

  /// At least three letters, or `<` … `>` with letters, digits and signs.
  private mutating func skipName() -> Bool {
    let isQuoted = skip("<")
    let start = offset
    while offset < text.count {
      let byte = text[offset]
      let isLetter = (byte | 0x20) &- UInt8(ascii: "a") < 26
      let isOther = byte &- UInt8(ascii: "0") < 10 || "+-".utf8.contains(byte)
      guard isLetter || (isQuoted && isOther) else { break }
      offset += 1
    }
    return offset - start >= 3 && (!isQuoted || skip(">"))
  }

  /// `[+-]hh[:mm[:ss]]` in seconds.
  private mutating func time(hourMax: Int) -> Int? {
    let sign = skip("-") ? -1 : 1
    if sign == 1 { _ = skip("+") }
    guard let hour = number(max: hourMax) else { return nil }
    var seconds = hour * 3600
    if skip(":") {
      guard let minute = number(max: 59) else { return nil }
      seconds += minute * 60
      if skip(":") {
        guard let second = number(max: 59) else { return nil }
        seconds += second
      }
    }
    return sign * seconds
  }

  private mutating func change() -> PosixZone.Change? {
    guard let day = day() else { return nil }
    var second = 7200
    if skip("/") {
      guard let explicit = time(hourMax: 167) else { return nil }
      second = explicit
    }
    return PosixZone.Change(day: day, secondOfDay: second)
  }

  private mutating func day() -> PosixZone.Change.Day? {
    if skip("J") {
      guard let number = number(max: 365), number > 0 else { return nil }
      return .julian(number)
    }
    if skip("M") {
      guard let month = number(max: 12), month > 0, skip("."), let week = number(max: 5), week > 0,
        skip("."), let weekday = number(max: 6)
      else { return nil }
      return .weekday(month: month, week: week, weekday: weekday)
    }
    return number(max: 365).map { .ordinal($0) }
  }

  private mutating func number(max: Int) -> Int? {
    var value = 0
    let start = offset
    while offset < text.count, text[offset] &- UInt8(ascii: "0") < 10, offset - start < 3 {
      value = value * 10 + Int(text[offset] - UInt8(ascii: "0"))
      offset += 1
    }
    return offset > start && value <= max ? value : nil
  }

  private mutating func skip(_ byte: Unicode.Scalar) -> Bool {
    guard offset < text.count, text[offset] == UInt8(ascii: byte) else { return false }
    offset += 1
    return true
  }
}
