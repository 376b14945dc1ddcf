import GatewayAndScheduler
import Ingest
import TestSupport
import Testing

@Suite("CronSchedule")
struct CronScheduleTests {
  private static let zones = ZoneCatalogue(directory: "/usr/share/zoneinfo")

  private func schedule(_ text: String, _ zone: String) throws -> CronSchedule {
    CronSchedule(try CronExpression(text), in: try CronScheduleTests.zones.rules(of: zone))
  }

  @Test(
    "the next time is the one that the clocks of the zone show",
    arguments: [
      ("0 5 * * *", "Europe/Berlin", "2026-11-24T05:00:00Z", "2026-11-25T04:00:00Z"),
      ("*/15 * * * *", "UTC", "2026-11-24T05:00:00Z", "2026-11-24T05:15:00Z"),
      ("0 9 * * mon-fri", "UTC", "2026-11-27T09:00:00Z", "2026-11-30T09:00:00Z"),
      ("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"),
      ("0 0 13 * 5", "UTC", "2026-11-13T00:00:00Z", "2026-11-20T00:00:00Z"),
      ("30 4 1,15 jan *", "America/New_York", "2026-11-24T00:00:00Z", "2027-01-01T09:30:00Z"),
      ("0 0 * * 7", "UTC", "2026-11-24T00:00:00Z", "2026-11-29T00:00:00Z"),
      ("10-50/20 3 * * *", "UTC", "2026-11-24T03:10:00Z", "2026-11-24T03:30:00Z"),
    ])
  func next(_ text: String, _ zone: String, _ from: String, _ expected: String) throws {
    let start = try #require(Timestamp(rfc3339: from))
    #expect(try schedule(text, zone).next(after: start) == Timestamp(rfc3339: expected))
  }

  @Test(
    "where the clocks change, a time of day falls once, and intervals go by real minutes",
    arguments: [
      // Berlin jumps from 02:00 to 03:00 on 2027-03-28, at 01:00 UTC.
      ("30 2 * * *", "2027-03-28T00:00:00Z", ["2027-03-28T01:00:00Z", "2027-03-29T00:30:00Z"]),
      ("*/20 2 * * *", "2027-03-28T00:00:00Z", ["2027-03-28T01:00:00Z", "2027-03-29T00:00:00Z"]),
      ("30 * * * *", "2027-03-28T00:00:00Z", ["2027-03-28T00:30:00Z", "2027-03-28T01:30:00Z"]),
      // And shows 02:00 to 03:00 twice on 2026-10-25, until 01:00 UTC.
      ("30 2 * * *", "2026-10-25T00:00:00Z", ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]),
      (
        "30 * * * *", "2026-10-25T00:00:00Z",
        ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z"]
      ),
    ])
  func changes(_ text: String, _ from: String, _ expected: [String]) throws {
    let schedule = try schedule(text, "Europe/Berlin")
    var instant = try #require(Timestamp(rfc3339: from))
    for next in expected {
      instant = try #require(schedule.next(after: instant))
      #expect(instant == Timestamp(rfc3339: next))
    }
  }

  @Test(
    "every time that a scan over all minutes finds is found, and no other, over both changes",
    arguments: [1, 2, 3, 4] as [UInt64],
    ["Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"])
  func scan(_ seed: UInt64, _ zone: String) throws {
    var random = SeededRandom(seed: seed)
    let minute = ["*", "*/7", "0", "15,45", "30"].randomElement(using: &random) ?? "*"
    let hour = ["*", "2", "1-3", "*/2", "0", "23"].randomElement(using: &random) ?? "*"
    let day = ["*", "*/2", "25-31"].randomElement(using: &random) ?? "*"
    let schedule = try schedule("\(minute) \(hour) \(day) * *", zone)
    for start in ["2026-10-24T00:00:00Z", "2027-03-27T00:00:00Z", "2026-04-03T00:00:00Z"] {
      let from = try #require(Timestamp(rfc3339: start))
      let through = from.advanced(bySeconds: 3 * 86_400)
      let found = schedule.occurrences(after: from, through: through, countMax: 100_000)
      let expected = CronScan(schedule, after: from, through: through).instants
      #expect(found == expected, "seed \(seed): \(minute) \(hour) \(day) in \(zone)")
    }
  }

  @Test("of missed times only the newest are kept, up to the count")
  func bounded() throws {
    let start = try #require(Timestamp(rfc3339: "2026-01-01T00:00:00Z"))
    let end = start.advanced(bySeconds: 86_400)
    let found = try schedule("* * * * *", "UTC").occurrences(after: start, through: end)
    #expect(found.count == CronSchedule.missedCountMax)
    #expect(found.last == end)
  }

  @Test("a day that never comes has no next time")
  func never() throws {
    let start = try #require(Timestamp(rfc3339: "2026-01-01T00:00:00Z"))
    #expect(try schedule("0 0 30 2 *", "UTC").next(after: start) == nil)
    #expect(try schedule("* * 31 4 *", "UTC").next(after: start) == nil)
  }

  @Test(
    "what is no expression is refused with its field",
    arguments: [
      ("* * * *", "expression"), ("60 * * * *", "minute"), ("* 24 * * *", "hour"),
      ("* * 0 * *", "day of month"), ("* * * 13 *", "month"), ("* * * * 8", "day of week"),
      ("*/0 * * * *", "minute"), ("5-1 * * * *", "minute"), ("1,,2 * * * *", "minute"),
      ("-1 * * * *", "minute"), ("5/2 * * * *", "minute"), ("* * * foo *", "month"),
    ])
  func refused(_ text: String, _ field: String) {
    #expect {
      _ = try CronExpression(text)
    } throws: {
      ($0 as? CronError)?.field == field
    }
  }
}

/// The rules of `CronSchedule` by brute force: every real minute, and for times of day every local one.
private struct CronScan {
  var instants: [Timestamp] = []

  init(_ schedule: CronSchedule, after start: Timestamp, through end: Timestamp) {
    let expression = schedule.expression
    if expression.isInterval {
      var instant = start.advanced(bySeconds: 60)
      while instant <= end {
        if expression.matches(schedule.zone.localTime(at: instant)) { instants.append(instant) }
        instant = instant.advanced(bySeconds: 60)
      }
      return
    }
    var found: Set<Timestamp> = []
    let first = schedule.zone.localTime(at: start).date.daysSinceEpoch - 2
    let last = schedule.zone.localTime(at: end).date.daysSinceEpoch + 2
    for day in first...last {
      let date = CivilDate(daysSinceEpoch: day)
      for minute in 0..<1440 {
        let local = LocalTime(date: date, secondOfDay: minute * 60, offset: 0)
        guard expression.matches(local) else { continue }
        // The first real minute at which the clocks show this time or are past it.
        let naive = Double((day * 1440 + minute) * 60)
        var instant = Timestamp(secondsSinceEpoch: naive - 16 * 3600) ?? .earliest
        while true {
          let shown = schedule.zone.localTime(at: instant)
          let reading = shown.date.daysSinceEpoch * 1440 + shown.secondOfDay / 60
          if reading >= day * 1440 + minute { break }
          instant = instant.advanced(bySeconds: 60)
        }
        if instant > start, instant <= end { found.insert(instant) }
      }
    }
    instants = found.sorted()
  }
}
