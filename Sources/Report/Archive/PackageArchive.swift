package import Ingest

/// An evidence package as one zip archive.
package enum PackageArchive {
  /// Bytes of all files together that are unpacked at most.
  package static let byteCountMax = 64 << 30
  /// How many bytes one byte of an archive may become, over all: records deflate to a tenth or so.
  package static let ratioMax = 200
  /// Bytes that are unpacked whatever the ratio.
  package static let byteCountFree = 16 << 20
  /// Entries of an archive, directories among them.
  package static let entryCountMax = 100_100

  /// Packs a package, its files in the order of their paths.
  ///
  /// - Parameters:
  ///   - directory: the package's.
  ///   - path: of the archive, which must not be there.
  package static func pack(
    _ manifest: Manifest, _ directory: String, as path: String,
    _ progress: (ExportRun.Progress) -> Void = { _ in }
  ) throws(ZipError) {
    progress(.init(step: "packing", doneCount: 0, totalCount: manifest.files.count))
    let archive = try ZipWriter(making: path)
    // What says what the rest is comes first.
    let names = [PackageLayout.manifest, PackageLayout.note] + manifest.files.map(\.path)
    for name in names { try archive.add(name, from: directory + "/" + name) }
    try archive.finish()
  }

  /// Unpacks an archive from anywhere into an empty storage. What it holds is believed in nothing: names
  /// lie within a package, and sizes are what was stated before the first byte was written.
  ///
  /// Throws a refusal that names the entry.
  ///
  /// - Parameter archiveByteCount: the length of the archive.
  package static func unpack(
    _ path: String, archiveByteCount: Int, into storage: any JournalStorage,
    _ progress: (ExportRun.Progress) -> Void = { _ in }
  ) throws {
    do {
      let archive = try ZipReader(path)
      let entries = try plan(archive, archiveByteCount)
      for directory in PackageLayout.directories where !directory.isEmpty {
        try storage.createDirectory(directory)
      }
      for (position, entry) in entries.enumerated() {
        let file = try storage.open(entry.name, .writing(.owner))
        var offset = 0
        try archive.read(entry.index, byteCount: entry.byteCount) { piece in
          try file.write(piece, at: offset)
          offset += piece.count
        }
        progress(.init(step: "unpacking", doneCount: position + 1, totalCount: entries.count))
      }
    } catch let error as ZipError {
      throw ExportRefusal(
        TerminalText.escaped(error.operation), found: error.problem, expected: "a zip archive")
    }
  }

  private struct Planned {
    let index: Int
    let name: String
    let byteCount: Int
  }

  /// The files to unpack, once all that the archive states of them is found to be in order.
  private static func plan(_ archive: ZipReader, _ archiveByteCount: Int) throws -> [Planned] {
    guard archive.count <= entryCountMax else {
      throw ExportRefusal(
        "zip archive", found: "\(archive.count) entries", expected: "at most \(entryCountMax)")
    }
    let ratioLimit = archiveByteCount.multipliedReportingOverflow(by: ratioMax)
    let limit = min(
      byteCountMax, max(byteCountFree, ratioLimit.overflow ? byteCountMax : ratioLimit.partialValue)
    )
    var names: Set<String> = []
    var rest = limit
    var planned: [Planned] = []
    for index in 0..<archive.count {
      let entry = try archive.entry(index)
      let shown = "entry \"\(TerminalText.fitted(TerminalText.escaped(entry.name), width: 120))\""
      guard names.insert(entry.name).inserted else {
        throw ExportRefusal("zip archive", shown, found: "it twice", expected: "each name once")
      }
      if entry.byteCount == 0, isDirectory(entry.name) { continue }
      guard isFile(entry.name) else {
        throw ExportRefusal(
          "zip archive", shown, found: "that name", expected: "a path of the package")
      }
      guard entry.isReadable else {
        throw ExportRefusal(
          "zip archive", shown, found: "a compression or encryption of another kind",
          expected: "deflated or stored")
      }
      guard entry.byteCount <= rest else {
        throw ExportRefusal(
          "zip archive", shown, found: "\(entry.byteCount) bytes, more than all may have together",
          expected: "at most \(limit) for \(archiveByteCount) bytes of archive")
      }
      rest -= entry.byteCount
      planned.append(Planned(index: index, name: entry.name, byteCount: entry.byteCount))
    }
    return planned
  }

  private static func isFile(_ name: String) -> Bool {
    [PackageLayout.manifest, PackageLayout.note].contains(name) || PackageFiles.isPlain(name)
  }

  /// As other programs put them in when a package is packed again by hand.
  private static func isDirectory(_ name: String) -> Bool {
    name.hasSuffix("/") && PackageLayout.directories.contains(String(name.dropLast()))
  }
}
