import Foundation
import Ingest
import TestSupport
import Testing

/// What a journal's owner does between its batches.
@Suite struct JournalDutyTests {
  private func queue(
    _ directory: TemporaryDirectory, _ duty: @escaping @Sendable (Journal) throws -> any JournalDuty
  ) throws -> JournalCommitQueue {
    let storage = try PosixStorage(directory: directory.path + "/j", creating: true)
    let journal = try Journal.open(
      storage, JournalSettings(origin: "vigil/duty"), at: Build.time(0)
    ) {
      SecureRandom.bytes(count: $0)
    }
    return try JournalCommitQueue(
      journal,
      now: { Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1e6)) ?? .latest },
      duty: duty)
  }

  @Test("a followed log and the producers' records come into one journal, each once")
  func followed() async throws {
    let directory = try TemporaryDirectory()
    let log = directory.path + "/events.jsonl"
    let positions = directory.path + "/j/index"
    let lines = (0..<300).map { Build.request("log\($0)").encoded() + [0x0A] }
    #expect(FileManager.default.createFile(atPath: log, contents: Data(lines[0])))
    let queue = try queue(directory) { journal in
      let plan = InputPlan(label: log, paths: [log], format: .record, settings: LogSettings())
      return try JournalFollow(
        [plan], into: journal, positions: FollowPositionStore(directory: positions),
        now: { Build.time(1) }, report: { _ in })
    }
    let handle = try #require(FileHandle(forWritingAtPath: log))
    try handle.seekToEnd()
    for number in 1..<300 {
      try handle.write(contentsOf: Data(lines[number]))
      _ = try await queue.append(Build.request("hand\(number)"))
    }
    var ids: [String] = []
    // The log's last lines are read a moment after they were written.
    for _ in 0..<400 where ids.count(where: { $0.hasPrefix("log") }) < 300 {
      try await Task.sleep(for: .milliseconds(5))
      ids = try journalIDs(directory)
    }
    try queue.close()
    ids = try journalIDs(directory)
    #expect(ids.count { $0.hasPrefix("log") } == 300)
    #expect(ids.count { $0.hasPrefix("hand") } == 299)
    #expect(Set(ids).count == ids.count)
  }

  private func journalIDs(_ directory: TemporaryDirectory) throws -> [String] {
    let storage = try PosixStorage(directory: directory.path + "/j", creating: false)
    return try JournalReader(storage).allRecords()
      .filter { $0.kind == .request }.map { $0.header.id }
  }

  private struct Broken: Error, CustomStringConvertible {
    let description = "the disk is on fire"
  }

  private struct FailingDuty: JournalDuty {
    func takeTurn() throws -> Bool { throw Broken() }
    func finish() throws {}
  }

  @Test(
    "a duty that fails ends the queue: appends are refused with its reason, and close throws it")
  func failing() async throws {
    let directory = try TemporaryDirectory()
    let queue = try queue(directory) { _ in FailingDuty() }
    var refusal: WriterRefusal?
    for number in 0..<100 where refusal == nil {
      do throws(WriterRefusal) { _ = try await queue.append(Build.request("r\(number)")) } catch {
        refusal = error
      }
    }
    #expect(refusal?.reason == .stopped)
    #expect(refusal?.detail == "the disk is on fire")
    #expect(queue.failureDescription == "the disk is on fire")
    #expect(throws: Broken.self) { try queue.close() }
  }
}
