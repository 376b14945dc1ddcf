/// The two hashes of `MerkleHasher`, many at a time: several in one pass where the processor can.
package struct MerkleBatchHasher: ~Copyable {
  private var single = SHA256()
  private var lanes: HashLanes?
  /// Whether lanes are to be made when they first pay.
  private var wantsLanes: Bool
  /// Fewer messages are hashed one by one.
  private static let laneCountMin = 8

  /// - Parameter isPlain: leaves several in one pass out, for tests; changes no digest.
  package init(isPlain: Bool = false) { wantsLanes = !isPlain }

  /// SHA-256 of every message: `bytes[starts[i] ..< ends[i]]`, prefixes of the tree included.
  package mutating func digests(
    _ bytes: Span<UInt8>, _ starts: [UInt32], _ ends: [UInt32]
  ) -> [Digest] {
    if starts.count >= MerkleBatchHasher.laneCountMin {
      if wantsLanes {
        lanes = HashLanes()
        wantsLanes = false
      }
      if let digests = lanes?.digests(bytes, starts, ends) { return digests }
    }
    return zip(starts, ends).map { start, end in
      single.update(bytes.extracting(Int(start)..<Int(end)))
      return single.finish()
    }
  }

  /// SHA-256(0x01 ‖ left ‖ right) for every two of `children`, which are an even number.
  mutating func parents(of children: ArraySlice<Digest>) -> [Digest] {
    let byteCount = 1 + 2 * Digest.byteCount
    let count = children.count / 2
    var messages: [UInt8] = []
    messages.reserveCapacity(count * byteCount)
    for (position, child) in children.enumerated() {
      if position % 2 == 0 { messages.append(0x01) }
      child.append(to: &messages)
    }
    let starts = (0..<count).map { UInt32($0 * byteCount) }
    return digests(messages.span, starts, starts.map { $0 + UInt32(byteCount) })
  }
}

/// A row of leaves as the perfect subtrees of the whole tree that it falls into, from left to right:
/// what a tree needs to take in the row without looking at each leaf.
///
/// Worked example, leaves 3 to 9: leaf 3, the subtree of 4–7, the subtree of 8–9.
package struct PerfectSubtrees: Sendable {
  package struct Subtree: Sendable {
    /// The subtree has 2^height leaves.
    package let height: Int
    package let root: Digest
  }

  package let firstIndex: Int
  package let leafCount: Int
  package private(set) var subtrees: [Subtree] = []

  /// Cost: one node hash a leaf.
  package init(of leaves: [Digest], firstIndex: Int, _ hasher: inout MerkleBatchHasher) {
    self.firstIndex = firstIndex
    leafCount = leaves.count
    var (row, position, height) = (leaves[...], firstIndex, 0)
    var right: [Subtree] = []
    while !row.isEmpty {
      if position % 2 == 1 {
        subtrees.append(Subtree(height: height, root: row.removeFirst()))
        position += 1
      }
      if row.count % 2 == 1 { right.append(Subtree(height: height, root: row.removeLast())) }
      row = hasher.parents(of: row)[...]
      position /= 2
      height += 1
    }
    subtrees += right.reversed()
  }
}

extension MerkleTree {
  /// Takes in a row of leaves. Precondition: it begins at `size`.
  package mutating func append(_ row: PerfectSubtrees, _ hasher: inout MerkleHasher) {
    precondition(row.firstIndex == size, "a row from \(row.firstIndex) on at \(size)")
    for subtree in row.subtrees { append(subtree.root, height: subtree.height, &hasher) }
  }
}
