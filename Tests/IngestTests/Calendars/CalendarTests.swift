import Ingest
import Testing

private func date(_ text: String) throws -> CivilDate {
  let numbers = text.split(separator: "-").compactMap { Int($0) }
  try #require(numbers.count == 3)
  return try #require(CivilDate(year: numbers[0], month: numbers[1], day: numbers[2]))
}

extension HolidayCalendar {
  /// `contains` for a date as text.
  fileprivate func has(_ text: String) -> Bool {
    let numbers = text.split(separator: "-").compactMap { Int($0) }
    guard numbers.count == 3,
      let date = CivilDate(year: numbers[0], month: numbers[1], day: numbers[2])
    else {
      Issue.record("\(text) is no date")
      return false
    }
    return contains(date)
  }
}

private func time(_ text: String) throws -> Timestamp { try #require(Timestamp(rfc3339: text)) }

/// A calendar around the lines of events.
private func calendar(_ lines: String) -> [UInt8] {
  let body = lines.replacing("\n", with: "\r\n")
  return Array("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n\(body)\r\nEND:VCALENDAR\r\n".utf8)
}

private func event(_ lines: String) -> [UInt8] { calendar("BEGIN:VEVENT\n\(lines)\nEND:VEVENT") }

@Suite struct BusinessHoursTests {
  @Test(
    "times are within the hours of their weekday",
    arguments: [
      ("mon-fri 08:00-18:00", "2026-11-23T08:00:00Z", true),
      ("mon-fri 08:00-18:00", "2026-11-23T07:59:59Z", false),
      ("mon-fri 08:00-18:00", "2026-11-27T17:59:59Z", true),
      ("mon-fri 08:00-18:00", "2026-11-27T18:00:00Z", false),
      ("mon-fri 08:00-18:00", "2026-11-28T12:00:00Z", false),
      ("mon-fri 08:00-18:00, sat 09:00-13:00", "2026-11-28T12:00:00Z", true),
      ("Sun 00:00-24:00", "2026-11-29T23:59:59Z", true),
      ("sun 22:00-06:00", "2026-11-30T05:59:00Z", true),
      ("sun 22:00-06:00", "2026-11-29T05:59:00Z", false),
      ("fri-mon 10:00-11:00", "2026-11-29T10:30:00Z", true),
      ("fri-mon 10:00-11:00", "2026-11-25T10:30:00Z", false),
    ])
  func contains(hours: String, at: String, isWithin: Bool) throws {
    let local = TimeZoneRules.utc.localTime(at: try time(at))
    #expect(try BusinessHours(hours).contains(local) == isWithin)
  }

  @Test("overlapping ranges are one, and the week's minutes are counted once")
  func merged() throws {
    let hours = try BusinessHours("mon 08:00-12:00,mon 11:00-13:00,mon 13:00-14:00")
    #expect(hours.ranges[0] == [480..<840])
    #expect(hours.minutesPerWeek == 360)
    #expect(try BusinessHours("mon-sun 00:00-24:00").minutesPerWeek == 10_080)
  }

  @Test(
    "other texts are refused",
    arguments: [
      "", "mon", "mon 8:00-18:00", "mon 08:00", "mon 08:00-25:00", "mon 24:00-08:00",
      "mon 08:60-09:00",
      "mon 08:00-08:00", "xyz 08:00-18:00", "mon-tue-wed 08:00-18:00", "mon 08:00-18:00,",
    ])
  func refused(text: String) {
    #expect(throws: BusinessHoursError.self) { _ = try BusinessHours(text) }
  }
}

@Suite struct HolidayCalendarTests {
  private func holidays(_ bytes: [UInt8]) throws -> HolidayCalendar {
    try HolidayCalendar(iCalendar: bytes.span)
  }

  @Test("a list of dates holds those dates, and says which entry is none")
  func list() throws {
    let calendar = try HolidayCalendar(dates: ["2026-12-25", "2026-12-26"])
    #expect(calendar.has("2026-12-25"))
    #expect(!calendar.has("2027-12-25"))
    for wrong in ["2026-02-30", "25.12.2026", "2026-12-1", "20261225", ""] {
      let error = #expect(throws: CalendarError.self) {
        _ = try HolidayCalendar(dates: ["2026-12-25", wrong])
      }
      #expect(error?.line == 2)
    }
  }

  @Test("an all-day event holds its days, the end excluded, with its folded and escaped name")
  func event() throws {
    let calendar = try holidays(
      IngestTests.event(
        "DTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261227\nSUMMARY:Christ\n mas\\, both days")
    )
    #expect(try calendar.name(on: date("2026-12-25")) == "Christmas, both days")
    #expect(calendar.has("2026-12-26"))
    #expect(
      !calendar.has("2026-12-27") && !calendar.has("2026-12-24"))
  }

  @Test("the message about a component without an end shows no control character of its name")
  func legibleMessage() {
    let text = Array("BEGIN:VCALENDAR\nBEGIN:X\u{1B}[2J\r\n".utf8)
    let error = #expect(throws: CalendarError.self) { _ = try holidays(text) }
    #expect(
      error?.description
        == "calendar: line 2: found \"BEGIN:X\\u{1b}[2J without an end\": expected its END")
  }

  @Test("lines may end with LF alone, and events with a time of day are no holidays")
  func plainLines() throws {
    let text = """
      BEGIN:VCALENDAR
      BEGIN:VEVENT
      DTSTART;VALUE=DATE:20261225
      BEGIN:VALARM
      TRIGGER;X="a;b:c":-PT1H
      END:VALARM
      END:VEVENT
      BEGIN:VEVENT
      DTSTART:20261224T100000Z
      END:VEVENT
      END:VCALENDAR

      """
    let calendar = try holidays(Array(text.utf8))
    #expect(try calendar.name(on: date("2026-12-25")) == "")
    #expect(!calendar.has("2026-12-24"))
  }

  @Test(
    "yearly events come back as their rule says",
    arguments: [
      ("20201003", "FREQ=YEARLY", "2026-10-03", true),
      ("20201003", "FREQ=YEARLY", "2019-10-03", false),
      ("20201003", "FREQ=YEARLY;COUNT=3", "2022-10-03", true),
      ("20201003", "FREQ=YEARLY;COUNT=3", "2023-10-03", false),
      ("20201003", "FREQ=YEARLY;UNTIL=20221231", "2022-10-03", true),
      ("20201003", "FREQ=YEARLY;UNTIL=20221231T000000Z", "2023-10-03", false),
      ("20201003", "FREQ=YEARLY;INTERVAL=2", "2022-10-03", true),
      ("20201003", "FREQ=YEARLY;INTERVAL=2", "2023-10-03", false),
      ("20201126", "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "2026-11-26", true),
      ("20201126", "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "2026-11-25", false),
      ("20200525", "FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO", "2026-05-25", true),
      ("20200229", "FREQ=YEARLY", "2024-02-29", true),
      ("20200229", "FREQ=YEARLY", "2023-03-01", false),
      ("20200229", "FREQ=YEARLY;COUNT=2", "2024-02-29", true),
      ("20200229", "FREQ=YEARLY;COUNT=2", "2028-02-29", false),
      ("20201003", "FREQ=YEARLY;BYMONTH=10;BYMONTHDAY=3;WKST=MO", "2030-10-03", true),
    ])
  func yearly(start: String, rule: String, day: String, isHoliday: Bool) throws {
    let calendar = try holidays(
      IngestTests.event("DTSTART;VALUE=DATE:\(start)\nRRULE:\(rule)"))
    #expect(calendar.has(day) == isHoliday)
  }

  @Test("a yearly event of several days runs over the year's end, and leaves out its exceptions")
  func overNewYear() throws {
    let calendar = try holidays(
      IngestTests.event(
        "DTSTART;VALUE=DATE:20201231\nDURATION:P2D\nRRULE:FREQ=YEARLY\n"
          + "EXDATE;VALUE=DATE:20221231,20231231"))
    #expect(calendar.has("2022-01-01"))
    #expect(
      !calendar.has("2023-01-01") && !calendar.has("2024-01-01"))
    #expect(calendar.has("2024-12-31") && calendar.has("2025-01-01"))
  }

  @Test(
    "malformed calendars are refused with the line",
    arguments: [
      ("BEGIN:VEVENT\nEND:VEVENT", 3), ("BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260230\nEND:VEVENT", 4),
      ("BEGIN:VEVENT\nno property\nEND:VEVENT", 4),
      ("BEGIN:VEVENT\nDTSTART;VALUE:20260203\nEND:VEVENT", 4),
      ("BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260203\nRRULE:FREQ=MONTHLY\nEND:VEVENT", 5),
      ("BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260203\nRRULE:FREQ=YEARLY;BYSETPOS=1\nEND:VEVENT", 5),
      ("BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260203\nRRULE:FREQ=YEARLY;BYDAY=TH\nEND:VEVENT", 5),
      ("BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260203\nDTEND;VALUE=DATE:20260202\nEND:VEVENT", 5),
      ("BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260203\nDTEND;VALUE=DATE:20280203\nEND:VEVENT", 5),
      ("BEGIN:VEVENT\nBEGIN:VEVENT", 4), ("END:VEVENT", 3), ("BEGIN:VEVENT\nEND:VTODO", 4),
      ("BEGIN:A\nBEGIN:A\nBEGIN:A\nBEGIN:A\nBEGIN:A\nBEGIN:A\nBEGIN:A\nBEGIN:A", 10),
    ])
  func malformed(lines: String, line: Int) {
    let error = #expect(throws: CalendarError.self) { _ = try holidays(calendar(lines)) }
    #expect(error?.line == line)
  }

  @Test("what is no calendar, or ends early, is refused")
  func noCalendar() {
    for text in [
      "", "hello", "BEGIN:VEVENT\nEND:VEVENT", "BEGIN:VCALENDAR\nBEGIN:VEVENT", " folded",
    ] {
      #expect(throws: CalendarError.self) { _ = try holidays(Array(text.utf8)) }
    }
    #expect(throws: CalendarError.self) { _ = try holidays([0x42, 0xFF, 0x3A]) }
  }

  @Test("two calendars together hold the days of both")
  func union() throws {
    let both = try HolidayCalendar(dates: ["2026-12-25"]).union(
      HolidayCalendar(dates: ["2026-10-03"]))
    #expect(both.has("2026-12-25") && both.has("2026-10-03"))
  }
}

