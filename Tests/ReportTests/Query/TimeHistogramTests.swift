import Foundation
import Ingest
import Report
import TestSupport
import Testing

@Suite("Time histogram")
struct TimeHistogramTests {
  private static func zone(_ name: String) throws -> TimeZoneRules {
    try ZoneCatalogue(directory: "/usr/share/zoneinfo").rules(of: name)
  }

  private static func time(_ text: String) throws -> Timestamp {
    try #require(Timestamp(rfc3339: text))
  }

  @Test("an hour that clocks show twice is two, each with its offset; empty ones are shown")
  func changeOfClocks() throws {
    var histogram = TimeHistogram(.hour, zone: try Self.zone("Europe/Berlin"))
    for text in [
      "2026-10-25T00:10:00Z", "2026-10-25T01:10:00Z", "2026-10-25T01:59:59.999999Z",
      "2026-10-25T03:00:00Z",
    ] { histogram.add(try Self.time(text)) }
    let lines = histogram.lines(width: 80, style: TextStyle(usesColor: false))
    #expect(
      lines.map { String($0.prefix(26)) } == [
        "2026-10-25 02:00 +02:00  1", "2026-10-25 02:00 +01:00  2", "2026-10-25 03:00 +01:00  0",
        "2026-10-25 04:00 +01:00  1",
      ])
  }

  @Test("days are those of the zone, and a long empty stretch is one line")
  func days() throws {
    var histogram = TimeHistogram(.day, zone: try Self.zone("Asia/Tokyo"))
    for text in ["2026-01-01T14:59:59Z", "2026-01-01T15:00:00Z", "2026-06-01T00:00:00Z"] {
      histogram.add(try Self.time(text))
    }
    let lines = histogram.lines(width: 80, style: TextStyle(usesColor: false))
    #expect(
      lines.map { String($0.prefix(17)) } == [
        "2026-01-01 Thu  1", "2026-01-02 Fri  1", "… 149 empty days ", "2026-06-01 Mon  1",
      ])
  }

  @Test(
    "counts equal those of counting by hand, in any zone",
    arguments: [
      "UTC", "Australia/Lord_Howe", "Asia/Kathmandu", "America/New_York",
    ])
  func sums(zone: String) throws {
    var random = SeededRandom(seed: 5)
    var histogram = TimeHistogram(.hour, zone: try Self.zone(zone))
    for _ in 0..<3000 {
      histogram.add(Build.time(Double(Int.random(in: 0..<30_000_000, using: &random))))
    }
    var writer = JSONWriter()
    histogram.encode(to: &writer)
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(writer.bytes)) as? [String: Any])
    let counts = try #require(json["counts"] as? [[String: Any]])
    #expect(counts.reduce(0) { $0 + ($1["count"] as? Int ?? 0) } == 3000)
    #expect(Set(counts.compactMap { $0["from"] as? String }).count == counts.count)
  }

  @Test("times that no clock has yet met are counted together beyond the limit, and shown")
  func bounded() throws {
    var histogram = TimeHistogram(.day, zone: .utc)
    for day in 0..<TimeHistogram.bucketCountMax + 7 {
      histogram.add(Timestamp.earliest.advanced(bySeconds: Double(day) * 86_400))
    }
    #expect(histogram.othersCount == 7)
    #expect(
      histogram.lines(width: 80, style: TextStyle(usesColor: false)).last?.hasPrefix("7 more")
        == true)
  }
}
