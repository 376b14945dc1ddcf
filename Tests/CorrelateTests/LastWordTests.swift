import Correlate
import Foundation
import Ingest
import Testing

@Suite("Told only how activities settle") struct LastWordTests {
  /// What a reader is told who takes everything, or only the last word; with the saved state at half way.
  private func run(
    _ records: [IndexedRecord], lastWord: Bool
  ) throws -> (events: [CorrelatedEvent], summary: CorrelationSummary, saved: Data) {
    var correlator = Correlator(
      window: .standard, identify: { "id:" + $0 }, tellsOnlySettled: lastWord)
    var events: [CorrelatedEvent] = []
    var saved = Data()
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    for (place, record) in records.enumerated() {
      correlator.add(record)
      events += correlator.advance()
      if place == records.count / 2 { saved = try encoder.encode(correlator.standing(at: .latest)) }
    }
    events += correlator.finish()
    return (events, correlator.summary, saved)
  }

  @Test(
    "the last words, what is open half way, and the sums are those of a reader who takes everything",
    arguments: [1, 2, 3, 5, 8, 13, 21, 34] as [UInt64])
  func sameWords(seed: UInt64) throws {
    let records = madeUpRecords(seed: seed, count: 300)
    let (all, last) = (try run(records, lastWord: false), try run(records, lastWord: true))
    #expect(!settled(all.events).isEmpty, "seed \(seed)")
    #expect(settled(last.events) == settled(all.events), "seed \(seed)")
    #expect(last.events.count == settled(all.events).count, "nothing else is told, seed \(seed)")
    #expect(last.summary == all.summary, "seed \(seed)")
    #expect(last.saved == all.saved, "seed \(seed)")
  }
}
