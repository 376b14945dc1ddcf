/// One run of a `TilePublisher`: walks entries, writes tiles, and ends with the checkpoint.
struct PublicationRun: ~Copyable {
  private let head: StoredCheckpoint
  private let published: PublishedLog?
  private let out: any JournalStorage
  private var hasher = MerkleHasher()
  private var builder = TileBuilder()
  private var bundle = EntryBundle()
  private var writer: TileWriter
  private var checkedFileCount = 0

  private static let progressStride = 4096

  init(
    _ head: StoredCheckpoint, _ published: PublishedLog?, _ out: any JournalStorage,
    rechecking: Bool
  ) throws(TilesError) {
    self.head = head
    self.published = published
    self.out = out
    writer = TileWriter(out)
    if let published, !rechecking { builder = try published.builder(&hasher) }
  }

  private var size: Int { head.checkpoint.size }

  mutating func takeEntries(
    _ reader: JournalReader, _ progress: (Int) -> Void
  ) throws(TilesError) {
    guard builder.size < size else { return }
    var cursor: EntryCursor
    do { cursor = try reader.cursor(from: builder.size) } catch { throw .journal(error) }
    if builder.size == published?.size { try checkPartials() }
    while builder.size < size {
      let location: EntryLocation?
      do { location = try cursor.next() } catch { throw .journal(error) }
      guard let location, location.index == builder.size else {
        throw .journal(
          .damage(
            JournalDamage(
              file: JournalLayout.checkpoint, index: builder.size, byteOffset: 0,
              expected: "\(size) entries",
              found: location.map { "a gap up to \($0.index)" } ?? "\(builder.size)")))
      }
      try take(cursor.bytes)
      if builder.size % PublicationRun.progressStride == 0 { progress(builder.size) }
    }
  }

  private mutating func take(_ entry: Span<UInt8>) throws(TilesError) {
    bundle.append(entry)
    var finished: [(Tile, [Digest])] = []
    builder.append(hasher.leaf(entry), &hasher) { finished.append(($0, $1)) }
    if bundle.entryCount == Tile.fullWidth {
      try put(Tile(.entries, index: builder.size / Tile.fullWidth - 1), bundle.bytes)
      bundle.removeAll()
    }
    for (tile, hashes) in finished { try put(tile, TileHashes.bytes(hashes)) }
    if builder.size == published?.size { try checkPartials() }
  }

  /// Writes a full tile, or compares it when the published checkpoint covers it.
  private mutating func put(_ tile: Tile, _ bytes: [UInt8]) throws(TilesError) {
    if let published, tile.endIndex <= published.size {
      try check(tile, bytes)
    } else {
      try write(tile, bytes)
    }
  }

  private mutating func write(_ tile: Tile, _ bytes: [UInt8]) throws(TilesError) {
    do { try writer.write(tile.path, bytes) } catch { throw .storage(error) }
  }

  /// At the published size: what is partial there is compared too.
  private mutating func checkPartials() throws(TilesError) {
    for (tile, bytes) in partials() { try check(tile, bytes) }
  }

  private func partials() -> [(Tile, [UInt8])] {
    var result = builder.partials.map { ($0.tile, TileHashes.bytes($0.hashes)) }
    if let tile = Tile(.entries, index: builder.size / Tile.fullWidth, size: builder.size) {
      result.append((tile, bundle.bytes))
    }
    return result
  }

  /// Compares a published file; writes it when it is missing.
  private mutating func check(_ tile: Tile, _ bytes: [UInt8]) throws(TilesError) {
    for path in tile.isFull ? [tile.path] : [tile.path, tile.full.path] {
      let (limit, isPrefix) = (EntryBundle.byteCountMax, path != tile.path)
      let found = try TilesError.published { () throws(StorageError) in
        try out.contents(path, byteCountMax: limit)
      }
      guard let found else { continue }
      checkedFileCount += 1
      guard found != bytes, !(isPrefix && found.starts(with: bytes)) else { return }
      let offset = zip(found, bytes).prefix { $0 == $1 }.reduce(0) { count, _ in count + 1 }
      throw .disagreement(
        path, byteOffset: offset,
        expected: PublicationRun.excerpt(bytes, offset) + " from the journal's entries",
        found: PublicationRun.excerpt(found, offset))
    }
    try write(tile, bytes)
  }

  /// The eight bytes from an offset on, and how many there are in all.
  private static func excerpt(_ bytes: [UInt8], _ offset: Int) -> String {
    let text = Hexadecimal.text(Array(bytes.dropFirst(offset).prefix(8)))
    return "\(text.isEmpty ? "the end" : text) (\(bytes.count) bytes)"
  }

  /// Judges the root, writes the partial tiles, publishes the checkpoint, cleans up.
  consuming func finish() throws(TilesError) -> TilePublication {
    try judgeRoot()
    if size != published?.size {
      for (tile, bytes) in partials() { try write(tile, bytes) }
    }
    let oldSize = published?.size ?? 0
    let removed: Int
    do {
      try writer.synchronize()
      try out.replace(JournalLayout.checkpoint, with: head.bytes.span, .group)
      removed = try PartialTiles(out).removeSuperseded(from: oldSize, to: size)
    } catch {
      throw .storage(error)
    }
    return TilePublication(
      origin: head.checkpoint.origin, size: size, previousSize: published?.size,
      fileCount: writer.fileCount, byteCount: writer.byteCount,
      checkedFileCount: checkedFileCount, removedFileCount: removed)
  }

  /// The root over everything, the tiles published before included, is the checkpoint's.
  private mutating func judgeRoot() throws(TilesError) {
    let root = builder.root(&hasher)
    guard root != head.checkpoint.root else { return }
    throw .journal(
      .damage(
        JournalDamage(
          file: JournalLayout.checkpoint, index: nil, byteOffset: 0,
          expected: "root \(head.checkpoint.root.hex) of \(size) entries",
          found: "root \(root.hex) from the entries and the tiles published before")))
  }
}

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
