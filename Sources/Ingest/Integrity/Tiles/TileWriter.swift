/// Puts the files of a published log on stable storage, each in one step under its name.
///
/// A file is written beside its place, synced, and renamed, so that no web server ever hands out a
/// part of one. Names are durable after `synchronize`, which the checkpoint waits for.
struct TileWriter {
  /// Written before it gets its name; one to a directory.
  static let temporaryName = "writing.tmp"

  private let storage: any JournalStorage
  private var madeDirectories: Set<String> = [""]
  private var unsynchronized: Set<String> = []
  private(set) var fileCount = 0
  private(set) var byteCount = 0

  init(_ storage: any JournalStorage) { self.storage = storage }

  mutating func write(_ path: String, _ bytes: [UInt8]) throws(StorageError) {
    let directory = TileWriter.directory(of: path)
    try makeDirectory(directory)
    let temporary = directory + "/" + TileWriter.temporaryName
    let file = try storage.open(temporary, .writing(.group))
    try file.truncate(to: 0)
    try file.write(bytes.span, at: 0)
    try file.synchronize()
    try storage.rename(temporary, to: path)
    unsynchronized.insert(directory)
    fileCount += 1
    byteCount += bytes.count
  }

  /// Makes every name written so far durable.
  mutating func synchronize() throws(StorageError) {
    for directory in unsynchronized.sorted() { try storage.synchronizeDirectory(directory) }
    unsynchronized.removeAll()
  }

  /// Makes a directory and those above it; a path of a tile has at most 10.
  private mutating func makeDirectory(_ path: String) throws(StorageError) {
    guard madeDirectories.insert(path).inserted else { return }
    let parent = TileWriter.directory(of: path)
    try makeDirectory(parent)
    try storage.createDirectory(path)
    unsynchronized.insert(parent)
  }

  static func directory(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
  }
}
