import Ingest
import Testing

@Suite struct TimestampTests {
  @Test(
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59.999999Z", -1),
      ("2026-11-24T05:28:54.5Z", 1_795_498_134_500_000),
      ("2000-02-29T00:00:00Z", 951_782_400_000_000),
      ("2026-11-24 07:28:54.5+02:00", 1_795_498_134_500_000),
      ("2026-11-23t21:28:54.5-08:00", 1_795_498_134_500_000),
      ("1970-01-01T00:00:00.0000005Z", 1), ("1970-01-01T00:00:00.00000049Z", 0),
      ("1970-01-01T00:00:00.9999999Z", 1_000_000), ("2016-12-31T23:59:60Z", 1_483_228_799_999_999),
      ("0001-01-01T00:00:00Z", -62_135_596_800_000_000),
      ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
    ] as [(String, Int64)])
  func aDateTimeIsRead(_ text: String, _ microseconds: Int64) {
    #expect(Timestamp(rfc3339: text)?.microseconds == microseconds)
  }

  @Test(arguments: [
    "", "2026-11-24", "2026-11-24T05:28:54", "2026-11-24T05:28Z", "2026-02-29T00:00:00Z",
    "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-11-31T00:00:00Z", "2026-11-24T24:00:00Z",
    "2026-11-24T05:60:00Z", "2026-11-24T05:00:61Z", "2026-11-24T05:28:54.Z",
    "2026-11-24T05:28:54+0200", "2026-11-24T05:28:54+24:00", "0000-01-01T00:00:00Z",
    "2026-11-24T05:28:54Zx", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59.9999999Z",
    "9999-12-31T23:59:59-00:01", "+2026-11-24T05:28:54Z",
  ])
  func whatIsNoDateTimeIsRefused(_ text: String) {
    #expect(Timestamp(rfc3339: text) == nil)
  }

  @Test(arguments: [1, 2] as [UInt64])
  func everyInstantReadsBackAndSortsAsItsText(_ seed: UInt64) throws {
    var random = LineRandom(seed: seed)
    let range = Timestamp.earliest.microseconds...Timestamp.latest.microseconds
    var last = Timestamp.earliest
    for _ in 0..<500 {
      let instant = try #require(Timestamp(microseconds: Int64.random(in: range, using: &random)))
      #expect(Timestamp(rfc3339: instant.rfc3339) == instant, "seed \(seed): \(instant.rfc3339)")
      #expect(instant.rfc3339.utf8.count == 27)
      #expect((instant < last) == (instant.rfc3339 < last.rfc3339), "seed \(seed)")
      last = instant
    }
  }

  @Test func everyDayOfFourHundredYearsHasItsPlace() throws {
    var expected = try #require(CivilDate(year: 1900, month: 1, day: 1)).daysSinceEpoch
    for year in 1900..<2300 {
      for month in 1...12 {
        for day in 1...31 {
          guard let date = CivilDate(year: year, month: month, day: day) else { continue }
          #expect(date.daysSinceEpoch == expected)
          #expect(CivilDate(daysSinceEpoch: expected) == date)
          expected += 1
        }
      }
    }
    #expect(CivilDate(daysSinceEpoch: 0).weekday == 3)
    #expect(CivilDate(daysSinceEpoch: -4).weekday == 6)
  }

  @Test func arithmeticIsClampedToTheRange() throws {
    let zero = try #require(Timestamp(microseconds: 0))
    #expect(zero.advanced(bySeconds: 1.5).microseconds == 1_500_000)
    #expect(zero.advanced(bySeconds: .infinity) == .latest)
    #expect(zero.advanced(bySeconds: -1e300) == .earliest)
    #expect(zero.advanced(bySeconds: 1e12) == .latest)
    #expect(zero.seconds(since: zero.advanced(bySeconds: 2)) == -2)
    #expect(Timestamp(secondsSinceEpoch: 1.0000005)?.microseconds == 1_000_001)
    #expect(Timestamp(secondsSinceEpoch: .nan) == nil)
    #expect(Timestamp(microseconds: Timestamp.latest.microseconds + 1) == nil)
  }
}
