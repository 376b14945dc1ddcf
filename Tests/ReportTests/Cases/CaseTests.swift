import Foundation
import Ingest
import Report
import TestSupport
import Testing

@Suite("Case")
struct CaseTests {
  /// A journal to pick from, and a case that picked two of its entries.
  private struct Sample {
    let file: CaseFile
    let keys: [VerifierKey]

    init(
      secretSeed: UInt64 = 7, note: String = "looked at it", isExported: Bool = true,
      statedSizeChange: Int = 0
    ) throws {
      var source = JournalFixture()
      source.secretSeed = secretSeed
      try source.write((0..<20).map { Build.request("q\($0)", at: Build.time(Double($0))) })
      let identity = try JournalReader(source.storage).identity
      let vkey = try #require(identity.vkey)
      var maker = try ProofMaker(journal: source.storage)
      var events = [CaseEvent(.opened, by: "kim", at: Build.time(0), text: "who did it")]
      var query = CaseEvent(.query, by: "kim", at: Build.time(1), text: "")
      (query.journal, query.vkey) = (identity.origin, vkey.vkey)
      query.query = .init(
        filter: "id=q3", now: Build.time(1), entryCount: 22, matchCount: 1, indexesSHA256: "00")
      events.append(query)
      var proofs: [[UInt8]] = []
      for index in [3, 5] {
        let proof = try maker.inclusion(of: index, withEntry: true)
        proofs.append(proof.bytes)
        var event = CaseEvent(.entry, by: "lee", at: Build.time(Double(index)), text: "")
        (event.journal, event.vkey) = (identity.origin, vkey.vkey)
        event.entry = .init(
          index: index, leaf: try #require(proof.extra.flatMap { ProofExtra($0) }).leaf.hex,
          proofSHA256: SHA256.digest(proof.bytes.span).hex,
          checkpointSize: maker.size + statedSizeChange)
        events.append(event)
      }
      events.append(CaseEvent(.note, by: "lee", at: Build.time(9), text: note))
      if isExported {
        events.append(CaseEvent(.exported, by: "lee", at: Build.time(10), text: "it.case"))
      }
      var own = JournalFixture()
      own.secretSeed = 99
      own.settings = JournalSettings(origin: "case/test")
      let records = events.enumerated().map { $0.element.record(serial: $0.offset) }
      try own.write(records)
      let reader = try JournalReader(own.storage)
      let caseKey = try #require(reader.identity.vkey)
      keys = [caseKey, vkey]
      file = CaseFile(
        origin: "case/test", vkey: caseKey.vkey,
        checkpoint: try #require(own.storage.bytes("checkpoint")),
        entries: try reader.allEntries().map { Array($0.utf8) }, proofs: proofs)
    }
  }

  @Test("an export holds by itself, says which keys it took from the file, and reads back the same")
  func holds() throws {
    let sample = try Sample()
    let file = try #require(CaseFile(sample.file.bytes))
    #expect(file == sample.file)
    let check = CaseCheck(file)
    #expect(check.refusals == [])
    #expect(check.events.map(\.kind) == [.opened, .query, .entry, .entry, .note, .exported])
    #expect(check.events.map(\.person) == ["kim", "kim", "lee", "lee", "lee", "lee"])
    #expect(check.exportedAt == Build.time(10))
    #expect(check.provedCount == 2 && check.keysFromFile == sample.keys)
    let pinned = CaseCheck(file, trusting: sample.keys)
    #expect(pinned.holds && pinned.keysFromFile.isEmpty)
    #expect(!CaseCheck(file, trusting: [sample.keys[0]]).holds)
  }

  @Test("a case that does not end with its export may be cut, and is refused")
  func cut() throws {
    let check = CaseCheck(try Sample(isExported: false).file)
    #expect(check.refusals == ["the last step: found note, expected the export that made the file"])
    #expect(check.exportedAt == nil)
  }

  @Test("a step that states another checkpoint than its proof's is refused", arguments: [-1, 1])
  func statedCheckpoint(_ change: Int) throws {
    let check = CaseCheck(try Sample(statedSizeChange: change).file)
    #expect(check.refusals.count == 2)
    #expect(check.refusals.allSatisfy { $0.contains("checkpoint of its proof: found 22 entries") })
  }

