import Ingest
import TestSupport
import Testing

private func requests(_ range: Range<Int>, originalByteCount: Int = 40) -> [Record] {
  range.map {
    Build.request(
      "r\($0)", at: Build.time(Double($0)), originalByteCount: originalByteCount)
  }
}

private func kinds(_ fixture: JournalFixture) throws -> [String] {
  try JournalReader(fixture.storage).allRecords().map { record in
    guard case .control(let control) = record.body else { return record.header.id }
    return control.event.rawValue
  }
}

@Suite("Journal")
struct JournalTests {
  @Test("what was appended is read back, between its opening and its closing")
  func roundTrip() throws {
    let fixture = JournalFixture()
    let outcomes = try fixture.write(requests(0..<30))
    #expect(outcomes == (0..<30).map { AppendOutcome.appended(index: $0 + 1) })
    #expect(
      try kinds(fixture) == ["journal_opened"] + (0..<30).map { "r\($0)" } + ["journal_closed"])
    let records = try JournalReader(fixture.storage).allRecords()
    for (record, expected) in zip(records.dropFirst(), requests(0..<30)) {
      #expect(record.body == expected.body)
      #expect(record.header.original == expected.header.original)
      #expect(record.header.receivedAt == fixture.clock.now)
    }
    #expect(try fixture.verify().hasPassed)
  }

  @Test("the journal's own records are named by event and index")
  func controlNames() throws {
    let fixture = JournalFixture()
    try fixture.write(requests(0..<1))
    let headers = try JournalReader(fixture.storage).allRecords().map(\.header)
    #expect(headers.map(\.source) == ["vigil/journal", "caddy/edge-1", "vigil/journal"])
    #expect(headers.map(\.id) == ["journal_opened/0", "r0", "journal_closed/2"])
  }

  @Test("everything a second time adds nothing, not even an opening")
  func repeatedDelivery() throws {
    let fixture = JournalFixture()
    let records = requests(0..<20) + [Build.run("a", .started), Build.control("c", .configLoaded)]
    try fixture.write(records)
    let before = fixture.storage.paths.map { fixture.storage.bytes($0) }
    var later = fixture
    later.clock.advance(bySeconds: 3600)
    #expect(try later.write(records).allSatisfy { $0 == .duplicate })
    #expect(later.storage.paths.map { later.storage.bytes($0) } == before)
  }

  @Test("a repetition within one batch is dropped too")
  func repetitionInBatch() throws {
    let fixture = JournalFixture()
    let outcomes = try fixture.write(requests(0..<1) + requests(0..<1))
    #expect(outcomes == [.appended(index: 1), .duplicate])
  }

  @Test("another content under a known key is kept, recorded, and known from then on")
  func conflict() throws {
    let fixture = JournalFixture()
    var other = requests(0..<1)[0]
    other.header.original = Array("{\"id\":\"r0\",\"filler\":\"another\"}".utf8)
    let outcomes = try fixture.write(requests(0..<1) + [other, other] + requests(0..<1))
    #expect(outcomes == [.appended(index: 1), .conflict(index: 2), .duplicate, .duplicate])
    let records = try JournalReader(fixture.storage).allRecords()
    guard case .control(let control) = records[3].body else { throw TestFailure.unexpected }
    #expect(control.event == .duplicateConflict)
    #expect(control.subject == "caddy/edge-1 r0")
    #expect(control.counts.map(\.value) == [2, 1])
  }

  @Test("a rebuilt key index behaves as the one that grew", arguments: [false, true])
  func rebuiltIndex(_ isDeleted: Bool) throws {
    let fixture = JournalFixture()
    var dropped = Build.request("dropped")
    dropped.header.originalHMAC = SHA256.digest([1].span).hex
    var spaced = Build.request("spaced")
    spaced.header.original = Array(" {\"a\":1} \r".utf8)
    let bare = Build.run("bare", .started)
    let big = Build.request("big", originalByteCount: 70_000)
    let records = requests(0..<3) + [dropped, spaced, bare, big]
    try fixture.write(records)
    if isDeleted {
      for path in fixture.storage.paths where path.hasPrefix("index/") {
        fixture.storage.delete(path)
      }
    }
    #expect(try fixture.write(records).allSatisfy { $0 == .duplicate })
    var changed = bare
    changed.header.isImported = true
    dropped.header.originalHMAC = SHA256.digest([2].span).hex
    let outcomes = try fixture.write([changed, dropped])
    #expect(outcomes == [.conflict(index: 10), .conflict(index: 12)])
  }

  @Test("received_at never runs back, and a clock that steps back is recorded once")
  func clockStep() throws {
    var fixture = JournalFixture()
    let journal = try fixture.open()
    let records = requests(0..<4)
    _ = try journal.append(records[0], at: fixture.clock.now)
    let first = fixture.clock.now
    fixture.clock.advance(bySeconds: -0.5)
    _ = try journal.append(records[1], at: fixture.clock.now)
    fixture.clock.advance(bySeconds: -60)
    _ = try journal.append(records[2], at: fixture.clock.now)
    fixture.clock.advance(bySeconds: 1)
    _ = try journal.append(records[3], at: fixture.clock.now)
    try journal.close(at: fixture.clock.now)
    #expect(
      try kinds(fixture) == [
        "journal_opened", "r0", "r1", "clock_stepped", "r2", "r3", "journal_closed",
      ])
    let received = try JournalReader(fixture.storage).allRecords().map(\.header.receivedAt)
    #expect(received.allSatisfy { $0 == first })
  }

  @Test("a line too long keeps its keys, and its redacted text goes to oversize/")
  func oversize() throws {
    let fixture = JournalFixture()
    let record = Build.request("big", path: "/p", originalByteCount: 70_000)
    try fixture.write([
      record, Build.request("wide", path: String(repeating: "\u{1}", count: 20_000)),
    ])
    let stored = try JournalReader(fixture.storage).allRecords()
    let header = stored[1].header
    #expect(header.original == nil)
    #expect(header.oversizeByteCount == record.header.original?.count)
    let name = try #require(header.oversizeSHA256)
    #expect(fixture.storage.bytes("oversize/\(name)") == record.header.original)
    #expect(header.originalHMAC != nil)
    guard case .request(let wide) = stored[2].body else { throw TestFailure.unexpected }
    #expect(wide.path?.utf8.count == 2048)
    #expect(try fixture.verify().hasPassed)
  }

  @Test("a record with a newline in its raw JSON is refused and changes nothing")
  func newline() throws {
    let fixture = JournalFixture()
    let journal = try fixture.open()
    var record = Build.request("r")
    record.header.original = Array("{\n}".utf8)
    #expect(throws: JournalError.self) { try journal.append(record, at: fixture.clock.now) }
    _ = try journal.append(Build.request("s"), at: fixture.clock.now)
    try journal.close(at: fixture.clock.now)
    #expect(try kinds(fixture) == ["journal_opened", "s", "journal_closed"])
  }

  @Test("the entries do not depend on batch sizes", arguments: [1, 2, 7, 1000])
  func batchSizes(_ size: Int) throws {
    func entries(_ size: Int) throws -> [String] {
      let fixture = JournalFixture()
      let journal = try fixture.open()
      for (position, record) in (requests(0..<50) + requests(10..<20)).enumerated() {
        _ = try journal.append(record, at: fixture.clock.now)
        if position % size == size - 1 { try journal.commit() }
      }
      try journal.close(at: fixture.clock.now)
      return try fixture.entries()
    }
    #expect(try entries(size) == entries(3))
  }

  @Test("segments are closed before they grow beyond their size")
  func segments() throws {
    let fixture = JournalFixture()
    try fixture.write(requests(0..<60, originalByteCount: 200))
    let segments = fixture.storage.paths.filter { $0.hasSuffix(".jsonl") && $0.contains("/") }
    #expect(segments.count > 5)
    for path in segments { #expect(try #require(fixture.storage.bytes(path)).count <= 4096) }
    #expect(try fixture.entries().count == 62)
  }

  @Test("what waits in memory is written once it reaches its limit")
  func pendingLimit() throws {
    var fixture = JournalFixture()
    fixture.settings.pendingByteCountMax = 1000
    fixture.settings.segmentByteCount = 1 << 20
    let journal = try fixture.open()
    for record in requests(0..<20) { _ = try journal.append(record, at: fixture.clock.now) }
    let written = fixture.storage.bytes("segments/000000000000.jsonl")?.count ?? 0
    #expect(written >= 1000)
    #expect(journal.committedCount == 0)
    try journal.commit()
    #expect(journal.committedCount == 21)
  }

  @Test("a second writer is refused, and a closed journal takes nothing more")
  func oneWriter() throws {
    let fixture = JournalFixture()
    let journal = try fixture.open()
    #expect(throws: JournalError.locked(holder: "")) { try fixture.open() }
    try journal.close(at: fixture.clock.now)
    #expect(throws: JournalError.closed) { try journal.commit() }
    _ = try fixture.open()
  }

  @Test("a journal is not made among other files, nor written without its secret")
  func refusals() throws {
    let foreign = SimulatedStorage()
    foreign.put("notes.txt", [])
    #expect(throws: JournalError.notAJournal(found: "notes.txt")) {
      try JournalFixture(foreign).open()
    }
    let fixture = JournalFixture()
    try fixture.write(requests(0..<1))
    let secret = try #require(fixture.storage.bytes("hmac-secret"))
    fixture.storage.delete("hmac-secret")
    #expect(throws: JournalError.secret(byteCountFound: nil)) { try fixture.open() }
    fixture.storage.put("hmac-secret", secret + [0])
    #expect(throws: JournalError.secret(byteCountFound: 33)) { try fixture.open() }
    fixture.storage.put("hmac-secret", secret)
    var other = fixture
    other.settings.origin = "vigil/other"
    #expect(throws: JournalError.origin(found: "vigil/test", expected: "vigil/other")) {
      try other.open()
    }
    fixture.storage.delete("journal.json")
    #expect(throws: JournalError.self) { try fixture.open() }
  }
}

enum TestFailure: Error { case unexpected }
