import Foundation
import Ingest
import Report
import Testing

/// Evidence packages that somebody changed: without the key, and with it.
@Suite("tampered exports", .serialized) struct ExportTamperTests {
  /// One thing done to a package.
  enum Tampering: String, CaseIterable, CustomTestStringConvertible {
    case rowRemoved, rowAdded, valueChanged, entryChanged, entryRemoved, proofSwapped
    case rowsSwapped, otherPeriodsProof, cutJournal, manifestChanged, foreignSignature
    case activityRemoved, activityAdded, activityChanged, verdictChanged
    case entryPruned, entryWithheld, fileAdded

    var testDescription: String { rawValue }

    /// Rows that are joined or judged: only who makes them again sees the change, once the manifest is
    /// signed again over it.
    static let derived: [Tampering] = [.activityChanged, .verdictChanged]
    /// What the key cannot mend.
    static let signable: [Tampering] = allCases.filter {
      $0 != .manifestChanged && $0 != .foreignSignature
    }
  }

  private static let shared = Result {
    try ExportedPackage(["--standard", "pci-dss", "--format", "html,csv,jsonl"])
  }

  private let package: ExportedPackage

  init() throws { package = try Self.shared.get() }

  private static let records = "tables/records.jsonl"
  private static let activities = "tables/activities.jsonl"
  private static let entries = "entries/000000000000.jsonl"

  /// Does it to the package of this name; the files that the message may name.
  private func tamper(_ what: Tampering, _ name: String) throws -> [String] {
    switch what {
    case .rowRemoved:
      try package.changeLines(Self.records, of: name) { $0.remove(at: 1000) }
      return [Self.records]
    case .rowAdded:
      try package.changeLines(Self.records, of: name) { $0.insert($0[5], at: 1000) }
      return [Self.records]
    case .valueChanged:
      try replace("\"status\":403", "\"status\":202", Self.records, name)
      return [Self.records]
    case .entryChanged:
      try replace("\"status\":403", "\"status\":202", Self.entries, name)
      return ["entries"]
    case .entryRemoved:
      try package.changeLines(Self.entries, of: name) { $0.remove(at: 77) }
      return ["entries", "absent"]
    case .proofSwapped, .otherPeriodsProof, .cutJournal, .rowsSwapped:
      return try tamperProofs(what, name)
    case .manifestChanged:
      try replace("\"made_by\":\"auditor\"", "\"made_by\":\"nobody\"", "manifest.json", name)
      return ["manifest.json"]
    case .foreignSignature:
      let storage = try PosixStorage(directory: package.folder.path(name), creating: false)
      let seed = [UInt8](repeating: 9, count: 32)
      let key = try #require(Ed25519SigningKey(seed: seed))
      try ExportRun.seal(
        try package.manifest(name), in: storage, by: NoteSigner(name: "edge-1", key))
      return ["manifest.note"]
    case .activityRemoved:
      try package.changeLines(Self.activities, of: name) { $0.remove(at: 3) }
      return [Self.activities]
    case .activityAdded:
      try package.changeLines(Self.activities, of: name) { $0.insert($0[3], at: 4) }
      return [Self.activities]
    case .activityChanged:
      try replace("\"state\":\"failed\"", "\"state\":\"killed\"", Self.activities, name)
      return [Self.activities]
    case .verdictChanged:
      try replace("not met</strong>", "met</strong>", "report.html", name)
      return ["report.html"]
    case .fileAdded:
      try package.write("x\n", to: "tables/extra.csv", of: name)
      return ["tables/extra.csv"]
    case .entryPruned, .entryWithheld:
      try hideEntry(77, as: what == .entryPruned ? "pruned" : "withheld", name)
      return ["proofs/absent.jsonl", "entries/"]
    }
  }

  /// Takes an entry out as one that could not be shown, and makes the table of records without it.
  private func hideEntry(_ index: Int, as reason: String, _ name: String) throws {
    let leaf = try package.withoutBytes(of: index, Self.entries, name) { lines in
      if reason == "withheld" { lines[index] = "" } else { lines.removeSubrange(index...) }
    }
    if reason == "pruned" {
      let rest = "entries/\(String("00000000000\(index + 1)".suffix(12))).jsonl"
      try package.write(leaf.rest, to: rest, of: name)
    }
    try package.write(
      "{\"index\":\(index),\"leaf\":\"\(leaf.hash)\",\"reason\":\"\(reason)\"}\n",
      to: "proofs/absent.jsonl", of: name)
    try package.changeLines(Self.records, of: name) { $0.remove(at: index) }
    try package.changeLines("proofs/rows/records.jsonl", of: name) { lines in
      lines =
        (0..<lines.count - 2).map { row in
          "{\"row\":\(row + 1),\"indexes\":[\(row < index ? row : row + 1)]}"
        } + [""]
    }
  }

  private func replace(_ old: String, _ new: String, _ file: String, _ name: String) throws {
    try package.change(file, of: name) { bytes in
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(text.contains(old), "\(file) \(old)")
      bytes = Array(text.replacing(old, with: new, maxReplacements: 1).utf8)
    }
  }

