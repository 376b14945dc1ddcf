import Foundation
import Ingest
import Report
import Testing

/// A journal of the recorded stack and packages exported from it by the built tool.
struct ExportedPackage {
  let folder: TemporaryFolder
  var journal: String { folder.path("journal") }
  var path: String { folder.path("package") }

  /// Everything, or a period of it.
  init(_ words: [String] = []) throws {
    folder = try TemporaryFolder()
    let ran = try BuiltTool.run(
      ["ingest", "--journal", journal, "--source", "pipelines-1", "--origin", "edge-1"]
        + RecordedStackTests.files)
    #expect(ran.status == 0, "\(ran.errors)")
    try export(words)
  }

  @discardableResult
  func export(_ words: [String] = [], to name: String = "package") throws -> BuiltTool.Result {
    let ran = try BuiltTool.run(
      ["export", "--journal", journal, "--out", folder.path(name), "--by", "auditor"] + words)
    #expect(ran.status == 0, "\(ran.errors)")
    return ran
  }

  /// As the journal states it.
  func vkey() throws -> String {
    let data = try Data(contentsOf: URL(fileURLWithPath: journal + "/journal.json"))
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    return try #require(object["vkey"] as? String)
  }

  func manifest(_ name: String = "package") throws -> Manifest {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.path(name) + "/manifest.json"))
    return try Manifest(Array(bytes))
  }

  func check(_ name: String = "package", _ words: [String] = []) throws -> BuiltTool.Result {
    try BuiltTool.run(["check-export", folder.path(name), "--vkey", try vkey()] + words)
  }

  func checkWithGo(_ name: String = "package") throws -> (status: Int32, text: String) {
    try GoChecker.shared.get().run(
      ["export", "-dir", folder.path(name), "-vkey", try vkey()])
  }

  /// A copy to be tampered with.
  func copy(to name: String) throws {
    try? FileManager.default.removeItem(atPath: folder.path(name))
    try FileManager.default.copyItem(atPath: path, toPath: folder.path(name))
  }

  func bytes(_ file: String, of name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: folder.path(name) + "/" + file))
  }

  /// Changes a file of a package.
  func change(
    _ file: String, of name: String, _ body: (inout [UInt8]) throws -> Void
  ) throws {
    var bytes = Array(try bytes(file, of: name))
    try body(&bytes)
    try Data(bytes).write(to: URL(fileURLWithPath: folder.path(name) + "/" + file))
  }

  /// Changes the lines of a file.
  func changeLines(
    _ file: String, of name: String, _ body: (inout [String]) throws -> Void
  ) throws {
    try change(file, of: name) { bytes in
      var lines = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\n")
      try body(&lines)
      bytes = Array(lines.joined(separator: "\n").utf8)
    }
  }

  /// Changes the lines of a file of entries; the leaf hash of one of them, and the lines behind it.
  func withoutBytes(
    of index: Int, _ file: String, _ name: String, _ body: (inout [String]) -> Void
  ) throws -> (hash: String, rest: String) {
    var found = (hash: "", rest: "")
    try changeLines(file, of: name) { lines in
      let bytes = Array(lines[index].utf8)
      var hasher = MerkleHasher()
      found = (
        hasher.leaf(bytes.span).hex, lines[(index + 1)...].joined(separator: "\n")
      )
      body(&lines)
      if lines.last != "" { lines.append("") }
    }
    return found
  }

  /// Writes a file into a package.
  func write(_ text: String, to file: String, of name: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: folder.path(name) + "/" + file))
  }

  /// What somebody with the journal's key can do after tampering: the manifest states the files as they
  /// are now, and is signed again.
  func signAgain(_ name: String, _ edit: (inout Manifest) throws -> Void = { _ in }) throws {
    let storage = try PosixStorage(directory: folder.path(name), creating: false)
    var manifest = try manifest(name)
    manifest.files = try paths(name).map { path in
      let bytes = Array(try bytes(path, of: name))
      return PackageFile(path: path, byteCount: bytes.count, digest: SHA256.digest(bytes.span))
    }
    try edit(&manifest)
    let key = try SigningKeyFile(path: journal + "/key").read()
    try ExportRun.seal(manifest, in: storage, by: NoteSigner(name: manifest.origin, key))
  }

  /// Every file but the manifest and its note, sorted.
  private func paths(_ name: String) throws -> [String] {
    let found = try FileManager.default.subpathsOfDirectory(atPath: folder.path(name))
    return found.filter {
      !PackageLayout.directories.contains($0) && !$0.hasPrefix("manifest.")
    }.sorted()
  }

  /// Replaces a table's number of rows in the manifest.
  static func set(_ table: String, rowCount change: Int, in manifest: inout Manifest) {
    manifest.tables = manifest.tables.map {
      $0.name == table
        ? Manifest.Table(
          name: $0.name, rowCount: $0.rowCount + change, check: $0.check, totals: $0.totals)
        : $0
    }
  }
}
