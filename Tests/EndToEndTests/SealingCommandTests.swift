import Foundation
import Ingest
import TestSupport
import Testing

@Suite("compress, prune and verify, run as a user runs them") struct SealingCommandTests {
  /// A journal of three closed segments, written in small ones: the tool takes it up as it is.
  private static func journal(in folder: TemporaryFolder) throws -> String {
    let path = folder.path("journal")
    var settings = JournalSettings(origin: "vigil/test")
    settings.segmentByteCount = 4000
    let now = try #require(Timestamp(rfc3339: "2023-12-01T00:00:00Z"))
    let journal = try Journal.open(
      try PosixStorage(directory: path, creating: true), settings, at: now,
      randomBytes: SecureRandom.bytes)
    for number in 0..<30 {
      let time = now.advanced(bySeconds: Double(number) * 3600 - 30 * 86_400)
      _ = try journal.append(
        Build.request("r\(number)", at: time, originalByteCount: 200), at: now)
    }
    try journal.close(at: now)
    return path
  }

  private func verified(_ journal: String) throws -> [String: Any] {
    let ran = try BuiltTool.run(["verify", "--journal", journal, "--format", "json"])
    #expect(ran.status == 0, "\(ran.output)")
    return try #require(try ran.objects().first)
  }

  private func files(_ journal: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: journal + "/segments").sorted()
  }

  @Test("a journal compressed, then pruned, verifies at each step and says what it is")
  func life() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let journal = try SealingCommandTests.journal(in: folder)
    let first = try verified(journal)
    let closed = try #require(first["segments"] as? Int) - 1
    #expect(closed > 1)

    let compressed = try BuiltTool.run(
      ["compress", "--journal", journal, "--clock", "2023-12-02"])
    #expect(compressed.status == 0, "\(compressed.errors)")
    #expect(
      compressed.output.hasPrefix("compressed \(closed) segments of "), "\(compressed.output)")
    #expect(try files(journal).contains("000000000000.jsonl.zst"))
    #expect(try !files(journal).contains("000000000000.jsonl"))
    #expect(try verified(journal)["compressed_segments"] as? Int == closed)
    let again = try BuiltTool.run(["compress", "--journal", journal, "--clock", "2023-12-02"])
    #expect(again.output.hasPrefix("nothing to compress"))

    let early = ["prune", "--journal", journal, "--before", "2023-11-01", "--dry-run"]
    #expect(try BuiltTool.run(early).output.hasPrefix("nothing to prune"))
    let words = ["prune", "--journal", journal, "--before", "2023-12-02"]
    let dry = try BuiltTool.run(words + ["--dry-run"])
    #expect(dry.status == 0, "\(dry.errors)")
    #expect(dry.output.contains("would prune \(closed) segments"), "\(dry.output)")
    #expect(try files(journal).contains("000000000000.jsonl.zst"))
    let pruned = try BuiltTool.run(words + ["--policy", "two weeks", "--clock", "2023-12-03"])
    #expect(pruned.status == 0, "\(pruned.errors)")
    #expect(try files(journal).prefix(2) == ["000000000000.leaf", "000000000000.pruned"])
    let last = try verified(journal)
    #expect(last["pruned_segments"] as? Int == closed)
    let text = try BuiltTool.run(["verify", "--journal", journal])
    #expect(
      text.output.contains("\(closed) segments: bytes not checkable, root holds"), "\(text.output)")
    let activity = try BuiltTool.run(["activity", "--journal", journal, "--format", "jsonl"])
    #expect(activity.errors.contains("pruned entries are not there to be read"))
  }

  @Test("--max-age fails an old journal with status 1, and the JSON says so")
  func age() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let journal = folder.path("journal")
    let line =
      #"{"schema":"trigger-event/1","ts":1.5,"event":"run.requested","run_id":"r","job":"j"}"#
    let clock = ["--clock", "2024-01-01"]
    #expect(
      try BuiltTool.run(["ingest", "--journal", journal] + clock + ["-"], input: line + "\n")
        .status == 0)
    let words = ["verify", "--journal", journal, "--format", "json", "--max-age"]
    #expect(try BuiltTool.run(words + ["36500d"]).status == 0)
    let ran = try BuiltTool.run(words + ["36h"])
    #expect(ran.status == 1)
    let object = try #require(try ran.objects().first)
    #expect(object["holds"] as? Bool == false)
    let freshness = try #require(object["freshness"] as? [String: Any])
    #expect((freshness["first"] as? [String: Any])?["kind"] as? String == "stale")
    #expect((object["integrity"] as? [String: Any])?["holds"] as? Bool == true)
  }

  @Test("--integrity leaves entries unread, says so, and finds an altered one")
  func integrity() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let journal = folder.path("journal")
    let line =
      #"{"schema":"trigger-event/1","ts":1.5,"event":"run.requested","run_id":"r","job":"j"}"#
    #expect(
      try BuiltTool.run(["ingest", "--journal", journal, "-"], input: line + "\n").status == 0)
    let words = ["verify", "--integrity", "--journal", journal]
    let sound = try BuiltTool.run(words)
    #expect(sound.status == 0, "\(sound.errors)")
    #expect(sound.output.contains("order and schema  not checked"))
    let object = try #require(try BuiltTool.run(words + ["--format", "json"]).objects().first)
    #expect((object["order_and_schema"] as? [String: Any])?["checked"] as? Bool == false)
    #expect(object["holds"] as? Bool == true)
    let path = journal + "/segments/000000000000.jsonl"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    try text.replacing("run.requested", with: "run.Requested")
      .write(toFile: path, atomically: false, encoding: .utf8)
    let altered = try BuiltTool.run(words)
    #expect(altered.status == 1)
    #expect(altered.output.contains("entry_altered"))
    #expect(altered.output.contains("in doubt: entry 1; verify without --integrity"))
  }

  @Test(
    "a wrong command line is refused before anything is touched",
    arguments: [
      (["verify", "--journal", "x", "--max-age", "5"], "expected a whole number and a unit"),
      (["verify", "--journal", "x", "--max-age", "-5s"], "expected a whole number and a unit"),
      (
        ["verify", "--journal", "x", "--max-age", "99999999999999999999d"],
        "expected a whole number and a unit"
      ),
      (
        ["verify", "--journal", "x", "--integrity", "--max-age", "5s"],
        "--integrity with --max-age"
      ),
      (["compress", "--journal", "x", "--level", "20"], "expected a whole number from 1 to 19"),
      (["compress", "--journal", "x"], "x"),
      (["prune", "--journal", "x", "--before", "2023-01-01"], "--policy is missing"),
      (["prune", "--journal", "x", "--policy", "p"], "--before is missing"),
      (
        ["prune", "--journal", "x", "--before", "2999-01-01", "--policy", "p"],
        "expected an instant in the past"
      ),
    ])
  func usage(words: [String], message: String) throws {
    let ran = try BuiltTool.run(words)
    #expect(ran.status == 2, "\(ran.errors)")
    #expect(ran.errors.contains(message), "\(ran.errors)")
    #expect(!FileManager.default.fileExists(atPath: "x"))
  }
}
