import Foundation
import Ingest
import Report
import Testing

/// Every format, and the Python that opens some of them.
private enum ExportTools {
  static let everything = "html,csv,jsonl,ocsf,cef,sqlite"
  static let python: String? = ["/usr/bin/python3", "/usr/local/bin/python3"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }
}

/// What `vigil export` writes, opened with other people's tools.
@Suite("export command", .serialized) struct ExportCommandTests {
  private static let shared: Result<ExportedPackage, any Error> = Result {
    try ExportedPackage(["--format", ExportTools.everything])
  }
  private let package: ExportedPackage

  init() throws { package = try Self.shared.get() }

  private func python(_ script: String, _ words: [String]) throws -> [String: Int] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(ExportTools.python))
    process.arguments = ["-c", script] + words
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Int])
  }

  @Test(
    "Python's csv and SQLite read as many rows as the manifest states",
    .enabled(if: ExportTools.python != nil))
  func counts() throws {
    let manifest = try package.manifest()
    let rows = try python(
      """
      import csv, glob, json, os, sys
      csv.field_size_limit(1 << 24)
      print(json.dumps({os.path.basename(p)[:-4]:
        sum(1 for _ in csv.DictReader(open(p, newline='', encoding='utf-8')))
        for p in glob.glob(sys.argv[1] + '/tables/*.csv')}))
      """, [package.path])
    let records = try #require(manifest.table("records"))
    let ofKind = { (kind: RecordKind) in
      records.totals.first { $0.name == kind.rawValue }.map { Int($0.value) }
    }
    for kind in RecordKind.allCases {
      #expect(rows[RecordColumns.table(of: kind)] == ofKind(kind), "\(kind)")
    }
    #expect(rows["activities"] == manifest.table("activities")?.rowCount)
    let tables = try python(
      """
      import json, sqlite3, sys
      base = sqlite3.connect('file:' + sys.argv[1] + '?mode=ro', uri=True)
      assert base.execute('PRAGMA integrity_check').fetchone() == ('ok',)
      names = ['requests', 'runs', 'activities', 'findings', 'activity_rows', 'task_records']
      print(json.dumps({n: base.execute('SELECT count(*) FROM ' + n).fetchone()[0] for n in names}))
      """, [package.path + "/export.sqlite"])
    #expect(tables["requests"] == ofKind(.request))
    #expect(tables["task_records"] == ofKind(.task))
    #expect(tables["activity_rows"] == manifest.table("activities")?.rowCount)
    #expect(tables["runs"] == 69)
  }

  @Test("JSON Lines ingested into a fresh journal give the same activities and findings")
  func roundTrip() throws {
    let fresh = package.folder.path("fresh")
    // The journal's own records are the old journal's life, not the new one's.
    let lines = String(
      decoding: try package.bytes("tables/records.jsonl", of: "package"), as: UTF8.self
    ).split(separator: "\n").filter { !$0.contains("\"source\":\"vigil/") }
    let file = package.folder.path("records.jsonl")
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: file))
    let ran = try BuiltTool.run(
      ["ingest", "--journal", fresh, "--format", "record", "--origin", "fresh", file])
    #expect(ran.status == 0, "\(ran.errors)")
    func without(_ journal: String, _ words: [String]) throws -> [String] {
      try BuiltTool.run(words + ["--journal", journal, "--format", "jsonl"]).output
        .split(separator: "\n")
        .map { line in
          // Indexes of another journal.
          line.replacing(/"evidence":\[[0-9,]*\]/, with: "").description
        }
    }
    for words in [["activity"], ["detect", "--p-max", "0.2"]] {
      let (old, new) = (try without(package.journal, words), try without(fresh, words))
      #expect(!old.isEmpty)
      #expect(old == new)
    }
  }

  @Test("the export is a record of its journal, by whom and with the manifest's hash")
  func recorded() throws {
    let segment = package.journal + "/segments/000000000000.jsonl"
    let entries = try String(contentsOfFile: segment, encoding: .utf8).split(separator: "\n")
    let digest = SHA256.digest(Array(try package.bytes("manifest.json", of: "package")).span).hex
    let entry = try #require(entries.first { $0.contains("\"sha256\":\"\(digest)\"") })
    #expect(entry.contains("\"event\":\"export_made\",\"principal\":\"auditor\""))
    #expect(try BuiltTool.run(["verify", "--journal", package.journal]).status == 0)
    // It does not count as something heard: what is found stays as it was.
    #expect(!entry.contains("\"imported\""))
  }

  /// Every file of the journal by its path.
  private func journalFiles() throws -> [String: Data] {
    var files: [String: Data] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: package.journal) {
      files[path] = FileManager.default.contents(atPath: package.journal + "/" + path)
    }
    return files
  }

  @Test("the same checkpoint, clock and person give the same bytes, and read-only changes nothing")
  func deterministic() throws {
    let size = try package.manifest().checkpoint.size
    let before = try journalFiles()
    for name in ["a", "b"] {
      try package.export(
        [
          "--checkpoint", "\(size)", "--clock", "2026-11-25T00:00:00Z", "--read-only", "--format",
          ExportTools.everything,
        ], to: name)
    }
    for file in try package.manifest("a").files.map(\.path) + ["manifest.json", "manifest.note"] {
      #expect(try package.bytes(file, of: "a") == package.bytes(file, of: "b"), "\(file)")
    }
    #expect(try journalFiles() == before)
    let ran = try package.check("a")
    #expect(ran.status == 0 && ran.output.contains("not recorded in the journal"))
  }

  @Test("a pseudonymised export names nobody, passes both checkers, and says what they cannot see")
  func pseudonymised() throws {
    try package.export(["--pseudonymise", "--redact", "path"], to: "private")
    let ran = try package.check("private")
    #expect(ran.status == 0, "\(ran.output)")
    #expect(ran.output.contains("only the signature says"))
    let names = try BuiltTool.run(["activity", "--journal", package.journal, "--format", "jsonl"])
      .objects().compactMap { $0["principal"] as? String }
    #expect(!names.isEmpty)
    for file in try package.manifest("private").files.map(\.path) {
      let text = String(decoding: try package.bytes(file, of: "private"), as: UTF8.self)
      for name in Set(names) { #expect(!text.contains("\"\(name)\""), "\(name) in \(file)") }
    }
    guard GoChecker.isWanted else { return }
    let go = try package.checkWithGo("private")
    #expect(go.status == 0, "\(go.text)")
  }

  @Test("beside a running writer the export is recorded by the writer")
  func besideWriter() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let (journal, log) = (folder.path("journal"), folder.path("trigger.log"))
    try FileManager.default.copyItem(
      atPath: BuiltTool.fixture("recorded/live-1/trigger-events.jsonl"), toPath: log)
    #expect(
      try BuiltTool.run(["init", "--journal", journal, "--origin", "edge-1"]).status == 0)
    let writer = try RunningTool.follow(log, into: journal, folder)
    let ran = try BuiltTool.run(["export", "--journal", journal, "--out", folder.path("package")])
    #expect(ran.status == 0, "\(ran.errors)")
    #expect(try BuiltTool.run(["check-export", folder.path("package")]).status == 0)
    let entries = try String(
      contentsOfFile: journal + "/segments/000000000000.jsonl", encoding: .utf8)
    #expect(entries.contains("\"event\":\"export_made\""))
    #expect(!entries.contains("journal_closed"), "the writer did it")
    #expect(writer.stop() == 0)
    #expect(try BuiltTool.run(["verify", "--journal", journal]).status == 0)
  }

  @Test(
    "wrong usage ends with status 2 and says what was expected",
    arguments: [
      ["--format", "parquet"], ["--since", "2026-01-02", "--until", "2026-01-01"],
      ["--context", "-1"], ["--checkpoint", "x"], ["--redact", "status"],
      ["--no-findings", "--standard", "soc2"], ["--checkpoint", "3"],
    ])
  func usage(_ words: [String]) throws {
    let ran = try BuiltTool.run(
      ["export", "--journal", package.journal, "--out", package.folder.path("none")] + words)
    #expect(ran.status == 2)
    #expect(ran.errors.contains("expected") || ran.errors.contains("not before"), "\(ran.errors)")
  }

  @Test("without findings an export is made and checked all the same, and says so")
  func withoutFindings() throws {
    try package.export(["--no-findings"], to: "quick")
    #expect(try package.manifest("quick").table("findings") == nil)
    #expect(try package.check("quick").status == 0)
    let report = String(decoding: try package.bytes("report.html", of: "quick"), as: UTF8.self)
    #expect(report.contains("Findings were not looked for"))
    if GoChecker.isWanted { #expect(try package.checkWithGo("quick").status == 0) }
  }
}
