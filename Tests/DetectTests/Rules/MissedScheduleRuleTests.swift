import Correlate
import Detect
import Ingest
import Testing

@Suite struct MissedScheduleRuleTests {
  private static func findings(
    days: Range<Int>, end: Int, holidays: [String] = [], hour: Double = 7,
    runs: (Int) -> Bool
  ) throws -> [Finding] {
    var random = SplitMix(seed: 7)
    var history = History()
    for day in days where runs(day) {
      history.trigger(
        "close", by: "cron", at: History.at(day: day, hour: hour + random.uniform() / 30))
    }
    var configuration = History.configuration("missed_schedule")
    configuration.calendar.site = try HolidayCalendar(dates: holidays)
    return history.findings(configuration, end: History.at(day: end, hour: 0))
  }

  @Test("a schedule of working days is silent at weekends, and missed on a working day")
  func workingDays() throws {
    let findings = try MissedScheduleRuleTests.findings(days: 0..<61, end: 70) { $0 % 7 < 5 }
    // Day 60 is the last, a Friday is day 60 % 7 == 4; the next start is due on day 63.
    let found = try #require(findings.first)
    #expect(findings.count == 1)
    #expect(found.timestamp > History.at(day: 63, hour: 7), "\(found.timestamp.rfc3339)")
    #expect(found.timestamp < History.at(day: 65, hour: 7), "\(found.timestamp.rfc3339)")
    #expect(found.observed.contains { $0.name == "working_s" })
    #expect(found.explanation.contains("on working days"))
  }

  @Test("the schedule of every day is missed on a Saturday too")
  func everyDay() throws {
    let findings = try MissedScheduleRuleTests.findings(days: 0..<61, end: 70) { _ in true }
    let found = try #require(findings.first)
    #expect(found.timestamp < History.at(day: 63, hour: 0))
    #expect(!found.observed.contains { $0.name == "working_s" })
  }

  @Test(
    "the night's run after a working day skips the same nights",
    arguments: [2.0, 4.5])
  func nights(hour: Double) throws {
    let findings = try MissedScheduleRuleTests.findings(days: 0..<60, end: 60, hour: hour) {
      [1, 2, 3, 4, 5].contains($0 % 7)
    }
    #expect(findings.isEmpty, "\(findings.map(\.explanation))")
  }

  @Test(
    "holidays are skipped like weekends by a job that never ran on one", arguments: [true, false])
  func holidays(knowsThem: Bool) throws {
    // 2026-03-05 and 06: Thursday and Friday, days 59 and 60.
    let findings = try MissedScheduleRuleTests.findings(
      days: 0..<80, end: 80, holidays: knowsThem ? ["2026-03-05", "2026-03-06"] : []
    ) { $0 % 7 < 5 && !(59...60).contains($0) }
    #expect(findings.isEmpty == knowsThem, "\(findings.map(\.explanation))")
  }

  @Test("a job that ran on a holiday within a year is expected on the next")
  func worksOnHolidays() throws {
    let holidays = ["2026-01-20", "2026-02-10", "2026-03-05", "2026-03-06"]
    let findings = try MissedScheduleRuleTests.findings(
      days: 0..<61, end: 62, holidays: holidays
    ) { $0 % 7 < 5 && !(59...60).contains($0) }
    let found = try #require(findings.first)
    #expect(found.timestamp < History.at(day: 61, hour: 0))
  }
}
