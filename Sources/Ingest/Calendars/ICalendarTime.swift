/// The times that iCalendar properties state.
enum ICalendarTime {
  /// `20261124`.
  static func date(_ text: some StringProtocol) -> CivilDate? {
    guard text.utf8.count == 8, text.utf8.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }),
      let number = Int(text)
    else { return nil }
    return CivilDate(year: number / 10_000, month: number / 100 % 100, day: number % 100)
  }

  /// Whether the property is a date without a time.
  static func isDate(_ property: ICalendarProperty) -> Bool {
    property.parameters["VALUE"]?.uppercased() == "DATE" || property.value.utf8.count == 8
  }

  /// `20261124T080000Z`, the same without `Z` in the zone of `TZID`, or in `floating` without one.
  static func local(
    _ property: ICalendarProperty, floating: TimeZoneRules, zones: ZoneCatalogue
  ) throws(CalendarError) -> (date: CivilDate, secondOfDay: Int, zone: TimeZoneRules) {
    let isUTC = property.value.hasSuffix("Z")
    let text = isUTC ? property.value.dropLast() : property.value[...]
    let parts = text.split(separator: "T", omittingEmptySubsequences: false)
    guard parts.count == 2, let date = date(parts[0]), let second = secondOfDay(parts[1]) else {
      throw property.error("a date and time: 20261124T080000Z")
    }
    if isUTC { return (date, second, .utc) }
    guard let name = property.parameters["TZID"] else { return (date, second, floating) }
    do {
      return (date, second, try zones.rules(of: name))
    } catch {
      throw CalendarError(
        line: property.line, found: "TZID=\(name)", expected: "an IANA time zone (\(error))")
    }
  }

  private static func secondOfDay(_ text: Substring) -> Int? {
    guard text.utf8.count == 6, text.utf8.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }),
      let number = Int(text)
    else { return nil }
    let (hour, minute, second) = (number / 10_000, number / 100 % 100, number % 100)
    // A leap second is taken as the second before it.
    guard hour < 24, minute < 60, second <= 60 else { return nil }
    return hour * 3600 + minute * 60 + min(second, 59)
  }

  /// `PT2H`, `P1DT30M`, `P2W` in seconds; nil when negative or no duration (RFC 5545 section 3.3.6).
  static func duration(_ text: String) -> Int? {
    var rest = text[...]
    if rest.first == "+" { rest = rest.dropFirst() }
    guard rest.popFirst() == "P", !rest.isEmpty else { return nil }
    var seconds = 0
    var isTime = false
    while !rest.isEmpty {
      if rest.first == "T", !isTime {
        isTime = true
        rest = rest.dropFirst()
        guard !rest.isEmpty else { return nil }
        continue
      }
      let digits = rest.prefix { ("0"..."9").contains($0) }
      guard (1...7).contains(digits.count), let number = Int(digits) else { return nil }
      rest = rest.dropFirst(digits.count)
      switch (rest.popFirst(), isTime) {
      case ("W", false): seconds += number * 604_800
      case ("D", false): seconds += number * 86_400
      case ("H", true): seconds += number * 3600
      case ("M", true): seconds += number * 60
      case ("S", true): seconds += number
      default: return nil
      }
    }
    return seconds
  }
}
