import Ingest
import TestSupport
import Testing

/// Six sessions of one record, each closed with a checkpoint, a minute apart.
private func sessions() throws -> JournalFixture {
  var fixture = JournalFixture()
  fixture.settings.segmentByteCount = 700
  for session in 0..<6 {
    try fixture.write([Build.request("s\(session)", at: Build.time(Double(session)))])
    fixture.clock.advance(bySeconds: 60)
  }
  return fixture
}

/// The segment and the offset at which an entry begins.
private func location(_ index: Int, in storage: SimulatedStorage) throws -> EntryLocation {
  var cursor = try JournalReader(storage).cursor(from: index)
  return try #require(try cursor.next())
}

/// Flips a bit of an entry that leaves it a record, and makes its leaf hash fit when asked.
private func alter(_ index: Int, in storage: SimulatedStorage, withLeaf: Bool) throws {
  let place = try location(index, in: storage)
  let path = place.segment.entriesPath
  let bytes = try #require(storage.bytes(path))
  let mark = Array("\"id\":\"".utf8)
  let start = try #require(
    (place.byteOffset..<bytes.count).first { bytes[$0...].starts(with: mark) })
  storage.flipBit(path, byte: start + mark.count, bit: 0)
  guard withLeaf else { return }
  let entry = try #require(try JournalReader(storage).entry(at: index))
  var hasher = MerkleHasher()
  let leaf = hasher.leaf(entry.span).bytes
  var leaves = try #require(storage.bytes(place.segment.leavesPath))
  let position = (index - place.segment.firstIndex) * 32
  leaves.replaceSubrange(position..<position + 32, with: leaf)
  storage.put(place.segment.leavesPath, leaves)
}

@Suite("Verification says what is in doubt")
struct VerificationDoubtTests {
  @Test("an altered entry alone, between its neighbours and their times", arguments: 0..<18)
  func oneEntry(_ index: Int) throws {
    let fixture = try sessions()
    let good = try JournalReader(fixture.storage).allRecords().map(\.header)
    try alter(index, in: fixture.storage, withLeaf: false)
    let result = try fixture.verify()
    guard case .failed(let first, let count) = result.integrity else {
      throw TestFailure.unexpected
    }
    #expect(count == 1)
    #expect(first.kind == .entryAltered)
    #expect(first.damage.index == index)
    // The leaf hashes give every checkpoint's root: so exactly this entry was altered.
    #expect(result.completeness.hasPassed)
    let doubt = try #require(first.doubt)
    #expect(doubt.range == index..<index + 1)
    #expect(doubt.before?.index == (index == 0 ? nil : index - 1))
    #expect(doubt.after?.index == (index == good.count - 1 ? nil : index + 1))
    for neighbour in [doubt.before, doubt.after] {
      guard let neighbour else { continue }
      #expect(neighbour.timestamp == good[neighbour.index].timestamp)
      #expect(neighbour.receivedAt == good[neighbour.index].receivedAt)
    }
  }

  @Test("an entry altered with its leaf hash: the entries between two checkpoints, and their span")
  func withLeaf() throws {
    let fixture = try sessions()
    let checkpoints = [3, 6, 9, 12, 15, 18]
    for index in 0..<18 {
      let altered = JournalFixture(fixture.storage.copy())
      try alter(index, in: altered.storage, withLeaf: true)
      let result = try altered.verify()
      guard case .failed(let first, _) = result.integrity else { throw TestFailure.unexpected }
      #expect(first.kind == .rootDiffers)
      let doubt = try #require(first.doubt)
      let end = try #require(checkpoints.first { $0 > index })
      #expect(doubt.range == end - 3..<end, "entry \(index)")
      let place = try location(end - 3, in: altered.storage)
      #expect(first.damage.index == end - 3)
      #expect(first.damage.file == place.segment.entriesPath)
      #expect(first.damage.byteOffset == place.byteOffset)
      #expect(doubt.before?.index == (end == 3 ? nil : end - 4), "entry \(index)")
      #expect(doubt.after?.index == (end == 18 ? nil : end), "entry \(index)")
    }
  }

  @Test("two altered entries: both counted, everything between them in doubt")
  func twoEntries() throws {
    let fixture = try sessions()
    try alter(4, in: fixture.storage, withLeaf: false)
    try alter(5, in: fixture.storage, withLeaf: false)
    try alter(13, in: fixture.storage, withLeaf: false)
    guard case .failed(let first, let count) = try fixture.verify().integrity else {
      throw TestFailure.unexpected
    }
    #expect(count == 3)
    #expect(first.doubt?.range == 4..<6)
    #expect(first.doubt?.before?.index == 3)
    #expect(first.doubt?.after?.index == 6)
  }

  @Test(
    "says the same whatever the number of threads and the size of blocks", arguments: 0..<12)
  func deterministic(_ seed: Int) throws {
    var random = SeededRandom(seed: UInt64(seed))
    var fixture = JournalFixture()
    fixture.settings.segmentByteCount = 400_000
    for session in 0..<3 {
      try fixture.write(
        (0..<400).map { Build.request("s\(session)n\($0)", originalByteCount: 700) })
    }
    let storage = fixture.storage
    for _ in 0..<seed % 4 {
      let path = try #require(
        storage.paths.filter { $0.hasPrefix("segments/") }.randomElement(using: &random))
      let count = storage.bytes(path)?.count ?? 0
      guard count > 0 else { continue }
      storage.flipBit(
        path, byte: Int.random(in: 0..<count, using: &random),
        bit: Int.random(in: 0..<8, using: &random))
    }
    let expected = try JournalVerifier(storage, helperCount: 0).verify()
    #expect(expected.hasPassed == (seed % 4 == 0), "seed \(seed)")
    for (helpers, blockByteCount) in [(0, 1), (1, 1), (3, 1), (1, 200_000), (3, 1 << 20)] {
      let verifier = JournalVerifier(
        storage, helperCount: helpers, blockByteCount: blockByteCount)
      #expect(try verifier.verify() == expected, "seed \(seed), \(helpers), \(blockByteCount)")
    }
  }

  @Test("an age limit fails a journal without any checkpoint")
  func noCheckpoint() throws {
    let fixture = JournalFixture()
    let journal = try fixture.open()
    _ = try journal.append(Build.request("a"), at: fixture.clock.now)
    try journal.commit()
    let verifier = JournalVerifier(fixture.storage)
    #expect(try verifier.verify(now: fixture.clock.now).hasPassed)
    let result = try verifier.verify(now: fixture.clock.now, ageSecondsMax: 1e9)
    guard case .failed(let first, _) = result.freshness else { throw TestFailure.unexpected }
    #expect(first.kind == .stale)
    #expect(first.damage.found == "no checkpoint")
  }
}
