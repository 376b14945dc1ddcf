/// What the bytes of a block's entries give.
struct BlockFacts: Sendable {
  let leaves: [Digest]
  /// One an entry; none for entries that were not read.
  let entries: [EntryFacts]
  /// The leaves as a row, when nothing in the block asks to be looked at entry by entry: every leaf
  /// hash on file is that of the bytes, every entry that was read is a record, and `received_at`
  /// does not run back within the block.
  let row: PerfectSubtrees?
}

/// Makes the facts of blocks: a hash and a parse an entry, no state between blocks.
struct EntryExaminer: ~Copyable {
  private let isReading: Bool
  private var hasher = MerkleBatchHasher()
  private var reader = EntryReader()

  /// - Parameter isReading: whether entries are parsed; those without a leaf hash on file always
  ///   are, for they may be what an interrupted write left.
  init(isReading: Bool) { self.isReading = isReading }

  /// - Parameter bytes: the block's, behind one byte that is none of them; changed on the way.
  mutating func facts(of block: EntryBlock, _ bytes: inout [UInt8]) -> BlockFacts {
    let isStored = block.leaves.count == block.entryCount * Digest.byteCount
    let entries = isReading || !isStored ? read(block, bytes) : []
    // Where one entry ends and the next begins stands a newline. With zeros there, each entry and the
    // byte before it is the message of its leaf hash.
    var starts: [UInt32] = []
    starts.reserveCapacity(block.entryCount)
    for entry in 0..<block.entryCount {
      let start = block.start(of: entry)
      bytes[start] = 0
      starts.append(UInt32(start))
    }
    let leaves = hasher.digests(bytes.span, starts, block.ends.map { UInt32($0) })
    let isPlain =
      isStored && block.hasStored(leaves) && EntryExaminer.areInOrder(entries)
    let row =
      isPlain ? PerfectSubtrees(of: leaves, firstIndex: block.firstIndex, &hasher) : nil
    return BlockFacts(leaves: leaves, entries: entries, row: row)
  }

  private mutating func read(_ block: EntryBlock, _ bytes: [UInt8]) -> [EntryFacts] {
    let end = 1 + (block.ends.last ?? 0)
    let facts = reader.facts(of: bytes.span.extracting(1..<end), count: block.entryCount)
    precondition(facts.count == block.entryCount, "\(facts.count) of \(block.entryCount) entries")
    return facts
  }

  private static func areInOrder(_ entries: [EntryFacts]) -> Bool {
    var last = Timestamp.earliest
    for entry in entries {
      guard entry.timestamp != nil, let receivedAt = entry.receivedAt, receivedAt >= last else {
        return false
      }
      last = receivedAt
    }
    return true
  }
}

extension EntryBlock {
  /// Whether the leaf hashes on file are just these.
  fileprivate func hasStored(_ derived: [Digest]) -> Bool {
    for (entry, leaf) in derived.enumerated() where storedLeaf(entry) != leaf { return false }
    return true
  }
}
