/// Brings the entries of a journal back to the state of their last commit.
///
/// What was committed must be there and match the newest checkpoint, else it is damage and nothing
/// but derived leaf files was touched. What was not is kept as far as it is whole, and rewritten in
/// place, for what reads back from a cache after a failed sync need not be on the disk.
struct JournalRecovery {
  let storage: any JournalStorage
  let newest: Checkpoint?

  /// The entries after recovery.
  struct Outcome {
    var tree = MerkleTree()
    var segment: JournalSegment
    /// Bytes of torn entries that were cut away.
    var cutByteCount = 0
    var lastLeaf = Digest.zero
    var lastReceivedAt: Timestamp?
  }

  func run(
    _ hasher: inout MerkleHasher, _ secret: inout JournalSecret
  ) throws(JournalError) -> Outcome {
    let segments = try storedSegments()
    guard let last = segments.last else { return try emptyOutcome() }
    guard last.hasPlain else {
      throw .damage(
        damage(last, 0, 0, "the segment being written behind all others", "no file"))
    }
    var tree = MerkleTree()
    var pruned: [(segment: StoredSegment, record: PruneRecord)] = []
    for (segment, next) in zip(segments, segments.dropFirst()) {
      if segment.form == .pruned {
        pruned.append((segment, try takePruned(segment, next.name, &tree, &hasher)))
      } else {
        try takeSealed(segment, next.name, &tree, &hasher, &secret)
      }
    }
    let scan = try scan(last, &hasher, &secret)
    for leaf in scan.leaves { try take(leaf, &tree, &hasher) }
    if let newest, tree.size < newest.size {
      throw .damage(
        JournalDamage(
          file: last.path, index: tree.size, byteOffset: scan.byteCount,
          expected: "\(newest.size) entries of the newest checkpoint", found: "\(tree.size)"))
    }
    let segment = try JournalError.wrapping { () throws(StorageError) in try repair(scan) }
    var outcome = Outcome(tree: tree, segment: segment)
    outcome.cutByteCount = scan.tailByteCount
    try readLastEntry(segments, scan, &outcome, &hasher, &secret)
    for (segment, record) in pruned { try check(segment, record) }
    return outcome
  }

  /// From 0 without gaps; a leaf file with contents but without entries is a lost segment.
  private func storedSegments() throws(JournalError) -> [StoredSegment] {
    let (segments, orphans) = try JournalError.wrapping { () throws(StorageError) in
      let listing = try SegmentListing.read(storage)
      var orphans: [SegmentName] = []
      for name in listing.leavesOnly where try LeafFile(name, storage)?.count ?? 0 > 0 {
        orphans.append(name)
      }
      return (listing.segments, orphans)
    }
    if let orphan = orphans.first {
      throw .damage(missing(orphan, "the entries of its leaf hashes", "no file"))
    }
    if let first = segments.first?.name, first.firstIndex != 0 {
      throw .damage(missing(SegmentName(firstIndex: 0), "the first segment", "no file"))
    }
    if segments.isEmpty, let newest {
      throw .damage(
        missing(SegmentName(firstIndex: 0), "\(newest.size) entries", "no segment"))
    }
    return segments
  }

  private func emptyOutcome() throws(JournalError) -> Outcome {
    let segment = try JournalError.wrapping { () throws(StorageError) in
      try JournalSegment.create(SegmentName(firstIndex: 0), storage)
    }
    return Outcome(segment: segment)
  }

  /// A closed segment is taken by its leaf hashes while the checkpoint vouches for all of them.
  private func takeSealed(
    _ segment: StoredSegment, _ next: SegmentName, _ tree: inout MerkleTree,
    _ hasher: inout MerkleHasher, _ secret: inout JournalSecret
  ) throws(JournalError) {
    let name = segment.name
    let count = next.firstIndex - name.firstIndex
    let leaves = try JournalError.wrapping { () throws(StorageError) in
      try LeafFile(name, storage)
    }
    guard var leaves, leaves.count == count, next.firstIndex <= newest?.size ?? 0 else {
      let scan = try scan(segment, entryCountMax: count, &hasher, &secret)
      guard scan.leaves.count == count, scan.tailByteCount == 0 else {
        throw .damage(
          damage(
            segment, min(scan.leaves.count, count), scan.byteCount, "\(count) entries",
            "\(scan.leaves.count) and \(scan.tailByteCount) bytes"))
      }
      _ = try JournalError.wrapping { () throws(StorageError) in try completeLeaves(scan) }
      for leaf in scan.leaves { try take(leaf, &tree, &hasher) }
      return
    }
    for position in 0..<count {
      let leaf = try JournalError.wrapping { () throws(StorageError) in
        try leaves.leaf(position) ?? .zero
      }
      try take(leaf, &tree, &hasher)
    }
  }

