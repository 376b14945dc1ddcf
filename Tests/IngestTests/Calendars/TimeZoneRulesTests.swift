import Foundation
import Ingest
import Synchronization
import Testing

private let directory = "/usr/share/zoneinfo"
let zones = ZoneCatalogue(directory: directory)

func instant(_ second: Int) -> Timestamp {
  Timestamp(microseconds: Int64(second) * 1_000_000) ?? .earliest
}

@Suite struct TimeZoneRulesTests {
  /// Zones with every kind of rule: northern and southern, half hours, footers with negative or late
  /// times of day, Ramadan, changes of the day, permanent changes, no daylight saving.
  static let names = [
    "Africa/Casablanca", "Africa/Cairo", "Africa/Johannesburg", "America/Argentina/Buenos_Aires",
    "America/Asuncion", "America/Caracas", "America/Havana", "America/Los_Angeles",
    "America/New_York", "America/Nuuk", "America/Santiago", "America/Sao_Paulo",
    "America/St_Johns", "Antarctica/Troll", "Asia/Gaza", "Asia/Jerusalem", "Asia/Kathmandu",
    "Asia/Kolkata", "Asia/Pyongyang", "Asia/Tehran", "Asia/Tokyo", "Australia/Adelaide",
    "Australia/Lord_Howe", "Australia/Sydney", "Etc/GMT+12", "Etc/UTC", "Europe/Berlin",
    "Europe/Chisinau", "Europe/Dublin", "Europe/Istanbul", "Europe/London", "Europe/Moscow",
    "Pacific/Apia", "Pacific/Auckland", "Pacific/Chatham", "Pacific/Easter", "Pacific/Kiritimati",
    "Pacific/Norfolk",
  ]

  @Test(
    "offsets agree with Foundation's at every change from 1970 to 2040 and between",
    arguments: names)
  func againstFoundation(name: String) throws {
    let rules = try zones.rules(of: name)
    let reference = try #require(TimeZone(identifier: name))
    var seconds = Set(stride(from: 0, to: 2_208_988_800, by: 86_400 * 5 + 4321))
    var last = 0
    while let change = rules.transition(after: last), change.second < 2_208_988_800 {
      for distance in [-1, 0, 1] { seconds.insert(change.second + distance) }
      last = change.second
    }
    var date = Date(timeIntervalSince1970: 0)
    while let next = reference.nextDaylightSavingTimeTransition(after: date), next > date,
      next.timeIntervalSince1970 < 2_208_988_800
    {
      for distance in [-1, 0, 1] { seconds.insert(Int(next.timeIntervalSince1970) + distance) }
      date = next
    }
    let wrong = seconds.sorted().filter { second in
      let expected = reference.secondsFromGMT(for: Date(timeIntervalSince1970: Double(second)))
      return rules.offset(at: instant(second)) != expected
    }
    #expect(wrong.isEmpty, "\(name): \(wrong.count) of \(seconds.count), first \(wrong.prefix(4))")
  }

  @Test("every zone of the system reads, and its local times are sound")
  func everyZone() throws {
    var count = 0
    for name in TimeZone.knownTimeZoneIdentifiers {
      guard FileManager.default.fileExists(atPath: directory + "/" + name) else { continue }
      let rules = try zones.rules(of: name)
      for second in stride(from: -3_000_000_000, to: 5_000_000_000, by: 99_999_999) {
        let local = rules.localTime(at: instant(second))
        let back = local.date.daysSinceEpoch * 86_400 + local.secondOfDay - local.offset
        #expect(back == second)
        #expect((0...167).contains(local.hourOfWeek))
      }
      count += 1
    }
    #expect(count > 300)
  }

  @Test("hours of the week count from Monday 00:00 local time")
  func hourOfWeek() throws {
    // 2026-11-22 is a Sunday; 23:30 UTC is Monday 00:30 in Berlin.
    let sunday = try #require(Timestamp(rfc3339: "2026-11-22T23:30:00Z"))
    #expect(TimeZoneRules.utc.localTime(at: sunday).hourOfWeek == 167)
    let berlin = try zones.rules(of: "Europe/Berlin").localTime(at: sunday)
    #expect(berlin.hourOfWeek == 0 && berlin.hour == 0 && berlin.weekday == 0)
    #expect(berlin.date == CivilDate(year: 2026, month: 11, day: 23))
    let early = TimeZoneRules.utc.localTime(at: instant(-1))
    #expect(early.hour == 23 && early.secondOfDay == 86_399 && early.weekday == 2)
  }

