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
  /// Where the pending entries begin whose leaf hashes are not worked out, ascending.
  private var unhashedStarts: [Int] = []
  private var pendingLeaves: [UInt8] = []
  private var hasUnsyncedBytes = false

  /// Bytes that the segment has once everything pending is written.
  var byteCount: Int { writtenByteCount + pending.count }
  var pendingByteCount: Int { pending.count }
  /// Entries appended whose leaf hashes are not worked out.
  var unhashedCount: Int { unhashedStarts.count }

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

  /// Adds an entry to what waits.
  ///
  /// - Parameter stamp: replaces as many bytes of the entry from its offset on.
  mutating func append(_ entry: Span<UInt8>, stamp: (bytes: [UInt8], offset: Int)? = nil) {
    let start = pending.count
    unhashedStarts.append(start)
    pending.append(copying: entry)
    if let stamp {
      pending.overwrite(at: start + stamp.offset, with: stamp.bytes.span)
    }
    pending.append(0x0A)
  }

  /// Works out the leaf hashes of what was appended since the last time, many at a time, and takes them
  /// into the tree; the last one, nil when there is nothing new.
  mutating func hashLeaves(
    _ batch: inout MerkleBatchHasher, _ hasher: inout MerkleHasher, _ tree: inout MerkleTree
  ) -> Digest? {
    guard !unhashedStarts.isEmpty else { return nil }
    var messages: [UInt8] = []
    var (starts, ends): ([UInt32], [UInt32]) = ([], [])
    messages.reserveCapacity(pending.count - unhashedStarts[0])
    for number in unhashedStarts.indices {
      starts.append(UInt32(messages.count))
      messages.append(0x00)
      messages.append(copying: pending.span.extracting(unhashedEntry(number)))
      ends.append(UInt32(messages.count))
    }
    unhashedStarts.removeAll(keepingCapacity: true)
    let leaves = batch.digests(messages.span, starts, ends)
    tree.append(PerfectSubtrees(of: leaves, firstIndex: tree.size, &batch), &hasher)
    for leaf in leaves { leaf.append(to: &pendingLeaves) }
    return leaves.last
  }

  /// Its bytes in `pending`, without the newline.
  private func unhashedEntry(_ number: Int) -> Range<Int> {
    let isLast = number + 1 == unhashedStarts.count
    return unhashedStarts[number]..<(isLast ? pending.count : unhashedStarts[number + 1]) - 1
  }

  /// Writes the entries that wait, and asks for them to be put on the disk meanwhile.
  ///
  /// Precondition: their leaf hashes are worked out.
  mutating func write() throws(StorageError) {
    precondition(unhashedStarts.isEmpty, "\(unhashedStarts.count) entries without leaf hash")
    guard !pending.isEmpty else { return }
    hasUnsyncedBytes = true
    try entries.write(pending.span, at: writtenByteCount)
    entries.beginSynchronizing(writtenByteCount..<writtenByteCount + pending.count)
    writtenByteCount += pending.count
    pending.removeAll(keepingCapacity: true)
  }

  /// Puts everything pending on stable storage, entries before leaf hashes.
  ///
  /// Precondition: the leaf hashes are worked out.
  mutating func commit() throws(StorageError) {
    try write()
    guard hasUnsyncedBytes else { return }
    try entries.synchronize()
    hasUnsyncedBytes = false
    try leaves.write(pendingLeaves.span, at: writtenLeafCount * Digest.byteCount)
    writtenLeafCount += pendingLeaves.count / Digest.byteCount
    pendingLeaves.removeAll(keepingCapacity: true)
  }

  /// Puts the leaf hashes on stable storage too. Precondition: nothing is pending.
  mutating func synchronizeLeaves() throws(StorageError) { try leaves.synchronize() }
}
