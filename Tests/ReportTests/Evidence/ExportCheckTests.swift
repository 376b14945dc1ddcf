import Detect
import Ingest
import Report
import TestSupport
import Testing

@Suite struct ExportCheckTests {
  @Test("any flipped byte in any file of a package is refused")
  func flips() throws {
    let fixture = try PackageFixture()
    let package = try fixture.export(PackageFixture.query { $0.formats = [.jsonl] })
    var random = SeededRandom(seed: 11)
    for path in package.paths {
      let bytes = try #require(package.bytes(path))
      for _ in 0..<8 where !bytes.isEmpty {
        var changed = bytes
        let place = Int.random(in: 0..<bytes.count, using: &random)
        changed[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        package.put(path, changed)
        #expect(throws: ExportRefusal.self, "\(path) byte \(place)") {
          try fixture.check(package)
        }
      }
      package.put(path, bytes)
    }
    #expect(try fixture.check(package).attestedFiles.isEmpty)
  }

  @Test(
    "a manifest that states something else is refused though the key signed it",
    arguments: ["records", "activities", "totals", "first", "since", "size", "path"])
  func manifest(_ what: String) throws {
    let fixture = try PackageFixture()
    let package = try fixture.export(
      PackageFixture.query { $0.since = Build.time(0) })
    try Resigned.seal(package, fixture) { manifest in
      switch what {
      case "records", "activities":
        manifest.tables = manifest.tables.map {
          $0.name == what
            ? .init(name: what, rowCount: $0.rowCount + 1, check: $0.check, totals: $0.totals) : $0
        }
      case "totals":
        manifest.tables = manifest.tables.map {
          .init(
            name: $0.name, rowCount: $0.rowCount, check: $0.check,
            totals: $0.totals.map { .init($0.name, $0.value + 1) })
        }
      case "first": manifest.firstInPeriod = 7
      case "since": manifest.query.since = Build.time(3600)
      case "size":
        manifest.range = manifest.range.lowerBound..<manifest.range.upperBound - 1
      default:
        manifest.files.append(
          PackageFile(path: "../outside", byteCount: 0, digest: .zero))
      }
    }
    #expect(throws: ExportRefusal.self) { try fixture.check(package) }
  }

  @Test(
    "an entry whose bytes were taken out is refused, whatever is said of why it is not there",
    arguments: ["pruned", "withheld"])
  func hidden(_ reason: String) throws {
    let heartbeat = Build.control("h", .heartbeat, at: Build.time(10))
    let fixture = try PackageFixture(PackageFixture.records + [heartbeat])
    let package = try fixture.export(
      PackageFixture.query {
        ($0.formats, $0.standard, $0.judges) = ([], nil, false)
      })
    let hidden = try HiddenEntry("heartbeat", of: package, because: reason)
    try Resigned.seal(package, fixture) { hidden.list(in: &$0) }
    let refusal = try #require(throws: ExportRefusal.self) { try fixture.check(package) }
    #expect(refusal.file == "proofs/absent.jsonl", "\(refusal)")
    // Stated as such, an export that withholds nothing still has no withheld entry.
    guard reason == "withheld" else { return }
    try Resigned.seal(package, fixture) { $0.withheldCount = 1 }
    #expect(throws: ExportRefusal.self) { try fixture.check(package) }
  }

  @Test(
    "a file, a table or a word of its check that the query does not give is refused",
    arguments: [
      "report.html", "export.sqlite", "tables/extra.csv", "table", "check", "less",
    ], [false, true])
  func notOfTheQuery(_ what: String, _ withholds: Bool) throws {
    let fixture = try PackageFixture()
    let package = try fixture.export(PackageFixture.query { $0.formats = [.jsonl] }) { settings in
      guard withholds else { return }
      settings.privacy.redactedFields = ["remote_ip"]
      settings.withhold(RecordTransform(pseudonyms: nil, redacting: ["remote_ip"]))
    }
    _ = try fixture.check(package)
    let text = Array("<p>met</p>\n".utf8)
    if what.contains(".") { package.put(what, text) }
    if what == "less" { package.delete("tables/findings.jsonl") }
    try Resigned.seal(package, fixture) { manifest in
      switch what {
      case "table":
        manifest.tables.append(.init(name: "extra", rowCount: 0, check: .derived, totals: []))
      case "check":
        manifest.tables = manifest.tables.map {
          .init(
            name: $0.name, rowCount: $0.rowCount, check: withholds ? .derived : .attested,
            totals: $0.totals)
        }
      case "less": manifest.files.removeAll { $0.path == "tables/findings.jsonl" }
      default:
        manifest.files.append(
          PackageFile(path: what, byteCount: text.count, digest: SHA256.digest(text.span)))
        manifest.files.sort { $0.path < $1.path }
      }
    }
    #expect(throws: ExportRefusal.self) { try fixture.check(package) }
  }

