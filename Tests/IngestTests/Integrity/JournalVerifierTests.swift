import Ingest
import TestSupport
import Testing

/// A small journal of several segments and two checkpoints.
private func smallJournal(count: Int = 6) throws -> JournalFixture {
  var fixture = JournalFixture()
  fixture.settings.segmentByteCount = 900
  for session in 0..<2 {
    try fixture.write((0..<count / 2).map { Build.request("s\(session)n\($0)") })
    fixture.clock.advance(bySeconds: 60)
  }
  return fixture
}

private func segmentPaths(_ storage: SimulatedStorage, _ suffix: String) -> [String] {
  storage.paths.filter { $0.hasPrefix("segments/") && $0.hasSuffix(suffix) }
}

@Suite("JournalVerifier")
struct JournalVerifierTests {
  @Test("passes an undamaged journal and says what it covers")
  func undamaged() throws {
    let fixture = try smallJournal()
    let verification = try fixture.verify()
    #expect(verification.hasPassed)
    #expect(verification.entryCount == 10)
    #expect(verification.coveredCount == 10)
    #expect(verification.notYetCovered == 0)
    #expect(verification.checkpointCount == 2)
    #expect(verification.segmentCount == segmentPaths(fixture.storage, ".jsonl").count)
    #expect(verification.segmentCount > 2)
    let entries = try fixture.entries()
    #expect(verification.byteCount == entries.reduce(0) { $0 + $1.utf8.count + 1 })
  }

  @Test("entries after the newest checkpoint are told, not refused")
  func notYetCovered() throws {
    let fixture = try smallJournal()
    let journal = try fixture.open()
    _ = try journal.append(Build.request("late"), at: fixture.clock.now)
    try journal.commit()
    let verification = try fixture.verify()
    #expect(verification.hasPassed)
    #expect(verification.notYetCovered == 2)
  }

