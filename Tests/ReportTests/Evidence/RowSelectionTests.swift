import Ingest
import Report
import TestSupport
import Testing

@Suite struct RowSelectionTests {
  private static func task(_ run: String, _ at: Timestamp) -> Record {
    var task = TaskRecord(event: .succeeded)
    (task.runID, task.taskID, task.task) = (run, "Load", "Load")
    return Record(
      header: RecordHeader(timestamp: at, source: "luigi/p1", id: "t-\(run)"), body: .task(task))
  }

  /// The fixture's records, and a run of another job with a step, that nobody asked for.
  private static var records: [Record] {
    var other = RunRecord(event: .started)
    (other.runID, other.job) = ("x1", "billing")
    return PackageFixture.records + [
      task("r0", Build.time(40)), task("r1", Build.time(3640)),
      Record(
        header: RecordHeader(timestamp: Build.time(50), source: "launcher/p1", id: "x1-s"),
        body: .run(other)), task("x1", Build.time(55)),
    ]
  }

  private static func query(_ filter: String) -> ExportQuery {
    PackageFixture.query {
      $0.standard = nil
      $0.filter = filter
    }
  }

  private static func ids(_ package: SimulatedStorage) throws -> [String] {
    try PackageFixture.objects("tables/records.jsonl", package).map { line in
      try #require(line.member(line.root, "id").flatMap { line.string($0) })
    }
  }

  @Test(
    "a filter chooses the records that match and those of their runs and requests, and the check chooses the same",
    arguments: [
      ("job=billing", ["t-x1", "x1-s"]),
      (
        "principal=alice and kind=request",
        ["a0", "a1", "q0", "q2", "r0-started", "r0-succeeded"]
          + ["r2-started", "r2-succeeded", "t-r0"]
      ),
      ("effect=deny", ["d9", "q9"]),
      ("kind=task and run_id=r1", ["q1", "r1-started", "r1-succeeded", "t-r1"]),
      ("job=nothing", []),
    ])
  func choice(_ filter: String, _ expected: [String]) throws {
    let fixture = try PackageFixture(Self.records)
    let package = try fixture.export(Self.query(filter))
    let ids = try Self.ids(package)
    // A run that carries its request's id leads from one to the other, and both ways.
    #expect(ids.sorted() == expected, "\(filter)")
    let verdict = try fixture.check(package)
    #expect(verdict.manifest.query.filter == filter)
    #expect(verdict.attestedFiles.isEmpty && verdict.manifest.range.lowerBound == 0)
    #expect(verdict.manifest.table("records")?.rowCount == ids.count)
    let page = try PackageFixture.text("report.html", package)
    #expect(page.contains("Only a part of the period"))
  }

  @Test("activities and findings of a filtered export rest on chosen records, and joining sees all")
  func joined() throws {
    let fixture = try PackageFixture(Self.records)
    let whole = try PackageFixture.text(
      "tables/activities.jsonl", try fixture.export(PackageFixture.query { $0.standard = nil }))
    let package = try fixture.export(Self.query("job=etl and principal=alice"))
    let lines = try PackageFixture.text("tables/activities.jsonl", package).split(separator: "\n")
    #expect(lines.count == 2)
    // Byte for byte those of an export of everything.
    for line in lines { #expect(whole.split(separator: "\n").contains(line)) }
  }

  @Test(
    "another filter, a row left out and a filter that cannot be read are refused though the key signed them"
  )
  func tampering() throws {
    let fixture = try PackageFixture(Self.records)
    let package = try fixture.export(Self.query("job=billing"))
    for filter in ["job=etl", nil, "job=bill*", "nonsense="] as [String?] {
      try Resigned.seal(package, fixture) { $0.query.filter = filter }
      #expect(throws: ExportRefusal.self, "\(filter ?? "none")") { try fixture.check(package) }
    }
    try Resigned.seal(package, fixture) { $0.query.filter = "job=billing" }
    #expect(try fixture.check(package).derivedFiles.contains("tables/records.jsonl"))
    for path in ["tables/records.jsonl", "proofs/rows/records.jsonl"] {
      let bytes = try #require(package.bytes(path))
      let end = try #require(bytes.firstIndex(of: 0x0A))
      package.put(path, Array(bytes[...end]))
    }
    try Resigned.seal(package, fixture) { manifest in
      manifest.tables = manifest.tables.map {
        $0.name == "records"
          ? .init(name: $0.name, rowCount: 1, check: $0.check, totals: $0.totals) : $0
      }
    }
    #expect(throws: ExportRefusal.self) { try fixture.check(package) }
  }

  @Test("durations in a filter count back from the time of making, in the check too")
  func now() throws {
    let fixture = try PackageFixture(Self.records)
    let seconds = PackageFixture.madeAt.seconds(since: Build.time(7100))
    let package = try fixture.export(Self.query("kind=request and since=\(Int(seconds))s"))
    #expect(try Self.ids(package).contains("q2") && Self.ids(package).contains("q9"))
    #expect(try !Self.ids(package).contains("q0"))
    #expect(try fixture.check(package).attestedFiles.isEmpty)
  }
}