  @Test("findings that were made with other settings are attested, the rest is made again")
  func otherSettings() throws {
    let fixture = try PackageFixture()
    let package = try fixture.export()
    let verdict = try fixture.check(package) { $0.detection.kappa = 2 }
    #expect(verdict.attestedFiles.contains("tables/findings.jsonl"))
    #expect(verdict.derivedFiles.contains("tables/activities.jsonl"))
    #expect(verdict.reasons.contains { $0.contains("--config") })
  }

  @Test("a manifest gives its own bytes back, and every cut of it is refused without a crash")
  func manifestReading() throws {
    let fixture = try PackageFixture()
    let package = try fixture.export()
    let bytes = try #require(package.bytes("manifest.json"))
    #expect(try Manifest(bytes).bytes == bytes)
    for count in stride(from: 0, to: bytes.count - 2, by: 97) {
      #expect(throws: ExportRefusal.self) { try Manifest(Array(bytes.prefix(count))) }
    }
  }

  @Test("a range proof gives its own bytes back, and leads from any index to the root")
  func rangeProof() throws {
    let fixture = try PackageFixture()
    let history = try CheckpointHistory(CheckpointBytes(fixture.journal.storage))
    let head = try #require(history.newest?.signed)
    let entries = try fixture.journal.entries()
    var hasher = MerkleHasher()
    var left = MerkleTree()
    for first in 0..<head.checkpoint.size {
      let proof = RangeProof(after: left, under: head)
      #expect(try RangeProof(proof.bytes) == proof)
      var tree = proof.left
      for entry in entries[first..<head.checkpoint.size] {
        let bytes = Array(entry.utf8)
        tree.append(hasher.leaf(bytes.span), &hasher)
      }
      #expect(tree.root(&hasher) == head.checkpoint.root)
      var other = proof.bytes
      other[other.count / 8] ^= 1
      #expect((try? RangeProof(other)) != proof)
      let bytes = Array(entries[first].utf8)
      left.append(hasher.leaf(bytes.span), &hasher)
    }
  }

  @Test("entries of a pruned segment stand by their leaf hashes, and the report says so")
  func pruned() throws {
    let fixture = try PackageFixture()
    // Enough for several segments of 4,096 bytes.
    try fixture.journal.write(
      (0..<60).map {
        PackageFixture.request("p\($0)", Build.time(20_000 + Double($0)), principal: "alice")
      })
    let journal = try fixture.journal.open()
    let gone = try journal.prune(
      before: Build.time(30_000), policy: "a test", at: PackageFixture.madeAt)
    try journal.close(at: PackageFixture.madeAt)
    let count = gone.reduce(0) { $0 + $1.entryCount }
    try #require(count > 0)
    let package = try fixture.export()
    let verdict = try fixture.check(package)
    #expect(verdict.manifest.prunedCount == count)
    #expect(verdict.reasons.contains { $0.contains("pruned") })
    #expect(try PackageFixture.text("report.html", package).contains("had been pruned"))
  }
}

/// What somebody with the key does to hide a control record: its bytes go, its leaf hash is listed as
/// absent, and the table of records is made without it.
struct HiddenEntry {
  private let files: [PackageFile]

  init(_ word: String, of package: SimulatedStorage, because reason: String) throws {
    let whole = "entries/000000000000.jsonl"
    let lines = try PackageFixture.text(whole, package)
      .split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { $0 + "\n" }
    let index = try #require(lines.firstIndex { $0.contains(word) })
    var hasher = MerkleHasher()
    let bytes = Array(lines[index].dropLast().utf8)
    let leaf = hasher.leaf(bytes.span).hex
    let absent = "{\"index\":\(index),\"leaf\":\"\(leaf)\",\"reason\":\"\(reason)\"}\n"
    var contents = ["proofs/absent.jsonl": absent]
    if reason == "pruned" {
      contents[whole] = lines[..<index].joined()
      contents["entries/\(String("00000000000\(index + 1)".suffix(12))).jsonl"] =
        lines[(index + 1)...].joined()
    } else {
      contents[whole] = (lines[..<index] + ["\n"] + lines[(index + 1)...]).joined()
    }
    let rows = lines.indices.filter { $0 != index }.enumerated().map { row, index in
      "{\"row\":\(row + 1),\"indexes\":[\(index)]}\n"
    }
    package.put("proofs/rows/records.jsonl", Array(rows.joined().utf8))
    for (path, text) in contents { package.put(path, Array(text.utf8)) }
    files = contents.filter { $0.key != whole }.map { path, text in
      let bytes = Array(text.utf8)
      return PackageFile(path: path, byteCount: bytes.count, digest: SHA256.digest(bytes.span))
    }
  }

  func list(in manifest: inout Manifest) {
    manifest.tables = manifest.tables.map { table in
      guard table.name == "records" else { return table }
      return Manifest.Table(
        name: table.name, rowCount: table.rowCount - 1, check: table.check,
        totals: table.totals.map { .init($0.name, $0.value - ($0.name == "control" ? 1 : 0)) })
    }
    manifest.files = (manifest.files + files).sorted { $0.path < $1.path }
  }
}
