import Foundation
import Testing

/// detect, detect --new, explain and backtest over recorded journals, through the built tool.
@Suite("explained journals", .serialized) struct ExplainedJournalTests {
  private static let configuration = BuiltTool.fixture("sixty-days/vigil.json5")

  private func ids(_ findings: [[String: Any]]) -> [String] {
    findings.compactMap { $0["finding_id"] as? String }
  }

  /// Every finding explained in one reading; each must come to its own p.
  private func explainAll(_ journal: String, _ options: [String]) throws -> [[String: Any]] {
    let found = try BuiltTool.run(
      ["detect", "--journal", journal, "--format", "jsonl"] + options)
    #expect(found.status == 0 && found.errors.isEmpty, "\(found.errors)")
    let findings = try found.objects()
    #expect(!findings.isEmpty)
    let ran = try BuiltTool.run(
      ["explain", "--journal", journal, "--format", "json"] + options + ids(findings))
    #expect(ran.status == 0, "\(ran.errors)")
    let explained = try ran.objects()
    #expect(explained.count == findings.count)
    for (one, finding) in zip(explained, findings) {
      let working = try #require(one["working"] as? [String: Any])
      #expect(
        NSDictionary(dictionary: finding).isEqual(to: one["finding"] as? [String: Any] ?? [:]))
      #expect(working["equal"] as? Bool == true)
      #expect(working["p_value"] as? Double == finding["p_value"] as? Double)
      let chart = try #require(working["chart"] as? [String: Any])
      let bars = try #require(chart["bars"] as? [[String: Any]])
      #expect(bars.filter { $0["observed"] as? Bool == true }.count == 1)
    }
    return findings
  }

  @Test(
    "every finding of the sixty days comes to its p again, and nothing is new after it was said")
  func sixtyDays() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let journal = folder.path("journal")
    let files = ["caddy-access.log.gz", "launcher.jsonl.gz", "luigi-events.jsonl.gz"]
    let ran = try BuiltTool.run(
      ["ingest", "--journal", journal, "--source", "pipelines-1", "--config", Self.configuration]
        + files.map { BuiltTool.fixture("sixty-days/\($0)") })
    #expect(ran.status == 0, "\(ran.errors)")
    _ = try explainAll(journal, ["--config", Self.configuration])
    let again = try BuiltTool.run(
      ["detect", "--new", "--journal", journal, "--config", Self.configuration])
    #expect(again.status == 0 && again.output.isEmpty && again.errors == "no findings\n")
  }

  private func ingest(_ journal: String, _ files: some Sequence<String>) throws {
    let ran = try BuiltTool.run(
      ["ingest", "--journal", journal, "--source", "pipelines-1"] + files)
    #expect(ran.status == 0, "\(ran.errors)")
  }

  /// One journal for the tests that only read it.
  private static let shared: String? = {
    guard let folder = try? TemporaryFolder() else { return nil }
    let journal = folder.path("journal")
    let files = Array(RecordedStackTests.files.suffix(2))
    let ran = try? BuiltTool.run(["ingest", "--journal", journal] + files)
    return ran?.status == 0 ? journal : nil
  }()

  @Test(
    "the recording in two parts: what is new is told once, and the baseline is that of one part")
  func recording() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let journal = folder.path("journal")
    let options = ["--p-max", "0.2", "--format", "jsonl"]
    try ingest(journal, RecordedStackTests.files.prefix(4))
    let first = try BuiltTool.run(["detect", "--journal", journal] + options)
    try ingest(journal, RecordedStackTests.files.dropFirst(4))
    let news = try BuiltTool.run(["detect", "--new", "--journal", journal] + options)
    #expect(first.errors.isEmpty && news.errors.isEmpty, "\(first.errors)\(news.errors)")
    let baseline = try baseline(journal)
    let whole = try BuiltTool.run(["detect", "--journal", journal] + options)
    let isSame = try self.baseline(journal) == baseline
    #expect(isSame)
    let said = Set(try ids(first.objects()))
    let expected = try ids(whole.objects()).filter { !said.contains($0) }
    #expect(try ids(news.objects()) == expected && !expected.isEmpty)
    _ = try explainAll(journal, ["--p-max", "0.2"])
    try alerts(journal, try #require(whole.output.split(separator: "\n").first.map(String.init)))
  }

  private func baseline(_ journal: String) throws -> Data {
    let names = try FileManager.default.contentsOfDirectory(atPath: journal + "/baselines")
    let name = try #require(names.first { $0.hasSuffix(".baseline") })
    return try Data(contentsOf: URL(fileURLWithPath: journal + "/baselines/" + name))
  }

  /// An alert record that keeps the finding as it is; then one that keeps another p.
  private func alerts(_ journal: String, _ finding: String) throws {
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(finding.utf8)) as? [String: Any])
    let id = try #require(object["finding_id"] as? String)
    let time = try #require(object["ts"] as? String)
    func record(_ name: String, _ finding: String) throws {
      let line =
        #"{"v":1,"kind":"alert","ts":"\#(time)","source":"pager/1","id":"\#(name)","#
        + #""finding_id":"\#(id)","event":"raised","finding":\#(finding)}"#
      let ran = try BuiltTool.run(
        ["ingest", "--journal", journal, "--format", "record", "-"], input: line + "\n")
      #expect(ran.status == 0, "\(ran.errors)")
    }
    let explain = ["explain", "--journal", journal, "--p-max", "0.2", String(id.prefix(12))]
    try record("a", finding)
    let equal = try BuiltTool.run(explain)
    #expect(equal.status == 0 && equal.output.contains(": equal"), "\(equal.output)")
    try record(
      "b", finding.replacing("\"history\":{\"events\":", with: "\"history\":{\"events\":9"))
    let different = try BuiltTool.run(explain)
    #expect(different.status == 1, "\(different.output)")
    #expect(different.output.contains("history: stored {\"events\":9"), "\(different.output)")
    let lines = different.output.split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= 80 || $0.contains("://") }, "\(different.output)")
  }

  @Test(
    "an id that is none, or no finding's, ends with status 2 and says what was expected",
    arguments: [
      (["xyz0"], "expected 4 to 32 digits"), (["abc"], "expected 4 to 32 digits"),
      ([String(repeating: "0", count: 32)], "found none: expected the id of a finding"),
      ([], "no ID: expected at least one"),
    ])
  func unknown(ids: [String], message: String) throws {
    let journal = try #require(Self.shared)
    let ran = try BuiltTool.run(["explain", "--journal", journal] + ids)
    #expect(ran.status == 2 && ran.output.isEmpty)
    #expect(ran.errors.contains(message), "\(ran.errors)")
  }

  @Test("a backtest says what detect says, by rule, and what differs; twice the same bytes")
  func backtest() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let journal = try #require(Self.shared)
    let paths = ["a.json5", "b.json5"].map(folder.path)
    try Data("{}".utf8).write(to: URL(fileURLWithPath: paths[0]))
    try Data("{detection: {rules: ['runaway', 'retry_storm']}}".utf8)
      .write(to: URL(fileURLWithPath: paths[1]))
    let words =
      [
        "backtest", "--journal", journal, "--p-max", "0.2", "--rules", paths[0], "--rules",
        paths[1],
      ]
    let ran = try BuiltTool.run(words + ["--format", "json"])
    #expect(ran.status == 0, "\(ran.errors)")
    #expect(try BuiltTool.run(words + ["--format", "json"]).output == ran.output)
    let object = try #require(try ran.objects().first)
    let sides = try #require(object["configurations"] as? [[String: Any]])
    for (side, path) in zip(sides, paths) {
      let found = try BuiltTool.run(
        ["detect", "--journal", journal, "--config", path, "--p-max", "0.2", "--format", "jsonl"])
      let rules = try #require(side["rules"] as? [[String: Any]])
      #expect(try found.objects().count == rules.last?["findings"] as? Int)
      #expect((side["runs"] as? Int ?? 0) > 40)
    }
    let difference = try #require((object["differences"] as? [[String: Any]])?.first)
    #expect((difference["only_second"] as? [Any])?.isEmpty == true)
    #expect((difference["only_first"] as? [Any])?.isEmpty == false)
    let text = try BuiltTool.run(words)
    #expect(text.output.contains("PER 1,000 RUNS") && text.output.contains("only in the first"))
  }

  @Test(
    "a backtest's command line is checked",
    arguments: [
      (["--journal", "x"], "--rules is missing"),
      (["--journal", "x", "--rules", "y"], "1 --rules: expected two or more to compare"),
      (
        [
          "--journal", "x", "--rules", "y", "--rules", "z", "--from", "2026-11-24", "--to",
          "2026-11-24",
        ],
        "is not before"
      ),
      (["--rules", "y", "--rules", "z"], "--journal is missing"),
    ])
  func backtestUsage(words: [String], message: String) throws {
    let ran = try BuiltTool.run(["backtest"] + words)
    #expect(ran.status == 2 && ran.errors.contains(message), "\(ran.errors)")
  }
}
