import Foundation
import Testing

@Suite("the tool's manners") struct ToolUsageTests {
  static let commands = [
    "ingest", "record", "verify", "scan", "activity", "detect", "demo", "init", "checkpoint",
    "witness", "prove", "check-proof", "tiles", "compress", "prune", "explain", "backtest",
    "query", "timeline", "replay", "case",
  ]

  @Test("every command explains itself with all its options", arguments: commands)
  func help(command: String) throws {
    let ran = try BuiltTool.run([command, "--help"])
    #expect(ran.status == 0)
    #expect(ran.errors.isEmpty)
    #expect(ran.output.hasPrefix("vigil \(command): "))
    #expect(ran.output.contains("usage: vigil \(command) "))
    #expect(ran.output == (try BuiltTool.run(["help", command]).output))
  }

  @Test(
    "a wrong command line ends with status 2 and says what was found and expected",
    arguments: [
      ([], "usage: vigil COMMAND"),
      (["dance"], "no command \"dance\": expected one of ingest, scan, activity"),
      (["ingest", "--journal", "x"], "no FILE: expected at least one"),
      (["ingest", "f"], "--journal is missing"),
      (["ingest", "--jornal", "x", "f"], "unknown option \"--jornal\": expected one of --journal"),
      (["verify", "--journal"], "--journal without a value: expected DIR"),
      (["verify", "--journal", "a", "--journal", "b"], "--journal given twice"),
      (["verify", "--journal", "x", "y"], "operand \"y\": expected none"),
      (["detect", "--journal", "x", "--p-max", "2"], "--p-max \"2\": expected a number in (0, 1]"),
      (
        ["detect", "--journal", "x", "--rule", "nope"], "--rule \"nope\": expected one of off_hours"
      ),
      (["activity", "--journal", "x", "--since", "now"], "--since \"now\": expected RFC 3339"),
      (
        ["ingest", "--journal", "x", "--format", "xml", "f"],
        "--format \"xml\": expected one of auto"
      ),
      (
        ["ingest", "--journal", "x", "--batch", "0", "f"], "--batch \"0\": expected a whole number"
      ),
      (["scan", "-", "-"], "- given twice"),
    ])
  func usageErrors(words: [String], message: String) throws {
    let ran = try BuiltTool.run(words)
    #expect(ran.status == 2)
    #expect(ran.output.isEmpty)
    #expect(ran.errors.contains(message), "\(ran.errors)")
  }

