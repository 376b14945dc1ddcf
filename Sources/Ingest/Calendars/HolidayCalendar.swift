/// The days on which nobody is expected at work: dates, and dates that come back every year.
package struct HolidayCalendar: Hashable, Sendable {
  /// Longest holiday taken, in days.
  package static let dayCountMax = 366

  private var names: [CivilDate: String] = [:]
  private var yearly: [YearlyHoliday] = []

  /// No holidays.
  package init() {}

  /// Dates as `2026-12-25`, in any order. Throws with the number of the first that is none.
  package init(dates: [String]) throws(CalendarError) {
    for (index, text) in dates.enumerated() {
      let parts = text.split(separator: "-", omittingEmptySubsequences: false)
      guard text.utf8.count == 10, parts.map(\.count) == [4, 2, 2],
        let date = ICalendarTime.date(parts.joined())
      else { throw CalendarError(line: index + 1, found: text, expected: "a date: 2026-12-25") }
      names[date] = ""
    }
  }

  /// All-day events of an iCalendar text: DTSTART, DTEND (the day after) or DURATION, yearly RRULEs,
  /// EXDATE. Events with a time of day are no holidays and left out.
  package init(iCalendar text: Span<UInt8>) throws(CalendarError) {
    for event in try ICalendarReader.events(in: text) { try add(event) }
  }

  /// The holiday's name, which may be empty; nil on a day that is none.
  package func name(on date: CivilDate) -> String? {
    names[date] ?? yearly.first { $0.contains(date) }?.name
  }

  package func contains(_ date: CivilDate) -> Bool { name(on: date) != nil }

  /// Both calendars' days.
  package func union(_ other: HolidayCalendar) -> HolidayCalendar {
    var result = self
    result.names.merge(other.names) { own, _ in own }
    result.yearly += other.yearly
    return result
  }

  private mutating func add(_ event: ICalendarEvent) throws(CalendarError) {
    guard let start = event.first("DTSTART") else {
      throw CalendarError(line: event.line, found: "an event without DTSTART", expected: "one")
    }
    guard ICalendarTime.isDate(start) else { return }
    guard let first = ICalendarTime.date(start.value) else {
      throw start.error("a date: 20261225")
    }
    let count = try dayCount(event, from: first)
    if let rule = event.first("RRULE") {
      yearly.append(
        try YearlyHoliday(
          name: event.summary, first: first, dayCount: count, rule: rule,
          exceptions: exceptions(event)))
      return
    }
    for day in 0..<count {
      names[CivilDate(daysSinceEpoch: first.daysSinceEpoch + day)] = event.summary
    }
  }

  private func dayCount(
    _ event: ICalendarEvent, from first: CivilDate
  ) throws(CalendarError) -> Int {
    let count: Int
    let property: ICalendarProperty
    if let end = event.first("DTEND") {
      guard let date = ICalendarTime.date(end.value) else { throw end.error("a date: 20261226") }
      property = end
      // Some programs write the same day as start and end for one day.
      count = max(date.daysSinceEpoch - first.daysSinceEpoch, date == first ? 1 : 0)
    } else if let duration = event.first("DURATION") {
      property = duration
      count = (ICalendarTime.duration(duration.value) ?? 0) / 86_400
    } else {
      return 1
    }
    guard (1...HolidayCalendar.dayCountMax).contains(count) else {
      throw property.error("an end 1 to \(HolidayCalendar.dayCountMax) days after the start")
    }
    return count
  }

  private func exceptions(_ event: ICalendarEvent) throws(CalendarError) -> Set<CivilDate> {
    var dates: Set<CivilDate> = []
    for property in event.properties where property.name == "EXDATE" {
      for text in property.value.split(separator: ",") {
        guard let date = ICalendarTime.date(text.prefix(8)) else {
          throw property.error("dates: 20261225")
        }
        dates.insert(date)
      }
    }
    return dates
  }
}
