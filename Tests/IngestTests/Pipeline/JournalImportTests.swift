import Foundation
import Ingest
import TestSupport
import Testing

@Suite("An import by several threads")
struct JournalImportTests {
  /// Two logs in each other's time, with lines that are rejected, blank, twice or too long.
  private static func write(_ directory: TemporaryDirectory, seed: UInt64) throws -> [InputPlan] {
    var variant = LineVariant(seed: seed)
    let long =
      "{\"v\":1,\"kind\":\"run\",\"ts\":\"2025-01-06T00:18:54.467000Z\",\"source\":\"s\",\"id\":\"i\","
      + "\"run_id\":\"r\",\"event\":\"started\",\"job\":\"\(String(repeating: "j", count: 70_000))\"}"
    return try (0..<3).map { number in
      var lines = (0..<60).map { _ in variant.next() }
      lines.insert(contentsOf: ["", "no json", long, lines[3], lines[4]], at: 30)
      let path = "\(directory.path)/\(number).log"
      try Data(lines.joined(separator: "\n").utf8).write(to: URL(filePath: path))
      return InputPlan(
        label: "\(number).log", paths: [path, "\(directory.path)/missing"], format: .auto,
        settings: LogSettings())
    }
  }

  private struct Outcome: Equatable {
    let entries: [String]
    let rejected: [UInt8]?
    let reports: [InputReport]
  }

  private static func run(
    _ inputs: [InputPlan], helperCount: Int, chunkByteCount: Int?, batch: Int = 1000
  ) throws -> Outcome {
    var fixture = JournalFixture()
    fixture.settings.pendingByteCountMax = 10_000
    let now = fixture.clock.now
    let journal = try fixture.open()
    let job = JournalImport(
      inputs, into: journal, batchRecordCount: batch, helperCount: helperCount,
      chunkByteCount: chunkByteCount, now: { now })
    try job.run { _ in }
    try journal.close(at: now)
    #expect(try fixture.verify().hasPassed)
    return Outcome(
      entries: try fixture.entries(), rejected: fixture.storage.bytes("rejected.jsonl"),
      reports: job.reports)
  }

  @Test(
    "gives the same entries, rejections and counts for any chunks and any number of threads",
    arguments: [0, 1, 2, 3], [1, 777, 5000, nil])
  func sameForAnyScheduling(_ helperCount: Int, _ chunkByteCount: Int?) throws {
    let directory = try TemporaryDirectory()
    let inputs = try JournalImportTests.write(directory, seed: 9)
    let expected = try JournalImportTests.run(inputs, helperCount: 0, chunkByteCount: 1)
    let found = try JournalImportTests.run(
      inputs, helperCount: helperCount, chunkByteCount: chunkByteCount, batch: 13)
    #expect(found == expected)
    #expect(expected.entries.count > 40)
    #expect(expected.reports.allSatisfy { $0.failure != nil }, "the missing file is told")
  }

  @Test("takes the lines in the order of the stream of records")
  func orderOfRecords() throws {
    let directory = try TemporaryDirectory()
    let inputs = try JournalImportTests.write(directory, seed: 10)
    var fixture = JournalFixture()
    fixture.settings.origin = "vigil/test"
    let now = fixture.clock.now
    let journal = try fixture.open()
    let stream = RecordStream(
      inputs: inputs, secret: JournalImportTests.secret(fixture),
      rejected: { line, _ in
        _ = try journal.keep(line)
      })
    while let streamed = try stream.next() { _ = try journal.append(streamed.record, at: now) }
    try journal.close(at: now)
    let expected = try fixture.entries().filter { !$0.contains("\"source\":\"vigil/") }
    let found = try JournalImportTests.run(inputs, helperCount: 2, chunkByteCount: 3000).entries
      .filter { !$0.contains("\"source\":\"vigil/") }
    #expect(found == expected)
  }

  /// The fixture's journals are made from the same seed.
  private static func secret(_ fixture: JournalFixture) -> [UInt8] {
    fixture.storage.bytes("hmac-secret") ?? []
  }
}
