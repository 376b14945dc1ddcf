import Ingest
import TestSupport
import Testing

@Suite("Columns: reading")
struct ColumnReadingTests {
  /// Records of a walk, each as its index and its bytes.
  private static func walk(
    _ storage: SimulatedStorage, _ use: ColumnUse, from index: Int = 0, since: Timestamp? = nil,
    until: Timestamp? = nil
  ) throws -> [IndexedRecord] {
    var events = try JournalReader(storage).events(
      from: index, since: since, until: until, columns: use)
    var result: [IndexedRecord] = []
    try events.forEach(since: nil) { result.append($0) }
    return result
  }

  static func journal(_ seed: UInt64, count: Int = 400, segmentByteCount: Int = 20_000) throws
    -> JournalFixture
  {
    var fixture = JournalFixture()
    fixture.settings.segmentByteCount = segmentByteCount
    var random = RandomRecords(seed: seed)
    try fixture.write(random.records(count))
    return fixture
  }

  /// Equal values may differ in their bytes.
  private static func bytes(_ records: [IndexedRecord]) -> [[UInt8]] {
    records.map { Array("\($0.index) ".utf8) + $0.record.encoded() }
  }

  @Test(
    "give the records that the entries give, byte for byte, made or from the file",
    arguments: 1...8 as ClosedRange<UInt64>)
  func sameRecords(seed: UInt64) throws {
    let fixture = try Self.journal(seed)
    let expected = try Self.walk(fixture.storage, .unused)
    let made = try Self.walk(fixture.storage, .whole)
    #expect(fixture.storage.paths.contains { $0.hasSuffix(".columns") }, "seed \(seed)")
    let filed = try Self.walk(fixture.storage, .whole)
    #expect(made == expected, "seed \(seed)")
    #expect(Self.bytes(made) == Self.bytes(expected), "seed \(seed)")
    #expect(Self.bytes(filed) == Self.bytes(expected), "seed \(seed)")
    #expect(expected.count > 400)
  }

  @Test("leave out for analysis what analysis does not read, and nothing else")
  func projection() throws {
    let fixture = try Self.journal(3)
    let whole = try Self.walk(fixture.storage, .unused)
    let found = try Self.walk(fixture.storage, .analysis)
    #expect(found.count == whole.count)
    for (found, whole) in zip(found, whole) {
      var expected = whole.record
      switch expected.body {
      case .request(var body):
        (body.issuer, body.userAgent, body.method, body.host) = (nil, nil, nil, nil)
        (body.tlsVersion, body.tlsCipher) = (nil, nil)
        expected.body = .request(body)
      case .run(var body):
        body.host = nil
        expected.body = .run(body)
      case .decision, .task: break
      case .approval, .alert, .control:
        #expect(found.record == expected)
        continue
      }
      (expected.header.oversizeSHA256, expected.header.originalHMAC) = (nil, nil)
      #expect(found.record == expected)
    }
  }

  @Test(
    "take the same range, and are walked in the same parts",
    arguments: 11...16 as ClosedRange<UInt64>)
  func ranges(seed: UInt64) throws {
    let fixture = try Self.journal(seed)
    let reader = try JournalReader(fixture.storage)
    var random = SeededRandom(seed: seed)
    for _ in 0..<12 {
      let from = Int.random(in: 0..<reader.entryCount, using: &random)
      let bounds = (0..<3).map { _ in Build.time(Double.random(in: -50...700, using: &random)) }
        .sorted()
      func parts(_ use: ColumnUse) throws -> [[IndexedRecord]] {
        var events = try reader.events(from: from, columns: use)
        var parts: [[IndexedRecord]] = [[], [], []]
        try events.forEach(since: bounds[0], before: bounds[1]) { parts[0].append($0) }
        try events.forEach(since: bounds[1], before: bounds[2]) { parts[1].append($0) }
        try events.forEach(since: bounds[2]) { parts[2].append($0) }
        return parts
      }
      let (found, expected) = (try parts(.whole), try parts(.unused))
      #expect(found == expected, "seed \(seed): \(found.map(\.count)), \(expected.map(\.count))")
      let range = (since: bounds[0], until: bounds[2])
      let columns = try Self.walk(
        fixture.storage, .whole, from: from, since: range.since, until: range.until)
      let entries = try Self.walk(
        fixture.storage, .unused, from: from, since: range.since, until: range.until)
      #expect(columns == entries, "seed \(seed)")
    }
  }

  @Test(
    "know the newest event and what lies before an instant",
    arguments: 21...26 as ClosedRange<UInt64>
  )
  func questions(seed: UInt64) throws {
    let fixture = try Self.journal(seed)
    let reader = try JournalReader(fixture.storage)
    var random = SeededRandom(seed: seed)
    for _ in 0..<12 {
      let from = Int.random(in: 0..<reader.entryCount, using: &random)
      let late = Int.random(in: 0..<reader.entryCount, using: &random)
      let instant = Build.time(Double.random(in: -50...700, using: &random))
      let heard = "source/\(Int.random(in: 0..<4, using: &random))"
      func answers(_ use: ColumnUse) throws -> (Timestamp?, Bool) {
        var events = try reader.events(from: from, columns: use)
        return (
          try events.newest(since: instant) { $0 == heard },
          try events.hasEvent(before: instant, from: late) { $0 == heard }
        )
      }
      let (columns, entries) = (try answers(.analysis), try answers(.unused))
      #expect(columns == entries, "seed \(seed)")
    }
  }

  @Test("a journal in no order at all reads by its entries, to the same effect")
  func overlap() throws {
    var fixture = JournalFixture()
    fixture.settings.segmentByteCount = 600
    let records = (0..<300).map { number in
      Build.request("r\(number)", at: Build.time(Double((number * 7919) % 300)))
    }
    try fixture.write(records)
    let expected = try Self.walk(fixture.storage, .unused)
    #expect(try Self.walk(fixture.storage, .whole) == expected)
  }

  @Test("a block has a limit of rows, and more entries than that have several blocks")
  func manyBlocks() throws {
    var fixture = JournalFixture()
    fixture.settings.segmentByteCount = 4 << 20
    try fixture.write(
      (0..<5000).map { Build.request("r\($0)", at: Build.time(Double($0 ^ 3))) })
    let expected = try Self.walk(fixture.storage, .unused)
    #expect(try Self.walk(fixture.storage, .whole) == expected)
    #expect(try Self.walk(fixture.storage, .whole) == expected)
  }
}
