import Ingest

/// Holds what is in a package's directories against the manifest's list.
struct PackageFiles {
  /// Most files of a package; each stretch of entries between pruned ones has its own.
  private static let fileCountMax = 100_000

  private let storage: any JournalStorage
  private let manifest: Manifest

  init(_ storage: any JournalStorage, _ manifest: Manifest) {
    self.storage = storage
    self.manifest = manifest
  }

  /// Throws a refusal that names the first file that is missing, too much or another.
  func check(_ progress: (ExportRun.Progress) -> Void) throws {
    try checkNames()
    for (position, file) in manifest.files.enumerated() {
      try check(file)
      progress(.init(step: "files", doneCount: position + 1, totalCount: manifest.files.count))
    }
  }

  private func checkNames() throws {
    let listed = Set(manifest.files.map(\.path))
    guard listed.count == manifest.files.count, listed.count <= PackageFiles.fileCountMax else {
      throw ExportRefusal(
        PackageLayout.manifest, "key files", found: "a path twice, or too many",
        expected: "each once, at most \(PackageFiles.fileCountMax)")
    }
    for path in listed where !PackageFiles.isPlain(path) {
      throw ExportRefusal(
        PackageLayout.manifest, "key files", found: "\"\(TerminalText.escaped(path))\"",
        expected: "a path of the package")
    }
    let known = listed.union([PackageLayout.manifest, PackageLayout.note])
    for directory in PackageLayout.directories {
      for name in try storage.list(directory) ?? [] {
        let path = directory.isEmpty ? name : "\(directory)/\(name)"
        guard known.contains(path) || PackageLayout.directories.contains(path) else {
          throw ExportRefusal(
            TerminalText.escaped(path), found: "a file that the manifest does not list",
            expected: "none")
        }
      }
    }
  }

  /// In one of the known directories, of plain characters.
  static func isPlain(_ path: String) -> Bool {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard let name = parts.last, !name.isEmpty, !name.hasPrefix(".") else { return false }
    let directory = parts.dropLast().joined(separator: "/")
    return PackageLayout.directories.contains(directory)
      && name.utf8.allSatisfy {
        (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || [0x2D, 0x2E, 0x5F].contains($0)
      }
  }

  private func check(_ file: PackageFile) throws {
    let found: PackageFile
    do throws(StorageError) { found = try PackageFiles.file(file.path, in: storage) } catch {
      guard error.isMissing else { throw error }
      throw ExportRefusal(file.path, found: "no file", expected: "one, as the manifest says")
    }
    guard found == file else {
      throw ExportRefusal(
        file.path, found: "\(found.byteCount) bytes with SHA-256 \(found.digest.hex)",
        expected: "\(file.byteCount) with \(file.digest.hex) as the manifest says")
    }
  }

  /// A file's length and hash, read in pieces of 1 MiB.
  static func file(_ path: String, in storage: any JournalStorage) throws(StorageError)
    -> PackageFile
  {
    let open = try storage.open(path, .reading)
    let byteCount = try open.size()
    var hash = SHA256()
    var buffer = [UInt8](repeating: 0, count: min(max(byteCount, 1), 1 << 20))
    var offset = 0
    while offset < byteCount {
      let count = try open.read(
        at: offset, into: &buffer, 0..<min(buffer.count, byteCount - offset))
      guard count > 0 else { break }
      hash.update(buffer.span.extracting(0..<count))
      offset += count
    }
    return PackageFile(path: path, byteCount: offset, digest: hash.finish())
  }
}

/// A file of `proofs/rows/` by itself: for rows that cannot be made again.
struct RowsFile {
  private let storage: any JournalStorage
  private let path: String

  init(_ storage: any JournalStorage, _ path: String) {
    self.storage = storage
    self.path = path
  }

  /// Throws unless every row of the table has a line, and every index lies below the size.
  func check(_ manifest: Manifest) throws {
    guard manifest.files.contains(where: { $0.path == path }) else {
      throw ExportRefusal(path, found: "no file", expected: "a line for each row")
    }
    let file = try storage.open(path, .reading)
    var cursor = LineCursor(file, limit: try file.size())
    var document = JSONDocument()
    var count = 0
    while try cursor.next() {
      count += 1
      do { try document.parse(cursor.line) } catch { throw refusal(count, "another line") }
      guard let row = document.member(document.root, "row"), document.integer(row) == Int64(count),
        let indexes = document.member(document.root, "indexes"), document.kind(indexes) == .array
      else { throw refusal(count, "another line") }
      try document.forEachElement(indexes) { element in
        let index = document.integer(element) ?? -1
        guard index >= 0, index < manifest.range.upperBound else {
          throw refusal(count, "index \(index)")
        }
      }
    }
    let rowCounts = manifest.tables.filter { PackageLayout.rows($0.name) == path }.map(\.rowCount)
    guard rowCounts == [count] else {
      throw ExportRefusal(
        path, found: "\(count) rows", expected: rowCounts.map(String.init).joined(separator: " "))
    }
  }

  private func refusal(_ line: Int, _ found: String) -> ExportRefusal {
    ExportRefusal(
      path, "line \(line)", found: found, expected: "row \(line) and indexes below the size")
  }
}
