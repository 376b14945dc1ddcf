import Ingest
import TestSupport
import Testing

/// Publishing to a disk that fails at every operation in turn.
@Suite("Publishing through crashes")
struct PublicationCrashTests {
  /// A directory published at 250 entries, and the journal grown to 270: a full tile comes on each
  /// level that has one, and partial ones come and go.
  private func grown() throws -> (source: SimulatedStorage, out: SimulatedStorage, sound: SoundLogs)
  {
    var journal = SignedJournal()
    let out = SimulatedStorage()
    try journal.grow(to: 250)
    try journal.publish(into: out)
    try journal.grow(to: 270)
    let source = journal.fixture.storage
    let done = out.copy()
    _ = try TilePublisher(source, into: done).publish()
    return (source, out, try SoundLogs([out, done], journal.key()))
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
    let (source, before, sound) = try grown()
    let count = try operationCount(source, before)
    #expect(count > 40)
    var outcomes: Set<Int?> = []
    for index in 0..<count {
      let out = before.copy()
      out.faultIndex = index
      out.fault = .powerLoss
      #expect(throws: TilesError.self) { try TilePublisher(source, into: out).publish() }
      let after = out.afterPowerLoss(loss, seed: UInt64(index))
      outcomes.insert(sound.size(of: after))
      let again = try TilePublisher(source, into: after).publish(rechecking: index % 3 == 0)
      #expect(again.size == 270)
      #expect(sound.size(of: after) == 270, "\(loss) \(index)")
    }
    #expect(outcomes.isSubset(of: [250, 270]) && outcomes.contains(250))
  }

  @Test(
    "a failed operation, done or not, leaves the log sound, and the next run completes it",
    arguments: [SimulatedStorage.Fault.failedAndNotDone, .failedButDone])
  func failure(_ fault: SimulatedStorage.Fault) throws {
    let (source, before, sound) = try grown()
    for index in 0..<(try operationCount(source, before)) {
      let out = before.copy()
      out.faultIndex = index
      out.fault = fault
      #expect(throws: TilesError.self) { try TilePublisher(source, into: out).publish() }
      out.faultIndex = nil
      #expect([250, 270].contains(sound.size(of: out)), "\(fault) \(index)")
      let again = try TilePublisher(source, into: out).publish()
      #expect(again.size == 270)
      #expect(sound.size(of: out) == 270, "\(fault) \(index)")
    }
  }

  @Test("what a first run left behind is completed, also when the journal has grown meanwhile")
  func firstRun() throws {
    var journal = SignedJournal()
    try journal.grow(to: 258)
    let source = journal.fixture.storage.copy()
    let count = try operationCount(source, SimulatedStorage())
    try journal.grow(to: 300)
    let done = SimulatedStorage()
    try journal.publish(into: done)
    let sound = try SoundLogs([done], journal.key())
    for index in 0..<count {
      let out = SimulatedStorage()
      out.faultIndex = index
      out.fault = .powerLoss
      #expect(throws: TilesError.self) { try TilePublisher(source, into: out).publish() }
      let after = out.afterPowerLoss(.torn, seed: UInt64(index))
      #expect(try journal.publish(into: after).size == 300)
      #expect(sound.size(of: after) == 300, "\(index)")
      let kept = after.paths.filter { $0.contains(".p/") && !$0.hasPrefix("tile/1/") }
      #expect(kept.allSatisfy { $0.contains("/001.p/") }, "\(index): \(kept)")
    }
  }
}

/// States of a published log that were checked once, to compare others with.
private struct SoundLogs {
  private var states: [(size: Int, files: [String: [UInt8]])] = []

  init(_ logs: [SimulatedStorage], _ key: VerifierKey) throws {
    for log in logs {
      let size = try PublishedCheck(key: key, storage: log).run()
      // Partial tiles of older sizes are nothing that a log must have.
      let needed = Set(Tile.partials(size: size).map(\.path))
      let paths = log.paths.filter {
        $0 == "checkpoint" || needed.contains($0) || Tile(path: $0)?.isFull == true
      }
      let files = Dictionary(uniqueKeysWithValues: paths.map { ($0, log.bytes($0) ?? []) })
      states.append((size, files))
    }
  }

  /// The size of the state whose files are all there; nil when there is none.
  func size(of log: SimulatedStorage) -> Int? {
    states.first { $0.files.allSatisfy { log.bytes($0.key) == $0.value } }?.size
  }
}
