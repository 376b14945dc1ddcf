import Ingest
import TestSupport
import Testing

@Suite("JournalReader")
struct JournalReaderTests {
  @Test("gives every entry by index, over all segments, and nil beyond")
  func byIndex() throws {
    let fixture = JournalFixture()
    try fixture.write((0..<40).map { Build.request("r\($0)", originalByteCount: 300) })
    let reader = try JournalReader(fixture.storage)
    let entries = try fixture.entries()
    #expect(reader.entryCount == 42)
    for index in entries.indices {
      let entry = try #require(try reader.entry(at: index))
      #expect(String(decoding: entry, as: UTF8.self) == entries[index])
    }
    #expect(try reader.entry(at: 42) == nil)
    #expect(try reader.entry(at: -1) == nil)
  }

  @Test("names segment and byte offset of each entry")
  func locations() throws {
    let fixture = JournalFixture()
    try fixture.write((0..<20).map { Build.request("r\($0)", originalByteCount: 300) })
    var cursor = try JournalReader(fixture.storage).cursor(from: 5)
    var expected = 5
    while let location = try cursor.next() {
      let file = try #require(fixture.storage.bytes(location.segment.entriesPath))
      let length = cursor.bytes.count
      var entry: [UInt8] = []
      entry.append(copying: cursor.bytes)
      #expect(location.index == expected)
      #expect(Array(file[location.byteOffset..<location.byteOffset + length]) == entry)
      #expect(file[location.byteOffset + length] == 0x0A)
      expected += 1
    }
    #expect(expected == 22)
  }

  @Test("needs no lock, and leaves out the line that a writer has not finished")
  func besideAWriter() throws {
    let fixture = JournalFixture()
    let journal = try fixture.open()
    _ = try journal.append(Build.request("a"), at: fixture.clock.now)
    try journal.commit()
    let path = "segments/000000000000.jsonl"
    let whole = try #require(fixture.storage.bytes(path))
    fixture.storage.put(path, whole + Array("{\"v\":1,\"kind\":\"requ".utf8))
    let reader = try JournalReader(fixture.storage)
    #expect(reader.entryCount == 2)
    #expect(try reader.allEntries().count == 2)
    fixture.storage.put(path, whole + [0, 0, 0, 0x0A])
    #expect(try JournalReader(fixture.storage).entryCount == 2, "a hole is no entry")
  }

  @Test("a segment shorter than its successor's name says is damage")
  func shortSegment() throws {
    let fixture = JournalFixture()
    try fixture.write((0..<40).map { Build.request("r\($0)", originalByteCount: 300) })
    let path = "segments/000000000000.jsonl"
    let bytes = try #require(fixture.storage.bytes(path))
    fixture.storage.put(path, Array(bytes.prefix(bytes.count / 2)))
    #expect(throws: JournalError.self) { try JournalReader(fixture.storage).allEntries() }
  }

  @Test("a directory without journal.json is no journal")
  func noJournal() {
    #expect(throws: JournalError.notAJournal(found: "no journal.json")) {
      try JournalReader(SimulatedStorage())
    }
  }
}

@Suite("Event order")
struct EventOrderTests {
  private func order(
    _ records: [Record], since: Timestamp? = nil, until: Timestamp? = nil,
    tieCountMax: Int = 65_536
  ) throws -> [String] {
    let fixture = JournalFixture()
    try fixture.write(records)
    var result: [String] = []
    let reader = try JournalReader(fixture.storage)
    try reader.forEachRecordInEventOrder(
      since: since, until: until, tieCountMax: tieCountMax
    ) { indexed in
      let header = indexed.record.header
      #expect(header.original == nil)
      let entry = try #require(try reader.entry(at: indexed.index))
      #expect(String(decoding: entry, as: UTF8.self).contains("\"id\":\"\(header.id)\""))
      if header.source != Journal.controlSource { result.append(header.id) }
    }
    return result
  }

  @Test("goes by time, then kind, then source, then id")
  func sortKeys() throws {
    let records = [
      Build.control("k", .notice, at: Build.time(5)),
      Build.run("m", .queued, at: Build.time(5)),
      Build.request("z", at: Build.time(5), source: "caddy/b"),
      Build.request("b", at: Build.time(5), source: "caddy/c"),
      Build.request("a", at: Build.time(5), source: "caddy/c"),
      Build.run("early", .ended, at: Build.time(1)),
      Build.request("late", at: Build.time(9), originalByteCount: 50),
    ]
    #expect(try order(records) == ["early", "z", "a", "b", "m", "k", "late"])
  }

  @Test("is the same whatever the order of the journal", arguments: [UInt64(1), 2, 3, 4, 5])
  func independentOfArrival(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let records = (0..<300).map { number in
      let time = Build.time(Double(Int.random(in: 0..<40, using: &random)))
      return number % 3 == 0
        ? Build.run("u\(number)", .started, at: time)
        : Build.request("q\(number)", at: time, originalByteCount: number)
    }
    #expect(try order(records) == order(records.shuffled(using: &random)), "seed \(seed)")
  }

  @Test(
    "a group of equal time and kind too large for memory has the same order", arguments: [1, 9])
  func largeGroups(_ tieCountMax: Int) throws {
    var random = SeededRandom(seed: 11)
    let records = (0..<60).map { Build.request("q\($0)", at: Build.time(Double($0 / 20))) }
    let shuffled = records.shuffled(using: &random)
    #expect(try order(shuffled, tieCountMax: tieCountMax) == order(records))
  }

  @Test("since is the first time taken, until the first no longer taken")
  func range() throws {
    let records = (0..<10).map { Build.request("r\($0)", at: Build.time(Double($0))) }
    #expect(try order(records, since: Build.time(3), until: Build.time(6)) == ["r3", "r4", "r5"])
    #expect(try order(records, since: Build.time(8)) == ["r8", "r9"])
    #expect(try order(records, until: Build.time(1)) == ["r0"])
  }
}
