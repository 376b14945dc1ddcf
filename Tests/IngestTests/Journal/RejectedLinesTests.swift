import Ingest
import TestSupport
import Testing

@Suite("Rejected lines")
struct RejectedLinesTests {
  private func rejection(_ journal: Journal, _ line: [UInt8], source: String = "caddy/edge-1")
    -> RejectedLine
  {
    RejectedLine(
      source: source, file: "access.log", byteOffset: 12, reason: "invalid_utf8",
      detail: "byte 3", line: line, lineHMAC: journal.lineHMAC(line.span))
  }

  private func lines(_ fixture: JournalFixture) -> [JSONDocument] {
    let bytes = fixture.storage.bytes("rejected.jsonl") ?? []
    return bytes.split(separator: 0x0A).compactMap { line in
      var document = JSONDocument()
      do { try document.parse(Array(line).span) } catch { return nil }
      return document
    }
  }

  @Test("are kept as JSON whatever their bytes, cut to 4,096 bytes")
  func anyBytes() throws {
    let fixture = JournalFixture()
    let journal = try fixture.open()
    let all = (0...255).map { UInt8($0) }
    #expect(try journal.keep(rejection(journal, all)) == .kept)
    #expect(try journal.keep(rejection(journal, [UInt8](repeating: 1, count: 9000))) == .kept)
    try journal.close(at: fixture.clock.now)
    let documents = lines(fixture)
    #expect(documents.count == 2)
    let (first, second) = (documents[0], documents[1])
    func text(_ document: JSONDocument, _ key: StaticString) -> String? {
      document.member(document.root, key).flatMap { document.string($0) }
    }
    #expect(text(first, "reason") == "invalid_utf8")
    #expect(text(first, "line") == String(decoding: all, as: UTF8.self))
    #expect(text(second, "line")?.utf8.count == RejectedLine.lineByteCountMax)
    let length = second.member(second.root, "line_bytes").flatMap { second.integer($0) }
    #expect(length == 9000)
  }

  @Test("are not kept twice for one source, across openings; keeping them makes no entry")
  func repetition() throws {
    let fixture = JournalFixture()
    for session in 0..<2 {
      let journal = try fixture.open()
      let outcome = session == 0 ? RejectionOutcome.kept : .repeated
      #expect(try journal.keep(rejection(journal, [0x78])) == outcome)
      #expect(try journal.keep(rejection(journal, [0x78], source: "b")) == outcome)
      #expect(try journal.keep(rejection(journal, [0x78])) == .repeated)
      try journal.close(at: fixture.clock.now)
    }
    #expect(lines(fixture).count == 2)
    #expect(try fixture.entries().isEmpty)
  }

  @Test("beyond the quota are counted, not kept")
  func quota() throws {
    var fixture = JournalFixture()
    fixture.settings.rejectedByteCountMax = 1000
    let journal = try fixture.open()
    let outcomes = try (0..<20).map { try journal.keep(rejection(journal, [UInt8($0)])) }
    let kept = outcomes.filter { $0 == .kept }.count
    #expect(kept > 0 && kept < 20)
    #expect(journal.overQuotaCounts.rejected == 20 - kept)
    try journal.close(at: fixture.clock.now)
    #expect(lines(fixture).count == kept)
    #expect(try #require(fixture.storage.bytes("rejected.jsonl")).count <= 1000)
  }

  @Test("have a running digest that is the file's")
  func digest() throws {
    let fixture = JournalFixture()
    for session in 0..<3 {
      let journal = try fixture.open()
      _ = try journal.keep(rejection(journal, [UInt8(session)]))
      let digest = journal.rejectedDigest
      try journal.close(at: fixture.clock.now)
      let bytes = try #require(fixture.storage.bytes("rejected.jsonl"))
      #expect(SHA256.digest(bytes.span) == digest)
    }
  }

  @Test("oversize lines beyond their quota are counted, not kept")
  func oversizeQuota() throws {
    var fixture = JournalFixture()
    fixture.settings.oversizeByteCountMax = 150_000
    let journal = try fixture.open()
    for number in 0..<3 {
      _ = try journal.append(
        Build.request("r\(number)", originalByteCount: 70_000), at: fixture.clock.now)
    }
    #expect(journal.overQuotaCounts.oversize == 1)
    try journal.close(at: fixture.clock.now)
    #expect(fixture.storage.paths.filter { $0.hasPrefix("oversize/") }.count == 2)
    #expect(try fixture.verify().hasPassed)
  }
}
