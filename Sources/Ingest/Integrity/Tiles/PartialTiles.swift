/// The folders of partial tiles in a published log.
struct PartialTiles {
  private let storage: any JournalStorage

  init(_ storage: any JournalStorage) { self.storage = storage }

  /// Removes partial tiles whose full tile is published, wherever a growth from one size to another
  /// may have left some; returns how many files.
  ///
  /// Cost: lists the folders of the tiles between the two sizes, a thousand tiles in each.
  func removeSuperseded(from oldSize: Int, to size: Int) throws(StorageError) -> Int {
    var count = 0
    for level in -1...Tile.levelMax {
      let content = level < 0 ? Tile.Content.entries : .hashes(level: level)
      let first = Tile.hashCount(level: max(0, level), size: oldSize) / Tile.fullWidth
      let fullCount = Tile.hashCount(level: max(0, level), size: size) / Tile.fullWidth
      guard fullCount > first else { continue }
      for group in first / 1000...(fullCount - 1) / 1000 {
        count += try removeSuperseded(in: group, content, fullCount)
      }
    }
    return count
  }

  private func removeSuperseded(
    in group: Int, _ content: Tile.Content, _ fullCount: Int
  ) throws(StorageError) -> Int {
    var count = 0
    let folder = TileWriter.directory(of: Tile(content, index: group * 1000).path)
    for name in try storage.list(folder) ?? [] {
      let path = folder + "/" + name
      guard let tile = Tile(path: path + "/1"), tile.index < fullCount else { continue }
      for file in try storage.list(path) ?? [] {
        try storage.remove(path + "/" + file)
        count += 1
      }
      try storage.removeDirectory(path)
    }
    return count
  }
}
