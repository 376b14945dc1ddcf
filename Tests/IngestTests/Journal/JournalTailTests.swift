import Ingest
import TestSupport
import Testing

@Suite struct JournalTailTests {
  private func alert(_ id: String) -> Record {
    var alert = AlertRecord(event: .acknowledged)
    alert.findingID = id
    return Record(
      header: RecordHeader(timestamp: Build.time(1), source: "vigil/alerts", id: id),
      body: .alert(alert))
  }

  private func indexes(_ tail: JournalTail) throws -> [Int] {
    var indexes: [Int] = []
    try tail.look { index, _ in indexes.append(index) }
    return indexes
  }

  @Test("entries come once each, in order, once they are committed, from one segment to the next")
  func follows() throws {
    let fixture = JournalFixture()
    let journal = try fixture.open()
    let tail = try JournalTail(fixture.storage, from: 0)
    var expected = 0
    var bytes: [[UInt8]] = []
    for round in 0..<40 {
      for number in 0..<round % 4 {
        let request = Build.request("\(round)-\(number)", originalByteCount: 300)
        _ = try journal.append(request, at: fixture.clock.now)
      }
      try journal.commit()
      try tail.look { index, entry in
        #expect(index == expected)
        expected += 1
        var copy: [UInt8] = []
        copy.append(copying: entry)
        bytes.append(copy)
      }
      #expect(try JournalTail.committedCount(fixture.storage) == expected)
    }
    let reader = try JournalReader(fixture.storage)
    #expect(reader.entryCount == expected && expected > 60)
    for index in [0, 17, expected - 1] { #expect(try reader.entry(at: index) == bytes[index]) }
  }

  @Test("what is appended and not committed is not handed out")
  func uncommitted() throws {
    let fixture = JournalFixture()
    try fixture.write([Build.request("1")])
    let tail = try JournalTail(
      fixture.storage, from: try JournalTail.committedCount(fixture.storage))
    let journal = try fixture.open()
    _ = try journal.append(Build.request("2"), at: fixture.clock.now)
    #expect(try indexes(tail).isEmpty)
    try journal.commit()
    #expect(try !indexes(tail).isEmpty)
    #expect(try indexes(tail).isEmpty)
  }

  @Test("a tail begins at any entry, also one that is still to come", arguments: [0, 1, 5, 11, 40])
  func begins(at first: Int) throws {
    let fixture = JournalFixture()
    try fixture.write((0..<40).map { Build.request("\($0)", originalByteCount: 200) })
    let count = try JournalTail.committedCount(fixture.storage)
    let tail = try JournalTail(fixture.storage, from: first)
    #expect(try indexes(tail) == Array(first..<count))
  }

  @Test("a look has a limit, and the next one goes on there")
  func limit() throws {
    let fixture = JournalFixture()
    try fixture.write((0..<30).map { Build.request("\($0)", originalByteCount: 200) })
    let count = try JournalTail.committedCount(fixture.storage)
    let tail = try JournalTail(fixture.storage, from: 0)
    var seen: [Int] = []
    while seen.count < count {
      let before = seen.count
      try tail.look(countMax: 7) { index, _ in seen.append(index) }
      #expect(seen.count - before <= 7)
    }
    #expect(seen == Array(0..<count))
  }

  @Test("a journal that has become shorter than what was read of it is damage")
  func shorter() throws {
    let fixture = JournalFixture()
    try fixture.write([Build.request("1"), Build.request("2")])
    let tail = try JournalTail(fixture.storage, from: 0)
    _ = try indexes(tail)
    let path = "segments/000000000000.leaf"
    let leaves = try #require(fixture.storage.bytes(path))
    fixture.storage.put(path, Array(leaves.prefix(32)))
    let cut = try JournalTail(fixture.storage, from: 0)
    #expect(try indexes(cut) == [0])
    #expect(throws: JournalError.self) {
      // The file that the first one holds is the same.
      fixture.storage.put(path, [])
      _ = try indexes(cut)
    }
  }

  @Test("a feed hands out the alert records that are there and those that come, and nothing else")
  func feed() throws {
    let fixture = JournalFixture()
    let requests = (0..<20).map { Build.request("\($0)", originalByteCount: 200) }
    try fixture.write(requests + [alert("a"), alert("b")])
    let feed = try AlertFeed(fixture.storage)
    let journal = try fixture.open()
    for record in [alert("c"), Build.request("x"), alert("d")] {
      _ = try journal.append(record, at: fixture.clock.now)
    }
    try journal.commit()
    func news() throws -> [IndexedRecord] {
      var records: [IndexedRecord] = []
      while let batch = try feed.next() { records += batch }
      return records
    }
    let ids = { (records: [IndexedRecord]) in records.map { $0.record.header.id } }
    let first = try news()
    #expect(ids(first) == ["a", "b", "c", "d"])
    let reader = try JournalReader(fixture.storage)
    for indexed in first {
      let entry = try #require(try reader.entry(at: indexed.index))
      #expect(
        String(decoding: entry, as: UTF8.self).contains("\"id\":\"\(indexed.record.header.id)\""))
    }
    #expect(try news().isEmpty)
    _ = try journal.append(alert("e"), at: fixture.clock.now)
    try journal.commit()
    #expect(ids(try news()) == ["e"])
  }
}
