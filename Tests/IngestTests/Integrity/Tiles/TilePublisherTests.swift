import Ingest
import TestSupport
import Testing

@Suite("TilePublisher")
struct TilePublisherTests {
  @Test("publishes what a checker by the definitions accepts", arguments: [2, 255, 256, 257, 513])
  func publication(_ size: Int) throws {
    var journal = SignedJournal()
    try journal.grow(to: size)
    let out = SimulatedStorage()
    let result = try journal.publish(into: out)
    #expect(result.origin == "vigil/test")
    #expect(result.size == size)
    #expect(result.previousSize == nil)
    #expect(try PublishedCheck(key: journal.key(), storage: out).run() == size)
    #expect(out.bytes("checkpoint") == (journal.fixture.storage.bytes("checkpoint")))
    let paths = out.paths.filter { $0.hasPrefix("tile/") }
    #expect(paths.count == result.fileCount)
    #expect(paths.reduce(0) { $0 + (out.bytes($1)?.count ?? 0) } == result.byteCount)
    #expect(!out.paths.contains { $0.hasSuffix(".tmp") })
  }

  @Test("writes only what is new, and never changes a published file")
  func increments() throws {
    var journal = SignedJournal()
    let out = SimulatedStorage()
    var kept: [String: [UInt8]] = [:]
    var previous: Int?
    for size in [3, 5, 200, 256, 258, 300, 520] {
      try journal.grow(to: size)
      let result = try journal.publish(into: out)
      #expect(result.previousSize == previous)
      #expect(try PublishedCheck(key: journal.key(), storage: out).run() == size)
      // At most two full tiles with their bundles, and four partial ones.
      #expect(result.fileCount <= 2 * 2 + 4)
      for (path, bytes) in kept where !path.contains(".p/") { #expect(out.bytes(path) == bytes) }
      for path in out.paths where path.hasPrefix("tile/") { kept[path] = out.bytes(path) }
      previous = size
    }
    #expect(try journal.publish(into: out).fileCount == 0)
  }

  @Test("a partial tile stays until its full tile is published, and then goes with its folder")
  func partialTiles() throws {
    var journal = SignedJournal()
    let out = SimulatedStorage()
    for size in [3, 200] {
      try journal.grow(to: size)
      try journal.publish(into: out)
    }
    #expect(out.bytes("tile/entries/000.p/3") != nil)
    #expect(out.bytes("tile/0/000.p/200") != nil)
    try journal.grow(to: 260)
    #expect(try journal.publish(into: out).removedFileCount == 4)
    #expect(!out.paths.contains { $0.contains("/000.p/") && !$0.hasPrefix("tile/1/") })
    #expect(try out.list("tile/0") == ["000", "001.p"])
    #expect(try out.list("tile/entries") == ["000", "001.p"])
  }

  @Test("publishes nothing beyond the newest checkpoint")
  func uncovered() throws {
    var journal = SignedJournal()
    try journal.grow(to: 5)
    let open = try journal.fixture.open()
    _ = try open.append(Build.request("late"), at: journal.fixture.clock.now)
    try open.commit()
    let out = SimulatedStorage()
    #expect(try journal.publish(into: out).size == 5)
    #expect(out.bytes("tile/entries/000.p/5") != nil)
  }

  @Test("new signatures on a published checkpoint are published")
  func signatures() throws {
    var journal = SignedJournal()
    try journal.grow(to: 2)
    let out = SimulatedStorage()
    try journal.publish(into: out)
    let storage = journal.fixture.storage
    let bytes = try #require(storage.bytes("checkpoint"))
    let more = bytes + Array("— witness.example AAAAAQI=\n".utf8)
    storage.put("checkpoint", more)
    #expect(try TilePublisher(storage, into: out).publish().fileCount == 0)
    #expect(out.bytes("checkpoint") == more)
  }

  @Test("a journal without a checkpoint has nothing to publish")
  func noCheckpoint() throws {
    let fixture = JournalFixture()
    _ = try fixture.open()
    #expect(throws: TilesError.noCheckpoint) {
      try TilePublisher(fixture.storage, into: SimulatedStorage()).publish()
    }
  }
}

