/// The tiles of a journal, from its leaf hashes; no published directory is needed.
///
/// Making it costs one pass over the leaf hashes (32 bytes and one node hash an entry); it keeps
/// the tiles above level 0, a byte for every 8 entries, and reads level 0 again as it is asked for.
/// Where leaf hashes are missing, they are derived from the entries of their segment.
package final class JournalTiles {
  /// Number of leaves.
  package let size: Int
  /// The root over all of them.
  package let root: Digest
  private var leaves: JournalLeaves
  private var upper: [Tile: [Digest]] = [:]

  /// Over the first `size` entries of a journal. Throws damage when it has fewer.
  package init(_ storage: any JournalStorage, size: Int) throws(JournalError) {
    self.size = size
    leaves = try JournalLeaves(storage)
    var hasher = MerkleHasher()
    var builder = TileBuilder()
    var upper: [Tile: [Digest]] = [:]
    for index in 0..<size {
      builder.append(try leaves.leaf(index, &hasher), &hasher) { tile, hashes in
        if tile.level > 0 { upper[tile] = hashes }
      }
    }
    for (tile, hashes) in builder.partials where tile.level > 0 { upper[tile] = hashes }
    self.upper = upper
    root = builder.root(&hasher)
  }

  /// The hashes of a tile of this tree.
  package func hashes(_ tile: Tile) throws(JournalError) -> [Digest] {
    if let hashes = upper[tile] { return hashes }
    precondition(tile.level == 0, "tile \(tile.path) of a tree of \(size)")
    var hasher = MerkleHasher()
    var hashes: [Digest] = []
    for index in tile.index * Tile.fullWidth..<tile.index * Tile.fullWidth + tile.width {
      hashes.append(try leaves.leaf(index, &hasher))
    }
    return hashes
  }
}

/// The leaf hashes of a journal by index: the stored ones, and where they are missing the ones that
/// the entries of their segment give, which are kept until another segment is asked for.
struct JournalLeaves {
  private let storage: any JournalStorage
  /// Opened when leaf hashes are missing.
  private var reader: JournalReader?
  private var stored: StoredLeaves
  private var derived: [Digest] = []
  private var derivedStart = 0

  init(_ storage: any JournalStorage) throws(JournalError) {
    self.storage = storage
    stored = try StoredLeaves(storage)
  }

  mutating func leaf(
    _ index: Int, _ hasher: inout MerkleHasher
  ) throws(JournalError) -> Digest {
    if index >= derivedStart, index - derivedStart < derived.count {
      return derived[index - derivedStart]
    }
    do {
      return try stored.leaf(index)
    } catch {
      guard case .damage = error, try derive(around: index, &hasher) else { throw error }
      return derived[index - derivedStart]
    }
  }

  /// Hashes the entries of the segment that holds `index`; false when it has no such entry.
  private mutating func derive(
    around index: Int, _ hasher: inout MerkleHasher
  ) throws(JournalError) -> Bool {
    // A pruned segment has no entries left to derive from: its leaf hashes are the evidence.
    if reader == nil { reader = try JournalReader(storage) }
    guard let segment = reader?.segments.last(where: { $0.name.firstIndex <= index }),
      let file = segment.file
    else { return false }
    var cursor = LineCursor(file, limit: segment.byteCount)
    derived = []
    derivedStart = segment.name.firstIndex
    do {
      while try cursor.next() { derived.append(hasher.leaf(cursor.line)) }
    } catch {
      throw JournalError(error)
    }
    return index - derivedStart < derived.count
  }
}
