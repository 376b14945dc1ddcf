import Ingest
import Report

/// An evidence package that is one file: where it is packed, and where it is unpacked.
///
/// A package is written and checked as a directory; the archive is made of it, and taken apart again.
struct PackageZip {
  /// Of the archive.
  let path: String
  /// Of the directory: beside the archive while it is made, under TMPDIR while it is checked.
  let unpackedPath: String
  private let byteCount: Int

  private static let suffix = ".zip"

  /// To be made; nil for a name without `.zip`. Throws where something has the name.
  init?(making path: String) throws {
    guard path.hasSuffix(PackageZip.suffix) else { return nil }
    self.path = path
    unpackedPath = path + ".part"
    byteCount = 0
    let (parent, name) = PackageZip.parts(path)
    let names = try PosixStorage(directory: parent, creating: false).list("") ?? []
    for name in [name, name + ".part", name + ".half"] where names.contains(name) {
      throw UsageError("--out \(Quotation.quoted(path)): found \(name): expected no such file")
    }
  }

  /// To be read; nil for a name without `.zip`.
  init?(_ path: String) throws {
    guard path.hasSuffix(PackageZip.suffix) else { return nil }
    self.path = path
    let (parent, name) = PackageZip.parts(path)
    byteCount = try PosixStorage(directory: parent, creating: false).open(name, .reading).size()
    unpackedPath = try Assembly.temporaryDirectory()
  }

  /// The directory and the name in it.
  private static func parts(_ path: String) -> (parent: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    return (
      slash == path.startIndex ? "/" : String(path[..<slash]),
      String(path[path.index(after: slash)...])
    )
  }

  /// Unpacks the archive. Throws a refusal for one that is no package.
  func unpacked(
    _ progress: (ExportRun.Progress) -> Void
  ) throws -> any JournalStorage {
    let storage = try PosixStorage(directory: unpackedPath, creating: false)
    try PackageArchive.unpack(path, archiveByteCount: byteCount, into: storage, progress)
    return storage
  }

  /// Packs the directory, durably, and removes it.
  func pack(_ manifest: Manifest, _ progress: (ExportRun.Progress) -> Void) throws {
    let (parent, name) = PackageZip.parts(path)
    let storage = try PosixStorage(directory: parent, creating: false)
    // Under another name until it is whole: nobody finds half an archive under its own.
    let half = name + ".half"
    try PackageArchive.pack(manifest, unpackedPath, as: path + ".half", progress)
    try storage.open(half, .reading).synchronize()
    try storage.rename(half, to: name)
    try storage.synchronizeDirectory("")
    try removeUnpacked()
  }

  /// Removes the directory and what a package has in it.
  func removeUnpacked() throws {
    let (parent, name) = PackageZip.parts(unpackedPath)
    let storage = try PosixStorage(directory: parent, creating: false)
    for directory in PackageLayout.directories.reversed() {
      let place = directory.isEmpty ? name : name + "/" + directory
      for file in try storage.list(place) ?? []
      where !PackageLayout.directories.contains(directory.isEmpty ? file : directory + "/" + file) {
        try storage.remove(place + "/" + file)
      }
      try storage.removeDirectory(place)
    }
  }
}
