/// The windows that one event of a calendar stands for.
struct MaintenanceSeries {
  private(set) var windows: [MaintenanceWindows.Window] = []

  private struct Repetition {
    /// Days from one to the next: 1 for daily, 7 for weekly, times the interval.
    let dayInterval: Int
    /// Weekdays from Monday (0); nil for the start's own rhythm.
    let weekdays: [Int]?
    let countMax: Int
    let until: Timestamp
  }

  init(
    _ event: ICalendarEvent, floating: TimeZoneRules, zones: ZoneCatalogue
  ) throws(CalendarError) {
    guard let property = event.first("DTSTART") else {
      throw CalendarError(line: event.line, found: "an event without DTSTART", expected: "one")
    }
    let start = try MaintenanceSeries.time(property, floating, zones)
    let first = start.zone.instants(on: start.date, secondOfDay: start.secondOfDay).first
    let seconds = try MaintenanceSeries.seconds(event, start, from: first, floating, zones)
    guard let rule = event.first("RRULE") else {
      append(first, seconds, event.summary)
      return
    }
    let excluded = try MaintenanceSeries.excluded(event, floating, zones)
    let repetition = try MaintenanceSeries.repetition(rule, start.zone)
    var count = 0
    for date in MaintenanceSeries.dates(from: start.date, repetition) {
      let instant = start.zone.instants(on: date, secondOfDay: start.secondOfDay).first
      guard count < repetition.countMax, instant <= repetition.until else { break }
      count += 1
      if !excluded.contains(instant) { append(instant, seconds, event.summary) }
    }
  }

  private mutating func append(_ from: Timestamp, _ seconds: Double, _ name: String) {
    let to = from.advanced(bySeconds: seconds)
    if from < to { windows.append(MaintenanceWindows.Window(from: from, to: to, name: name)) }
  }

  /// A date alone is its midnight.
  private static func time(
    _ property: ICalendarProperty, _ floating: TimeZoneRules, _ zones: ZoneCatalogue
  ) throws(CalendarError) -> (date: CivilDate, secondOfDay: Int, zone: TimeZoneRules) {
    guard ICalendarTime.isDate(property) else {
      return try ICalendarTime.local(property, floating: floating, zones: zones)
    }
    guard let date = ICalendarTime.date(property.value) else {
      throw property.error("a date: 20261124")
    }
    return (date, 0, floating)
  }

  private static func seconds(
    _ event: ICalendarEvent,
    _ start: (date: CivilDate, secondOfDay: Int, zone: TimeZoneRules), from first: Timestamp,
    _ floating: TimeZoneRules, _ zones: ZoneCatalogue
  ) throws(CalendarError) -> Double {
    if let property = event.first("DTEND") {
      let end = try time(property, floating, zones)
      let last = end.zone.instants(on: end.date, secondOfDay: end.secondOfDay).last
      guard first < last else { throw property.error("an end after the start") }
      return last.seconds(since: first)
    }
    if let property = event.first("DURATION") {
      guard let seconds = ICalendarTime.duration(property.value), seconds > 0 else {
        throw property.error("a duration: PT2H")
      }
      return Double(seconds)
    }
    guard let property = event.first("DTSTART"), ICalendarTime.isDate(property) else {
      throw CalendarError(
        line: event.line, found: "an event without DTEND and DURATION", expected: "one of them")
    }
    let next = CivilDate(daysSinceEpoch: start.date.daysSinceEpoch + 1)
    return start.zone.instants(on: next, secondOfDay: 0).first.seconds(since: first)
  }

  private static func excluded(
    _ event: ICalendarEvent, _ floating: TimeZoneRules, _ zones: ZoneCatalogue
  ) throws(CalendarError) -> Set<Timestamp> {
    var result: Set<Timestamp> = []
    for property in event.properties where property.name == "EXDATE" {
      for text in property.value.split(separator: ",") {
        let single = ICalendarProperty(
          line: property.line, name: property.name, parameters: property.parameters,
          value: String(text))
        let time = try time(single, floating, zones)
        result.insert(time.zone.instants(on: time.date, secondOfDay: time.secondOfDay).first)
      }
    }
    return result
  }