  @Test("a local time that the clocks jump over is a gap, one that they repeat is a fold")
  func gapAndFold() throws {
    let berlin = try zones.rules(of: "Europe/Berlin")
    let spring = try #require(CivilDate(year: 2026, month: 3, day: 29))
    let autumn = try #require(CivilDate(year: 2026, month: 10, day: 25))
    let change = try #require(Timestamp(rfc3339: "2026-03-29T01:00:00Z"))
    #expect(berlin.instants(on: spring, secondOfDay: 2 * 3600) == .gap(at: change))
    #expect(berlin.instants(on: spring, secondOfDay: 3 * 3600 - 1) == .gap(at: change))
    #expect(berlin.instants(on: spring, secondOfDay: 3 * 3600) == .one(change))
    let earlier = try #require(Timestamp(rfc3339: "2026-10-25T00:30:00Z"))
    let later = try #require(Timestamp(rfc3339: "2026-10-25T01:30:00Z"))
    let fold = berlin.instants(on: autumn, secondOfDay: 2 * 3600 + 1800)
    #expect(fold == .fold(earlier: earlier, later: later))
    #expect(fold.first == earlier && fold.last == later)
    #expect(berlin.localTime(at: earlier).secondOfDay == berlin.localTime(at: later).secondOfDay)
  }

  @Test("a day that a zone left out is a gap: Samoa, 30 December 2011")
  func missingDay() throws {
    let apia = try zones.rules(of: "Pacific/Apia")
    let day = try #require(CivilDate(year: 2011, month: 12, day: 30))
    let change = try #require(Timestamp(rfc3339: "2011-12-30T10:00:00Z"))
    #expect(apia.instants(on: day, secondOfDay: 43_200) == .gap(at: change))
  }

  @Test(
    "instants of a local time show that local time",
    arguments: ["Europe/Dublin", "America/St_Johns", "Pacific/Chatham"])
  func roundTrip(name: String) throws {
    let rules = try zones.rules(of: name)
    var random = InputRandom(seed: 5)
    for _ in 0..<2000 {
      let second = Int.random(in: 0..<4_000_000_000, using: &random)
      let local = rules.localTime(at: instant(second))
      switch rules.instants(on: local.date, secondOfDay: local.secondOfDay) {
      case .one(let only): #expect(only == instant(second), "seed 5, \(name), \(second)")
      case .fold(let earlier, let later):
        #expect(
          earlier == instant(second) || later == instant(second), "seed 5, \(name), \(second)")
      case .gap: Issue.record("seed 5: \(name) has no \(local)")
      }
    }
  }

  @Test("the ends of the range of time have a local time")
  func range() throws {
    let rules = try zones.rules(of: "Pacific/Auckland")
    for end in [Timestamp.earliest, .latest] {
      let local = rules.localTime(at: end)
      #expect((0..<86_400).contains(local.secondOfDay))
      guard
        let date = CivilDate(year: local.date.year, month: local.date.month, day: local.date.day)
      else { continue }
      _ = rules.instants(on: date, secondOfDay: 0)
    }
  }

  @Test(
    "changed bytes of a TZif file read or are refused, and what is read never crashes",
    arguments: 0..<12)
  func mutated(seed: Int) throws {
    var random = InputRandom(seed: seed)
    let name = Self.names[seed * 3]
    let whole = Array(try Data(contentsOf: URL(fileURLWithPath: directory + "/" + name)))
    var refused = 0
    for _ in 0..<1500 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
          in: 0...255, using: &random)
      }
      if Int.random(in: 0..<10, using: &random) == 0 {
        bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
      }
      guard let rules = try? TimeZoneRules(name: name, tzif: bytes.span) else {
        refused += 1
        continue
      }
      for end in [Timestamp.earliest, instant(0), instant(4_000_000_000), .latest] {
        let local = rules.localTime(at: end)
        _ = rules.instants(on: local.date, secondOfDay: local.secondOfDay)
      }
    }
    #expect(refused > 0, "seed \(seed)")
  }

  @Test("a file cut anywhere is refused")
  func cut() throws {
    let whole = Array(try Data(contentsOf: URL(fileURLWithPath: directory + "/Europe/Berlin")))
    for count in whole.indices {
      let bytes = Array(whole[..<count])
      #expect(throws: ZoneError.self) { _ = try TimeZoneRules(name: "x", tzif: bytes.span) }
    }
  }

  @Test("a footer that contradicts the last transition is refused: the offset would jump twice")
  func contradictingFooter() throws {
    var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: directory + "/Europe/Istanbul")))
    let footer = Array("\n<+03>-3\n".utf8)
    try #require(bytes.suffix(footer.count) == footer[...])
    bytes[bytes.count - 2] = UInt8(ascii: "4")
    let error = #expect(throws: ZoneError.self) {
      _ = try TimeZoneRules(name: "x", tzif: bytes.span)
    }
    #expect(error?.description.contains("contradicts the last transition") == true)
  }
}

