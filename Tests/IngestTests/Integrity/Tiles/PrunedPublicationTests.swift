import Ingest
import TestSupport
import Testing

/// Publishing and proving where entries are gone and their leaf hashes are left.
@Suite("Publishing a pruned journal")
struct PrunedPublicationTests {
  /// Prunes every closed segment; answers how many entries from the first on are gone.
  private func prune(_ journal: SignedJournal) throws -> Int {
    let open = try journal.fixture.open()
    let now = journal.fixture.clock.now
    let pruned = try open.prune(
      before: now.advanced(bySeconds: 86_400), policy: "a day", at: now)
    try open.checkpoint()
    let last = try #require(pruned.last)
    return last.name.firstIndex + last.entryCount
  }

  private func bundles(_ log: SimulatedStorage) -> [String] {
    log.paths.filter { $0.hasPrefix("tile/entries/") }
  }

  @Test("a new directory gets every tile, and the bundles of what is left")
  func fresh() throws {
    var journal = SignedJournal()
    try journal.grow(to: 600)
    let whole = SimulatedStorage()
    try journal.publish(into: whole)
    let gone = try prune(journal)
    #expect((513..<600).contains(gone))
    let out = SimulatedStorage()
    let result = try journal.publish(into: out)
    #expect(result.prunedBundleCount == 3)
    #expect(bundles(out).isEmpty)
    for path in whole.paths where path.hasPrefix("tile/") && Tile(path: path)?.isFull == true {
      if !path.hasPrefix("tile/entries/") { #expect(out.bytes(path) == whole.bytes(path)) }
    }
    try journal.grow(to: 1000)
    #expect(try journal.publish(into: out).prunedBundleCount == 1)
    #expect(bundles(out).map { Tile(path: $0)?.index } == [3])
  }

  @Test("what was published before stays, and completes the bundle at the edge")
  func before() throws {
    var journal = SignedJournal()
    try journal.grow(to: 600)
    let out = SimulatedStorage()
    try journal.publish(into: out)
    _ = try prune(journal)
    try journal.grow(to: 800)
    #expect(try journal.publish(into: out).prunedBundleCount == 0)
    #expect(try PublishedCheck(key: journal.key(), storage: out).run() == 800)
    let rechecked = try journal.publish(into: out, rechecking: true)
    #expect(rechecked.prunedBundleCount == 3)
    #expect(rechecked.fileCount == 0)
  }

  @Test("that an entry was there is still proved; its bytes cannot be carried")
  func proofs() throws {
    var journal = SignedJournal()
    try journal.grow(to: 100)
    let storage = journal.fixture.storage
    let bytes = Array((storage.bytes("segments/000000000000.leaf") ?? [])[64..<96])
    let known = Digest(bytes.span)
    let leaf = try #require(known)
    _ = try prune(journal)
    #expect(storage.bytes("segments/000000000000.jsonl") == nil)
    var maker = try ProofMaker(journal: storage)
    try maker.inclusion(of: 2).verify(leaf: leaf, by: journal.key())
    let error = #expect(throws: TilesError.self) {
      _ = try maker.inclusion(of: 2, withEntry: true)
    }
    #expect(error == .pruned(index: 2))
    storage.flipBit("segments/000000000000.leaf", byte: 64, bit: 0)
    #expect(throws: TilesError.self) { _ = try ProofMaker(journal: storage) }
    #expect(throws: TilesError.self) { try journal.publish(into: SimulatedStorage()) }
  }
}
