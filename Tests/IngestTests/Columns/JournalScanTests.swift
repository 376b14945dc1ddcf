import Ingest
import TestSupport
import Testing

@Suite("Journal scan")
struct JournalScanTests {
  private static func scan(
    _ storage: SimulatedStorage, _ bounds: JournalScan.Bounds, _ use: ColumnUse,
    where admits: @escaping @Sendable (IndexedRecord) -> Bool = { _ in true }
  ) throws -> (records: [IndexedRecord], entries: [String]) {
    var scan = try JournalScan(JournalReader(storage), bounds, columns: use, where: admits)
    var records: [IndexedRecord] = []
    var entries: [String] = []
    while let batch = try scan.next() {
      records += batch.records
      try scan.forEachEntry(of: batch) { _, bytes in
        var line: [UInt8] = []
        line.append(copying: bytes)
        entries.append(String(decoding: line, as: UTF8.self))
      }
    }
    return (records, entries)
  }

  @Test(
    "in the order of the journal, by columns and by entries the same, with the entries' own bytes",
    arguments: 1...6 as ClosedRange<UInt64>)
  func agrees(seed: UInt64) throws {
    let storage = try ColumnReadingTests.journal(seed).storage
    let lines = try JournalReader(storage).allEntries()
    let all = try Self.scan(storage, .init(), .whole)
    #expect(all.entries == lines)
    #expect(all.records.map(\.index) == Array(lines.indices))
    let byEntries = try Self.scan(storage, .init(), .unused)
    #expect(byEntries.records == all.records && byEntries.entries == lines)
    let times = all.records.map(\.record.header.timestamp).sorted()
    var bounds = JournalScan.Bounds()
    (bounds.since, bounds.until) = (times[times.count / 4], times[times.count / 2])
    bounds.kinds = [.run, .request]
    let expected = all.records.filter { record in
      let at = record.record.header.timestamp
      return times[times.count / 4] <= at && at < times[times.count / 2]
        && [.run, .request].contains(record.record.kind) && record.index % 3 == 0
    }
    for use in [ColumnUse.whole, .unused] {
      let found = try Self.scan(storage, bounds, use) { $0.index % 3 == 0 }
      #expect(found.records == expected && found.entries == expected.map { lines[$0.index] })
    }
  }

  @Test("a block that is not what was written is made again from the entries")
  func damaged() throws {
    let storage = try ColumnReadingTests.journal(1, count: 60).storage
    let expected = try Self.scan(storage, .init(), .whole)
    let path = try #require(storage.paths.first { $0.hasSuffix(".columns") })
    var bytes = try #require(storage.bytes(path))
    bytes[bytes.count - 40] ^= 1
    storage.put(path, bytes)
    let found = try Self.scan(storage, .init(), .whole)
    #expect(found.records == expected.records && found.entries == expected.entries)
  }

  @Test("an entry that is no record is damage, with its place")
  func noRecord() throws {
    let fixture = JournalFixture()
    try fixture.write([Build.request("a"), Build.request("b")])
    let path = "segments/000000000000.jsonl"
    let text = String(decoding: try #require(fixture.storage.bytes(path)), as: UTF8.self)
    fixture.storage.put(
      path, Array(text.replacing("\"kind\":\"request\"", with: "\"kind\":\"mystery\"").utf8))
    for use in [ColumnUse.whole, .unused] {
      let error = #expect(throws: JournalError.self) {
        try Self.scan(fixture.storage, .init(), use)
      }
      guard case .damage(let damage)? = error else {
        Issue.record("found \(String(describing: error))")
        continue
      }
      #expect(damage.expected == "a record" && damage.file == path)
    }
  }
}
