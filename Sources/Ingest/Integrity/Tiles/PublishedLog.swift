/// A directory in the C2SP tlog-tiles layout, read as any client would: checkpoint, tiles, bundles.
///
/// Nothing it answers is to be believed before it has been put together to the checkpoint's root.
package struct PublishedLog {
  let storage: any JournalStorage
  package let head: StoredCheckpoint

  package var size: Int { head.checkpoint.size }

  package init(_ storage: any JournalStorage, _ head: StoredCheckpoint) {
    self.storage = storage
    self.head = head
  }

  /// Opens a published log; nil when the directory has no checkpoint.
  package static func open(
    _ storage: any JournalStorage
  ) throws(TilesError) -> PublishedLog? {
    guard let head = try StoredCheckpoint.newest(in: storage) else { return nil }
    return PublishedLog(storage, head)
  }

  /// The hashes of a tile; from the full tile's beginning when a partial one was removed.
  package func hashes(_ tile: Tile) throws(TilesError) -> [Digest] {
    let limit = Tile.fullWidth * Digest.byteCount
    guard let (path, bytes) = try contents(tile, byteCountMax: limit) else {
      throw PublishedLog.missing(tile)
    }
    guard let hashes = TileHashes.hashes(bytes, count: tile.width),
      path != tile.path || hashes.count * Digest.byteCount == bytes.count
    else {
      throw .disagreement(
        path, expected: "\(tile.width) hashes of 32 bytes", found: "\(bytes.count) bytes")
    }
    return hashes
  }

  /// The entries of a bundle, in order; nil when there is no file: where entries are pruned.
  package func entries(_ tile: Tile) throws(TilesError) -> [[UInt8]]? {
    guard let (path, bytes) = try contents(tile, byteCountMax: EntryBundle.byteCountMax) else {
      return nil
    }
    let ranges = EntryBundle.entries(bytes)
    guard let ranges, ranges.count == tile.width || (path != tile.path && ranges.count > tile.width)
    else {
      throw .disagreement(
        path, expected: "\(tile.width) entries with their lengths",
        found: ranges.map { "\($0.count)" } ?? "\(bytes.count) other bytes")
    }
    return ranges.prefix(tile.width).map { Array(bytes[$0]) }
  }

  /// A tile's file, or that of the full tile which took its place.
  private func contents(
    _ tile: Tile, byteCountMax: Int
  ) throws(TilesError) -> (path: String, bytes: [UInt8])? {
    for path in tile.isFull ? [tile.path] : [tile.path, tile.full.path] {
      let bytes = try TilesError.published { () throws(StorageError) in
        try storage.contents(path, byteCountMax: byteCountMax)
      }
      if let bytes { return (path, bytes) }
    }
    return nil
  }

  private static func missing(_ tile: Tile) -> TilesError {
    .disagreement(tile.path, expected: "a tile of \(tile.width)", found: "no file")
  }

  /// The state of a builder at the last full tile of level 0, read from the right edge.
  ///
  /// Checked against the checkpoint's root together with the partial tile of level 0.
  /// Cost: at most 8 files.
  func builder(_ hasher: inout MerkleHasher) throws(TilesError) -> TileBuilder {
    var partial: [[Digest]] = Array(repeating: [], count: Tile.levelMax + 1)
    for tile in Tile.partials(size: size) {
      guard case .hashes(let level) = tile.content else { continue }
      partial[level] = try hashes(tile)
    }
    let whole = TileBuilder(size: size, partial: partial)
    partial[0] = []
    let start = TileBuilder(size: size / Tile.fullWidth * Tile.fullWidth, partial: partial)
    guard let whole, let start else {
      preconditionFailure("partial tiles that do not fit their size")
    }
    let root = whole.root(&hasher)
    guard root == head.checkpoint.root else {
      throw .disagreement(
        Tile.folder, expected: "root \(head.checkpoint.root.hex) of the checkpoint over \(size)",
        found: "root \(root.hex)")
    }
    return start
  }
}

extension StoredCheckpoint {
  /// The file `checkpoint` of a journal or of a published log; nil when there is none.
  ///
  /// Its signatures are not checked. Throws a disagreement when the file is no checkpoint.
  package static func newest(
    in storage: any JournalStorage
  ) throws(TilesError) -> StoredCheckpoint? {
    let bytes = try TilesError.published { () throws(StorageError) in
      try storage.contents(JournalLayout.checkpoint, byteCountMax: SignedNote.byteCountMax)
    }
    guard let bytes else { return nil }
    guard let checkpoint = StoredCheckpoint(bytes) else {
      throw .disagreement(
        JournalLayout.checkpoint, expected: "a checkpoint", found: "\(bytes.count) other bytes")
    }
    return checkpoint
  }
}
