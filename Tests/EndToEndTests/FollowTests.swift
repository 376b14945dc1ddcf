import Foundation
import Testing

/// `vigil ingest --follow` against real files that grow, rotate and are read again after a restart.
@Suite("following", .serialized) struct FollowTests {
  private static let deadlineSeconds = 60.0

  /// One tool under way; what it wrote to standard error goes to a file.
  private struct Running {
    let process = Process()
    let errors: String

    init(journal: String, log: String, errors: String) throws {
      self.errors = errors
      process.executableURL = try BuiltTool.url()
      process.arguments = ["ingest", "--follow", "--journal", journal, log]
      #expect(FileManager.default.createFile(atPath: errors, contents: nil))
      process.standardError = FileHandle(forWritingAtPath: errors)
      process.standardInput = FileHandle.nullDevice
      try process.run()
    }

    /// Ends it by SIGTERM; its status.
    func stop() -> Int32 {
      process.terminate()
      process.waitUntilExit()
      return process.terminationStatus
    }
  }

  private func line(_ number: Int) -> String {
    #"{"schema":"trigger-event/1","ts":\#(1_795_477_135 + number).5,"event":"run.requested","#
      + #""run_id":"run-\#(number)","job":"j"}"# + "\n"
  }

  private func append(_ text: String, to path: String) throws {
    if !FileManager.default.fileExists(atPath: path) {
      #expect(FileManager.default.createFile(atPath: path, contents: nil))
    }
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(text.utf8))
    try handle.close()
  }

  /// The run ids in the journal's entries, in order, read without the tool.
  private func runs(in journal: String) throws -> [String] {
    let segment = URL(fileURLWithPath: journal + "/segments/000000000000.jsonl")
    guard let data = try? Data(contentsOf: segment) else { return [] }
    let end = data.lastIndex(of: 0x0A) ?? data.startIndex
    return try data[..<end].split(separator: 0x0A).compactMap { entry in
      let object = try JSONSerialization.jsonObject(with: Data(entry)) as? [String: Any]
      return object?["kind"] as? String == "run" ? object?["run_id"] as? String : nil
    }
  }

  /// Waits until the journal holds `count` runs, at most for the deadline.
  private func wait(for count: Int, in journal: String) throws -> [String] {
    let end = Date().addingTimeInterval(Self.deadlineSeconds)
    while Date() < end {
      let found = try runs(in: journal)
      if found.count >= count { return found }
      usleep(20_000)  // between two looks; what is waited for is the file, not the time
    }
    return try runs(in: journal)
  }

  @Test("lines through rotation, truncation of nothing and a restart come once, in order")
  func followsThroughRotationAndRestart() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let (journal, log) = (folder.path("journal"), folder.path("launcher.jsonl"))
    let first = try Running(journal: journal, log: log, errors: folder.path("errors-1"))
    // Not there yet: waited for.
    for number in 0..<3 { try append(line(number), to: log) }
    #expect(try wait(for: 3, in: journal).count == 3)
    // Half a line, rotated away by rename together with its other half.
    let whole = line(3)
    try append(String(whole.prefix(20)), to: log)
    try append(String(whole.dropFirst(20)), to: log)
    try FileManager.default.moveItem(atPath: log, toPath: log + ".1")
    for number in 4..<6 { try append(line(number), to: log) }
    #expect(try wait(for: 6, in: journal).count == 6)
    #expect(first.stop() == 0)

    // While nobody reads, more lines come and the file rotates again.
    try append(line(6), to: log)
    try FileManager.default.moveItem(atPath: log + ".1", toPath: log + ".2")
    try FileManager.default.moveItem(atPath: log, toPath: log + ".1")
    try append(line(7), to: log)
    let second = try Running(journal: journal, log: log, errors: folder.path("errors-2"))
    #expect(try wait(for: 8, in: journal) == (0..<8).map { "run-\($0)" })
    #expect(second.stop() == 0)
    #expect(try runs(in: journal) == (0..<8).map { "run-\($0)" })
    let told = try String(contentsOfFile: folder.path("errors-2"), encoding: .utf8)
    #expect(told.contains("2 new records"), "\(told)")
    #expect(try BuiltTool.run(["verify", "--journal", journal]).status == 0)
  }
}
