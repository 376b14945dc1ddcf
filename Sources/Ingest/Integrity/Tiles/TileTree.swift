/// Subtree roots and proofs of a tree of known size, out of its tiles.
///
/// What comes out is only as good as the tiles: whoever uses it checks it against a root. A proof
/// reads at most 16 tiles and hashes at most 255 nodes in each, whatever the tree's size.
package struct TileTree<Failure: Error>: ~Copyable {
  /// Tiles kept in memory, 8 KiB each.
  private static var cachedTileCountMax: Int { 64 }

  /// Number of leaves.
  package let size: Int
  private let read: (Tile) throws(Failure) -> [Digest]
  private var cache: [Tile: [Digest]] = [:]
  private var hasher = MerkleHasher()

  /// - Parameter read: answers the hashes of a tile of this tree, exactly as many as it is wide.
  package init(size: Int, read: @escaping (Tile) throws(Failure) -> [Digest]) {
    precondition(size > 0, "a tree of \(size) leaves")
    self.size = size
    self.read = read
  }

  /// The hash of a leaf. Precondition: 0 <= index < size.
  package mutating func leaf(_ index: Int) throws(Failure) -> Digest {
    try subtree(level: 0, index: index)
  }

  /// The root over the first `count` leaves. Precondition: 0 < count <= size.
  package mutating func root(over count: Int) throws(Failure) -> Digest {
    try root(of: 0..<count)
  }

  /// The inclusion proof of a leaf in the whole tree. Precondition: 0 <= index < size.
  package mutating func inclusion(of index: Int) throws(Failure) -> [Digest] {
    var path: [Digest] = []
    for range in MerkleProof.inclusionRanges(of: index, size: size) {
      path.append(try root(of: range))
    }
    return path
  }

  /// The consistency proof from an older size to the whole tree. Precondition: 0 < oldSize <= size.
  package mutating func consistency(from oldSize: Int) throws(Failure) -> [Digest] {
    var path: [Digest] = []
    for range in MerkleProof.consistencyRanges(from: oldSize, to: size) {
      path.append(try root(of: range))
    }
    return path
  }

  /// From the right: the perfect subtrees that the range's length names in binary.
  ///
  /// The range begins at a multiple of the largest of them, as every subtree of a tree does.
  private mutating func root(of range: Range<Int>) throws(Failure) -> Digest {
    precondition(!range.isEmpty && range.upperBound <= size, "leaves \(range) of \(size)")
    var root: Digest?
    var end = range.upperBound
    while end > range.lowerBound {
      let level = (end - range.lowerBound).trailingZeroBitCount
      let hash = try subtree(level: level, index: (end >> level) - 1)
      root = root.map { hasher.node(hash, $0) } ?? hash
      end -= 1 << level
    }
    return root ?? .zero
  }

  /// The root of the 2^level leaves from index · 2^level on.
  private mutating func subtree(level: Int, index: Int) throws(Failure) -> Digest {
    let first = index << (level % Tile.height)
    let content = Tile.Content.hashes(level: level / Tile.height)
    guard let tile = Tile(content, index: first / Tile.fullWidth, size: size) else {
      preconditionFailure("no tile for subtree \(index) of level \(level) in \(size)")
    }
    let start = first % Tile.fullWidth
    let hashes = try hashes(of: tile)
    return TileHashes.root(of: hashes[start..<start + 1 << (level % Tile.height)], &hasher)
  }

  private mutating func hashes(of tile: Tile) throws(Failure) -> [Digest] {
    if let hashes = cache[tile] { return hashes }
    let hashes = try read(tile)
    precondition(hashes.count == tile.width, "\(hashes.count) hashes of \(tile.path)")
    if cache.count >= TileTree.cachedTileCountMax { cache.removeAll() }
    cache[tile] = hashes
    return hashes
  }
}
