import Ingest

extension Harness {
  static let calendars: [Harness] = [
    Harness(
      "icalendar",
      words: [
        "BEGIN:VEVENT\r\n", "END:VEVENT\r\n", "END:VCALENDAR\r\n", "DTSTART;VALUE=DATE:20261225",
        "DTSTART;TZID=Zone/Test:20261124T220000\r\n", "DTEND:", "DURATION:PT2H\r\n", "RRULE:FREQ=",
        "YEARLY;BYDAY=-1MO;BYMONTH=5", "WEEKLY;BYDAY=MO,FR;COUNT=3", "DAILY;UNTIL=99991231",
        "EXDATE:", "\r\n ", "INTERVAL=1000", "00010101", "99991231",
      ],
      seeds: { CalendarSeeds.calendars }, run: CalendarProperties.iCalendar),
    Harness(
      "zone", byteCountMax: 1024,
      words: [
        "TZif2", "\nCET-1CEST,M3.5.0,M10.5.0/3\n", "<+03>-3", ",J60/-167,365/167", "M12.1.6",
      ],
      seeds: { CalendarSeeds.zones }, run: CalendarProperties.zone),
    Harness(
      "business-hours", byteCountMax: 256, words: ["mon-fri ", "08:00-18:00", ", ", "24:00", "²"],
      seeds: { texts("mon-fri 08:00-18:00, sat 09:00-13:00", "sun-tue 22:00-06:00") },
      run: CalendarProperties.hours),
  ]
}

/// Calendars and zones: what was read can be asked about any time there is.
enum CalendarProperties {
  private static let times: [Timestamp] = [
    .earliest, .latest, Timestamp(rfc3339: "1969-12-31T23:59:59.999999Z"),
    Timestamp(rfc3339: "2026-03-29T00:59:59Z"), Timestamp(rfc3339: "2026-10-25T01:30:00Z"),
    Timestamp(rfc3339: "2400-02-29T12:00:00Z"),
  ].compactMap { $0 }

  static func iCalendar(_ bytes: [UInt8]) throws {
    do {
      let holidays = try HolidayCalendar(iCalendar: bytes.span)
      for time in times {
        let date = TimeZoneRules.utc.localTime(at: time).date
        try require(holidays.contains(date) == (holidays.name(on: date) != nil), "\(date)")
      }
    } catch let error as CalendarError { try requireLegible(error.description) }
    do {
      let zone = try TimeZoneRules(name: "Zone/Test", tzif: CalendarSeeds.berlin.span)
      let zones = ZoneCatalogue { (name) throws(ZoneError) in
        guard name == "Zone/Test" else { throw .unknown(name) }
        return CalendarSeeds.berlin
      }
      try check(try MaintenanceWindows(iCalendar: bytes.span, zone: zone, zones: zones))
    } catch let error as CalendarError { try requireLegible(error.description) }
  }

  private static func check(_ windows: MaintenanceWindows) throws {
    try require(windows.windows.count <= MaintenanceWindows.windowCountMax, "too many windows")
    for window in windows.windows.prefix(50) {
      try require(window.from < window.to, "a window without length")
      let found = windows.window(at: window.from)
      try require(found?.from == window.from, "no window where one begins: \(window.from.rfc3339)")
      if let after = windows.window(at: window.to) {
        try require(after.from <= window.to && window.to < after.to, "a window that is over")
      }
    }
  }

  static func zone(_ bytes: [UInt8]) throws {
    let zone: TimeZoneRules
    do {
      zone = try TimeZoneRules(name: "Zone/Test", tzif: bytes.span)
    } catch { return try requireLegible(error.description) }
    var second = -10_000_000_000
    for _ in 0..<20 {
      guard let change = zone.transition(after: second) else { break }
      try require(change.second > second, "a transition that is not after \(second)")
      second = change.second
      if let instant = timestamp(second) { try check(zone, instant) }
      if let instant = timestamp(second - 1) { try check(zone, instant) }
    }
    for time in times { try check(zone, time) }
  }

  private static func timestamp(_ second: Int) -> Timestamp? {
    let (product, overflow) = Int64(second).multipliedReportingOverflow(by: 1_000_000)
    return overflow ? nil : Timestamp(microseconds: product)
  }

