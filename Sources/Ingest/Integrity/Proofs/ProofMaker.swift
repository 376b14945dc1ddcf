/// Makes proof files under a checkpoint of a log, and checks each before handing it out.
///
/// From a published log a proof costs at most 16 files; from a journal the first one costs a pass
/// over its leaf hashes (`JournalTiles`), each further one little.
package struct ProofMaker: ~Copyable {
  /// Under which the proofs are made.
  package let checkpoint: SignedCheckpoint
  private var tree: TileTree<TilesError>
  private let readEntry: (Int) throws(TilesError) -> [UInt8]
  private var hasher = MerkleHasher()

  /// From a journal, under its newest checkpoint.
  package init(journal storage: any JournalStorage) throws(TilesError) {
    try self.init(journal: storage, under: try ProofMaker.head(storage))
  }

  /// From a journal, under any checkpoint of at least one entry that it has signed.
  ///
  /// Throws damage when its leaf hashes do not give the checkpoint's root.
  package init(
    journal storage: any JournalStorage, under head: SignedCheckpoint
  ) throws(TilesError) {
    let (size, root) = (head.checkpoint.size, head.checkpoint.root)
    let tiles = try TilesError.reading { () throws(JournalError) in
      try JournalTiles(storage, size: size)
    }
    guard tiles.root == root else {
      throw .journal(
        .damage(
          JournalDamage(
            file: JournalLayout.checkpoint, index: nil, byteOffset: 0,
            expected: "root \(root.hex) of \(size) entries",
            found: "root \(tiles.root.hex) from the leaf hashes")))
    }
    var reader: JournalReader?
    self.init(head) { (tile) throws(TilesError) in
      do throws(JournalError) { return try tiles.hashes(tile) } catch { throw .journal(error) }
    } entry: { (index) throws(TilesError) in
      let entry: [UInt8]?
      do throws(JournalError) {
        if reader == nil { reader = try JournalReader(storage) }
        entry = try reader?.entry(at: index)
      } catch {
        throw .journal(error)
      }
      guard let entry else { throw .pruned(index: index) }
      return entry
    }
  }

  /// From a published log, under its newest checkpoint.
  package init(published storage: any JournalStorage) throws(TilesError) {
    let head = try ProofMaker.head(storage)
    let log = PublishedLog(storage, StoredCheckpoint(head))
    self.init(head) { (tile) throws(TilesError) in
      try log.hashes(tile)
    } entry: { (index) throws(TilesError) in
      guard let tile = Tile(.entries, index: index / Tile.fullWidth, size: log.size) else {
        throw .outOfRange(found: index, expected: 0...log.size - 1)
      }
      guard let entries = try log.entries(tile) else { throw .pruned(index: index) }
      return entries[index % Tile.fullWidth]
    }
  }

  private init(
    _ head: SignedCheckpoint, tile: @escaping (Tile) throws(TilesError) -> [Digest],
    entry: @escaping (Int) throws(TilesError) -> [UInt8]
  ) {
    checkpoint = head
    tree = TileTree(size: head.checkpoint.size, read: tile)
    readEntry = entry
  }

  private static func head(_ storage: any JournalStorage) throws(TilesError) -> SignedCheckpoint {
    guard let head = try StoredCheckpoint.newest(in: storage), head.checkpoint.size > 0 else {
      throw .noCheckpoint
    }
    guard let signed = head.signed else { throw .unsigned }
    return signed
  }

  /// Number of entries that the checkpoint covers.
  package var size: Int { checkpoint.checkpoint.size }

  /// Proves an entry. Its extra data holds the leaf hash, or the entry when asked for.
  package mutating func inclusion(
    of index: Int, withEntry: Bool = false
  ) throws(TilesError) -> InclusionProof {
    guard index >= 0, index < size else { throw .outOfRange(found: index, expected: 0...size - 1) }
    let leaf = try tree.leaf(index)
    let extra: ProofExtra
    if withEntry {
      extra = .entry(try readEntry(index))
      guard extra.leaf == leaf else {
        throw contradiction("entry \(index)", expected: leaf, found: extra.leaf)
      }
    } else {
      extra = .leafHash(leaf)
    }
    let proof = InclusionProof(
      index: index, path: try tree.inclusion(of: index), extra: extra.bytes,
      checkpoint: checkpoint)
    do {
      try proof.verifyPath(leaf: leaf)
    } catch {
      throw .disagreement(
        Tile.folder, expected: "hashes that prove entry \(index)", found: error.description)
    }
    return proof
  }

  /// Proves that the log continues its first `oldSize` entries.
  package mutating func consistency(from oldSize: Int) throws(TilesError) -> ConsistencyProof {
    guard oldSize > 0, oldSize <= size else {
      throw .outOfRange(found: oldSize, expected: 1...size)
    }
    let proof = ConsistencyProof(
      oldSize: oldSize, oldRoot: try tree.root(over: oldSize),
      path: try tree.consistency(from: oldSize), checkpoint: checkpoint)
    do {
      try proof.verifyPath()
    } catch {
      throw .disagreement(
        Tile.folder, expected: "hashes that prove size \(oldSize)", found: error.description)
    }
    return proof
  }

  private func contradiction(_ what: String, expected: Digest, found: Digest) -> TilesError {
    .disagreement(
      JournalDamage(
        file: what, index: nil, byteOffset: 0, expected: "leaf hash \(expected.hex)",
        found: found.hex))
  }
}
