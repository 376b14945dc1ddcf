import Ingest
import Report
import TestSupport
import Testing

@Suite struct ExportRunTests {
  @Test("the same journal, checkpoint and settings give the same bytes in every file")
  func deterministic() throws {
    let fixture = try PackageFixture()
    let (first, second) = (try fixture.export(), try fixture.export())
    #expect(first.paths == second.paths)
    #expect(first.paths.count > 20)
    for path in first.paths { #expect(first.bytes(path) == second.bytes(path), "\(path)") }
  }

  @Test("every row is made again by the checker, which has the package alone")
  func checked() throws {
    let fixture = try PackageFixture()
    let verdict = try fixture.check(try fixture.export())
    #expect(verdict.attestedFiles.isEmpty)
    #expect(verdict.reasons.isEmpty)
    #expect(!verdict.isKeyItsOwn)
    let manifest = verdict.manifest
    #expect(manifest.tables.map(\.name) == ["records", "activities", "findings", "controls"])
    #expect(manifest.tables.allSatisfy { $0.check == .derived })
    // The journal's own entries beside those written.
    #expect(manifest.table("records")?.rowCount ?? 0 >= fixture.recordCount)
    #expect(manifest.table("activities")?.rowCount == 4)
  }

  @Test("a period takes records and activities by event time, and carries its context")
  func period() throws {
    let fixture = try PackageFixture()
    let query = PackageFixture.query {
      $0.since = Build.time(3600)
      $0.until = Build.time(7200)
      $0.contextSeconds = 100
    }
    let package = try fixture.export(query)
    let manifest = try fixture.check(package).manifest
    #expect(manifest.range.lowerBound > 0)
    #expect(manifest.table("activities")?.rowCount == 1)
    let sources = try PackageFixture.objects("tables/records.jsonl", package).map { document in
      document.member(document.root, "ts").flatMap { document.string($0) } ?? ""
    }
    #expect(sources.allSatisfy { $0 >= Build.time(3600).rfc3339 && $0 < Build.time(7200).rfc3339 })
    #expect(sources.count == manifest.table("records")?.rowCount)
    let verdict = try fixture.check(package)
    #expect(verdict.reasons.contains { $0.contains("--from-start") })
  }

  @Test("from the start, the same period is checked without resting on the signature")
  func fromStart() throws {
    let fixture = try PackageFixture()
    let query = PackageFixture.query {
      $0.since = Build.time(3600)
      $0.fromStart = true
    }
    let verdict = try fixture.check(try fixture.export(query))
    #expect(verdict.manifest.range.lowerBound == 0)
    #expect(verdict.attestedFiles.isEmpty && verdict.reasons.isEmpty)
  }

  @Test("the last use of a job is the latest request, whichever run settled last")
  func lastUse() throws {
    let records = [(50.0, 5_000.0), (100, 60)].enumerated().flatMap { serial, times in
      [
        PackageFixture.request("z\(serial)", Build.time(times.0), principal: "zoe"),
        PackageFixture.run("z\(serial)", "z\(serial)", .started, Build.time(times.0 + 1)),
        PackageFixture.run(
          "z\(serial)", "z\(serial)", .succeeded, Build.time(times.0 + times.1)),
      ]
    }
    let page = try PackageFixture.text("report.html", try PackageFixture(records).export())
    // A request is told by its beginning, 50 ms before its record.
    let row = try #require(
      page.split(separator: "<tr>").first {
        $0.hasPrefix("<td data-name=\"Principal\">zoe</td><td data-name=\"Job\">etl</td>")
      })
    #expect(row.contains("05:01:39") && !row.contains("05:00:49"), "\(row)")
  }

  @Test("a period without an entry, and a directory that is not empty, are refused")
  func refused() throws {
    let fixture = try PackageFixture()
    let query = PackageFixture.query {
      $0.since = Build.time(-9_000_000)
      $0.until = Build.time(-8_000_000)
    }
    #expect(throws: ExportError.nothingInPeriod) { try fixture.export(query) }
    let full = SimulatedStorage()
    full.put("old", [1])
    #expect(throws: ExportError.notEmpty(found: "old")) { try PackageWriter(full) }
  }

  @Test("a journal whose entries were cut or changed behind its checkpoint gives no package")
  func damagedJournal() throws {
    let fixture = try PackageFixture()
    let name = "segments/000000000000.jsonl"
    let bytes = try #require(fixture.journal.storage.bytes(name))
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.contains("\"status\":202"))
    fixture.journal.storage.put(
      name,
      Array(text.replacing("\"status\":202", with: "\"status\":200", maxReplacements: 1).utf8))
    #expect(throws: ExportError.self) { try fixture.export() }
  }

  @Test("the export's own record names the person, the question and the manifest's hash")
  func record() throws {
    let fixture = try PackageFixture()
    let package = try fixture.export()
    let bytes = try #require(package.bytes("manifest.json"))
    let manifest = try Manifest(bytes)
    let record = ExportRecord.record(of: manifest, at: PackageFixture.madeAt)
    guard case .control(let control) = record.body else {
      Issue.record("a control record")
      return
    }
    #expect(control.event == .exportMade && control.principal == "auditor")
    #expect(control.subject == "vigil export")
    #expect(control.sha256 == SHA256.digest(bytes.span).hex)
    #expect(control.counts.contains(.init("activities", 4)))
  }
}
