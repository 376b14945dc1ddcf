/// A growing Merkle tree of RFC 9162 section 2.1, as its right edge: the roots of the perfect
/// subtrees that its size's binary digits name, the largest first.
///
/// Worked example, size 7 = 4 + 2 + 1: edge = [root of leaves 0–3, root of 4–5, leaf 6]. Appending
/// leaf 7 joins 1 + 1, then 2 + 2, then 4 + 4, and leaves [root of 0–7].
/// At most 63 digests; an append costs one node hash on average, the root at most 62.
package struct MerkleTree: Sendable, Equatable, Codable {
  /// Number of leaves.
  package private(set) var size = 0
  private var edge: [Digest] = []

  package init() {}

  /// The tree of `size` leaves whose right edge is known; nil for another number of digests than
  /// `size` has binary ones.
  package init?(size: Int, edge: [Digest]) {
    guard size >= 0, edge.count == size.nonzeroBitCount else { return nil }
    self.size = size
    self.edge = edge
  }

  /// The roots of the perfect subtrees that the size's binary digits name, the largest first.
  package var perfectSubtreeRoots: [Digest] { edge }

  /// Takes in the next leaf hash.
  package mutating func append(_ leaf: Digest, _ hasher: inout MerkleHasher) {
    append(leaf, height: 0, &hasher)
  }

  /// Takes in the next 2^height leaves by the root of their subtree.
  ///
  /// Precondition: `size` is a multiple of 2^height.
  mutating func append(_ root: Digest, height: Int, _ hasher: inout MerkleHasher) {
    precondition(size & (1 << height - 1) == 0, "a subtree of 2^\(height) leaves at \(size)")
    var subtree = root
    for _ in 0..<(size >> height).trailingOneBitCount {
      subtree = hasher.node(edge.removeLast(), subtree)
    }
    edge.append(subtree)
    size += 1 << height
  }

  /// The root hash of the leaves so far; SHA-256 of nothing for the empty tree.
  package func root(_ hasher: inout MerkleHasher) -> Digest {
    guard var root = edge.last else { return SHA256.digest([UInt8]().span) }
    for subtree in edge.dropLast().reversed() { root = hasher.node(subtree, root) }
    return root
  }
}

extension Int {
  fileprivate var trailingOneBitCount: Int { (~self).trailingZeroBitCount }
}
