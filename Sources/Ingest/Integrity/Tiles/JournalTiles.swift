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

/// The leaf hashes of a journal by index, from its leaf files.
///
/// One segment's file is open at a time; where it is missing or too short, the segment's entries
/// are hashed and its leaf hashes kept, until another segment is asked for.
struct JournalLeaves {
  private let reader: JournalReader
  private let storage: any JournalStorage
  /// Those with leaf hashes alone, their entries pruned, among them.
  private let names: [SegmentName]
  private var position: Int?
  private var file: LeafFile?
  private var derived: [Digest] = []

  init(_ storage: any JournalStorage) throws(JournalError) {
    self.storage = storage
    reader = try JournalReader(storage)
    names = try JournalError.wrapping { () throws(StorageError) in
      let (segments, leavesOnly) = try SegmentName.list(storage)
      return (segments + leavesOnly).sorted()
    }
  }

  mutating func leaf(
    _ index: Int, _ hasher: inout MerkleHasher
  ) throws(JournalError) -> Digest {
    let position = try open(index)
    let offset = index - names[position].firstIndex
    let stored: Digest?
    do { stored = try file?.leaf(offset) } catch { throw .storage(error) }
    if let stored { return stored }
    if derived.isEmpty { try derive(names[position], &hasher) }
    guard offset < derived.count else {
      throw .damage(
        JournalDamage(
          file: names[position].entriesPath, index: index, byteOffset: 0,
          expected: "entry \(index)", found: "\(derived.count) entries"))
    }
    return derived[offset]
  }

  /// The segment that holds `index`, its leaf file opened.
  private mutating func open(_ index: Int) throws(JournalError) -> Int {
    if let position, names[position].firstIndex <= index,
      position + 1 == names.count || index < names[position + 1].firstIndex
    {
      return position
    }
    guard let found = names.lastIndex(where: { $0.firstIndex <= index }) else {
      throw .damage(
        JournalDamage(
          file: JournalLayout.segments, index: index, byteOffset: 0,
          expected: "a segment with it", found: "\(names.count) segments"))
    }
    derived = []
    let name = names[found]
    file = try JournalError.wrapping { () throws(StorageError) in try LeafFile(name, storage) }
    position = found
    return found
  }

  private mutating func derive(
    _ name: SegmentName, _ hasher: inout MerkleHasher
  ) throws(JournalError) {
    guard let segment = reader.segments.first(where: { $0.name == name }) else { return }
    var cursor = LineCursor(segment.file, limit: segment.byteCount)
    var result: [Digest] = []
    do {
      while try cursor.next() { result.append(hasher.leaf(cursor.line)) }
    } catch {
      throw .storage(error)
    }
    derived = result
  }
}