  enum Tampering: CaseIterable {
    case entryRemoved, entryAdded, entryChanged, entriesSwapped, entriesCut, proofRemoved,
      proofAdded
    case proofsTwice, proofOfAnother, otherCheckpoint, otherKey, noOpening
  }

  @Test(
    "every way to change it is refused, with what was found and expected",
    arguments: Tampering.allCases)
  func tampered(_ tampering: Tampering) throws {
    var file = try Sample().file
    let other = try Sample(secretSeed: 8, note: "another").file
    let note = try #require(
      file.entries.firstIndex { String(decoding: $0, as: UTF8.self).contains("looked at it") })
    switch tampering {
    case .entryRemoved: file.entries.remove(at: note)
    case .entryAdded: file.entries.append(file.entries[note])
    case .entryChanged:
      file.entries[note] = Array(
        String(decoding: file.entries[note], as: UTF8.self).replacing(
          "looked at", with: "lookd aat"
        ).utf8)
    case .entriesSwapped: file.entries.swapAt(note, note - 1)
    case .entriesCut: file.entries.removeLast(2)
    case .proofRemoved: file.proofs.removeLast()
    case .proofAdded: file.proofs.append(other.proofs[0])
    case .proofsTwice: file.proofs.append(file.proofs[0])
    case .proofOfAnother: file.proofs[0] = other.proofs[0]
    case .otherCheckpoint: file.checkpoint = other.checkpoint
    case .otherKey: file.vkey = try Sample().keys[1].vkey
    case .noOpening:
      file.entries.removeAll { String(decoding: $0, as: UTF8.self).contains("who did it") }
    }
    let check = CaseCheck(file)
    #expect(!check.holds && check.refusals.allSatisfy { !$0.isEmpty })
  }

  @Test(
    "any byte of the file changed is refused, or changes nothing that is read", arguments: 0..<6)
  func flipped(seed: UInt64) throws {
    let sample = try Sample()
    let bytes = sample.file.bytes
    var random = SeededRandom(seed: seed)
    for _ in 0..<40 {
      var changed = bytes
      let place = Int.random(in: 0..<bytes.count, using: &random)
      changed[place] ^= UInt8(1 << Int.random(in: 0..<7, using: &random))
      guard let file = CaseFile(changed), file != sample.file else { continue }
      // Other signatures of the note are none of ours; the journal's own must be there.
      #expect(!CaseCheck(file, trusting: sample.keys).holds, "seed \(seed), byte \(place)")
    }
  }

  @Test(
    "a step survives the journal, whatever its texts hold",
    arguments: [
      "", "two\nlines", "\u{202E}\u{1B}[31m", "\"quoted\" \\ é",
      String(repeating: "\u{1}", count: 8192),
    ])
  func roundTrip(text: String) throws {
    let event = CaseEvent(.note, by: "p\(text.prefix(20))", at: Build.time(3), text: text)
    let fixture = JournalFixture()
    let outcomes = try fixture.write([event.record(serial: 0), event.record(serial: 1)])
    #expect(outcomes.count == 2)
    let events = try JournalReader(fixture.storage).allRecords().compactMap { CaseEvent($0) }
    #expect(events == [event, event])
  }

  @Test("records of others are no steps")
  func strangers() {
    #expect(CaseEvent(Build.request("a")) == nil)
    #expect(CaseEvent(Build.control("a", .notice, source: CaseEvent.source)) == nil)
    var forged = CaseEvent(.note, by: "a", at: Build.time(0), text: "x").record(serial: 0)
    forged.header.source = "vigil/gateway"
    #expect(CaseEvent(forged) == nil)
  }

  @Test("the table shows names harmlessly")
  func table() {
    let event = CaseEvent(.note, by: "eve\u{1B}[2J", at: Build.time(0), text: "a\u{202E}b\nc")
    let lines = CaseTable.lines([event], width: 80, style: TextStyle(usesColor: false))
    #expect(
      lines.count == 2 && lines[1].contains("eve\\u{1b}[2J")
        && lines[1].contains("a\\u{202e}b\\u{a}c"))
  }
}
