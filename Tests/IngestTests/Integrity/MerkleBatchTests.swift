import Ingest
import TestSupport
import Testing

@Suite struct MerkleBatchTests {
  @Test(
    "many messages at a time have the digests that they have one by one", arguments: [false, true])
  func digests(_ isPlain: Bool) {
    var random = SeededRandom(seed: 11)
    var batch = MerkleBatchHasher(isPlain: isPlain)
    // Lengths around every block boundary of SHA-256, and rows of every length around the lanes.
    for count in [0, 1, 2, 3, 7, 8, 15, 16, 17, 33, 200] {
      var (bytes, starts, ends): ([UInt8], [UInt32], [UInt32]) = ([], [], [])
      for number in 0..<count {
        starts.append(UInt32(bytes.count))
        // Also longer than the lanes take: 65,534 bytes.
        let long = [60_000, 65_534, 65_535, 65_536, 70_000][number / 5 % 5]
        bytes += random.bytes(count: number % 5 == 4 ? long : 1 + (number * 37) % 300)
        ends.append(UInt32(bytes.count))
      }
      let expected = zip(starts, ends).map {
        SHA256.digest(bytes.span.extracting(Int($0)..<Int($1)))
      }
      #expect(batch.digests(bytes.span, starts, ends) == expected, "\(count) messages")
    }
  }

  @Test("rows of leaves give the tree that its leaves give, wherever they begin and end")
  func rows() {
    let leaves = (0..<90).map { SHA256.digest([0x00, UInt8($0)].span) }
    var hasher = MerkleHasher()
    var batch = MerkleBatchHasher()
    for first in 0..<40 {
      var before = MerkleTree()
      for leaf in leaves[..<first] { before.append(leaf, &hasher) }
      var expected = before
      for count in 0...50 {
        let row = PerfectSubtrees(
          of: Array(leaves[first..<first + count]), firstIndex: first, &batch)
        var tree = before
        tree.append(row, &hasher)
        #expect(tree == expected, "\(count) from \(first)")
        #expect(row.subtrees.reduce(0) { $0 + 1 << $1.height } == count)
        if first + count < leaves.count { expected.append(leaves[first + count], &hasher) }
      }
    }
  }
}

/// Verifying a block of entries at a time says what verifying each of them says.
@Suite struct BlockVerificationTests {
  private static let entryCount = 900

  /// Entries of about 1 KiB, in one segment of several blocks, under one checkpoint.
  private func journal() throws -> JournalFixture {
    var fixture = JournalFixture()
    fixture.settings.segmentByteCount = 1 << 24
    try fixture.write(
      (0..<BlockVerificationTests.entryCount).map {
        Build.request("r\($0)", originalByteCount: 700)
      })
    return fixture
  }

  private func verify(
    _ fixture: JournalFixture, isReading: Bool, helperCount: Int
  ) throws -> JournalVerification {
    try JournalVerifier(fixture.storage, helperCount: helperCount, blockByteCount: 1 << 16)
      .verify(isReading: isReading)
  }

  @Test("an undamaged journal has the same root, with and without reading the entries")
  func undamaged() throws {
    let fixture = try journal()
    for helperCount in [0, 2] {
      let whole = try verify(fixture, isReading: true, helperCount: helperCount)
      let hashed = try verify(fixture, isReading: false, helperCount: helperCount)
      #expect(whole.hasPassed && hashed.hasPassed)
      #expect(whole.root == hashed.root && whole.entryCount == hashed.entryCount)
      #expect(whole.byteCount == hashed.byteCount)
      #expect(whole.entryCount == BlockVerificationTests.entryCount + 2)
      #expect(whole.order == .passed && hashed.order == .notChecked)
      #expect(whole.freshness == .passed && hashed.freshness == .notChecked)
    }
  }

  @Test(
    "an altered entry is named with its good neighbours", arguments: [0, 1, 300, 500, 899, 901])
  func altered(_ index: Int) throws {
    let fixture = try journal()
    let path = "segments/000000000000.jsonl"
    let bytes = try #require(fixture.storage.bytes(path))
    let starts = [0] + bytes.indices.filter { bytes[$0] == 0x0A }.map { $0 + 1 }
    fixture.storage.flipBit(path, byte: starts[index] + 30, bit: 0)
    for isReading in [true, false] {
      let found = try verify(fixture, isReading: isReading, helperCount: 1)
      guard case .failed(let first, let count) = found.integrity else {
        throw TestFailure.unexpected
      }
      #expect(count == 1 && first.kind == .entryAltered)
      #expect(first.damage.index == index && first.damage.byteOffset == starts[index])
      #expect(first.doubt?.range == index..<index + 1)
      let isInside = index > 0 && index <= BlockVerificationTests.entryCount
      #expect(first.doubt?.before?.index == (isReading && index > 0 ? index - 1 : nil))
      #expect(
        first.doubt?.after?.index == (isReading && (isInside || index == 0) ? index + 1 : nil))
    }
  }

  @Test("an entry that is no record is damage only where entries are read")
  func notARecord() throws {
    let fixture = try journal()
    let path = "segments/000000000000.jsonl"
    // A writer that signs nonsense: the tree is sound, the entry is not.
    let nonsense = Array("nonsense\n".utf8)
    let entries = try fixture.entries()
    fixture.storage.put(path, (fixture.storage.bytes(path) ?? []) + nonsense)
    let message = [0] + nonsense.dropLast()
    let leaf = SHA256.digest(message.span)
    let leaves = fixture.storage.bytes("segments/000000000000.leaf") ?? []
    fixture.storage.put("segments/000000000000.leaf", leaves + leaf.bytes)
    let whole = try verify(fixture, isReading: true, helperCount: 1)
    guard case .failed(let first, _) = whole.order else { throw TestFailure.unexpected }
    #expect(first.kind == .notARecord && first.damage.index == entries.count)
    let hashed = try verify(fixture, isReading: false, helperCount: 1)
    #expect(hashed.integrity == .passed && hashed.order == .notChecked)
  }

  @Test("what an interrupted write left is told from entries also where entries are not read")
  func interrupted() throws {
    let fixture = try journal()
    let path = "segments/000000000000.jsonl"
    fixture.storage.put(path, (fixture.storage.bytes(path) ?? []) + Array("{\"v\":1,\nrest".utf8))
    let whole = try verify(fixture, isReading: true, helperCount: 1)
    let hashed = try verify(fixture, isReading: false, helperCount: 1)
    #expect(whole.hasPassed && hashed.hasPassed)
    #expect(whole.tailByteCount == 12 && hashed.tailByteCount == 12)
    #expect(whole.root == hashed.root && whole.entryCount == hashed.entryCount)
  }
}
