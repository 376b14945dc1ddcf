/// Puts the files of a published log on stable storage, each in one step under its name.
///
/// A file is written beside its place, synced, and renamed, so that no web server ever hands out a
/// part of one. That happens for 64 files at a time: the first sync of a group mostly does the work
/// of all. Names are durable after `synchronize`, which the checkpoint waits for.
struct TileWriter {
  /// Written before it gets its name, with this behind it.
  private static let temporarySuffix = ".tmp"
  private static let pendingCountMax = 64

  private let storage: any JournalStorage
  private var pending: [(path: String, file: any JournalFile)] = []
  private var madeDirectories: Set<String> = [""]
  private var unsynchronized: Set<String> = []
  private(set) var fileCount = 0
  private(set) var byteCount = 0

  init(_ storage: any JournalStorage) { self.storage = storage }

  mutating func write(_ path: String, _ bytes: [UInt8]) throws(StorageError) {
    let directory = TileWriter.directory(of: path)
    try makeDirectory(directory)
    let file = try storage.open(path + TileWriter.temporarySuffix, .writing(.group))
    try file.truncate(to: 0)
    try file.write(bytes.span, at: 0)
    pending.append((path, file))
    unsynchronized.insert(directory)
    fileCount += 1
    byteCount += bytes.count
    if pending.count == TileWriter.pendingCountMax { try namePending() }
  }

  /// Makes everything written so far durable, names too.
  mutating func synchronize() throws(StorageError) {
    try namePending()
    for directory in unsynchronized.sorted() { try storage.synchronizeDirectory(directory) }
    unsynchronized.removeAll()
  }

  private mutating func namePending() throws(StorageError) {
    for (_, file) in pending { try file.synchronize() }
    for (path, _) in pending {
      try storage.rename(path + TileWriter.temporarySuffix, to: path)
    }
    pending.removeAll(keepingCapacity: true)
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