@Suite struct PosixFooterTests {
  /// A version-2 file with no transitions but this footer.
  private func rules(footer: String) throws(ZoneError) -> TimeZoneRules {
    let header: [UInt8] = Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15)
    let counts: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 4]
    let block: [UInt8] = [0, 0, 0, 0, 0, 0] + Array("UTC\0".utf8)
    let part = header + counts + block
    let bytes = part + part + Array("\n\(footer)\n".utf8)
    return try TimeZoneRules(name: "Test/Footer", tzif: bytes.span)
  }

  @Test(
    "rules of every form give the offsets that they state",
    arguments: [
      ("UTC0", "2026-07-01T00:00:00Z", 0), ("<+0330>-3:30", "2026-07-01T00:00:00Z", 12_600),
      ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T00:59:59Z", 3600),
      ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T01:00:00Z", 7200),
      ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T01:00:00Z", 3600),
      ("NZST-12NZDT,M9.5.0,M4.1.0/3", "2026-01-01T00:00:00Z", 46_800),
      ("<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", "2026-03-29T00:59:59Z", -10_800),
      ("<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", "2026-03-29T01:00:00Z", -7200),
      ("XXX3EDT4,0/0,J365/23", "2026-12-31T23:59:59Z", -14_400),
      ("XXX3EDT4,0/0,J365/23", "2027-01-01T03:00:00Z", -14_400),
      ("AAA0BBB,J60,J61", "2028-03-01T12:00:00Z", 3600),
      ("AAA0BBB,59,60", "2028-02-29T12:00:00Z", 3600),
      ("IST-1GMT0,M10.5.0,M3.5.0/1", "2026-01-01T00:00:00Z", 0),
      ("IST-1GMT0,M10.5.0,M3.5.0/1", "2026-07-01T00:00:00Z", 3600),
    ])
  func offsets(footer: String, time: String, offset: Int) throws {
    let instant = try #require(Timestamp(rfc3339: time))
    #expect(try rules(footer: footer).offset(at: instant) == offset)
  }

  @Test("where both changes fall on one instant, the one that holds is told")
  func changesTogether() throws {
    let rules = try rules(footer: "CET-1CEST,M1.4.0,M1.5.0/3")
    let change = try #require(Timestamp(rfc3339: "2103-01-28T01:00:00Z"))
    let second = Int(change.microseconds / 1_000_000)
    #expect(rules.transition(after: second - 1)?.offset == 7200)
    let local = rules.localTime(at: change)
    #expect(rules.instants(on: local.date, secondOfDay: local.secondOfDay).first == change)
  }

  @Test(
    "other texts are refused",
    arguments: [
      "X0", "CET", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-25", "CET-1CEST,M13.5.0,M10.5.0",
      "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J5", "CET-1 ",
      "CET-1CEST,M3.5.0/168,M10.5.0", "<CET-1", "CET-1CEST,M3.5.0,M10.5.0x", "CET-1:60",
    ])
  func refused(footer: String) {
    #expect(throws: ZoneError.self) { _ = try rules(footer: footer) }
  }
}

@Suite struct ZoneCatalogueTests {
  @Test(
    "names that could leave the directory are refused unread",
    arguments: [
      "", "/etc/passwd", "../x", "Europe/../x", "Europe//Berlin", "Europe/", "a.b",
      "Europe/Ber lin",
      "Europe\\Berlin", "Europe/Berlin\0", "é", String(repeating: "a", count: 65),
    ])
  func invalidNames(name: String) {
    let catalogue = ZoneCatalogue { (name) throws(ZoneError) in
      Issue.record("read \(name)")
      throw ZoneError.unknown(name)
    }
    #expect(throws: ZoneError.invalidName(name)) { _ = try catalogue.rules(of: name) }
  }

  @Test(
    "a zone that is not there is unknown, a directory too, and a file that is none is malformed")
  func unknown() throws {
    #expect(throws: ZoneError.unknown("Mars/Olympus")) { _ = try zones.rules(of: "Mars/Olympus") }
    #expect(throws: ZoneError.unknown("Europe")) { _ = try zones.rules(of: "Europe") }
    let error = #expect(throws: ZoneError.self) {
      _ = try ZoneCatalogue { _ in Array("no zone".utf8) }.rules(of: "x")
    }
    #expect(error == .malformed("x", byteOffset: 0, reason: "found 7 bytes left, expected 44"))
  }

  @Test("a zone is read once, unknown ones too, up to the limit of what is remembered")
  func cache() throws {
    let reads = Reads()
    let catalogue = ZoneCatalogue { (name) throws(ZoneError) in
      reads.count.withLock { $0 += 1 }
      throw ZoneError.unknown(name)
    }
    for _ in 0..<3 { #expect(throws: ZoneError.self) { _ = try catalogue.rules(of: "A") } }
    #expect(reads.count.withLock { $0 } == 1)
    for number in 0..<(ZoneCatalogue.cacheCountMax * 2) {
      _ = try? catalogue.rules(of: "N\(number)")
    }
    let before = reads.count.withLock { $0 }
    _ = try? catalogue.rules(of: "N\(ZoneCatalogue.cacheCountMax * 2 - 1)")
    #expect(reads.count.withLock { $0 } == before + 1)
  }
}

/// How often something was read.
final class Reads: Sendable {
  let count = Mutex(0)
}
