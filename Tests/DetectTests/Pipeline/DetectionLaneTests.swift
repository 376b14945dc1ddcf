import Correlate
import Detect
import Ingest
import Testing

@Suite struct DetectionLaneTests {
  private static func records(_ seed: UInt64) -> [IndexedRecord] {
    let records = SmallJournal(seed: seed, triggerCount: 300).records
    return records.enumerated().map { IndexedRecord(index: $0, record: $1) }
      .sorted { $0.record.header.timestamp < $1.record.header.timestamp }
  }

  private static func blank() -> Analysis {
    var configuration = DetectionConfiguration()
    configuration.pMax = 0.2
    return Analysis(
      window: .standard,
      pipeline: DetectionPipeline(
        configuration: configuration, zones: FixedZones(), identify: { $0 }), identify: { $0 })
  }

  @Test(
    "judging on a thread of its own says and learns the same, however it is cut",
    arguments: [1, 7, 100, 100_000])
  func same(partCount: Int) throws {
    let records = Self.records(4)
    var alone = Self.blank()
    var expected: [Finding] = []
    for record in records { expected += alone.add(record) }
    expected += alone.finish()

    var joined = Self.blank()
    var found: [Finding] = []
    var lane = joined.begin()
    for (place, record) in records.enumerated() {
      joined.add(record, to: &lane)
      if place % partCount == partCount - 1 {
        found += joined.end(lane)
        lane = joined.begin()
      }
    }
    joined.finish(to: &lane)
    found += joined.end(lane)
    #expect(expected.count > 10)
    #expect(found == expected)
    #expect(try StateEncoder.bytes(joined) == StateEncoder.bytes(alone))
  }

  @Test("one that is thrown away midway hinders nobody")
  func thrownAway() {
    var analysis = Self.blank()
    var lane = analysis.begin()
    for record in Self.records(5) { analysis.add(record, to: &lane) }
    _ = consume lane
    #expect(analysis.end != nil)
  }
}
