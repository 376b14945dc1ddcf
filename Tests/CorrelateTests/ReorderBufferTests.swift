import Correlate
import Ingest
import TestSupport
import Testing

@Suite("Order of arrival within the lateness")
struct LatenessOrderTests {
  /// What is told of requests, whose events carry their records.
  private static func told(_ records: [IndexedRecord], _ window: JoinWindow) -> [Int] {
    var correlator = Correlator(window: window) { $0 }
    var told: [Int] = []
    func take(_ events: [CorrelatedEvent]) {
      for event in events { if case .request(let record, _) = event { told.append(record.index) } }
    }
    for record in records {
      correlator.add(record)
      take(correlator.advance())
    }
    take(correlator.finish())
    return told
  }

  @Test(
    "records out of order by less than the lateness are told in order, in order or not",
    arguments: 1...12 as ClosedRange<UInt64>)
  func disorder(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let window = JoinWindow(seconds: 60, latenessSeconds: 50, danglingSeconds: 3600)
    let sorted = (0..<3000).map { number in
      IndexedRecord(
        index: number,
        record: Build.request("r\(1_000_000 + number)", at: Build.time(Double(number))))
    }
    // Nobody comes more than 45 places, and seconds, after where they belong.
    let places = sorted.map { Double($0.index) + Double.random(in: 0..<45, using: &random) }
    let shuffled = sorted.sorted { places[$0.index] < places[$1.index] }
    #expect(shuffled != sorted)
    #expect(Self.told(shuffled, window) == Self.told(sorted, window), "seed \(seed)")
    #expect(Self.told(sorted, window) == Array(0..<3000))
  }
}
