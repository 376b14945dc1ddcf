import Foundation
import Testing

/// The recording of the real stack, through the built tool: the numbers that it must come to.
@Suite("recorded stack", .serialized) struct RecordedStackTests {
  static let files = [
    "caddy-access-2026-11-23T23-39-35.969.log.gz", "caddy-access-2026-11-23T23-40-19.553.log.gz",
    "caddy-access.log", "caddy-runtime.log", "caddy.out", "trigger-events.jsonl",
    "luigi-events.jsonl",
  ].map { BuiltTool.fixture("recorded/live-1/\($0)") }

  private func ingested(_ folder: TemporaryFolder, _ more: [String] = []) throws -> String {
    let journal = folder.path("journal")
    let ran = try BuiltTool.run(
      ["ingest", "--journal", journal, "--source", "pipelines-1"] + more + Self.files)
    #expect(ran.status == 0, "\(ran.errors)")
    return journal
  }

  /// One journal for the tests that only read it, or put back what they change.
  private static let shared: String? = {
    guard let folder = try? TemporaryFolder() else { return nil }
    return try? RecordedStackTests().ingested(folder)
  }()

  @Test("every line is a record or known to carry no fact, and a second time adds nothing")
  func ingestsTwice() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let journal = try ingested(folder)
    let segment = URL(fileURLWithPath: journal + "/segments/000000000000.jsonl")
    let first = try Data(contentsOf: segment)
    let statuses = try first.split(separator: 0x0A).compactMap { line -> Int? in
      let object = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
      return object?["kind"] as? String == "request" ? object?["status"] as? Int : nil
    }
    // 2,594 of the access log; the runtime log adds two of hosts that no site took.
    #expect(statuses.count == 2594 + 2)
    #expect(statuses.filter { $0 == 0 }.count == 20 + 2)
    #expect(statuses.filter { $0 == 502 }.count == 208)
    #expect(statuses.filter { $0 == 403 }.count == 21)
    #expect(try Data(contentsOf: URL(fileURLWithPath: journal + "/rejected.jsonl")).isEmpty)
    _ = try ingested(folder)
    #expect(try Data(contentsOf: segment) == first)
    #expect(try BuiltTool.run(["verify", "--journal", journal]).status == 0)
  }

  @Test("triggers, runs and outcomes come to the recording's own numbers")
  func activities() throws {
    let journal = try #require(Self.shared)
    let all = try BuiltTool.run(["activity", "--journal", journal, "--format", "jsonl"]).objects()
    func count(_ admits: ([String: Any]) -> Bool) -> Int { all.filter(admits).count }
    func text(_ object: [String: Any], _ key: String) -> String? { object[key] as? String }

    // 66 accepted triggers, all joined; three runs that only Luigi tells of.
    #expect(count { $0["status"] as? Int == 202 && $0["run_id"] != nil } == 66)
    #expect(count { text($0, "link") == "run_id" } == 66)
    #expect(count { $0["run_id"] != nil && text($0, "link") == "none" } == 3)
    // 64 exit records decide; elsewhere Luigi does, and the missing exit is said.
    #expect(count { text($0, "outcome_source") == "launcher" } == 64)
    #expect(count { text($0, "outcome_source") == "luigi" } == 5)
    #expect(count { text($0, "dangling") == "exit_missing" } == 2)
    // 32 rejections of the trigger service and four that only the status tells (413).
    let rejected = all.filter { text($0, "state") == "rejected" }
    #expect(rejected.filter { $0["status"] as? Int == 422 }.count == 32)
    #expect(rejected.filter { $0["status"] as? Int == 413 }.count == 4)
    #expect(rejected.allSatisfy { $0["run_id"] == nil })
    #expect(count { text($0, "state") == "denied" && $0["status"] as? Int == 403 } == 21)
    #expect(count { text($0, "state") == "unanswered" && $0["status"] as? Int == 502 } == 10)
    #expect(all.count == 136)
  }

  @Test("findings are the same bytes whatever the batch size and the order of the files")
  func batchesAndOrder() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    var outputs: Set<String> = []
    for (name, more) in [("a", ["--batch", "37"]), ("b", [])] {
      let journal = folder.path(name)
      let ran = try BuiltTool.run(
        ["ingest", "--journal", journal, "--clock", "2026-11-24T00:00:00Z", "--origin", "x"]
          + more + Self.files)
      #expect(ran.status == 0, "\(ran.errors)")
      let found = try BuiltTool.run(
        ["detect", "--journal", journal, "--p-max", "0.2", "--format", "jsonl"])
      #expect(found.status == 0)
      #expect(!found.output.isEmpty)
      outputs.insert(found.output)
    }
    #expect(outputs.count == 1)
  }

  @Test("one flipped bit ends verify with status 1 and names segment, index and offset")
  func flippedBit() throws {
    let journal = try #require(Self.shared)
    let segment = URL(fileURLWithPath: journal + "/segments/000000000000.jsonl")
    let whole = try Data(contentsOf: segment)
    let starts = [0] + whole.indices.filter { whole[$0] == 0x0A }.map { $0 + 1 }
    for index in [0, 1234, starts.count - 2] {
      var damaged = whole
      damaged[starts[index] + 40] ^= 0x04
      try damaged.write(to: segment)
      let ran = try BuiltTool.run(["verify", "--journal", journal])
      #expect(ran.status == 1)
      let place = "segments/000000000000.jsonl: entry \(index) at byte \(starts[index])"
      #expect(ran.output.contains(place), "\(ran.output)")
    }
    try whole.write(to: segment)
    #expect(try BuiltTool.run(["verify", "--journal", journal]).status == 0)
  }

  @Test("a scan of the files says what the journal of the files says")
  func scanAgrees() throws {
    let journal = try #require(Self.shared)
    let rules = ["--p-max", "0.2", "--format", "jsonl"]
    let kept = try BuiltTool.run(["detect", "--journal", journal] + rules).objects()
    let scanned = try BuiltTool.run(
      ["scan", "--source", "pipelines-1"] + rules + Self.files
    ).objects()
    func identity(_ findings: [[String: Any]]) -> [String] {
      findings.map { "\($0["finding_id"] ?? "") \($0["ts"] ?? "") \($0["p_value"] ?? "")" }
    }
    #expect(identity(kept) == identity(scanned))
    #expect(!kept.isEmpty)
  }

  @Test("no secret of the recording is in the journal", arguments: ["EXAMPLE-NOT-A-SECRET"])
  func redacts(secret: String) throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let names = [
      "json-log-credentials.log", "json-filter.log", "json-rfc3339-string.log", "console.log",
    ]
    let journal = folder.path("journal")
    let ran = try BuiltTool.run(
      ["ingest", "--journal", journal]
        + names.map { BuiltTool.fixture("recorded/variants/\($0)") })
    #expect(ran.status == 0, "\(ran.errors)")
    #expect(ran.errors.contains("console_encoded 3"))
    for name in ["segments/000000000000.jsonl", "rejected.jsonl"] {
      let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(journal)/\(name)"))
      #expect(!bytes.isEmpty)
      #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(name)")
      #expect(bytes.range(of: Data("session=EXAMPLE".utf8)) == nil, "\(name)")
    }
  }
}