  private static func repetition(
    _ rule: ICalendarProperty, _ zone: TimeZoneRules
  ) throws(CalendarError) -> Repetition {
    var parts: [String: String] = [:]
    for part in rule.value.uppercased().split(separator: ";") {
      let sides = part.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
      guard sides.count == 2,
        ["FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "WKST"].contains(sides[0])
      else { throw rule.error("only FREQ, INTERVAL, COUNT, UNTIL, BYDAY, WKST") }
      parts[sides[0]] = sides[1]
    }
    let isWeekly = parts["FREQ"] == "WEEKLY"
    guard isWeekly || parts["FREQ"] == "DAILY" else { throw rule.error("FREQ=DAILY or WEEKLY") }
    guard isWeekly || parts["BYDAY"] == nil, parts["WKST"] ?? "MO" == "MO" else {
      throw rule.error("BYDAY only with FREQ=WEEKLY, and weeks from Monday")
    }
    let days = try parts["BYDAY"].map { (text) throws(CalendarError) in try weekdays(text, rule) }
    guard let interval = Int(parts["INTERVAL"] ?? "1"), (1...1000).contains(interval),
      let count = Int(parts["COUNT"] ?? "1000000"), count > 0
    else { throw rule.error("INTERVAL from 1 to 1000 and COUNT from 1") }
    return Repetition(
      dayInterval: interval * (isWeekly ? 7 : 1), weekdays: days, countMax: count,
      until: try until(parts["UNTIL"], rule, zone))
  }

  private static func weekdays(
    _ text: String, _ rule: ICalendarProperty
  ) throws(CalendarError) -> [Int] {
    let names = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
    let words = text.split(separator: ",")
    let days = words.compactMap { names.firstIndex(of: String($0)) }
    guard !days.isEmpty, days.count == words.count else {
      throw rule.error("weekdays without numbers, as BYDAY=MO,FR")
    }
    return Set(days).sorted()
  }

  private static func until(
    _ text: String?, _ rule: ICalendarProperty, _ zone: TimeZoneRules
  ) throws(CalendarError) -> Timestamp {
    guard let text else { return .latest }
    if let date = ICalendarTime.date(text) {
      return zone.instants(on: date, secondOfDay: 86_399).last
    }
    let property = ICalendarProperty(line: rule.line, name: "UNTIL", parameters: [:], value: text)
    let parts = text.hasSuffix("Z") ? TimeZoneRules.utc : zone
    let digits = property.value.filter { ("0"..."9").contains($0) }
    guard digits.count == 14, let date = ICalendarTime.date(digits.prefix(8)),
      let time = Int(digits.suffix(6)), time / 10_000 < 24, time / 100 % 100 < 60, time % 100 < 60
    else { throw property.error("a date, or a date and time") }
    let second = time / 10_000 * 3600 + time / 100 % 100 * 60 + time % 100
    return parts.instants(on: date, secondOfDay: second).last
  }

  /// The days on which the event may repeat, in order, to the limit of repetition.
  private static func dates(from first: CivilDate, _ repetition: Repetition) -> [CivilDate] {
    let start = first.daysSinceEpoch
    let end = start + MaintenanceWindows.repetitionDayCountMax
    guard let weekdays = repetition.weekdays else {
      return stride(from: start, to: end, by: repetition.dayInterval).map {
        CivilDate(daysSinceEpoch: $0)
      }
    }
    let monday = start - first.weekday
    return stride(from: monday, to: end, by: repetition.dayInterval).flatMap { week in
      weekdays.map { week + $0 }.filter { $0 >= start }.map { CivilDate(daysSinceEpoch: $0) }
    }
  }
}
