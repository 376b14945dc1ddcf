import Ingest

/// The leaves of a growing tree whose entries are hashed in rows, several in one pass.
///
/// Between two rows the entries wait as bytes: at most `rowCountMax` of them, 16 MiB where each is as long
/// as an entry may be.
struct PendingLeaves: ~Copyable {
  private static let rowCountMax = 256

  private var tree: MerkleTree
  private var hasher = MerkleHasher()
  private var rows = MerkleBatchHasher()
  /// The waiting entries, each behind the prefix of a leaf.
  private var bytes: [UInt8] = []
  private var starts: [UInt32] = []
  private var ends: [UInt32] = []

  /// - Parameter left: the tree of the leaves before.
  init(after left: MerkleTree) { tree = left }

  /// Leaves so far, those that wait too.
  var count: Int { tree.size + starts.count }

  mutating func append(_ entry: Span<UInt8>) {
    starts.append(UInt32(bytes.count))
    bytes.append(0x00)
    bytes.append(copying: entry)
    ends.append(UInt32(bytes.count))
    if starts.count == PendingLeaves.rowCountMax { hashRow() }
  }

  /// Takes an entry by its leaf hash.
  mutating func append(_ leaf: Digest) {
    hashRow()
    tree.append(leaf, &hasher)
  }

  mutating func root() -> Digest {
    hashRow()
    return tree.root(&hasher)
  }

  private mutating func hashRow() {
    guard !starts.isEmpty else { return }
    // Taken out and put back: one cannot look into a part of this while another part is at work.
    var row: [UInt8] = []
    swap(&row, &bytes)
    let leaves = rows.digests(row.span, starts, ends)
    swap(&row, &bytes)
    tree.append(PerfectSubtrees(of: leaves, firstIndex: tree.size, &rows), &hasher)
    bytes.removeAll(keepingCapacity: true)
    starts.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
  }
}
