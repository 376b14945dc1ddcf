import Ingest
import TestSupport
import Testing

@Suite("Journal with compressed segments")
struct CompressJournalTests {
  @Test("has the same entries, leaves, roots, offsets and event order as before")
  func sameJournal() throws {
    let journal = try SealedJournal()
    let entries = try journal.fixture.entries()
    let before = try journal.fixture.verify()
    let order = try journal.eventOrder()
    let sealed = try journal.compress()
    #expect(sealed.count > 4)
    #expect(sealed.count == journal.paths(".jsonl.zst").count)
    let reader = try JournalReader(journal.storage)
    #expect(Array(try reader.allEntries().prefix(entries.count)) == entries)
    for (index, entry) in entries.enumerated() {
      #expect(try reader.entry(at: index) == Array(entry.utf8), "entry \(index)")
    }
    #expect(Array(try journal.eventOrder().filter { !$0.contains("_") }) == order.filter { !$0.contains("_") })
    let after = try journal.fixture.verify(outside: [
      Checkpoint(origin: "vigil/test", size: before.entryCount, root: before.root)
    ])
    #expect(after.hasPassed)
    #expect(after.compressedSegmentCount == sealed.count)
    #expect(try journal.root(before.entryCount) == before.root)
  }

  @Test("records each segment with its counts and the compressed file's SHA-256")
  func recorded() throws {
    let journal = try SealedJournal()
    let sealed = try journal.compress(2)
    let records = try controls(.segmentSealed, in: journal.storage)
    #expect(records.count == 2)
    for (record, segment) in zip(records, sealed) {
      let bytes = try #require(journal.storage.bytes(segment.name.compressedPath))
      #expect(record.subject == segment.name.stem)
      #expect(record.sha256 == SHA256.digest(bytes.span).hex)
      #expect(
        record.counts == [
          ControlRecord.Count("first_index", segment.name.firstIndex),
          ControlRecord.Count("entries", segment.entryCount),
          ControlRecord.Count("bytes", segment.byteCount),
          ControlRecord.Count("compressed_bytes", bytes.count),
        ])
    }
  }

  @Test("leaves out the segment being written, and what no checkpoint covers")
  func onlyClosed() throws {
    let fixture = try SealedJournal(count: 20).fixture
    let journal = try fixture.open()
    let covered = try journal.compressibleSegments()
    for number in 100..<110 {
      _ = try journal.append(SealedJournal.request(number), at: fixture.clock.now)
    }
    try journal.commit()
    #expect(try journal.compressibleSegments() == covered)
    try journal.checkpoint()
    #expect(try journal.compressibleSegments().count > covered.count)
  }

  @Test("takes repeats for repeats, with its key index and with one built anew")
  func repeats() throws {
    let journal = try SealedJournal()
    try journal.compress()
    for isAnew in [false, true] {
      if isAnew {
        for path in journal.paths("") where path.hasPrefix("index/") {
          journal.storage.delete(path)
        }
      }
      let outcomes = try journal.fixture.write((0..<20).map { SealedJournal.request($0) })
      #expect(outcomes.allSatisfy { $0 == .duplicate })
    }
  }

  @Test("gets its leaf hashes back from the compressed entries")
  func leavesRebuilt() throws {
    let journal = try SealedJournal()
    try journal.compress()
    let leaves = try journal.leaves()
    for path in journal.paths(".leaf") { journal.storage.delete(path) }
    #expect(try journal.fixture.verify().hasPassed)
    let opened = try journal.fixture.open()
    #expect(opened.entryCount == leaves.count)
    #expect(try journal.leaves() == leaves)
  }

  @Test("where both files are there the plain one counts, and compressing does the rest again")
  func bothPresent() throws {
    let journal = try SealedJournal()
    let name = SegmentName(firstIndex: 0)
    let plain = try #require(journal.storage.bytes(name.entriesPath))
    try journal.compress(1)
    let compressed = try #require(journal.storage.bytes(name.compressedPath))
    journal.storage.put(name.entriesPath, plain)
    journal.storage.put(name.compressedPath, [1, 2, 3])
    let verification = try journal.fixture.verify()
    #expect(verification.hasPassed)
    #expect(verification.compressedSegmentCount == 0)
    try journal.compress(1)
    #expect(journal.storage.bytes(name.entriesPath) == nil)
    #expect(journal.storage.bytes(name.compressedPath) == compressed)
    #expect(try journal.fixture.verify().hasPassed)
  }

  @Test("every flipped bit of its segments, leaf hashes and checkpoints is refused")
  func everyBit() throws {
    let journal = try SealedJournal(count: 4)
    try journal.compress(1)
    let storage = journal.storage
    let kinds = [".jsonl", ".zst", ".leaf"]
    let paths =
      storage.paths.filter { path in
        path.hasPrefix("segments/") && kinds.contains { path.hasSuffix($0) }
      } + ["checkpoint", "checkpoints"]
    #expect(paths.contains("segments/000000000000.jsonl.zst"))
    for path in paths {
      let bytes = try #require(storage.bytes(path))
      for byte in bytes.indices {
        // All eight bits of some bytes, one of each other: all of the compressed file's are
        // flipped in CompressedSegmentTests.
        for bit in byte % 16 == 0 ? 0..<8 : byte % 8..<byte % 8 + 1 {
          storage.flipBit(path, byte: byte, bit: bit)
          let result = try JournalVerifier(storage, helperCount: 0).verify()
          #expect(!result.hasPassed, "\(path) byte \(byte) bit \(bit)")
          storage.put(path, bytes)
        }
      }
    }
  }

  @Test("a compressed segment that does not decode is damage to whoever reads it")
  func readerRefuses() throws {
    let journal = try SealedJournal()
    try journal.compress()
    journal.storage.flipBit("segments/000000000000.jsonl.zst", byte: 40, bit: 2)
    let error = #expect(throws: JournalError.self) { try journal.fixture.entries() }
    guard case .damage(let damage) = error else { throw TestFailure.unexpected }
    #expect(damage.file == "segments/000000000000.jsonl.zst")
    #expect(throws: JournalError.self) { try journal.eventOrder() }
  }
}
