import Ingest
import TestSupport
import Testing

/// Publishing to a disk that fails at every operation in turn.
@Suite("Publishing through crashes")
struct PublicationCrashTests {
  /// A directory published at 250 entries, and the journal grown to 270: a full tile on each level
  /// that has one, partial ones that go and others that come.
  private func grown() throws -> (SignedJournal, SimulatedStorage, SimulatedStorage) {
    var journal = SignedJournal()
    let out = SimulatedStorage()
    try journal.grow(to: 250)
    try journal.publish(into: out)
    try journal.grow(to: 270)
    return (journal, journal.fixture.storage, out)
  }

  private func operationCount(_ journal: SimulatedStorage, _ out: SimulatedStorage) throws -> Int {
    let copy = out.copy()
    _ = try TilePublisher(journal, into: copy).publish()
    return copy.operationCount
  }

  @Test(
    "after power loss at any operation the log is sound, and the next run completes it",
    arguments: SimulatedStorage.Loss.allCases)
  func powerLoss(_ loss: SimulatedStorage.Loss) throws {
    let (journal, source, before) = try grown()
    let count = try operationCount(source, before)
    #expect(count > 40)
    var outcomes: Set<Int> = []
    for index in 0..<count {
      let out = before.copy()
      out.faultIndex = index
      out.fault = .powerLoss
      #expect(throws: TilesError.self) { try TilePublisher(source, into: out).publish() }
      let after = out.afterPowerLoss(loss, seed: UInt64(index))
      let size = try PublishedCheck(key: journal.key(), storage: after).run()
      outcomes.insert(size)
      let again = try TilePublisher(source, into: after).publish(rechecking: index % 3 == 0)
      #expect(again.size == 270)
      #expect(try PublishedCheck(key: journal.key(), storage: after).run() == 270, "\(index)")
    }
    #expect(outcomes.isSubset(of: [250, 270]) && outcomes.contains(250))
  }

  @Test(
    "a failed operation, done or not, leaves the log sound, and the next run completes it",
    arguments: [SimulatedStorage.Fault.failedAndNotDone, .failedButDone])
  func failure(_ fault: SimulatedStorage.Fault) throws {
    let (journal, source, before) = try grown()
    for index in 0..<(try operationCount(source, before)) {
      let out = before.copy()
      out.faultIndex = index
      out.fault = fault
      #expect(throws: TilesError.self) { try TilePublisher(source, into: out).publish() }
      out.faultIndex = nil
      let size = try PublishedCheck(key: journal.key(), storage: out).run()
      #expect([250, 270].contains(size), "\(fault) \(index)")
      let again = try TilePublisher(source, into: out).publish()
      #expect(again.size == 270)
      #expect(try PublishedCheck(key: journal.key(), storage: out).run() == 270, "\(index)")
    }
  }

  @Test("what a first run left behind is completed, also when the journal has grown meanwhile")
  func firstRun() throws {
    var journal = SignedJournal()
    try journal.grow(to: 258)
    let source = journal.fixture.storage
    let count = try operationCount(source, SimulatedStorage())
    try journal.grow(to: 530)
    for index in 0..<count {
      let out = SimulatedStorage()
      out.faultIndex = index
      out.fault = .powerLoss
      #expect(throws: TilesError.self) { try TilePublisher(source, into: out).publish() }
      let after = out.afterPowerLoss(.torn, seed: UInt64(index))
      #expect(try journal.publish(into: after).size == 530)
      #expect(try PublishedCheck(key: journal.key(), storage: after).run() == 530, "\(index)")
      let kept = after.paths.filter { $0.contains(".p/") && !$0.hasPrefix("tile/1/") }
      #expect(kept.allSatisfy { $0.contains("/002.p/") }, "\(index): \(kept)")
    }
  }
}
