import Correlate
import Detect
import Foundation
import Ingest
import Testing

/// The system's zones, for rules.
private struct SystemZones: ZoneLookup {
  static let directory = "/usr/share/zoneinfo"
  let catalogue = ZoneCatalogue(directory: directory)

  func offsetSeconds(at instant: Timestamp, zone: String) -> Int? {
    do { return try catalogue.rules(of: zone).offset(at: instant) } catch { return nil }
  }
}

@Suite struct ClockChangeTests {
  private static let zones = SystemZones()
  /// 2007-01-01 to 2026-12-31.
  private static let first = 13_514
  private static let last = 20_818

  /// Every zone of the system with a change of its clocks in these years, and the days of them.
  private static let changing: [(name: String, days: [Int])] = {
    let walk = FileManager.default.enumerator(atPath: SystemZones.directory)
    let names = (walk?.compactMap { $0 as? String } ?? []).filter {
      !$0.hasPrefix("posix") && !$0.hasPrefix("right") && ZoneCatalogue.isValid($0)
    }
    return names.sorted().compactMap { name in
      guard let rules = try? zones.catalogue.rules(of: name) else { return nil }
      var days: [Int] = []
      var second = first * 86_400
      while let change = rules.transition(after: second), change.second < last * 86_400 {
        if rules.offset(at: instant(change.second - 1)) != change.offset {
          days.append((change.second + change.offset) / 86_400)
        }
        second = change.second
      }
      return days.isEmpty ? nil : (name, days)
    }
  }()

  private static func instant(_ second: Int) -> Timestamp {
    Timestamp(microseconds: Int64(second) * 1_000_000) ?? .earliest
  }

  @Test("around every change of every zone in 20 years, a local hour is its own cell")
  func cells() throws {
    var count = 0
    for (name, days) in ClockChangeTests.changing {
      let rules = try ClockChangeTests.zones.catalogue.rules(of: name)
      for change in days {
        for day in change - 1...change + 1 {
          let date = CivilDate(daysSinceEpoch: day)
          for hour in [0, 1, 2, 3, 4, 9, 23] {
            let second = hour * 3600 + 1800
            let local = rules.instants(on: date, secondOfDay: second)
            if case .gap = local { continue }
            for at in [local.first, local.last] {
              let cell = ClockChangeTests.zones.localHour(at: at, zones: [name])
              if cell.hourOfWeek != date.weekday * 24 + hour || cell.day != day {
                Issue.record("\(name), \(at.rfc3339): \(cell.clock), not \(hour):30")
              }
              count += 1
            }
          }
        }
      }
    }
    print("clock changes: \(count) instants in \(ClockChangeTests.changing.count) zones")
    #expect(count > 100_000)
  }

  /// Zones that change alike are judged alike: one of each kind.
  private static let kinds: [String] = {
    var seen: Set<[Int]> = []
    return changing.compactMap { name, days in
      let offsets = days.flatMap { day in
        [day, zones.offsetSeconds(at: instant(day * 86_400 + 172_800), zone: name) ?? 0]
      }
      return seen.insert(offsets).inserted ? name : nil
    }
  }()

  /// A habit at a fixed local hour in each of the zones, on working days.
  private static func history(_ names: [String], _ days: Range<Int>) throws -> History {
    let hours = [0.25, 2.5, 9, 13.75, 23.6]
    var history = History()
    for (index, name) in names.enumerated() {
      let rules = try zones.catalogue.rules(of: name)
      for day in days where CivilDate(daysSinceEpoch: day).weekday < 5 {
        let second = Int(hours[index % hours.count] * 3600)
        let at = rules.instants(on: CivilDate(daysSinceEpoch: day), secondOfDay: second).first
        // Samoa had no 30 December 2011: nobody worked on a day that never was.
        guard zones.localHour(at: at, zones: [name]).day == day else { continue }
        history.trigger("job", by: name, at: at) { $0.zone = name }
      }
    }
    return history
  }

  /// Two years by turns in the short form, all of them in the long.
  private static let years = LongForm.isWanted ? Array(2007...2025) : [2011]

  @Test(
    "a habit at a fixed local hour is never off hours, through the changes of a year",
    arguments: years)
  func habit(year: Int) throws {
    let start = try #require(CivilDate(year: year, month: 1, day: 1)).daysSinceEpoch
    // From winter to winter, so that both changes have a past; in turn every fourth kind if short.
    let names = ClockChangeTests.kinds.enumerated()
      .filter { LongForm.isWanted || $0.offset % 4 == year % 4 }.map(\.element)
    let days = start..<start + (LongForm.isWanted ? 420 : 330)
    let findings = try ClockChangeTests.history(names, days)
      .findings(History.configuration("off_hours"), zones: ClockChangeTests.zones)
      .filter { $0.timestamp > ClockChangeTests.instant((start + 35) * 86_400) }
    #expect(names.count > 10)
    #expect(findings.isEmpty, "\(year): \(findings.prefix(5).map(\.explanation))")
  }
}
