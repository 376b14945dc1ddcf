import Ingest
import TestSupport
import Testing

@Suite("Journal with pruned segments")
struct PruneJournalTests {
  private static let limit = SealedJournal.time(12)

  /// Entries 0 to about 11 pruned, a part of them compressed before.
  private func prunedJournal(
    compressing count: Int = 2
  ) throws -> (journal: SealedJournal, before: JournalVerification, pruned: [PrunableSegment]) {
    let journal = try SealedJournal()
    try journal.compress(count)
    let before = try journal.fixture.verify()
    let pruned = try journal.prune(before: PruneJournalTests.limit)
    return (journal, before, pruned)
  }

  @Test("loses whole old segments, and keeps their leaf hashes and every root")
  func rootsHold() throws {
    let (journal, before, pruned) = try prunedJournal()
    #expect(pruned.count > 1)
    let root = Checkpoint(origin: "vigil/test", size: before.entryCount, root: before.root)
    let after = try journal.fixture.verify(outside: [root])
    #expect(after.hasPassed, "\(String(describing: after.firstFailure))")
    #expect(after.prunedSegmentCount == pruned.count)
    #expect(after.prunedEntryCount == pruned.reduce(0) { $0 + $1.entryCount })
    for segment in pruned {
      #expect(journal.storage.bytes(segment.name.entriesPath) == nil)
      #expect(journal.storage.bytes(segment.name.compressedPath) == nil)
      #expect(journal.storage.bytes(segment.name.leavesPath)?.count == segment.entryCount * 32)
      #expect(segment.span.timestamps.upperBound < PruneJournalTests.limit)
    }
    for path in journal.storage.paths where path.hasPrefix("segments/") {
      let text = String(decoding: try #require(journal.storage.bytes(path)), as: UTF8.self)
      #expect(!text.contains("\"id\":\"r1\""), "\(path) still tells what was pruned")
    }
  }

  @Test("records each segment: entries, times, root of its leaves, policy")
  func recorded() throws {
    let (journal, _, pruned) = try prunedJournal()
    let records = try controls(.segmentPruned, in: journal.storage)
    #expect(records.count == pruned.count)
    for (record, segment) in zip(records, pruned) {
      #expect(record.subject == segment.name.stem)
      #expect(record.reason == "30 days")
      #expect(record.sha256 == segment.root.hex)
      #expect(record.span == segment.span)
      #expect(record.counts.first?.value == segment.name.firstIndex)
      #expect(record.counts.dropFirst().first?.value == segment.entryCount)
    }
  }

  @Test("readers pass over what is gone, say how much it is, and keep every index")
  func readers() throws {
    let (journal, _, pruned) = try prunedJournal()
    let count = pruned.reduce(0) { $0 + $1.entryCount }
    let reader = try JournalReader(journal.storage)
    #expect(reader.prunedEntryCount == count)
    #expect(try reader.allEntries().count == reader.entryCount - count)
    let gone = pruned.flatMap { $0.name.firstIndex..<$0.name.firstIndex + $0.entryCount }
    for index in 0..<reader.entryCount {
      let entry = try reader.entry(at: index)
      #expect((entry == nil) == gone.contains(index), "entry \(index)")
      var cursor = try reader.cursor(from: index)
      let next = try cursor.next()?.index
      #expect(next == (index..<reader.entryCount).first { !gone.contains($0) }, "from \(index)")
    }
    let order = try journal.eventOrder()
    #expect(order.count == reader.entryCount - count)
    let leaves = try journal.leaves()
    var hasher = MerkleHasher()
    try reader.forEachRecordInEventOrder { record in
      let entry = try #require(try reader.entry(at: record.index))
      #expect(hasher.leaf(entry.span) == leaves[record.index])
    }
  }

  @Test("inclusion of what remains, and of the leaf hash of what is gone, verifies as ever")
  func proofs() throws {
    let (journal, _, _) = try prunedJournal()
    let checkpoint = try journal.newest()
    let leaves = try journal.leaves()
    let reader = try JournalReader(journal.storage)
    var hasher = MerkleHasher()
    for index in 0..<checkpoint.size {
      let path = MerkleProof.inclusion(of: index, size: checkpoint.size, &hasher) { leaves[$0] }
      let entry = try reader.entry(at: index)
      let leaf = entry.map { hasher.leaf($0.span) } ?? leaves[index]
      #expect(
        MerkleProof.verifiesInclusion(
          of: leaf, at: index, size: checkpoint.size, root: checkpoint.root, path: path, &hasher),
        "entry \(index)")
    }
  }

