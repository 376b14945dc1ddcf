import Detect
import Ingest
import Testing

@Suite struct WorkCalendarTests {
  private static func hour(_ text: String) throws -> LocalHour {
    LocalHour(try #require(Timestamp(rfc3339: text)), offsetSeconds: 0)
  }

  @Test(
    "a holiday's hours are those of a Sunday, its night included, the night before not",
    arguments: [
      // 2026-12-25 is a Friday.
      ("2026-12-25T11:30:00Z", 6 * 24 + 11, true), ("2026-12-25T23:59:00Z", 6 * 24 + 23, true),
      ("2026-12-26T03:00:00Z", 3, true), ("2026-12-26T05:00:00Z", 5 * 24 + 5, false),
      ("2026-12-25T03:00:00Z", 4 * 24 + 3, false), ("2026-12-24T11:00:00Z", 3 * 24 + 11, false),
    ])
  func cells(at: String, cell: Int, isHoliday: Bool) throws {
    let calendar = try HolidayCalendar(dates: ["2026-12-25"])
    let kept = try WorkCalendarTests.hour(at).keeping(calendar)
    #expect(kept.hourOfWeek == cell)
    #expect((kept.holiday != nil) == isHoliday)
    #expect(try kept.weekdayName == WorkCalendarTests.hour(at).weekdayName)
  }

  @Test("every hour of a year is of the weekend class exactly on weekends and holidays")
  func everyHour() throws {
    let dates = ["2026-01-01", "2026-04-03", "2026-05-01", "2026-12-25", "2026-12-26"]
    let calendar = try HolidayCalendar(dates: dates)
    let start = try #require(Timestamp(rfc3339: "2026-01-01T05:00:00Z"))
    for index in 0..<8_700 {
      let instant = start.advanced(bySeconds: Double(index) * 3600)
      let plain = LocalHour(instant, offsetSeconds: 0)
      let kept = plain.keeping(calendar)
      let reckoned = LocalHour(instant.advanced(bySeconds: -5 * 3600), offsetSeconds: 0)
      let date = CivilDate(daysSinceEpoch: reckoned.day)
      let isFree = date.weekday >= 5 || calendar.contains(date)
      #expect(CircularProfile.isWeekend(kept.hourOfWeek) == isFree, "\(instant.rfc3339)")
      #expect(kept.hourOfWeek % 24 == plain.hourOfWeek % 24)
      #expect(kept.day == plain.day)
    }
  }

  @Test("the principal's own calendar goes before the zone's, and that before the site's")
  func precedence() throws {
    var calendar = WorkCalendar()
    let site = try HolidayCalendar(dates: ["2026-10-03"])
    let zone = try HolidayCalendar(dates: ["2026-07-04"])
    calendar.site = site
    calendar.byZone["America/New_York"] = zone
    calendar.byPrincipal["nobody-rests"] = HolidayCalendar()
    func chosen(_ principal: String?, _ zone: String?, isService: Bool = false) -> HolidayCalendar?
    { calendar.calendar(principal: principal, zone: zone, isService: isService) }
    #expect(chosen("anna", "Europe/Berlin") == site)
    #expect(chosen("anna", nil) == site)
    #expect(chosen("joe", "America/New_York") == zone)
    #expect(chosen("nobody-rests", "America/New_York") == HolidayCalendar())
    #expect(chosen("svc", "America/New_York", isService: true) == nil)
    #expect(chosen("nobody-rests", nil, isService: true) == HolidayCalendar())
  }

  /// A year of office days without the holiday, for 20 people; `works` adds one who does work then.
  private static func year(holidays: [Int], works: Bool) -> History {
    var history = History()
    var random = SplitMix(seed: 12)
    for person in 0..<20 {
      for day in 0..<200 where day % 7 < 5 && !holidays.contains(day) {
        let hour = 9 + Double(person % 4) + random.uniform()
        history.trigger("report", by: "worker-\(person)", at: History.at(day: day, hour: hour))
      }
    }
    for day in works ? holidays : [holidays[holidays.count - 1]] {
      history.trigger("report", by: "worker-3", at: History.at(day: day, hour: 12.5))
    }
    return history
  }

  private static func configuration(_ holidays: [Int], pMax: Double) throws
    -> DetectionConfiguration
  {
    var configuration = History.configuration("off_hours", pMax: pMax)
    let first = try #require(CivilDate(year: 2026, month: 1, day: 5)).daysSinceEpoch
    configuration.calendar.site = try HolidayCalendar(
      dates: holidays.map {
        let date = CivilDate(daysSinceEpoch: first + $0)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(date.year)-\(two(date.month))-\(two(date.day))"
      })
    return configuration
  }

  @Test("a weekday worker's usual hour stands out on a holiday, and only there")
  func holidayStandsOut() throws {
    let holidays = [193]
    let history = WorkCalendarTests.year(holidays: holidays, works: false)
    let known = try WorkCalendarTests.configuration(holidays, pMax: 0.9999)
    let findings = history.findings(known).filter { $0.timestamp > History.at(day: 150, hour: 0) }
    let found = try #require(findings.min { $0.pValue < $1.pValue })
    #expect(found.principal == "worker-3" && found.pValue < 0.02)
    #expect(found.observed.contains(.init("holiday", "")))
    #expect(found.explanation.contains("Friday, a holiday: "), "\(found.explanation)")
    #expect(found.explanation.contains("never active on weekends and holidays"))
    var unaware = known
    unaware.calendar = WorkCalendar()
    let plain = history.findings(unaware).last { $0.activityID == found.activityID }
    #expect((plain?.pValue ?? 1) > 10 * found.pValue)
  }

  @Test("a holiday teaches the weekend, not the weekday: who works on holidays is known for it")
  func holidayTeaches() throws {
    let holidays = [31, 50, 73, 95, 116, 137, 155, 176, 193]
    let history = WorkCalendarTests.year(holidays: holidays, works: true)
    let configuration = try WorkCalendarTests.configuration(holidays, pMax: 0.999)
    let days = holidays.map { History.at(day: $0, hour: 12.5).advanced(bySeconds: 1) }
    let told = history.findings(configuration).filter { days.contains($0.timestamp) }
    let first = try #require(told.first)
    let last = try #require(told.last)
    func surprise(_ finding: Finding) -> Double {
      for fact in finding.observed where fact.name == "surprise" {
        if case .number(let number) = fact.value { return number }
      }
      return .nan
    }
    #expect(surprise(last) < surprise(first) - 0.5, "\(surprise(first)), \(surprise(last))")
  }

  @Test("declared working time does not hold on a holiday")
  func businessHours() throws {
    var history = History()
    for day in 0..<5 { history.trigger("etl", by: "anna", at: History.at(day: day, hour: 10)) }
    var configuration = try WorkCalendarTests.configuration([2], pMax: 1e-9)
    configuration.businessHours = .init(firstHour: 8, endHour: 18, weekdays: Set(0..<7))
    let findings = history.findings(configuration)
    #expect(findings.map(\.timestamp) == [History.at(day: 2, hour: 10).advanced(bySeconds: 1)])
    #expect(findings.first?.explanation.contains("Wednesday, a holiday, outside") == true)
  }
}
