import Foundation
import Testing

@Suite("holidays and maintenance in the configuration") struct CalendarConfigurationTests {
  private static let calendar = """
    BEGIN:VCALENDAR\r
    BEGIN:VEVENT\r
    UID:1\r
    SUMMARY:Founders' Day\r
    DTSTART;VALUE=DATE:20260303\r
    DTEND;VALUE=DATE:20260304\r
    END:VEVENT\r
    END:VCALENDAR\r

    """

  private static let windows = """
    BEGIN:VCALENDAR\r
    BEGIN:VEVENT\r
    UID:2\r
    SUMMARY:Patch night\r
    DTSTART:20260303T220000Z\r
    DURATION:PT4H\r
    RRULE:FREQ=WEEKLY\r
    END:VEVENT\r
    END:VCALENDAR\r

    """

  private func scan(_ text: String, _ input: String = "") throws -> BuiltTool.Result {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let calendars = folder.url.appendingPathComponent("calendars")
    try FileManager.default.createDirectory(at: calendars, withIntermediateDirectories: true)
    try Data(CalendarConfigurationTests.calendar.utf8)
      .write(to: calendars.appendingPathComponent("site.ics"))
    try Data(CalendarConfigurationTests.windows.utf8)
      .write(to: calendars.appendingPathComponent("patch.ics"))
    let file = folder.url.appendingPathComponent("vigil.json5")
    try Data(text.utf8).write(to: file)
    return try BuiltTool.run(
      ["scan", "--config", file.path, "--rule", "off_hours", "--format", "jsonl", "-"],
      input: input)
  }

  /// One trigger at noon of a Tuesday.
  private static let trigger =
    #"{"level":"info","ts":1772539200.5,"logger":"http.log.access.log0","#
    + #""msg":"handled request","request":{"remote_ip":"127.0.0.1","method":"POST","#
    + #""host":"h","uri":"/jobs/j/runs"},"user_id":"anna","duration":0.1,"size":1,"#
    + #""status":202,"resp_headers":{}}"# + "\n"

  @Test("an .ics beside the configuration makes the day a holiday, named in the finding")
  func holidayFile() throws {
    let hours = "detection: { business_hours: { from_hour: 0, to_hour: 24 } }"
    let plain = try scan("{ \(hours) }", CalendarConfigurationTests.trigger)
    #expect(plain.status == 0 && plain.output.isEmpty, "\(plain.errors)")
    let ran = try scan(
      "{ holidays: ['2026-01-01', 'calendars/site.ics'], \(hours) }",
      CalendarConfigurationTests.trigger)
    #expect(ran.output.contains(#""holiday":"Founders' Day""#), "\(ran.errors)\(ran.output)")
    let exempt = try scan(
      "{ holidays: ['calendars/site.ics', { principals: ['anna'], days: ['2026-07-04'] }], \(hours) }",
      CalendarConfigurationTests.trigger)
    #expect(exempt.output.isEmpty)
  }

  @Test("a window makes the finding informational, from a list and from an .ics")
  func maintenance() throws {
    let hours = "detection: { business_hours: { from_hour: 8, to_hour: 9 } }"
    let windows = [
      "{ from: '2026-03-03T11:00:00Z', to: '2026-03-03T13:00:00Z', jobs: ['j*'] }",
      "{ from: '2026-03-03T11:00:00Z', to: '2026-03-03T13:00:00Z', jobs: ['k*'] }",
      "'calendars/patch.ics'", "{ calendar: 'calendars/patch.ics', jobs: ['j'] }",
    ]
    let severities = ["informational", "low", "low", "low"]
    for (window, severity) in zip(windows, severities) {
      let ran = try scan(
        "{ maintenance: [\(window)], \(hours) }", CalendarConfigurationTests.trigger)
      #expect(ran.output.contains(#""severity":"\#(severity)""#), "\(ran.errors)\(ran.output)")
    }
  }

  @Test(
    "what is no day, no calendar and no window is refused with its place",
    arguments: [
      ("{ holidays: ['2026-13-01'] }", "expected a date"),
      ("{ holidays: ['none.ics'] }", "none.ics"),
      ("{ holidays: [7] }", "expected a string or an object"),
      ("{ holidays: [{ days: ['2026-01-01'], zones: ['Mars/Base'] }] }", "IANA"),
      ("{ holidays: [{ zones: ['UTC'] }] }", "\"days\""),
      ("{ maintenance: [{ from: '2026-03-03T11:00:00Z' }] }", "\"to\""),
      ("{ maintenance: [{ from: 'x', to: 'y' }] }", "expected a time"),
      ("{ maintenance: ['calendars/none.ics'] }", "none.ics"),
    ])
  func refused(text: String, words: String) throws {
    let ran = try scan(text)
    #expect(ran.status == 2)
    #expect(ran.errors.contains("line 1, column") && ran.errors.contains(words), "\(ran.errors)")
  }
}
