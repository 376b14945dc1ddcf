import Foundation
import Testing

/// `vigil replay` beside `vigil detect`.
@Suite("Replay command", .serialized)
struct ReplayCommandTests {
  private func expectSame(_ journal: String, _ options: [String]) throws -> String {
    let words = ["--journal", journal, "--format", "jsonl"] + options
    let detected = try BuiltTool.run(["detect"] + words)
    let replayed = try BuiltTool.run(["replay"] + words)
    #expect(detected.status == 0 && replayed.status == 0, "\(replayed.errors)")
    #expect(!detected.output.isEmpty)
    let isSame = detected.output == replayed.output
    #expect(isSame, "other bytes than detect's")
    return replayed.output
  }

  @Test(
    "over the sixty days, replay says what detect says, byte for byte, and other rules differ")
  func sixtyDays() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let journal = try ForensicJournal.sixtyDays(in: folder)
    let config = ["--config", ForensicJournal.sixtyDaysConfiguration]
    _ = try expectSame(journal, config)
    let rules = folder.path("rules.json5")
    try "{detection:{budget:{alerts_per_day:20}}}".write(
      toFile: rules, atomically: true, encoding: .utf8)
    let changes = try BuiltTool.run(
      ["replay", "--journal", journal, "--rules", rules, "--format", "jsonl"] + config
    ).objects()
    #expect(changes.contains { $0["change"] as? String == "only_after" && $0["before"] == nil })
    let state = try BuiltTool.run(
      ["replay", "--journal", journal, "--at", "20000", "--format", "jsonl"] + config
    ).objects()
    #expect(state.first?["records"] as? Int == 20_001)
  }

  @Test("a period is a part of the whole, the same rules change nothing, a state is told at a time")
  func parts() throws {
    let journal = try ForensicJournal(count: 30)
    defer { journal.folder.remove() }
    let whole = try expectSame(journal.journal, ["--p-max", "1"])
    let since = "2026-11-25"
    let part = try journal.run("replay", ["--p-max", "1", "--format", "jsonl", "--since", since])
    let expected = whole.split(separator: "\n").filter { $0.contains("\"ts\":\"2026-11-25") }
    #expect(!expected.isEmpty && expected.count < whole.split(separator: "\n").count)
    #expect(part.output == expected.map { $0 + "\n" }.joined())
    let rules = journal.folder.path("rules.json5")
    try "{}".write(toFile: rules, atomically: true, encoding: .utf8)
    let none = try journal.run("replay", ["--rules", rules, "--p-max", "1", "--format", "jsonl"])
    #expect(none.status == 0 && none.output.isEmpty)
    let state = try journal.run("replay", ["--at", "2026-11-24T05:00:30Z"])
    #expect(state.output.hasPrefix("At 2026-11-24T05:00:30.000000Z\n"), "\(state.errors)")
    #expect(state.output.contains("Open runs: 1") && state.output.contains("r0"))
  }

  @Test(
    "a recorded trace says the same at full speed",
    .enabled(
      if: ProcessInfo.processInfo.environment["VIGIL_TRACES"] != nil,
      "VIGIL_TRACES names no folder of traces"))
  func trace() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let traces = try #require(ProcessInfo.processInfo.environment["VIGIL_TRACES"])
    let script = BuiltTool.root.appendingPathComponent("Benchmarks/detection/records.py").path
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = [
      "-c", "python3 \"$0\" \"$1\" > \"$2\"", script, traces + "/ctc-sp2", folder.path("records"),
    ]
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    let ingested = try BuiltTool.run(
      ["ingest", "--journal", folder.path("j"), "--format", "record", folder.path("records")])
    #expect(ingested.status == 0, "\(ingested.errors)")
    let config = folder.path("c.json5")
    try "{ join: { window: \"14d\", request_window: \"60s\" } }".write(
      toFile: config, atomically: true, encoding: .utf8)
    _ = try expectSame(folder.path("j"), ["--config", config])
  }

  @Test("records that are asked for come with the findings, at the speed asked for, harmless")
  func records() throws {
    let journal = try ForensicJournal(count: 12)
    defer { journal.folder.remove() }
    let ran = try journal.run(
      "replay",
      ["--where", "principal~eve*", "--speed", "1000000x", "--since", "2026-11-24T08:00:00Z"])
    #expect(ran.status == 0, "\(ran.errors)")
    let shown = ran.output.split(separator: "\n").filter { $0.contains("POST") }
    #expect(shown.count == 2 && ran.output.isHarmless)
  }

  @Test(
    "what cannot be asked is wrong usage",
    arguments: [
      (["--at", "x"], "expected an entry's index"),
      (["--at", "99999"], "expected an entry before"),
      (["--at", "1", "--speed", "1x"], "--at and --speed: expected one"),
      (["--at", "1", "--since", "2026-01-01"], "expected --at alone"),
      (["--speed", "fast"], "--speed \"fast\""), (["--where", "x=1"], "unknown field"),
    ])
  func usage(words: [String], message: String) throws {
    let journal = try ForensicJournal(count: 2)
    defer { journal.folder.remove() }
    let ran = try journal.run("replay", words)
    #expect(ran.status == 2 && ran.errors.contains(message), "\(ran.errors)")
  }
}
