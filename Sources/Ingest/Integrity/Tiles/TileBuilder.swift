/// Builds the hash tiles of every level from leaf hashes, one after the other.
///
/// Holds the partial tile of each level, so at most 8 · 255 hashes whatever the tree's size. Worked
/// example, size 70,000: level 0 holds 112 leaf hashes, level 1 17 hashes, level 2 one; the root
/// follows from them from the right: the 112 and 17 and 1 fall into perfect subtrees, the smallest
/// first. An append costs one node hash on average, the root at most 60.
package struct TileBuilder: Sendable, Equatable {
  /// Number of leaves.
  package private(set) var size: Int
  /// For each level the hashes of its partial tile, 0 to 255.
  private var partial: [[Digest]]

  package init() {
    size = 0
    partial = []
  }

  /// Goes on from a tree of `size` leaves, given the hashes of its partial tiles by level.
  ///
  /// Nil unless each level has as many hashes as the size asks for.
  package init?(size: Int, partial: [[Digest]]) {
    for level in 0...Tile.levelMax {
      let expected = Tile.hashCount(level: level, size: size) % Tile.fullWidth
      guard (level < partial.count ? partial[level].count : 0) == expected else { return nil }
    }
    self.size = size
    self.partial = partial
  }

  /// Takes in the next leaf hash; `finish` gets each tile that it fills, the lowest level first.
  package mutating func append<E: Error>(
    _ leaf: Digest, _ hasher: inout MerkleHasher,
    finish: (Tile, [Digest]) throws(E) -> Void
  ) throws(E) {
    size += 1
    var hash = leaf
    for level in 0...Tile.levelMax {
      if level == partial.count { partial.append([]) }
      partial[level].append(hash)
      guard partial[level].count == Tile.fullWidth else { return }
      let index = size >> (Tile.height * (level + 1)) - 1
      try finish(Tile(.hashes(level: level), index: index), partial[level])
      hash = TileHashes.root(of: partial[level][...], &hasher)
      partial[level].removeAll(keepingCapacity: true)
    }
  }

  /// The partial tiles, those of width 0 left out; the lowest level first.
  package var partials: [(tile: Tile, hashes: [Digest])] {
    partial.indices.filter { !partial[$0].isEmpty }.map { level in
      let index = Tile.hashCount(level: level, size: size) / Tile.fullWidth
      let tile = Tile(.hashes(level: level), index: index, width: partial[level].count)
      return (tile, partial[level])
    }
  }

  /// The root hash of the leaves so far; SHA-256 of nothing for the empty tree.
  package func root(_ hasher: inout MerkleHasher) -> Digest {
    var root: Digest?
    for hashes in partial {
      var end = hashes.count
      while end > 0 {
        let width = 1 << end.trailingZeroBitCount
        let subtree = TileHashes.root(of: hashes[end - width..<end], &hasher)
        root = root.map { hasher.node(subtree, $0) } ?? subtree
        end -= width
      }
    }
    return root ?? SHA256.digest([UInt8]().span)
  }
}

/// Hashes as the bytes of a tile.
package enum TileHashes {
  /// 32 bytes a hash.
  package static func bytes(_ hashes: [Digest]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(hashes.count * Digest.byteCount)
    for hash in hashes { hash.append(to: &result) }
    return result
  }

  /// Reads the first `count` hashes; nil when the bytes are fewer, or no whole number of hashes.
  package static func hashes(_ bytes: [UInt8], count: Int) -> [Digest]? {
    guard bytes.count % Digest.byteCount == 0, bytes.count >= count * Digest.byteCount else {
      return nil
    }
    return (0..<count).map { Digest(bytes.span, at: $0 * Digest.byteCount) }
  }

  /// The root over hashes of equal subtrees. Precondition: a power of two of them.
  static func root(of hashes: ArraySlice<Digest>, _ hasher: inout MerkleHasher) -> Digest {
    precondition(hashes.count.nonzeroBitCount == 1, "\(hashes.count) hashes")
    var level = Array(hashes)
    while level.count > 1 {
      for pair in 0..<level.count / 2 {
        level[pair] = hasher.node(level[2 * pair], level[2 * pair + 1])
      }
      level.removeLast(level.count / 2)
    }
    return level[0]
  }
}
