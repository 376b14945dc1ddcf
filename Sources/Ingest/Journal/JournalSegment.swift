/// The segment being written: its two files, and what waits in memory for the next commit.
///
/// Leaf hashes are written only after their entries are on stable storage: as many whole leaf
/// hashes as the file holds, so many entries were committed. Their own sync waits for the next
/// checkpoint or the end of the segment; what a crash takes from them, the entries give back.
struct JournalSegment {
  let name: SegmentName
  private let entries: any JournalFile
  private let leaves: any JournalFile
  /// Bytes of whole entries in the file.
  private var writtenByteCount: Int
  private var writtenLeafCount: Int
  private var pending: [UInt8] = []
  private var pendingLeaves: [UInt8] = []

  /// Bytes that the segment has once everything pending is written.
  var byteCount: Int { writtenByteCount + pending.count }
  var pendingByteCount: Int { pending.count }

  /// Over the files of an existing segment, which hold `byteCount` and `leafCount` whole.
  init(
    _ name: SegmentName, entries: any JournalFile, leaves: any JournalFile, byteCount: Int,
    leafCount: Int
  ) {
    self.name = name
    self.entries = entries
    self.leaves = leaves
    writtenByteCount = byteCount
    writtenLeafCount = leafCount
  }

  /// Makes the files of an empty segment, durably.
  static func create(
    _ name: SegmentName, _ storage: any JournalStorage
  ) throws(StorageError) -> JournalSegment {
    let entries = try storage.open(name.entriesPath, .writing(.group))
    let leaves = try storage.open(name.leavesPath, .writing(.group))
    try storage.synchronizeDirectory(JournalLayout.segments)
    return JournalSegment(name, entries: entries, leaves: leaves, byteCount: 0, leafCount: 0)
  }

  /// Adds an entry and its leaf hash, which it returns, to what waits.
  ///
  /// - Parameter stamp: replaces as many bytes of the entry from its offset on.
  mutating func append(
    _ entry: [UInt8], stamp: (bytes: [UInt8], offset: Int)? = nil, _ hasher: inout MerkleHasher
  ) -> Digest {
    let start = pending.count
    pending.append(contentsOf: entry)
    if let stamp {
      let place = start + stamp.offset
      pending.replaceSubrange(place..<place + stamp.bytes.count, with: stamp.bytes)
    }
    let leaf = hasher.leaf(pending.span.extracting(start..<pending.count))
    pending.append(0x0A)
    leaf.append(to: &pendingLeaves)
    return leaf
  }

  /// Puts everything pending on stable storage, entries before leaf hashes.
  mutating func commit() throws(StorageError) {
    guard !pending.isEmpty else { return }
    try entries.write(pending.span, at: writtenByteCount)
    try entries.synchronize()
    writtenByteCount += pending.count
    pending.removeAll(keepingCapacity: true)
    try leaves.write(pendingLeaves.span, at: writtenLeafCount * Digest.byteCount)
    writtenLeafCount += pendingLeaves.count / Digest.byteCount
    pendingLeaves.removeAll(keepingCapacity: true)
  }

  /// Puts the leaf hashes on stable storage too. Precondition: nothing is pending.
  mutating func synchronizeLeaves() throws(StorageError) { try leaves.synchronize() }
}