  @Test("a flipped bit in the leaf hashes or the record of a pruned segment is refused")
  func everyBit() throws {
    let (journal, _, pruned) = try prunedJournal()
    let storage = journal.storage
    let name = try #require(pruned.last).name
    for path in [name.leavesPath, name.prunedPath] {
      let bytes = try #require(storage.bytes(path))
      for byte in bytes.indices {
        for bit in path == name.leavesPath ? 0..<8 : byte % 8..<byte % 8 + 1 {
          storage.flipBit(path, byte: byte, bit: bit)
          let result = try JournalVerifier(storage, helperCount: 0).verify()
          guard case .failed(let first, _) = result.integrity else {
            Issue.record("\(path) byte \(byte) bit \(bit) passed")
            continue
          }
          #expect(first.damage.file == path)
          #expect(first.damage.index ?? -1 >= name.firstIndex)
          #expect(
            first.kind == (path == name.leavesPath ? .leafAltered : .pruningUnrecorded))
          if byte % 32 == 0 {
            #expect(throws: JournalError.self, "\(path) byte \(byte)") {
              try journal.fixture.open()
            }
          }
        }
        storage.put(path, bytes)
      }
    }
    #expect(try journal.fixture.verify().hasPassed)
  }

  @Test("entries deleted without a record in the tree are a lost segment, whatever a file says")
  func unrecorded() throws {
    let (journal, _, pruned) = try prunedJournal()
    let storage = journal.storage
    let next = try #require(
      storage.paths.first { $0.hasSuffix(".jsonl") && $0.hasPrefix("segments/") })
    storage.delete(next)
    #expect(try !journal.fixture.verify().hasPassed)
    #expect(throws: JournalError.self) { try journal.fixture.open() }
    // The record of another segment does not speak for it, even rewritten to fit.
    let first = try #require(pruned.first)
    let line = String(
      decoding: try #require(storage.bytes(first.name.prunedPath)), as: UTF8.self)
    let name = try #require(SegmentName(path: next))
    storage.put(name.prunedPath, Array(line.utf8))
    #expect(try !journal.fixture.verify().integrity.hasPassed)
    let forged = line.replacing(first.name.stem, with: name.stem)
      .replacing("\"first_index\":\(first.name.firstIndex)", with: "\"first_index\":\(name.firstIndex)")
    storage.put(name.prunedPath, Array(forged.utf8))
    #expect(try !journal.fixture.verify().integrity.hasPassed)
  }

  @Test("the record of a pruning may be pruned in its turn")
  func prunedRecords() throws {
    var (journal, _, pruned) = try prunedJournal()
    journal.fixture.clock.advance(bySeconds: 86_400)
    try journal.fixture.write((100..<110).map { SealedJournal.request($0) })
    let limit = journal.fixture.clock.now.advanced(bySeconds: -10)
    let again = try journal.prune(before: limit, policy: "all of it")
    #expect(again.count > pruned.count)
    #expect(try !controls(.segmentPruned, in: journal.storage).isEmpty)
    let result = try journal.fixture.verify()
    #expect(result.hasPassed, "\(String(describing: result.firstFailure))")
    #expect(result.prunedSegmentCount == pruned.count + again.count)
    #expect(try journal.fixture.open().entryCount == result.entryCount)
  }

  @Test("repeats of pruned lines are known while index/ is kept, and said to be unknown after")
  func repeats() throws {
    let (journal, _, pruned) = try prunedJournal()
    let lines = (0..<20).map { SealedJournal.request($0) }
    #expect(try journal.fixture.write(lines).allSatisfy { $0 == .duplicate })
    for path in journal.paths("") where path.hasPrefix("index/") { journal.storage.delete(path) }
    let count = pruned.reduce(0) { $0 + $1.entryCount }
    for _ in 0..<2 { try journal.fixture.open().close(at: journal.fixture.clock.now) }
    let recoveries = try controls(.journalRecovered, in: journal.storage)
    #expect(recoveries.map(\.counts) == [[ControlRecord.Count("pruned_keys_unknown", count)]])
    let outcomes = try journal.fixture.write(lines)
    #expect(outcomes.filter { $0 != .duplicate }.count == count)
    #expect(try journal.fixture.verify().hasPassed)
  }

  @Test("takes nothing that is young, open, or beyond the newest checkpoint")
  func limits() throws {
    let journal = try SealedJournal()
    #expect(try journal.prune(before: SealedJournal.time(0)).isEmpty)
    let opened = try journal.fixture.open()
    let covered = try journal.newest().size
    for number in 100..<110 {
      _ = try opened.append(
        Build.request("n\(number)", at: SealedJournal.time(0), originalByteCount: 60),
        at: journal.fixture.clock.now)
    }
    try opened.commit()
    let pruned = try PruneSelection(journal.storage).segments(before: .latest)
    #expect(!pruned.isEmpty)
    #expect(pruned.allSatisfy { $0.name.firstIndex + $0.entryCount <= covered })
    let paths = journal.storage.paths
    #expect(journal.storage.paths == paths, "selecting changes nothing")
  }

  @Test("refuses to prune a segment whose bytes are damaged, and changes nothing")
  func damaged() throws {
    let journal = try SealedJournal()
    let opened = try journal.fixture.open()
    journal.storage.flipBit("segments/000000000000.jsonl", byte: 30, bit: 0)
    let paths = journal.storage.paths
    let size = opened.entryCount
    let error = #expect(throws: JournalError.self) {
      try opened.prune(
        before: PruneJournalTests.limit, policy: "p", at: journal.fixture.clock.now)
    }
    guard case .damage(let damage) = error else { throw TestFailure.unexpected }
    #expect(damage.index == 0)
    #expect(journal.storage.paths == paths)
    #expect(opened.entryCount == size)
  }
}

extension SegmentName {
  /// From `segments/<12 digits>` and any suffix.
  fileprivate init?(path: String) {
    guard let index = Int(path.dropFirst("segments/".count).prefix(12)) else { return nil }
    self.init(firstIndex: index)
  }
}
