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
  private var prunedBundleCount = 0

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
      try takePruned(upTo: min(location?.index ?? size, size), reader)
      if builder.size == size { return }
      guard let location, location.index == builder.size else {
        throw .journal(
          .damage(
            JournalDamage(
              file: JournalLayout.checkpoint, index: builder.size, byteOffset: 0,
              expected: "\(size) entries",
              found: location.map { "a gap up to \($0.index)" } ?? "\(builder.size)")))
      }
      bundle.append(cursor.bytes)
      try take(hasher.leaf(cursor.bytes))
      if builder.size % PublicationRun.progressStride == 0 { progress(builder.size) }
    }
  }

  /// Goes on by leaf hashes where the entries are pruned; stops at the first segment that is not.
  private mutating func takePruned(
    upTo end: Int, _ reader: JournalReader
  ) throws(TilesError) {
    guard builder.size < end else { return }
    var leaves: StoredLeaves
    do { leaves = try StoredLeaves(reader.storage) } catch { throw .journal(error) }
    while let segment = reader.segments.last(where: { $0.name.firstIndex <= builder.size }),
      segment.isPruned, builder.size < end
    {
      for index in builder.size..<min(end, segment.name.firstIndex + segment.entryCount) {
        let leaf: Digest
        do { leaf = try leaves.leaf(index) } catch { throw .journal(error) }
        if let entry = try publishedEntry(index), hasher.leaf(entry.span) == leaf {
          bundle.append(entry.span)
        }
        try take(leaf)
      }
    }
  }

  /// An entry that was published in a partial bundle before it was pruned.
  private func publishedEntry(_ index: Int) throws(TilesError) -> [UInt8]? {
    guard let published, index < published.size,
      index >= published.size / Tile.fullWidth
        * Tile.fullWidth,
      let tile = Tile(.entries, index: index / Tile.fullWidth, size: published.size)
    else { return nil }
    return try published.entries(tile)?[index % Tile.fullWidth]
  }

  private mutating func take(_ leaf: Digest) throws(TilesError) {
    var finished: [(Tile, [Digest])] = []
    builder.append(leaf, &hasher) { finished.append(($0, $1)) }
    if builder.size % Tile.fullWidth == 0 {
      if bundle.entryCount == Tile.fullWidth {
        try put(Tile(.entries, index: builder.size / Tile.fullWidth - 1), bundle.bytes)
      } else {
        prunedBundleCount += 1
      }
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
    // Without all its entries there is no bundle.
    if let tile = Tile(.entries, index: builder.size / Tile.fullWidth, size: builder.size),
      tile.width == bundle.entryCount
    {
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
    if bundle.entryCount < size % Tile.fullWidth { prunedBundleCount += 1 }
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
      checkedFileCount: checkedFileCount, removedFileCount: removed,
      prunedBundleCount: prunedBundleCount)
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
