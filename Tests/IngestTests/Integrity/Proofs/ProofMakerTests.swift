import Ingest
import TestSupport
import Testing

@Suite("ProofMaker")
struct ProofMakerTests {
  private func journal(_ size: Int) throws -> (SignedJournal, SimulatedStorage) {
    var journal = SignedJournal()
    try journal.grow(to: size)
    return (journal, journal.fixture.storage)
  }

  private func leaves(_ storage: SimulatedStorage) throws -> [Digest] {
    try JournalReader(storage).allEntries().map {
      let hashed = [0x00] + Array($0.utf8)
      return SHA256.digest(hashed.span)
    }
  }

  @Test("proves every entry and every older size, alike from journal and published log")
  func everything() throws {
    let (journal, storage) = try journal(23)
    let all = try leaves(storage)
    let out = SimulatedStorage()
    try journal.publish(into: out)
    var maker = try ProofMaker(journal: storage)
    var published = try ProofMaker(published: out)
    for index in 0..<23 {
      let proof = try maker.inclusion(of: index)
      #expect(proof.path == Definition.inclusion(index, all[...]))
      try InclusionProof(proof.bytes).verify(leaf: all[index], by: journal.key())
      #expect(try published.inclusion(of: index) == proof)
      let carrying = try maker.inclusion(of: index, withEntry: true)
      #expect(carrying.extra.flatMap { ProofExtra($0) }?.leaf == all[index])
      #expect(try published.inclusion(of: index, withEntry: true) == carrying)
      let older = try maker.consistency(from: index + 1)
      #expect(older.path == Definition.consistency(index + 1, all[...]))
      #expect(older.oldRoot == Definition.root(all[...index]))
      try ConsistencyProof(older.bytes).verify(by: journal.key(), continuing: nil)
      #expect(try published.consistency(from: index + 1) == older)
    }
  }

  @Test("from a published log a proof reads a few files, however large the log is")
  func cost() throws {
    let (journal, storage) = try journal(700)
    let out = SimulatedStorage()
    try journal.publish(into: out)
    let all = try leaves(storage)
    var published = try ProofMaker(published: out)
    let before = out.operationCount
    let proof = try published.inclusion(of: 300)
    #expect(out.operationCount - before <= 3 * 4)
    #expect(proof.path == Definition.inclusion(300, all[...]))
    #expect(try published.consistency(from: 513).path == Definition.consistency(513, all[...]))
  }

  @Test("derives the leaf hashes that are missing", arguments: [true, false])
  func missingLeaves(_ isWhole: Bool) throws {
    let (journal, storage) = try journal(60)
    let expected = try leaves(storage)
    for path in storage.paths where path.hasSuffix(".leaf") {
      if isWhole {
        storage.delete(path)
      } else {
        storage.put(path, Array((storage.bytes(path) ?? []).prefix(70)))
      }
    }
    var maker = try ProofMaker(journal: storage)
    for index in stride(from: 0, to: 60, by: 7) {
      try maker.inclusion(of: index).verify(leaf: expected[index], by: journal.key())
    }
  }

  @Test("hands out no proof from leaf hashes or tiles that do not give the root")
  func damage() throws {
    let (journal, storage) = try journal(23)
    let out = SimulatedStorage()
    try journal.publish(into: out)
    storage.flipBit("segments/000000000000.leaf", byte: 40, bit: 1)
    let error = try #require(throws: TilesError.self) { _ = try ProofMaker(journal: storage) }
    guard case .journal(.damage) = error else {
      Issue.record("\(error)")
      return
    }
    out.flipBit("tile/0/000.p/23", byte: 40, bit: 1)
    #expect(throws: TilesError.self) {
      var maker = try ProofMaker(published: out)
      _ = try maker.inclusion(of: 1)
    }
    #expect(throws: TilesError.self) {
      var maker = try ProofMaker(published: out)
      _ = try maker.consistency(from: 2)
    }
    out.flipBit("tile/0/000.p/23", byte: 40, bit: 1)
    out.flipBit("tile/entries/000.p/23", byte: 40, bit: 1)
    #expect(throws: TilesError.self) {
      var maker = try ProofMaker(published: out)
      _ = try maker.inclusion(of: 0, withEntry: true)
    }
  }

  @Test("refuses what the checkpoint does not cover")
  func outOfRange() throws {
    let (_, storage) = try journal(5)
    var maker = try ProofMaker(journal: storage)
    #expect(maker.size == 5)
    for index in [-1, 5, Int.max] {
      let error = #expect(throws: TilesError.self) { _ = try maker.inclusion(of: index) }
      #expect(error == .outOfRange(found: index, expected: 0...4))
    }
    for size in [-1, 0, 6] {
      let error = #expect(throws: TilesError.self) { _ = try maker.consistency(from: size) }
      #expect(error == .outOfRange(found: size, expected: 1...5))
    }
    let fixture = JournalFixture()
    _ = try fixture.open()
    let error = #expect(throws: TilesError.self) { _ = try ProofMaker(journal: fixture.storage) }
    #expect(error == .noCheckpoint)
  }
}