  /// The clocks show at an instant a time that they show at that instant.
  private static func check(_ zone: TimeZoneRules, _ instant: Timestamp) throws {
    let local = zone.localTime(at: instant)
    try require((0..<168).contains(local.hourOfWeek), "hour \(local.hourOfWeek)")
    guard (2...9998).contains(local.date.year) else { return }
    let whole = instant.microseconds.flooredDivision(by: 1_000_000).quotient
    let found = zone.instants(on: local.date, secondOfDay: local.secondOfDay)
    let isFound = [found.first, found.last].contains { $0.microseconds == whole * 1_000_000 }
    // Three readings of one time (changes within a day) give only the outer two.
    let isBetween =
      found.first.microseconds <= whole * 1_000_000 && whole * 1_000_000 <= found.last.microseconds
    try require(isFound || isBetween, "\(instant.rfc3339) shows \(local), which is at \(found)")
  }

  static func hours(_ bytes: [UInt8]) throws {
    let hours: BusinessHours
    do {
      hours = try BusinessHours(bytes.text)
    } catch { return try requireLegible(error.description) }
    try require((0...10_080).contains(hours.minutesPerWeek), "\(hours.minutesPerWeek) minutes")
    var count = 0
    for day in 0..<7 {
      let date = CivilDate(daysSinceEpoch: 4 + day)
      for minute in 0..<1440 {
        let time = LocalTime(date: date, secondOfDay: minute * 60, offset: 0)
        if hours.contains(time) { count += 1 }
      }
    }
    try require(count == hours.minutesPerWeek, "\(count) of \(hours.minutesPerWeek) minutes")
  }
}

/// Calendars and zone files of every shape that is read.
enum CalendarSeeds {
  static let calendars = texts(
    """
    BEGIN:VCALENDAR\r
    BEGIN:VEVENT\r
    DTSTART;VALUE=DATE:20261225\r
    DTEND;VALUE=DATE:20261227\r
    SUMMARY:Christmas\\, both\r
      days\r
    RRULE:FREQ=YEARLY;INTERVAL=1;COUNT=10\r
    EXDATE;VALUE=DATE:20281225\r
    END:VEVENT\r
    END:VCALENDAR\r

    """,
    """
    BEGIN:VCALENDAR
    BEGIN:VEVENT
    DTSTART;TZID=Zone/Test:20261124T220000
    DURATION:PT2H
    SUMMARY:Deploy
    RRULE:FREQ=WEEKLY;BYDAY=MO,FR;UNTIL=20271231T000000Z
    BEGIN:VALARM
    TRIGGER:-PT5M
    END:VALARM
    END:VEVENT
    END:VCALENDAR
    """,
    """
    BEGIN:VCALENDAR
    BEGIN:VEVENT
    DTSTART:99991231T235959Z
    DTEND:00010101T000000Z
    RRULE:FREQ=DAILY;INTERVAL=2
    END:VEVENT
    BEGIN:VEVENT
    DTSTART:20260101
    RRULE:FREQ=YEARLY;BYDAY=-1MO;BYMONTH=5
    END:VEVENT
    END:VCALENDAR
    """)

  static let berlin = zone(
    [(-100, 2), (1000, 1)], offsets: [3208, 3600, 7200], footer: "CET-1CEST,M3.5.0,M10.5.0/3")

  static let zones = [
    berlin, zone([], offsets: [0], footer: "UTC0"), zone([], offsets: [-43_200], footer: ""),
    zone([(0, 0)], offsets: [-7200], footer: "<-02>2<-01>,M3.5.0/-1,M10.5.0/0"),
    zone([], offsets: [12_600], footer: "IRST-3:30IRDT,J79/24,J263/24"),
  ]

  /// A TZif file of version 2 (RFC 9636 section 3), its first block empty.
  private static func zone(
    _ changes: [(second: Int64, type: UInt8)], offsets: [Int32], footer: String
  ) -> [UInt8] {
    var bytes = header([0, 0, 0, 0, 1, 1]) + [0, 0, 0, 0, 0, 0, 0]
    bytes += header([0, 0, 0, UInt32(changes.count), UInt32(offsets.count), 4])
    for change in changes { bytes += bigEndian(UInt64(bitPattern: change.second), count: 8) }
    bytes += changes.map(\.type)
    for offset in offsets {
      bytes += bigEndian(UInt64(UInt32(bitPattern: offset)), count: 4) + [0, 0]
    }
    return bytes + Array("LMT\u{0}".utf8) + [0x0A] + Array(footer.utf8) + [0x0A]
  }

  private static func header(_ counts: [UInt32]) -> [UInt8] {
    Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15)
      + counts.flatMap { bigEndian(UInt64($0), count: 4) }
  }

  private static func bigEndian(_ value: UInt64, count: Int) -> [UInt8] {
    (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> UInt64($0 * 8)) }
  }
}