@Suite struct MaintenanceWindowsTests {
  private func windows(_ bytes: [UInt8], zone: String = "Europe/Berlin") throws -> [String] {
    let found = try MaintenanceWindows(
      iCalendar: bytes.span, zone: try zones.rules(of: zone), zones: zones)
    return found.windows.map { $0.from.rfc3339.prefix(16) + "/" + $0.to.rfc3339.prefix(16) }
  }

  @Test("a window covers its instants, the end excluded; of several the one that began last counts")
  func covers() throws {
    let windows = try MaintenanceWindows(list: [
      (from: "2026-11-24T22:00:00+01:00", to: "2026-11-25T02:00:00+01:00", name: "long"),
      (from: "2026-11-24T22:00:00Z", to: "2026-11-24T22:10:00Z", name: "short"),
    ])
    #expect(windows.window(at: try time("2026-11-24T20:59:59Z")) == nil)
    #expect(windows.window(at: try time("2026-11-24T21:00:00Z"))?.name == "long")
    #expect(windows.window(at: try time("2026-11-24T22:05:00Z"))?.name == "short")
    #expect(windows.window(at: try time("2026-11-24T22:10:00Z"))?.name == "long")
    #expect(windows.window(at: try time("2026-11-25T01:00:00Z")) == nil)
  }

