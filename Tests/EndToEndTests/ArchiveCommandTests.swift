import Foundation
import Ingest
import Report
import TestSupport
import Testing

/// `vigil export` into one file, and of a part of the rows, with both checkers.
@Suite("export archive and filter", .serialized) struct ArchiveCommandTests {
  private static let shared: Result<ExportedPackage, any Error> = Result {
    try ExportedPackage(["--no-findings"])
  }
  private let package: ExportedPackage

  init() throws { package = try Self.shared.get() }

  private func same(_ words: [String]) throws -> [String] {
    let size = try package.manifest().checkpoint.size
    return words + ["--checkpoint", "\(size)", "--clock", "2026-11-25T00:00:00Z", "--read-only"]
  }

  private func bytes(_ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: package.folder.path(name)))
  }

  @Test("a .zip passes both checkers, holds what the directory holds, and is the same each time")
  func archive() throws {
    let ran = try package.export(same(["--no-findings"]), to: "one.zip")
    #expect(ran.output.contains("check-export \(package.folder.path("one.zip"))"))
    try package.export(same(["--no-findings"]), to: "two.zip")
    #expect(try bytes("one.zip") == bytes("two.zip"))
    let left = try FileManager.default.contentsOfDirectory(atPath: package.folder.url.path)
    #expect(!left.contains { $0.contains(".zip.") }, "\(left)")
    let checked = try package.check("one.zip")
    #expect(checked.status == 0, "\(checked.output) \(checked.errors)")
    if GoChecker.isWanted {
      let go = try package.checkWithGo("one.zip")
      #expect(go.status == 0, "\(go.text)")
    }
    // Nothing is written over.
    let again = try BuiltTool.run(
      ["export", "--journal", package.journal, "--out", package.folder.path("one.zip")])
    #expect(again.status == 2 && again.errors.contains("expected no such file"))
    #expect(try bytes("one.zip") == bytes("two.zip"))
  }

  @Test("a damaged .zip, one of something else and one with a stranger's file are refused by both")
  func refused() throws {
    try package.export(["--no-findings"], to: "good.zip")
    let good = Array(try bytes("good.zip"))
    var flipped = good
    flipped[good.count / 2] ^= 1
    for (name, bytes) in [
      ("flipped.zip", flipped), ("cut.zip", Array(good.dropLast(40))),
      ("text.zip", Array("no archive".utf8)), ("empty.zip", []),
    ] {
      try Data(bytes).write(to: URL(fileURLWithPath: package.folder.path(name)))
      let checked = try package.check(name)
      #expect(checked.status == 1 && checked.output.contains("REFUSED"), "\(name): \(checked)")
      if GoChecker.isWanted { #expect(try package.checkWithGo(name).status != 0, "\(name)") }
    }
    #expect(try package.check("absent.zip").status == 2)
  }

  /// The package as an archive, stored, with `edit` in place of an honest packer.
  private func pack(_ name: String, _ edit: (inout [ZipBytes.Entry]) -> Void) throws {
    let paths = ["manifest.json", "manifest.note"] + (try package.manifest().files.map(\.path))
    var entries = try paths.map {
      ZipBytes.Entry(name: $0, contents: Array(try package.bytes($0, of: "package")))
    }
    edit(&entries)
    try Data(ZipBytes(entries: entries).bytes).write(
      to: URL(fileURLWithPath: package.folder.path(name)))
  }

  @Test(
    "an archive that was packed by another program passes; one that leads out of its folder does not"
  )
  func hostile() throws {
    try pack("stored.zip") { $0.insert(.init(name: "tables/"), at: 0) }
    #expect(try package.check("stored.zip").status == 0)
    if GoChecker.isWanted { #expect(try package.checkWithGo("stored.zip").status == 0) }
    let outside = package.folder.path("outside")
    let cases: [(String, (inout [ZipBytes.Entry]) -> Void)] = [
      ("up", { $0.append(.init(name: "../outside", contents: [1])) }),
      ("root", { $0.append(.init(name: outside, contents: [1])) }),
      ("over", { $0.append(.init(name: "tables/../../outside", contents: [1])) }),
      ("twice", { $0.append($0[0]) }), ("stranger", { $0.append(.init(name: "tables/more.csv")) }),
      ("missing", { $0.removeLast() }), ("prefix", { $0[0].name = "package/manifest.json" }),
      ("crc", { $0[2].checksum = 1 }), ("length", { $0[2].statedByteCount = 1 << 30 }),
    ]
    for (name, edit) in cases {
      try pack("\(name).zip", edit)
      let checked = try package.check("\(name).zip")
      #expect(checked.status == 1 && checked.output.contains("REFUSED"), "\(name): \(checked)")
      if GoChecker.isWanted {
        #expect(try package.checkWithGo("\(name).zip").status != 0, "\(name)")
      }
    }
    #expect(!FileManager.default.fileExists(atPath: outside))
  }

  @Test("on a terminal an export draws how far it has come")
  func progress() throws {
    let output = package.folder.path("terminal")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/script")
    let words = [
      try BuiltTool.url().path, "export", "--journal", package.journal, "--no-findings", "--out",
      package.folder.path("drawn"),
    ]
    process.arguments = ["-qec", words.joined(separator: " "), output]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    let drawn = try String(contentsOfFile: output, encoding: .utf8)
    for step in ["entries", "records"] { #expect(drawn.contains("\(step) [####"), "\(drawn)") }
    #expect(drawn.contains("100 % of"))
  }

  @Test("a filter is stated in manifest and report, its rows pass both checkers, and others do not")
  func filter() throws {
    let filter = "job=reindex and since=2020-01-01"
    try package.export(
      ["--where", filter, "--format", "html,csv,jsonl,ocsf,cef,sqlite"], to: "part")
    let (manifest, whole) = (try package.manifest("part"), try package.manifest())
    #expect(manifest.query.filter == filter && manifest.query.text.contains("--where \(filter)"))
    let rows = try #require(manifest.table("records")?.rowCount)
    #expect(rows > 0 && rows < (whole.table("records")?.rowCount ?? 0))
    #expect(manifest.range.lowerBound == 0 && manifest.withheldCount == 0)
    let checked = try package.check("part")
    #expect(checked.status == 0, "\(checked.output)")
    #expect(checked.output.contains("only rows of records that match \(filter)"))
    let report = String(decoding: try package.bytes("report.html", of: "part"), as: UTF8.self)
    #expect(report.contains("Only a part of the period: rows of records that match \(filter)"))
    if GoChecker.isWanted {
      let go = try package.checkWithGo("part")
      #expect(go.status == 0 && go.text.contains("not evaluated here: the filter"), "\(go.text)")
    }
    // What the whole export has of this job is in the part, byte for byte.
    let lines = Set(
      String(decoding: try package.bytes("tables/records.jsonl", of: "part"), as: UTF8.self)
        .split(separator: "\n"))
    let all = String(
      decoding: try package.bytes("tables/records.jsonl", of: "package"), as: UTF8.self
    ).split(separator: "\n")
    #expect(lines.isSubset(of: all))
    #expect(all.filter { $0.contains("\"job\":\"reindex\"") }.allSatisfy { lines.contains($0) })
  }

  @Test(
    "wrong filters end with status 2 and say where",
    arguments: [
      ["--where", "jobb=etl"], ["--where", "job="], ["--where", "job=etl", "--standard", "soc2"],
      ["--where", "job=etl", "--pseudonymise"], ["--where", "job=etl", "--redact", "path"],
    ])
  func usage(_ words: [String]) throws {
    let ran = try BuiltTool.run(
      ["export", "--journal", package.journal, "--out", package.folder.path("none")] + words)
    #expect(ran.status == 2, "\(ran.errors)")
    #expect(ran.errors.contains("expected") || ran.errors.contains("did you mean job"))
    #expect(!FileManager.default.fileExists(atPath: package.folder.path("none")))
  }
}
