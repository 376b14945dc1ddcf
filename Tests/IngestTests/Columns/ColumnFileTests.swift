import Ingest
import TestSupport
import Testing

@Suite("Columns: files")
struct ColumnFileTests {
  private static let path = "derived/000000000000.columns"

  private static func walk(_ storage: SimulatedStorage, _ use: ColumnUse) throws -> [IndexedRecord]
  {
    var result: [IndexedRecord] = []
    try JournalReader(storage).forEachRecordInEventOrder(columns: use) { result.append($0) }
    return result
  }

  @Test("deleted ones are made again, the same bytes")
  func deleted() throws {
    let fixture = try ColumnReadingTests.journal(1)
    let expected = try Self.walk(fixture.storage, .whole)
    let paths = fixture.storage.paths.filter { $0.hasSuffix(".columns") }
    let contents = paths.map { fixture.storage.bytes($0) }
    #expect(paths.count > 3)
    for path in paths { fixture.storage.delete(path) }
    #expect(try Self.walk(fixture.storage, .whole) == expected)
    #expect(paths.map { fixture.storage.bytes($0) } == contents)
  }

  @Test("any byte changed, or any end cut off, changes no record", arguments: [UInt64(1), 2])
  func damaged(seed: UInt64) throws {
    let fixture = try ColumnReadingTests.journal(seed, count: 60)
    let expected = try Self.walk(fixture.storage, .whole)
    let bytes = try #require(fixture.storage.bytes(Self.path))
    for place in stride(from: Int(seed), to: bytes.count, by: 97) {
      var changed = bytes
      changed[place] ^= UInt8(1 << (place % 8))
      fixture.storage.put(Self.path, changed)
      #expect(try Self.walk(fixture.storage, .whole) == expected, "byte \(place)")
      fixture.storage.put(Self.path, Array(bytes[..<place]))
      #expect(try Self.walk(fixture.storage, .whole) == expected, "cut at \(place)")
    }
    #expect(try Self.walk(fixture.storage, .whole) == expected)
    #expect(fixture.storage.bytes(Self.path) == bytes, "made again")
  }

  @Test(
    "hostile ones whose checksums fit crash nothing and hide nothing from verify",
    arguments: 1...60 as ClosedRange<UInt64>)
  func hostile(seed: UInt64) throws {
    let fixture = try ColumnReadingTests.journal(5, count: 80, segmentByteCount: 1 << 20)
    _ = try Self.walk(fixture.storage, .whole)
    var bytes = try #require(fixture.storage.bytes(Self.path))
    var random = SeededRandom(seed: seed)
    for _ in 0..<Int.random(in: 1...6, using: &random) {
      let place = Int.random(in: 24..<bytes.count, using: &random)
      bytes[place] =
        [0, 1, 0x7F, 0xFF, UInt8.random(in: .min ... .max, using: &random)]
        .randomElement(using: &random) ?? 0
    }
    ColumnSeal.seal(&bytes)
    fixture.storage.put(Self.path, bytes)
    do {
      let records = try Self.walk(fixture.storage, .whole)
      #expect(records.count <= 82, "seed \(seed)")
    } catch is JournalError {}
    #expect(try fixture.verify().hasPassed)
  }

  @Test("a journal that grew is read to its end, and its columns grow with it")
  func grown() throws {
    var fixture = JournalFixture()
    fixture.settings.segmentByteCount = 8 << 20
    var written = 0
    for count in [10, 3, 3000, 5, 2500] {
      try fixture.write(
        (written..<written + count).map {
          Build.request("r\($0)", at: Build.time(Double($0 % 977)))
        })
      written += count
      let expected = try Self.walk(fixture.storage, .unused)
      #expect(try Self.walk(fixture.storage, .whole) == expected, "\(written)")
      #expect(try Self.walk(fixture.storage, .whole) == expected, "\(written)")
    }
    let grown = try #require(fixture.storage.bytes(Self.path))
    fixture.storage.delete(Self.path)
    _ = try Self.walk(fixture.storage, .whole)
    #expect(fixture.storage.bytes(Self.path) == grown, "as if made at once")
  }

  @Test("those of another journal are not taken for this one's")
  func foreign() throws {
    let one = try ColumnReadingTests.journal(1)
    let other = try ColumnReadingTests.journal(2)
    let expected = try Self.walk(one.storage, .unused)
    _ = try Self.walk(other.storage, .whole)
    for path in other.storage.paths where path.hasSuffix(".columns") {
      try one.storage.createDirectory("derived")
      one.storage.put(path, try #require(other.storage.bytes(path)))
    }
    #expect(try Self.walk(one.storage, .whole) == expected)
  }

  @Test("compressed segments have the same ones, and pruned segments none")
  func sealed() throws {
    let sealed = try SealedJournal(count: 30)
    _ = try Self.walk(sealed.storage, .whole)
    let plain = sealed.storage.bytes(Self.path)
    try sealed.compress(3)
    #expect(try Self.walk(sealed.storage, .whole) == Self.walk(sealed.storage, .unused))
    #expect(sealed.storage.bytes(Self.path) == plain)
    try sealed.prune(before: SealedJournal.time(12))
    let pruned = sealed.paths(".pruned")
    #expect(!pruned.isEmpty)
    for path in pruned {
      let columns = path.replacing("segments/", with: "derived/")
        .replacing(".pruned", with: ".columns")
      #expect(sealed.storage.bytes(columns) == nil, "what it said is gone with its entries")
    }
    #expect(try Self.walk(sealed.storage, .whole) == Self.walk(sealed.storage, .unused))
  }

  @Test("an entry that is no record is told by the entries' own way")
  func damagedEntry() throws {
    let fixture = try ColumnReadingTests.journal(4)
    let path = "segments/000000000000.jsonl"
    var bytes = try #require(fixture.storage.bytes(path))
    bytes[40] = 0
    fixture.storage.put(path, bytes)
    let (entries, columns) = (
      #expect(throws: JournalError.self) { try Self.walk(fixture.storage, .unused) },
      #expect(throws: JournalError.self) { try Self.walk(fixture.storage, .whole) }
    )
    #expect(entries == columns)
  }

  @Test("a disk that takes no writes hinders no reading")
  func readOnly() throws {
    let fixture = try ColumnReadingTests.journal(6)
    let expected = try Self.walk(fixture.storage, .unused)
    fixture.storage.put("derived", Array("a file where the folder belongs".utf8))
    #expect(try Self.walk(fixture.storage, .whole) == expected)
  }
}