  private func tamperProofs(_ what: Tampering, _ name: String) throws -> [String] {
    let proof = "proofs/range-proof"
    switch what {
    case .proofSwapped:
      // The proof of another journal's package.
      let other = try ExportedPackage()
      defer { other.folder.remove() }
      let bytes = Array(try other.bytes(proof, of: "package"))
      try package.change(proof, of: name) { $0 = bytes }
      return [proof]
    case .otherPeriodsProof:
      try? FileManager.default.removeItem(atPath: package.folder.path("other"))
      try package.export(
        ["--since", "2026-11-23T23:40:00Z", "--context", "10", "--until", "2026-11-23T23:41:00Z"],
        to: "other")
      let bytes = Array(try package.bytes(proof, of: "other"))
      try package.change(proof, of: name) { $0 = bytes }
      return [proof]
    case .cutJournal:
      try package.changeLines(Self.entries, of: name) { $0.removeLast(40) }
      try package.change(Self.entries, of: name) { $0.append(0x0A) }
      return ["entries", "absent"]
    default:
      try package.changeLines("proofs/rows/records.jsonl", of: name) { lines in
        lines[10] = lines[10].replacing("[10]", with: "[11]")
        lines[11] = lines[11].replacing("[11]", with: "[10]")
      }
      return ["proofs/rows/records.jsonl"]
    }
  }

  @Test("as it was written, it passes both checkers, and says what it rests on")
  func untouched() throws {
    let ran = try package.check()
    #expect(ran.status == 0, "\(ran.output)\(ran.errors)")
    #expect(ran.output.contains("equal byte for byte"))
    #expect(!ran.output.contains("by signature only"))
    if GoChecker.isWanted {
      let go = try package.checkWithGo()
      #expect(go.status == 0, "\(go.text)")
    }
  }

  @Test(
    "tampering without the key is refused by both, and the file is named",
    arguments: Tampering.allCases)
  func plain(_ what: Tampering) throws {
    try package.copy(to: "plain")
    let files = try tamper(what, "plain")
    let ran = try package.check("plain")
    #expect(ran.status == 1)
    #expect(ran.output.contains("REFUSED"), "\(ran.output)")
    #expect(
      files.contains { ran.output.contains($0) } || ran.output.contains("proofs/"), "\(ran.output)")
    guard GoChecker.isWanted else { return }
    let go = try package.checkWithGo("plain")
    #expect(go.status == 1, "\(go.text)")
  }

  @Test(
    "tampering with the key, the manifest signed again over it, is refused all the same",
    arguments: Tampering.signable)
  func signedAgain(_ what: Tampering) throws {
    try package.copy(to: "signed")
    let files = try tamper(what, "signed")
    try package.signAgain("signed") { manifest in
      let change = [
        Tampering.rowRemoved: -1, .activityRemoved: -1, .rowAdded: 1, .activityAdded: 1,
        .entryPruned: -1, .entryWithheld: -1,
      ][what]
      let isOfRecords = ["row", "entry"].contains { what.rawValue.hasPrefix($0) }
      let table = isOfRecords ? TableName.records : TableName.activities
      ExportedPackage.set(table, rowCount: change ?? 0, in: &manifest)
    }
    let ran = try package.check("signed")
    #expect(ran.status == 1)
    #expect(files.contains { ran.output.contains($0) }, "\(files): \(ran.output)")
    guard GoChecker.isWanted else { return }
    let go = try package.checkWithGo("signed")
    // Derived rows are another program's to make again; their number and indexes are seen.
    #expect((go.status == 0) == Tampering.derived.contains(what), "\(go.text)")
  }

  @Test(
    "a file too much, a file less and another file in its place are named",
    arguments: ["more", "less", "link"])
  func files(_ what: String) throws {
    try package.copy(to: "files")
    let folder = package.folder.path("files")
    let file = "tables/decisions.csv"
    switch what {
    case "more": try Data("x".utf8).write(to: URL(fileURLWithPath: folder + "/tables/more.csv"))
    case "less": try FileManager.default.removeItem(atPath: "\(folder)/\(file)")
    default:
      try FileManager.default.moveItem(atPath: "\(folder)/\(file)", toPath: folder + "/../away")
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder)/\(file)", withDestinationPath: "../../away")
    }
    let ran = try package.check("files")
    #expect(ran.status == (what == "link" ? 2 : 1))
    #expect((ran.output + ran.errors).contains(what == "more" ? "more.csv" : "decisions.csv"))
    guard GoChecker.isWanted, what != "link" else { return }
    #expect(try package.checkWithGo("files").status == 1)
  }

  @Test("another log's key refuses the package, and the signature of an export key needs --signer")
  func keys() throws {
    let other = try ExportedPackage()
    defer { other.folder.remove() }
    let ran = try BuiltTool.run(["check-export", package.path, "--vkey", try other.vkey()])
    #expect(ran.status == 1 && ran.output.contains("vkey"), "\(ran.output)")
    let seed = other.folder.path("seed")
    #expect(
      FileManager.default.createFile(
        atPath: seed, contents: Data(repeating: 5, count: 32),
        attributes: [.posixPermissions: 0o600]))
    try other.export(["--key", seed, "--key-name", "audit-desk"], to: "desk")
    #expect(try other.check("desk").status == 1)
    let signer = try other.manifest("desk").signer
    #expect(try other.check("desk", ["--signer", signer]).status == 0)
    #expect(try BuiltTool.run(["check-export", other.folder.path("desk")]).status == 0)
  }
}
