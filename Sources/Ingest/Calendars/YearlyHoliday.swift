/// A holiday that comes back every year: on the same date, or on a month's nth weekday.
struct YearlyHoliday: Hashable, Sendable {
  let name: String
  private let first: CivilDate
  private let dayCount: Int
  private let interval: Int
  private let countMax: Int?
  private let until: CivilDate?
  private let month: Int
  private let day: Day
  private let exceptions: Set<CivilDate>

  private enum Day: Hashable, Sendable {
    case ofMonth(Int)
    /// The nth of a weekday (0 Monday), from the month's end when negative.
    case weekday(Int, ordinal: Int)
  }

  /// Takes FREQ=YEARLY with INTERVAL, COUNT, UNTIL, BYMONTH, BYMONTHDAY, BYDAY (one, with its
  /// ordinal) and WKST, which changes nothing here; anything else is refused (RFC 5545 3.3.10).
  init(
    name: String, first: CivilDate, dayCount: Int, rule: ICalendarProperty,
    exceptions: Set<CivilDate>
  ) throws(CalendarError) {
    let parts = try YearlyHoliday.parts(rule)
    guard parts["FREQ"] == "YEARLY" else { throw rule.error("FREQ=YEARLY for an all-day event") }
    self.name = name
    self.first = first
    self.dayCount = dayCount
    self.exceptions = exceptions
    interval = try YearlyHoliday.number(parts["INTERVAL"], 1...100, rule) ?? 1
    countMax = try YearlyHoliday.number(parts["COUNT"], 1...10_000, rule)
    month = try YearlyHoliday.number(parts["BYMONTH"], 1...12, rule) ?? first.month
    until = try parts["UNTIL"].map { (text) throws(CalendarError) in
      guard let date = ICalendarTime.date(text.prefix(8)) else {
        throw rule.error("UNTIL=20301231")
      }
      return date
    }
    if let text = parts["BYDAY"] {
      day = try YearlyHoliday.weekday(text, rule)
    } else {
      day = .ofMonth(try YearlyHoliday.number(parts["BYMONTHDAY"], 1...31, rule) ?? first.day)
    }
  }

  func contains(_ date: CivilDate) -> Bool {
    // One that begins late in a year may run into the next.
    for year in [date.year, date.year - 1] where year >= first.year {
      guard (year - first.year) % interval == 0, let start = start(inYear: year) else { continue }
      let offset = date.daysSinceEpoch - start.daysSinceEpoch
      guard (0..<dayCount).contains(offset), start >= first, !exceptions.contains(start) else {
        continue
      }
      if let until, start > until { continue }
      if let countMax, occurrenceCount(before: year) >= countMax { continue }
      return true
    }
    return false
  }

  /// Occurrences in earlier years; years without the day (29 February) have none.
  private func occurrenceCount(before year: Int) -> Int {
    stride(from: first.year, to: year, by: interval).count { each in
      start(inYear: each).map { $0 >= first } ?? false
    }
  }

  private func start(inYear year: Int) -> CivilDate? {
    switch day {
    case .ofMonth(let day): return CivilDate(year: year, month: month, day: day)
    case .weekday(let weekday, let ordinal):
      let next = month == 12 ? (year + 1, 1) : (year, month + 1)
      guard let first = CivilDate(year: year, month: month, day: 1),
        let end = CivilDate(year: next.0, month: next.1, day: 1)
      else { return nil }
      let days: Int
      if ordinal > 0 {
        days = first.daysSinceEpoch + (weekday - first.weekday + 7) % 7 + (ordinal - 1) * 7
      } else {
        let last = CivilDate(daysSinceEpoch: end.daysSinceEpoch - 1)
        days = last.daysSinceEpoch - (last.weekday - weekday + 7) % 7 + (ordinal + 1) * 7
      }
      let date = CivilDate(daysSinceEpoch: days)
      return date.month == month && date.year == year ? date : nil
    }
  }

  private static let knownParts: Set<String> = [
    "FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYMONTHDAY", "BYDAY", "WKST",
  ]

  private static func parts(_ rule: ICalendarProperty) throws(CalendarError) -> [String: String] {
    var parts: [String: String] = [:]
    for part in rule.value.uppercased().split(separator: ";") {
      let sides = part.split(separator: "=", omittingEmptySubsequences: false)
      guard sides.count == 2, knownParts.contains(String(sides[0])) else {
        throw rule.error("only \(knownParts.sorted().joined(separator: ", "))")
      }
      parts[String(sides[0])] = String(sides[1])
    }
    return parts
  }

  private static func number(
    _ text: String?, _ range: ClosedRange<Int>, _ rule: ICalendarProperty
  ) throws(CalendarError) -> Int? {
    guard let text else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw rule.error("one number from \(range.lowerBound) to \(range.upperBound) for each part")
    }
    return number
  }

  /// `4TH`, `-1MO`.
  private static func weekday(
    _ text: String, _ rule: ICalendarProperty
  ) throws(CalendarError) -> Day {
    let names = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
    guard let weekday = names.firstIndex(of: String(text.suffix(2))),
      let ordinal = Int(text.dropLast(2)), (1...5).contains(abs(ordinal))
    else { throw rule.error("one weekday with its number, as BYDAY=4TH or BYDAY=-1MO") }
    return .weekday(weekday, ordinal: ordinal)
  }
}
