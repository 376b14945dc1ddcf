import Foundation
import Testing

@Suite("vigil record") struct RecordCommandTests {
  private func line(_ id: String, _ extra: String = "") -> String {
    #"{"v":1,"kind":"control","ts":"2026-11-24T05:28:54Z","source":"cron/backup","#
      + #""id":"\#(id)","event":"notice","reason":"backup done"\#(extra)}"#
  }

  /// A journal with one record.
  private func journal(_ folder: TemporaryFolder) throws -> String {
    let path = folder.path("journal")
    let run =
      #"{"schema":"trigger-event/1","ts":1.5,"event":"run.requested","run_id":"r","job":"j"}"#
    #expect(try BuiltTool.run(["ingest", "--journal", path, "-"], input: run).status == 0)
    return path
  }

  private func record(_ journal: String, _ line: String) throws -> BuiltTool.Result {
    try BuiltTool.run(["record", "--journal", journal], input: line)
  }

  @Test("takes the lock where no writer runs, and prints the acknowledgement")
  func alone() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let path = try journal(folder)
    let first = try record(path, line("1") + "\n")
    #expect(first.status == 0 && first.errors.isEmpty, "\(first.errors)")
    let index = try #require(try first.objects().first?["index"] as? Int)
    #expect(first.output == "{\"v\":1,\"answer\":\"appended\",\"index\":\(index)}\n")
    #expect(try record(path, line("1")).output == "{\"v\":1,\"answer\":\"duplicate\"}\n")
    #expect(try record(path, line("1", #","subject":"x""#)).output.contains("\"conflict\""))
    let entry = try String(contentsOfFile: path + "/segments/000000000000.jsonl", encoding: .utf8)
      .split(separator: "\n")[index]
    #expect(entry.contains("\"imported\":true"))
    #expect(try BuiltTool.run(["verify", "--journal", path]).status == 0)
  }

  @Test("goes through the writer that follows a file, while an import is refused and names it")
  func besideFollow() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let path = try journal(folder)
    let log = folder.path("empty.log")
    #expect(FileManager.default.createFile(atPath: log, contents: nil))
    let writer = try RunningTool.follow(log, into: path, folder)
    for number in 0..<5 {
      let ran = try record(path, line("\(number)"))
      #expect(ran.output.contains("\"appended\""), "\(ran.errors)")
    }
    #expect(try record(path, line("3")).output.contains("\"duplicate\""))
    let second = try BuiltTool.run(["ingest", "--journal", path, log])
    #expect(second.status == 4)
    #expect(second.errors.contains("held by process \(writer.identifier)"), "\(second.errors)")
    #expect(writer.stop() == 0)
    #expect(!FileManager.default.fileExists(atPath: path + "/writer.sock"))
    #expect(try record(path, line("after")).output.contains("\"appended\""))
    #expect(try BuiltTool.run(["verify", "--journal", path]).status == 0)
  }

  @Test(
    "what is no single record is refused with its reason, and nothing is appended",
    arguments: [
      ("", "found no line, expected one record"), ("\n \n", "found no line"),
      ("words\n", "not_json"), ("{}\n", "unknown_shape"),
      ("{\"v\":1,\"kind\":\"control\"}\n", "missing_field"),
      ("{\"v\":1,\"kind\":\"control\",\"kind\":\"run\"}\n", "duplicate_key"),
      ("{\"v\":1,", "truncated"),
    ])
  func refused(_ input: String, _ reason: String) throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let path = try journal(folder)
    let before = try Data(contentsOf: URL(fileURLWithPath: path + "/segments/000000000000.jsonl"))
    let ran = try record(path, input)
    #expect(ran.status == 2 && ran.output.isEmpty)
    #expect(ran.errors.contains(reason), "\(ran.errors)")
    let two = try record(path, line("1") + "\n" + line("2"))
    #expect(two.status == 2 && two.errors.contains("found a second line"))
    let after = try Data(contentsOf: URL(fileURLWithPath: path + "/segments/000000000000.jsonl"))
    #expect(after == before)
  }

  @Test("makes no journal")
  func noJournal() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    #expect(try record(folder.path("none"), line("1")).status == 2)
    let ran = try record(folder.url.path, line("1"))
    #expect(ran.status == 2 && ran.errors.contains("found no journal.json"), "\(ran.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.path("lock")))
  }
}
