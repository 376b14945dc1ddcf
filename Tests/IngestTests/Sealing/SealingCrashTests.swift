import Ingest
import TestSupport
import Testing

/// Compresses two segments, prunes some, compresses the rest; from a journal that is there.
private struct SealingScript {
  let journal: SealedJournal
  let storage: SimulatedStorage

  func run() throws(JournalError) {
    let now = journal.fixture.clock.now
    var fixture = journal.fixture
    fixture.storage = storage
    let opened = try fixture.open()
    for name in try opened.compressibleSegments().prefix(2) {
      _ = try opened.compressSegment(name, at: now)
    }
    _ = try opened.prune(before: SealedJournal.time(6), policy: "30 days", at: now)
    for name in try opened.compressibleSegments() {
      _ = try opened.compressSegment(name, at: now)
    }
    try opened.close(at: now)
  }
}

@Suite("Compressing and pruning, interrupted")
struct SealingCrashTests {
  /// A journal of a dozen entries in several segments, made once.
  private static func start() throws -> SealedJournal { try SealedJournal(count: 9) }

  /// What is left is whole, and running it all again ends as if nothing had happened.
  private func audit(_ journal: SealedJournal, _ storage: SimulatedStorage, _ story: String) {
    do {
      storage.faultIndex = nil
      var fixture = journal.fixture
      fixture.storage = storage
      let kept = try journal.fixture.verify()
      let outside = Checkpoint(origin: "vigil/test", size: kept.entryCount, root: kept.root)
      let first = try fixture.verify(outside: [outside])
      #expect(first.hasPassed, "\(story): \(String(describing: first.firstFailure))")
      let entries = try journal.fixture.entries()
      try check(entries, storage, story)
      try SealingScript(journal: journal, storage: storage).run()
      let last = try fixture.verify(outside: [outside])
      #expect(last.hasPassed, "\(story), again: \(String(describing: last.firstFailure))")
      #expect(last.prunedSegmentCount > 0 && last.compressedSegmentCount > 0, "\(story)")
      try check(entries, storage, story)
      let left = storage.paths.filter { $0.hasPrefix("segments/") && $0.hasSuffix(".jsonl") }
      let closed = storage.paths.filter { $0.hasSuffix(".zst") || $0.hasSuffix(".pruned") }
      #expect(Set(closed.map { $0.prefix(21) }).isDisjoint(with: left.map { $0.prefix(21) }), "\(story)")
      let outcomes = try fixture.write((0..<9).map { SealedJournal.request($0) })
      #expect(outcomes.allSatisfy { $0 == .duplicate }, "\(story)")
    } catch {
      Issue.record("\(story): \(error)")
    }
  }

  /// Every entry is what it was, or is pruned under a record.
  private func check(
    _ entries: [String], _ storage: SimulatedStorage, _ story: String
  ) throws {
    let reader = try JournalReader(storage)
    let recorded = try controls(.segmentPruned, in: storage).compactMap { record in
      record.counts.first?.value
    }
    for (index, entry) in entries.enumerated() {
      if let found = try reader.entry(at: index) {
        #expect(found == Array(entry.utf8), "\(story): entry \(index)")
      } else {
        #expect(recorded.contains { $0 <= index }, "\(story): entry \(index) is gone")
      }
    }
  }

  @Test(
    "keeps every entry, or its record, whichever operation fails and however",
    arguments: SimulatedStorage.Fault.allCases, SimulatedStorage.Loss.allCases)
  func everyOperation(_ fault: SimulatedStorage.Fault, _ loss: SimulatedStorage.Loss) throws {
    let journal = try SealingCrashTests.start()
    let whole = journal.storage.copy()
    let before = whole.operationCount
    try SealingScript(journal: journal, storage: whole).run()
    let count = whole.operationCount - before
    #expect(count > 150)
    // Each fault and loss takes its share of the operations; together they take all, several times.
    let share = (SimulatedStorage.Loss.allCases.firstIndex(of: loss) ?? 0) % 2
    for index in stride(from: share, to: count, by: 2) {
      let storage = journal.storage.copy()
      storage.fault = fault
      storage.faultIndex = storage.operationCount + index
      do { try SealingScript(journal: journal, storage: storage).run() } catch {}
      audit(
        journal, storage.afterPowerLoss(loss, seed: UInt64(index)),
        "\(fault) at operation \(index), then \(loss)")
    }
  }

  @Test(
    "a failure without a crash leaves a journal that the next run finishes",
    arguments: [SimulatedStorage.Fault.failedAndNotDone, .failedButDone])
  func withoutCrash(_ fault: SimulatedStorage.Fault) throws {
    let journal = try SealingCrashTests.start()
    let whole = journal.storage.copy()
    let before = whole.operationCount
    try SealingScript(journal: journal, storage: whole).run()
    for index in 0..<whole.operationCount - before {
      let storage = journal.storage.copy()
      storage.fault = fault
      storage.faultIndex = storage.operationCount + index
      do { try SealingScript(journal: journal, storage: storage).run() } catch {}
      audit(journal, storage.copy(), "\(fault) at operation \(index), no crash")
    }
  }
}
