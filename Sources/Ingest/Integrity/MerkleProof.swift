/// Inclusion and consistency proofs of RFC 9162 sections 2.1.3 and 2.1.4, over stored leaf hashes.
///
/// Making one costs a hash for each leaf below the tree's size (no levels are stored); checking one
/// costs at most 64 for each hash in it. `leaf` answers the stored hash of leaf i, 0 ..< size.
package enum MerkleProof {
  /// No proof for a tree of at most 2^63 leaves holds more hashes.
  package static let hashCountMax = 64

  /// The path from leaf `index` to the root of the first `size` leaves: the sibling first.
  ///
  /// Precondition: 0 <= index < size.
  package static func inclusion<E: Error>(
    of index: Int, size: Int, _ hasher: inout MerkleHasher, leaf: (Int) throws(E) -> Digest
  ) throws(E) -> [Digest] {
    try inclusionRanges(of: index, size: size).map { (range) throws(E) in
      try root(of: range, &hasher, leaf: leaf)
    }
  }

  /// The leaves under each hash of an inclusion proof, in its order.
  ///
  /// Precondition: 0 <= index < size.
  package static func inclusionRanges(of index: Int, size: Int) -> [Range<Int>] {
    precondition(index >= 0 && index < size, "leaf \(index) of a tree of \(size)")
    var range = 0..<size
    var path: [Range<Int>] = []
    while range.count > 1 {
      let middle = range.lowerBound + splitPoint(range.count)
      if index < middle {
        path.append(middle..<range.upperBound)
        range = range.lowerBound..<middle
      } else {
        path.append(range.lowerBound..<middle)
        range = middle..<range.upperBound
      }
    }
    return path.reversed()
  }

  /// The hashes that show the first `oldSize` leaves to be a prefix of the first `size`.
  ///
  /// Empty when the sizes are equal. Precondition: 0 < oldSize <= size.
  package static func consistency<E: Error>(
    from oldSize: Int, to size: Int, _ hasher: inout MerkleHasher,
    leaf: (Int) throws(E) -> Digest
  ) throws(E) -> [Digest] {
    try consistencyRanges(from: oldSize, to: size).map { (range) throws(E) in
      try root(of: range, &hasher, leaf: leaf)
    }
  }

  /// The leaves under each hash of a consistency proof, in its order.
  ///
  /// Precondition: 0 < oldSize <= size.
  package static func consistencyRanges(from oldSize: Int, to size: Int) -> [Range<Int>] {
    precondition(oldSize > 0 && oldSize <= size, "tree sizes \(oldSize) and \(size)")
    var range = 0..<size
    var isWholeOldTree = true
    var path: [Range<Int>] = []
    while range.upperBound != oldSize {
      let middle = range.lowerBound + splitPoint(range.count)
      if oldSize <= middle {
        path.append(middle..<range.upperBound)
        range = range.lowerBound..<middle
      } else {
        path.append(range.lowerBound..<middle)
        range = middle..<range.upperBound
        isWholeOldTree = false
      }
    }
    if !isWholeOldTree { path.append(range) }
    return path.reversed()
  }

  /// Whether `path` leads from `leaf` at `index` to `root` (RFC 9162 section 2.1.3.2).
  package static func verifiesInclusion(
    of leaf: Digest, at index: Int, size: Int, root: Digest, path: [Digest],
    _ hasher: inout MerkleHasher
  ) -> Bool {
    guard index >= 0, index < size, path.count <= hashCountMax else { return false }
    var position = index
    var last = size - 1
    var current = leaf
    for sibling in path {
      guard last != 0 else { return false }
      if position & 1 == 1 || position == last {
        current = hasher.node(sibling, current)
        while position & 1 == 0, position != 0 {
          position >>= 1
          last >>= 1
        }
      } else {
        current = hasher.node(current, sibling)
      }
      position >>= 1
      last >>= 1
    }
    return last == 0 && current == root
  }

  /// Whether `path` shows the tree of `oldRoot` to be a prefix of the tree of `root`
  /// (RFC 9162 section 2.1.4.2). The empty tree is a prefix of any, by an empty path.
  package static func verifiesConsistency(
    from oldSize: Int, _ oldRoot: Digest, to size: Int, _ root: Digest, path: [Digest],
    _ hasher: inout MerkleHasher
  ) -> Bool {
    guard oldSize >= 0, oldSize <= size, path.count <= hashCountMax else { return false }
    if oldSize == size { return path.isEmpty && oldRoot == root }
    if oldSize == 0 { return path.isEmpty && oldRoot == SHA256.digest([UInt8]().span) }
    var rest = path[...]
    // An old tree that is one perfect subtree is its own first hash.
    guard let first = oldSize & (oldSize - 1) == 0 ? oldRoot : rest.popFirst() else { return false }
    let shift = (~(oldSize - 1)).trailingZeroBitCount
    var position = (oldSize - 1) >> shift
    var last = (size - 1) >> shift
    var (oldCurrent, current) = (first, first)
    for sibling in rest {
      guard last != 0 else { return false }
      if position & 1 == 1 || position == last {
        oldCurrent = hasher.node(sibling, oldCurrent)
        current = hasher.node(sibling, current)
        while position & 1 == 0, position != 0 {
          position >>= 1
          last >>= 1
        }
      } else {
        current = hasher.node(current, sibling)
      }
      position >>= 1
      last >>= 1
    }
    return last == 0 && oldCurrent == oldRoot && current == root
  }

  /// The root of a range of leaves that is a subtree of its tree.
  private static func root<E: Error>(
    of range: Range<Int>, _ hasher: inout MerkleHasher, leaf: (Int) throws(E) -> Digest
  ) throws(E) -> Digest {
    var tree = MerkleTree()
    for index in range { tree.append(try leaf(index), &hasher) }
    return tree.root(&hasher)
  }

  /// The largest power of two below `count`. Precondition: count > 1.
  private static func splitPoint(_ count: Int) -> Int {
    1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount)
  }
}