  @Test("an unreadable input is named before a journal is made for it")
  func missingInput() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let journal = folder.path("journal")
    let ran = try BuiltTool.run(["ingest", "--journal", journal, folder.path("nothing.log")])
    #expect(ran.status == 2)
    #expect(ran.errors.contains("nothing.log: nothing there: expected a readable file"))
    #expect(!FileManager.default.fileExists(atPath: journal))
  }

  @Test("a directory that is no journal is refused and left as it was")
  func foreignDirectory() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try Data("mine".utf8).write(to: folder.url.appendingPathComponent("notes.txt"))
    let line =
      #"{"schema":"trigger-event/1","ts":1.5,"event":"run.requested","run_id":"r","job":"j"}"#
    let ran = try BuiltTool.run(["ingest", "--journal", folder.url.path, "-"], input: line)
    #expect(ran.status == 2)
    #expect(ran.errors.contains("expected journal.json or an empty directory"), "\(ran.errors)")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
    #expect(names == ["notes.txt"])
  }

  @Test("an unknown key of a configuration is refused with its place")
  func configuration() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let file = folder.url.appendingPathComponent("vigil.json5")
    try Data("{\n  zone: 'Europe/Berlin',\n  detektion: {},\n}".utf8).write(to: file)
    let ran = try BuiltTool.run(["scan", "--config", file.path, "-"], input: "")
    #expect(ran.status == 2)
    #expect(ran.errors.contains("line 3, column 3"), "\(ran.errors)")
    #expect(ran.errors.contains("detection"))
  }

  @Test("the example of the documentation is the whole schema, and is read")
  func documentedConfiguration() throws {
    let page = try String(
      contentsOf: BuiltTool.root.appendingPathComponent("Documentation/Configuration.md"),
      encoding: .utf8)
    let start = try #require(page.range(of: "```json5\n"))
    let end = try #require(page.range(of: "\n```", range: start.upperBound..<page.endIndex))
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let file = folder.url.appendingPathComponent("vigil.json5")
    try Data(page[start.upperBound..<end.lowerBound].utf8).write(to: file)
    let ran = try BuiltTool.run(["scan", "--config", file.path, "-"], input: "")
    #expect(ran.status == 0, "\(ran.errors)")
  }

  @Test("findings at or above --fail-on end with status 3, and not below")
  func failOn() throws {
    // A trigger is heard at the gateway, and then a run that only its launcher tells of.
    let request =
      #"{"level":"info","ts":1795477100.5,"logger":"http.log.access.log0","#
      + #""msg":"handled request","request":{"remote_ip":"127.0.0.1","method":"POST","#
      + #""host":"h","uri":"/jobs/j/runs"},"duration":0.1,"size":1,"status":403,"resp_headers":{}}"#
    let lines = """
      \(request)
      {"schema":"trigger-event/1","ts":1795477135.5,"event":"run.requested","run_id":"r1","job":"j"}
      {"schema":"trigger-event/1","ts":1795477136.5,"event":"run.spawned","run_id":"r1","pid":7}
      {"schema":"trigger-event/1","ts":1795477437.5,"event":"run.exited","run_id":"r1","exit_code":0,"seconds":301}
      {"schema":"trigger-event/1","ts":1795479437.5,"event":"run.rejected","reason":"bad_body","job":"j","request_id":"q2"}

      """
    let rule = ["--rule", "run_without_request", "--format", "jsonl"]
    for (severity, status) in [("critical", 3), ("low", 3)] {
      let ran = try BuiltTool.run(["scan", "--fail-on", severity] + rule + ["-"], input: lines)
      #expect(ran.status == Int32(status), "\(ran.errors)")
      #expect(try ran.objects().count == 1)
    }
    #expect(try BuiltTool.run(["scan"] + rule + ["-"], input: lines).status == 0)
    let other = ["scan", "--fail-on", "low", "--rule", "off_hours", "-"]
    #expect(try BuiltTool.run(other, input: lines).status == 0)
  }

  @Test("what cannot be read is counted by reason and the rest goes on")
  func hostileLines() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let deep = String(repeating: "[", count: 10_000)
    var data = Data()
    let good =
      #"{"schema":"trigger-event/1","ts":1.5,"event":"run.requested","run_id":"r","job":"j"}"#
    for line in [
      "plain words", #"{"a":1,"a":2}"#, #"{"a":1e999}"#, "{\"a\":\(deep)", "[1]", good,
    ] {
      data += Data((line + "\n").utf8)
    }
    data += Data([0x7B, 0x22, 0xFF, 0x22, 0x7D, 0x0A]) + Data("\u{2028}\n".utf8)
    data += Data(#"{"schema":"trigger-event/1","ts":2"#.utf8)
    let journal = folder.path("journal")
    let ran = try BuiltTool.run(["ingest", "--journal", journal, "-"], data: data)
    #expect(ran.status == 0, "\(ran.errors)")
    for reason in [
      "not_json 2", "duplicate_key 1", "number_out_of_range 1", "too_deep 1", "unknown_shape 1",
      "invalid_utf8 1", "truncated 1",
    ] {
      #expect(ran.errors.contains(reason), "\(reason) in \(ran.errors)")
    }
    let kept = try String(contentsOfFile: journal + "/rejected.jsonl", encoding: .utf8)
    #expect(kept.split(separator: "\n").count == 8)
    #expect(kept.contains("\"byte_offset\":12"))
    #expect(try BuiltTool.run(["verify", "--journal", journal]).status == 0)
  }

  @Test("a full disk under standard output ends with status 4", .enabled(if: hasFullDevice))
  func fullOutput() throws {
    let process = Process()
    process.executableURL = try BuiltTool.url()
    process.arguments = ["help", "ingest"]
    process.standardOutput = FileHandle(forWritingAtPath: "/dev/full")
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 4)
  }

  static let hasFullDevice = FileManager.default.fileExists(atPath: "/dev/full")
}