@Suite("TilePublisher refuses")
struct TilePublisherRefusalTests {
  private func published(_ size: Int = 300) throws -> (SignedJournal, SimulatedStorage) {
    var journal = SignedJournal()
    try journal.grow(to: size)
    let out = SimulatedStorage()
    try journal.publish(into: out)
    return (journal, out)
  }

  @Test(
    "a directory with other things in it, and a journal's own",
    arguments: ["notes.txt", "journal.json"])
  func foreign(_ name: String) throws {
    var journal = SignedJournal()
    try journal.grow(to: 2)
    let out = SimulatedStorage()
    out.put(name, [1])
    #expect(throws: TilesError.foreignDirectory(found: name)) { try journal.publish(into: out) }
    #expect(out.paths == [name])
  }

  @Test("the log of another origin")
  func origin() throws {
    let (_, out) = try published()
    var other = SignedJournal()
    other.fixture.settings.origin = "vigil/other"
    try other.grow(to: 400)
    #expect(throws: TilesError.origin(found: "vigil/test", expected: "vigil/other")) {
      try other.publish(into: out)
    }
  }

  @Test("a second publisher at the same time")
  func locked() throws {
    let (journal, out) = try published()
    let lock = try out.lock("lock")
    #expect(throws: TilesError.self) { try journal.publish(into: out) }
    withExtendedLifetime(lock) {}
  }

  @Test("a journal shorter than what was published, or of another history")
  func rewritten() throws {
    let (_, out) = try published(300)
    let before = out.paths.map { out.bytes($0) }
    for size in [200, 300, 400] {
      var other = SignedJournal()
      _ = try other.fixture.write([Build.request("forged")])
      try other.grow(to: size)
      let error = try #require(throws: TilesError.self) { try other.publish(into: out) }
      switch error {
      case .disagreement, .journal(.damage): break
      default: Issue.record("size \(size): \(error)")
      }
      #expect(out.paths.map { out.bytes($0) }.prefix(before.count).contains(before[0]))
    }
    #expect(try out.contents("checkpoint", byteCountMax: 1000) == before[0])
  }

  @Test("tiles at the right edge that contradict their checkpoint, each naming the place")
  func rightEdge() throws {
    for path in ["tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44"] {
      let (start, out) = try published(300)
      var journal = start
      try journal.grow(to: 310)
      out.flipBit(path, byte: 20, bit: 3)
      #expect(throws: TilesError.self, "\(path)") { try journal.publish(into: out) }
      out.delete(path)
      out.flipBit("checkpoint", byte: 0, bit: 0)
      #expect(throws: TilesError.self, "\(path)") { try journal.publish(into: out) }
    }
  }

  @Test("with a recheck, every altered file, naming it; a missing one is written again")
  func recheck() throws {
    let (journal, out) = try published(300)
    let paths = out.paths.filter { $0.hasPrefix("tile/") }
    #expect(paths.count == 5)
    for path in paths {
      let bytes = try #require(out.bytes(path))
      out.flipBit(path, byte: bytes.count - 1, bit: 0)
      let error = try #require(throws: TilesError.self) {
        try journal.publish(into: out, rechecking: true)
      }
      guard case .disagreement(let damage) = error else {
        Issue.record("\(path): \(error)")
        continue
      }
      #expect(damage.file == path)
      #expect(damage.byteOffset == bytes.count - 1)
      out.delete(path)
      #expect(try journal.publish(into: out, rechecking: true).fileCount == 1)
      #expect(out.bytes(path) == bytes)
    }
    let result = try journal.publish(into: out, rechecking: true)
    #expect(result.checkedFileCount == 5)
    #expect(result.fileCount == 0)
  }

  @Test("a journal whose entries do not give its checkpoint's root")
  func damagedJournal() throws {
    var journal = SignedJournal()
    try journal.grow(to: 20)
    let storage = journal.fixture.storage
    storage.flipBit("segments/000000000000.jsonl", byte: 30, bit: 0)
    let out = SimulatedStorage()
    let error = try #require(throws: TilesError.self) {
      try TilePublisher(storage, into: out).publish()
    }
    guard case .journal(.damage) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(out.bytes("checkpoint") == nil)
  }
}
