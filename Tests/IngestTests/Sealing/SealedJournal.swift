import Ingest
import TestSupport
import Testing

/// Journals of several closed segments for the tests of compressing and pruning.
struct SealedJournal {
  var fixture: JournalFixture
  var storage: SimulatedStorage { fixture.storage }

  /// `count` requests, one an hour, in segments of about three, closed with a checkpoint.
  init(count: Int = 20, storage: SimulatedStorage = SimulatedStorage()) throws {
    fixture = JournalFixture(storage)
    fixture.settings.segmentByteCount = 1200
    try fixture.write((0..<count).map { SealedJournal.request($0) })
    fixture.clock.advance(bySeconds: 60)
  }

  static func request(_ number: Int) -> Record {
    Build.request("r\(number)", at: time(number), originalByteCount: 60)
  }

  /// The journal's own records carry the clock's time: requests are of the days before it.
  static func time(_ number: Int) -> Timestamp {
    Build.time(Double(number) * 3600 - 30 * 86_400)
  }

  /// Compresses the first `count` closed segments, all unless told otherwise.
  @discardableResult
  func compress(_ count: Int = .max) throws -> [SealedSegment] {
    let journal = try fixture.open()
    var sealed: [SealedSegment] = []
    for name in try journal.compressibleSegments().prefix(count) {
      sealed.append(try journal.compressSegment(name, at: fixture.clock.now))
    }
    try journal.close(at: fixture.clock.now)
    return sealed
  }

  @discardableResult
  func prune(before limit: Timestamp, policy: String = "30 days") throws -> [PrunableSegment] {
    let journal = try fixture.open()
    let pruned = try journal.prune(before: limit, policy: policy, at: fixture.clock.now)
    try journal.close(at: fixture.clock.now)
    return pruned
  }

  /// The root over the first `size` entries, from the leaf files.
  func root(_ size: Int) throws -> Digest {
    var tree = MerkleTree()
    var hasher = MerkleHasher()
    for leaf in try leaves().prefix(size) { tree.append(leaf, &hasher) }
    return tree.root(&hasher)
  }

  /// Every leaf hash on file, in order.
  func leaves() throws -> [Digest] {
    var result: [Digest] = []
    for path in storage.paths where path.hasSuffix(".leaf") {
      let bytes = try #require(storage.bytes(path))
      for start in stride(from: 0, to: bytes.count, by: 32) {
        let leaf = Digest(Array(bytes[start..<start + 32]).span)
        result.append(try #require(leaf))
      }
    }
    return result
  }

  func newest() throws -> Checkpoint {
    try #require(CheckpointHistory(CheckpointBytes(storage)).newest?.checkpoint)
  }

  /// Records in event order, by index and id.
  func eventOrder() throws -> [String] {
    var result: [String] = []
    try JournalReader(storage).forEachRecordInEventOrder { record in
      result.append("\(record.index) \(record.record.header.id)")
    }
    return result
  }

  func paths(_ suffix: String) -> [String] { storage.paths.filter { $0.hasSuffix(suffix) } }
}

/// The control records of a kind.
func controls(
  _ event: ControlRecord.Event, in storage: SimulatedStorage
) throws -> [ControlRecord] {
  try JournalReader(storage).allRecords().compactMap { record in
    guard case .control(let control) = record.body, control.event == event else { return nil }
    return control
  }
}