  @Test("random windows answer as a search through all of them", arguments: 0..<10)
  func random(seed: Int) {
    var random = InputRandom(seed: seed)
    let all = (0..<40).map { number in
      let start = Int.random(in: 0..<1000, using: &random)
      return MaintenanceWindows.Window(
        from: instant(start), to: instant(start + Int.random(in: 1..<80, using: &random)),
        name: "\(number)")
    }
    let windows = MaintenanceWindows(all)
    for second in 0..<1100 {
      let isCovered = all.contains { $0.from <= instant(second) && instant(second) < $0.to }
      #expect((windows.window(at: instant(second)) != nil) == isCovered, "seed \(seed)")
    }
  }

  @Test("a wrong entry of a list is refused with its number")
  func wrongList() {
    for (from, to) in [("x", "y"), ("2026-11-24T22:00:00Z", "2026-11-24T22:00:00Z")] {
      let error = #expect(throws: CalendarError.self) {
        _ = try MaintenanceWindows(list: [(from: from, to: to, name: "")])
      }
      #expect(error?.line == 1)
    }
  }

  @Test(
    "events state times in UTC, in a zone, or floating, and an end or a duration",
    arguments: [
      ("DTSTART:20261124T220000Z\nDTEND:20261125T010000Z", "2026-11-24T22:00/2026-11-25T01:00"),
      (
        "DTSTART;TZID=America/New_York:20261124T220000\nDURATION:PT1H30M",
        "2026-11-25T03:00/2026-11-25T04:30"
      ),
      ("DTSTART:20261124T220000\nDTEND:20261124T230000", "2026-11-24T21:00/2026-11-24T22:00"),
      ("DTSTART;VALUE=DATE:20261025", "2026-10-24T22:00/2026-10-25T23:00"),
      (
        "DTSTART;TZID=\"Europe/Berlin\":20261025T010000\nDTEND;TZID=Europe/Berlin:20261025T030000",
        "2026-10-24T23:00/2026-10-25T02:00"
      ),
    ])
  func times(lines: String, window: String) throws {
    #expect(try windows(event(lines)) == [window])
  }

  @Test("a weekly window keeps its local time through a clock change and leaves out its exceptions")
  func weekly() throws {
    let lines = """
      DTSTART;TZID=Europe/Berlin:20261018T030000
      DURATION:PT1H
      RRULE:FREQ=WEEKLY;BYDAY=SU,WE;COUNT=5
      EXDATE;TZID=Europe/Berlin:20261021T030000
      """
    #expect(
      try windows(event(lines)) == [
        "2026-10-18T01:00/2026-10-18T02:00", "2026-10-25T02:00/2026-10-25T03:00",
        "2026-10-28T02:00/2026-10-28T03:00", "2026-11-01T02:00/2026-11-01T03:00",
      ])
  }

  @Test("repetition ends at UNTIL, and without an end after twenty years")
  func until() throws {
    let daily = "DTSTART:20261124T000000Z\nDURATION:PT1M\nRRULE:FREQ=DAILY;INTERVAL=2"
    #expect(try windows(event(daily + ";UNTIL=20261128T000000Z")).count == 3)
    #expect(try windows(event(daily + ";UNTIL=20261129")).count == 3)
    #expect(try windows(event(daily)).count == 3653)
  }

  @Test(
    "what is not understood is refused with its line",
    arguments: [
      ("DTSTART:20261124T250000Z\nDURATION:PT1H", 4), ("DTSTART:20261124T220000Z", 3),
      ("DTSTART;TZID=Mars/Olympus:20261124T220000\nDURATION:PT1H", 4),
      ("DTSTART:20261124T220000Z\nDURATION:-PT1H", 5),
      ("DTSTART:20261124T220000Z\nDTEND:20261124T210000Z", 5),
      ("DTSTART:20261124T220000Z\nDURATION:PT1H\nRRULE:FREQ=MONTHLY", 6),
      ("DTSTART:20261124T220000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;BYDAY=1MO", 6),
      ("DTSTART:20261124T220000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=soon", 6),
    ])
  func refused(lines: String, line: Int) {
    let error = #expect(throws: CalendarError.self) { _ = try windows(event(lines)) }
    #expect(error?.line == line)
  }
}
