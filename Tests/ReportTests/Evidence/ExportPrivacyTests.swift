import Ingest
import Report
import TestSupport
import Testing

@Suite struct ExportPrivacyTests {
  private static let names = ["alice", "bruno", "mallory", "10.0.0.7", "<script>"]

  private func export(
    _ fixture: PackageFixture, pseudonyms: Pseudonyms?, _ fields: Set<String> = []
  ) throws -> SimulatedStorage {
    try fixture.export {
      $0.privacy.isPseudonymised = pseudonyms != nil
      $0.privacy.redactedFields = fields.sorted()
      $0.withhold(RecordTransform(pseudonyms: pseudonyms, redacting: fields))
    }
  }

  private static let key = Pseudonyms(key: [UInt8](repeating: 3, count: Pseudonyms.keyByteCount))

  @Test("no name and no address is in any file of a pseudonymised package")
  func noNames() throws {
    let package = try export(try PackageFixture(), pseudonyms: Self.key)
    for path in package.paths {
      let text = try PackageFixture.text(path, package)
      for name in Self.names { #expect(!text.contains(name), "\(name) in \(path)") }
    }
    #expect(try PackageFixture.text("tables/activities.jsonl", package).contains("person-"))
  }

  @Test("one person has one pseudonym within a key, another under another key")
  func pseudonyms() {
    let other = Pseudonyms(key: [UInt8](repeating: 4, count: Pseudonyms.keyByteCount))
    #expect(Self.key.person("alice") == Self.key.person("alice"))
    #expect(Self.key.person("alice") != Self.key.person("bruno"))
    #expect(Self.key.person("alice") != other.person("alice"))
    #expect(Self.key.person("alice").dropFirst(7) != Self.key.address("alice").dropFirst(8))
  }

  @Test("withheld entries are listed with their leaf hashes, and the root still comes out")
  func withheld() throws {
    let fixture = try PackageFixture()
    let package = try export(fixture, pseudonyms: Self.key)
    let verdict = try fixture.check(package)
    let manifest = verdict.manifest
    #expect(manifest.withheldCount == fixture.recordCount)
    let list = try PackageFixture.objects("proofs/absent.jsonl", package)
    #expect(list.count == manifest.withheldCount)
    #expect(manifest.tables.allSatisfy { $0.check == .attested })
    #expect(verdict.reasons.contains { $0.contains("only the signature says") })
    let report = try PackageFixture.text("report.html", package)
    #expect(report.contains("is attested by the signature only"))
  }

  @Test("a changed leaf hash, or a withheld entry left out of the list, is refused")
  func tampered() throws {
    let fixture = try PackageFixture()
    for change in ["leaf", "line"] {
      let package = try export(fixture, pseudonyms: Self.key)
      var lines = try PackageFixture.text("proofs/absent.jsonl", package).split(separator: "\n")
      if change == "line" {
        lines.remove(at: 2)
      } else {
        // Another leaf, of the same form: only the root tells.
        let document = try PackageFixture.objects("proofs/absent.jsonl", package)[2]
        let leaf = try #require(
          document.member(document.root, "leaf").flatMap { document.string($0) })
        lines[2].replace(leaf, with: String(leaf.reversed()))
        #expect(lines[2].contains(String(leaf.reversed())) && leaf != String(leaf.reversed()))
      }
      package.put("proofs/absent.jsonl", Array((lines.joined(separator: "\n") + "\n").utf8))
      try Resigned.seal(package, fixture)
      let refusal = try #require(throws: ExportRefusal.self) { try fixture.check(package) }
      #expect(refusal.found.hasPrefix("root") == (change == "leaf"), "\(refusal)")
    }
  }

  @Test(
    "a redacted field is in no row; what was not redacted is",
    arguments: ["remote_ip", "principal", "owner", "path"])
  func redacted(_ field: String) throws {
    let package = try export(try PackageFixture(), pseudonyms: nil, [field])
    let text = try PackageFixture.text("tables/records.jsonl", package)
    #expect(!text.contains("\"\(field)\":"))
    #expect(text.contains("\"request_id\":"))
  }
}

/// What somebody with the key can do: states the files as they are now, and signs.
enum Resigned {
  static func seal(
    _ package: SimulatedStorage, _ fixture: PackageFixture,
    _ edit: (inout Manifest) -> Void = { _ in }
  ) throws {
    var manifest = try Manifest(try #require(package.bytes("manifest.json")))
    manifest.files = manifest.files.compactMap { file in
      guard let bytes = package.bytes(file.path) else { return nil }
      return PackageFile(
        path: file.path, byteCount: bytes.count, digest: SHA256.digest(bytes.span))
    }
    edit(&manifest)
    try ExportRun.seal(manifest, in: package, by: fixture.journal.signer())
  }
}