  @Test("every flipped bit of every segment is found and named", arguments: [false, true])
  func flippedSegmentBits(_ isWithoutLeaves: Bool) throws {
    let fixture = try smallJournal(count: 2)
    let storage = fixture.storage
    if isWithoutLeaves { for path in segmentPaths(storage, ".leaf") { storage.delete(path) } }
    for path in segmentPaths(storage, ".jsonl") {
      let bytes = try #require(storage.bytes(path))
      var line = (index: try #require(Int(path.dropFirst(9).prefix(12))), offset: 0)
      for byte in bytes.indices {
        for bit in isWithoutLeaves ? byte % 8..<byte % 8 + 1 : 0..<8 {
          storage.flipBit(path, byte: byte, bit: bit)
          let verification = try fixture.verify()
          let failure = verification.firstFailure
          #expect(!verification.hasPassed, "\(path) byte \(byte) bit \(bit)")
          if !isWithoutLeaves {
            // Without its newline the last line is a tail, and its entry is missing.
            let isLastByte = byte == bytes.count - 1
            #expect(failure?.kind == (isLastByte ? .entriesMissing : .entryAltered))
            #expect(failure?.damage.file == path)
            #expect(failure?.damage.index == line.index, "\(path) byte \(byte) bit \(bit)")
            #expect(failure?.damage.byteOffset == line.offset)
            #expect(failure?.damage.expected != failure?.damage.found)
          }
        }
        storage.put(path, bytes)
        if bytes[byte] == 0x0A { line = (line.index + 1, byte + 1) }
      }
    }
    #expect(try fixture.verify().hasPassed)
  }

  @Test("every flipped bit of the leaf hashes and of the checkpoint files is found")
  func flippedDerivedBits() throws {
    let fixture = try smallJournal(count: 2)
    let storage = fixture.storage
    let paths = segmentPaths(storage, ".leaf") + ["checkpoint", "checkpoints"]
    for path in paths {
      let bytes = try #require(storage.bytes(path))
      for byte in bytes.indices {
        for bit in 0..<8 {
          storage.flipBit(path, byte: byte, bit: bit)
          let verification = try fixture.verify()
          #expect(!verification.hasPassed, "\(path) byte \(byte) bit \(bit)")
          if path.hasSuffix(".leaf") {
            let failure = try #require(verification.firstFailure)
            #expect(failure.kind == .leafAltered)
            #expect(failure.damage.file == path)
            #expect(failure.damage.byteOffset == byte / 32 * 32)
          }
        }
        storage.put(path, bytes)
      }
    }
  }

  @Test("opening refuses a journal whose covered bytes were altered, and changes nothing")
  func openRefuses() throws {
    let fixture = try smallJournal()
    let storage = fixture.storage
    let last = try #require(segmentPaths(storage, ".jsonl").last)
    storage.flipBit(last, byte: 20, bit: 0)
    let before = storage.paths.map { storage.bytes($0) }
    let error = try #require(throws: JournalError.self) { try fixture.open() }
    guard case .damage(let damage) = error else { throw TestFailure.unexpected }
    #expect(damage.file == last)
    #expect(damage.byteOffset == 0)
    #expect(storage.paths.map { storage.bytes($0) } == before)
  }

  @Test("opening refuses altered leaf hashes under the newest checkpoint, and names the entry")
  func openRefusesLeaves() throws {
    let fixture = try smallJournal()
    let path = "segments/000000000000.leaf"
    fixture.storage.flipBit(path, byte: 33, bit: 3)
    let error = try #require(throws: JournalError.self) { try fixture.open() }
    guard case .damage(let damage) = error else { throw TestFailure.unexpected }
    #expect(damage.index == 1)
  }

  @Test("a history rewritten with all its leaf hashes is found by a checkpoint kept outside")
  func outsideCheckpoint() throws {
    let honest = try smallJournal()
    let body = try #require(honest.storage.bytes("checkpoint"))
    let kept = try SignedCheckpoint(body).checkpoint
    #expect(try honest.verify(outside: [kept]).hasPassed)
    let forged = try smallJournal(count: 8)
    #expect(try forged.verify().hasPassed)
    let verification = try forged.verify(outside: [kept])
    #expect(verification.integrity.hasPassed)
    #expect(!verification.completeness.hasPassed)
    let longer = Checkpoint(origin: "vigil/test", size: 99, root: kept.root)
    let failure = try honest.verify(outside: [longer]).firstFailure
    #expect(failure?.kind == .entriesMissing)
    let foreign = Checkpoint(origin: "vigil/other", size: kept.size, root: kept.root)
    #expect(try !honest.verify(outside: [foreign]).completeness.hasPassed)
  }

  @Test("an entry that is no record, or received before its predecessor, fails order alone")
  func order() throws {
    var fixture = try smallJournal()
    let storage = SimulatedStorage()
    try storage.createDirectory("segments")
    var tree = MerkleTree()
    var hasher = MerkleHasher()
    let first = try fixture.entries()[0]
    fixture.clock.advance(bySeconds: -7200)
    var early = Build.request("early")
    early.header.receivedAt = fixture.clock.now
    let lines = [first, "{\"v\":1}", String(decoding: early.encoded(), as: UTF8.self)]
    for line in lines {
      let bytes = Array(line.utf8)
      tree.append(hasher.leaf(bytes.span), &hasher)
    }
    let checkpoint = Checkpoint(origin: "vigil/test", size: 3, root: tree.root(&hasher))
    let note = try fixture.signer().note(checkpoint).bytes
    storage.put("segments/000000000000.jsonl", Array((lines.joined(separator: "\n") + "\n").utf8))
    storage.put("checkpoint", note)
    storage.put("checkpoints", note)
    storage.put("journal.json", try #require(fixture.storage.bytes("journal.json")))
    let verification = try JournalVerifier(storage).verify()
    #expect(verification.integrity.hasPassed)
    #expect(verification.completeness.hasPassed)
    guard case .failed(let failure, let count) = verification.order else {
      throw TestFailure.unexpected
    }
    #expect(count == 2)
    #expect(failure.kind == .notARecord)
    #expect(failure.damage.index == 1)
  }

  @Test("freshness fails only beyond the age asked for")
  func freshness() throws {
    let fixture = try smallJournal()
    let later = fixture.clock.now.advanced(bySeconds: 540)
    let verifier = JournalVerifier(fixture.storage)
    #expect(try verifier.verify(now: later).checkpointAgeSeconds == 600)
    #expect(try verifier.verify(now: later, ageSecondsMax: 600).hasPassed)
    let stale = try verifier.verify(now: later, ageSecondsMax: 599)
    #expect(!stale.freshness.hasPassed)
    #expect(stale.integrity.hasPassed && stale.completeness.hasPassed && stale.order.hasPassed)
  }
}