  /// A pruned segment is taken by its leaf hashes, which must be whole, covered by the newest
  /// checkpoint, and those that the record of its pruning speaks of.
  private func takePruned(
    _ segment: StoredSegment, _ next: SegmentName, _ tree: inout MerkleTree,
    _ hasher: inout MerkleHasher
  ) throws(JournalError) -> PruneRecord {
    let count = next.firstIndex - segment.name.firstIndex
    let (record, leaves) = try JournalError.wrapping { () throws(StorageError) in
      (
        try PruneRecord.read(segment.name, storage, &hasher),
        try LeafFile(segment.name, storage)
      )
    }
    guard let record, record.entryCount == count else {
      throw .damage(
        damage(
          segment, 0, 0, "the record of pruning \(count) entries",
          record.map { "one of \($0.entryCount)" } ?? "none"))
    }
    guard var leaves, leaves.count == count, next.firstIndex <= newest?.size ?? 0 else {
      throw .damage(
        JournalDamage(
          file: segment.name.leavesPath, index: segment.name.firstIndex, byteOffset: 0,
          expected: "\(count) leaf hashes under a checkpoint",
          found: leaves.map { "\($0.count)" } ?? "no file"))
    }
    var own = MerkleTree()
    for position in 0..<count {
      let leaf = try JournalError.wrapping { () throws(StorageError) in
        try leaves.leaf(position) ?? .zero
      }
      own.append(leaf, &hasher)
      try take(leaf, &tree, &hasher)
    }
    let root = own.root(&hasher)
    guard root == record.root else {
      throw .damage(
        JournalDamage(
          file: segment.name.leavesPath, index: segment.name.firstIndex, byteOffset: 0,
          expected: "root \(record.root.hex) of the pruned segment", found: "root \(root.hex)"))
    }
    return record
  }

  /// What the `.pruned` file holds must be the entry at the index that it names.
  private func check(_ segment: StoredSegment, _ record: PruneRecord) throws(JournalError) {
    var leaves = try StoredLeaves(storage)
    let leaf = try leaves.leaf(record.index)
    guard leaf != record.leaf else { return }
    throw .damage(
      damage(
        segment, record.index - segment.name.firstIndex, 0, "leaf \(leaf.hex)",
        "leaf \(record.leaf.hex)"))
  }

  /// - Parameter entryCountMax: the entries of a segment that has a successor.
  private func scan(
    _ segment: StoredSegment, entryCountMax: Int = .max, _ hasher: inout MerkleHasher,
    _ secret: inout JournalSecret
  ) throws(JournalError) -> SegmentScan {
    let coveredCount = max(0, (newest?.size ?? 0) - segment.name.firstIndex)
    return try SegmentScan.run(
      segment, storage, coveredCount: min(coveredCount, entryCountMax), &hasher, &secret)
  }

  /// Appends a leaf; where the newest checkpoint ends, the roots must agree.
  private func take(
    _ leaf: Digest, _ tree: inout MerkleTree, _ hasher: inout MerkleHasher
  ) throws(JournalError) {
    tree.append(leaf, &hasher)
    guard let newest, tree.size == newest.size else { return }
    let root = tree.root(&hasher)
    guard root != newest.root else { return }
    throw .damage(try locate(newest, root, &hasher))
  }

  /// The first covered entry whose bytes differ from its leaf hash; the whole when none does.
  private func locate(
    _ newest: Checkpoint, _ root: Digest, _ hasher: inout MerkleHasher
  ) throws(JournalError) -> JournalDamage {
    let found = try JournalError.wrapping { () throws(StorageError) -> JournalDamage? in
      let cache = FrameCache(slotCountMax: 1)
      for segment in try SegmentListing.read(storage).segments
      where segment.name.firstIndex < newest.size {
        guard var leaves = try LeafFile(segment.name, storage),
          let file = try segment.openEntries(storage, cache)
        else { continue }
        var cursor = LineCursor(file, limit: try file.size())
        var position = 0
        while try cursor.next(), let expected = try leaves.leaf(position) {
          let leaf = hasher.leaf(cursor.line)
          if leaf != expected {
            return damage(
              segment, position, cursor.byteOffset, "leaf \(expected.hex)", "leaf \(leaf.hex)")
          }
          position += 1
        }
      }
      return nil
    }
    return found
      ?? JournalDamage(
        file: JournalLayout.segments, index: nil, byteOffset: 0,
        expected: "root \(newest.root.hex) of \(newest.size) entries", found: "root \(root.hex)")
  }

  /// Cuts the torn tail, rewrites what nothing shows to be durable, completes the leaf hashes.
  private func repair(_ scan: SegmentScan) throws(StorageError) -> JournalSegment {
    if scan.doubtfulOffset < scan.byteCount {
      var buffer = [UInt8](repeating: 0, count: 1 << 18)
      var offset = scan.doubtfulOffset
      while offset < scan.byteCount {
        let wanted = min(buffer.count, scan.byteCount - offset)
        let count = try scan.entries.read(at: offset, into: &buffer, 0..<wanted)
        guard count > 0 else { throw StorageError(.read, scan.name.entriesPath, 0) }
        try scan.entries.write(buffer.span.extracting(0..<count), at: offset)
        offset += count
      }
    }
    if scan.tailByteCount > 0 { try scan.entries.truncate(to: scan.byteCount) }
    try scan.entries.synchronize()
    let leaves = try completeLeaves(scan)
    try storage.synchronizeDirectory(JournalLayout.segments)
    return JournalSegment(
      scan.name, entries: scan.entries, leaves: leaves, byteCount: scan.byteCount,
      leafCount: scan.leaves.count)
  }

  private func completeLeaves(_ scan: SegmentScan) throws(StorageError) -> any JournalFile {
    let file = try storage.open(scan.name.leavesPath, .writing(.group))
    let start = scan.firstMissingLeaf ?? scan.leaves.count
    let byteCount = scan.leaves.count * Digest.byteCount
    if start == scan.leaves.count, try file.size() == byteCount { return file }
    var bytes: [UInt8] = []
    for leaf in scan.leaves[start...] { leaf.append(to: &bytes) }
    try file.truncate(to: start * Digest.byteCount)
    try file.write(bytes.span, at: start * Digest.byteCount)
    try file.synchronize()
    return file
  }

  /// The last entry stands at the end of the last segment that has any.
  private func readLastEntry(
    _ segments: [StoredSegment], _ scan: SegmentScan, _ outcome: inout Outcome,
    _ hasher: inout MerkleHasher, _ secret: inout JournalSecret
  ) throws(JournalError) {
    guard let last = segments.last(where: { $0.name.firstIndex < outcome.tree.size }) else {
      return
    }
    var line: [UInt8] = []
    try JournalError.wrapping { () throws(StorageError) in
      guard let file = try last.openEntries(storage, FrameCache(slotCountMax: 1)) else { return }
      let end = try last == scan.segment ? scan.byteCount : file.size()
      let start = max(0, end - Record.entryByteCountMax - 2)
      var buffer = [UInt8](repeating: 0, count: end - start)
      _ = try file.read(at: start, into: &buffer, 0..<buffer.count)
      let body = buffer.dropLast()
      let lineStart = body.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
      line = Array(body[lineStart...])
    }
    var parser = StoredEntry()
    outcome.lastLeaf = hasher.leaf(line.span)
    outcome.lastReceivedAt = parser.read(line.span, &secret)?.receivedAt
  }

  private func damage(
    _ segment: StoredSegment, _ position: Int, _ offset: Int, _ expected: String,
    _ found: String
  ) -> JournalDamage {
    JournalDamage(
      file: segment.path, index: segment.name.firstIndex + position, byteOffset: offset,
      expected: expected, found: found)
  }

  private func missing(
    _ name: SegmentName, _ expected: String, _ found: String
  ) -> JournalDamage {
    JournalDamage(
      file: name.entriesPath, index: name.firstIndex, byteOffset: 0, expected: expected,
      found: found)
  }
}
