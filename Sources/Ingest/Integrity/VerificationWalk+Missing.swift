/// Entries whose bytes are gone, by `prune` or by damage.
extension VerificationWalk {
  mutating func takePruneRecord(_ start: SegmentStart) {
    guard start.segment.hasPruneRecord else { return }
    guard let record = start.pruneRecord, record.index >= tree.size else {
      let place = EntryPlace(
        file: start.name.prunedPath, index: start.name.firstIndex, byteOffset: 0)
      let found = start.pruneRecord.map { "entry \($0.index)" } ?? "other bytes"
      return fail(
        \.integrity, .pruningUnrecorded, place, "the segment_pruned entry of this segment", found)
    }
    claims[record.index] = PruneClaim(leaf: record.leaf, file: start.name.prunedPath)
  }

  /// An entry that a `.pruned` file repeats must be what it says.
  mutating func judgeClaim(_ leaf: Digest) {
    guard let claim = claims.removeValue(forKey: tree.size) else { return }
    if claim.leaf == leaf {
      if let failure = claim.failure { add(failure, to: \.integrity) }
    } else {
      fail(
        \.integrity, .pruningUnrecorded,
        EntryPlace(file: claim.file, index: tree.size, byteOffset: 0),
        "leaf \(leaf.hex) of that entry", "leaf \(claim.leaf.hex)", doubt: claim.failure?.doubt)
    }
  }

  /// The leaf hashes of entries that are gone.
  mutating func takePruned(_ start: SegmentStart) throws(StorageError) {
    let leavesPlace = EntryPlace(file: start.name.leavesPath, index: tree.size, byteOffset: 0)
    let count = (start.next?.firstIndex ?? tree.size) - tree.size
    result.prunedSegmentCount += 1
    guard var leaves = start.leaves, leaves.count == count else {
      fail(
        \.integrity, .leafAltered, leavesPlace, "\(count) leaf hashes of pruned entries",
        start.leaves.map { "\($0.count)" } ?? "no file")
      return
    }
    if tree.size + count > newestSize {
      fail(
        \.integrity, .pruningUnrecorded, leavesPlace,
        "a checkpoint over \(tree.size + count) entries", "one over \(newestSize)")
    }
    let before = lastGood
    let range = tree.size..<tree.size + count
    var own = MerkleTree()
    for position in 0..<count {
      let leaf = try leaves.leaf(position) ?? .zero
      own.append(leaf, &hasher)
      try append(leaf, stored: nil)
    }
    result.prunedEntryCount += count
    guard let record = start.pruneRecord else { return }
    let root = own.root(&hasher)
    guard record.root == root, record.entryCount == count else {
      let failure = VerificationFailure(
        .leafAltered,
        leavesPlace.damage(
          "root \(record.root.hex) of \(record.entryCount) pruned entries",
          "root \(root.hex) of \(count)"), doubt: DoubtfulEntries(range, before: before))
      // Which of the two is wrong shows once the entry is met that the record claims to be.
      if claims[record.index] == nil { add(failure, to: \.integrity) }
      claims[record.index]?.failure = failure
      return
    }
    lastReceivedAt = max(lastReceivedAt ?? .earliest, record.span.received.upperBound)
    if tree.size == newestSize { newestReceivedAt = lastReceivedAt }
    takeGood(
      GoodEntry(
        index: tree.size - 1, timestamp: record.span.timestamps.upperBound,
        receivedAt: record.span.received.upperBound))
  }

  mutating func failCompression(_ start: SegmentStart, _ damage: JournalDamage?) {
    let end = max(start.next?.firstIndex ?? tree.size, tree.size)
    let found =
      damage
      ?? JournalDamage(
        file: start.segment.path, index: nil, byteOffset: 0,
        expected: "the digest of the frames", found: "another")
    let named = JournalDamage(
      file: found.file, index: tree.size, byteOffset: found.byteOffset,
      expected: found.expected, found: found.found)
    add(
      VerificationFailure(
        .compressionAltered, named, doubt: DoubtfulEntries(tree.size..<end, before: lastGood)),
      to: \.integrity)
  }

  /// Goes on by the leaf hashes on file where a segment's bytes do not decode, so that what follows
  /// can still be judged.
  mutating func standIn(
    _ start: SegmentStart, from position: Int
  ) throws(StorageError) {
    guard var leaves = start.leaves else { return }
    let count = (start.next?.firstIndex ?? tree.size) - start.name.firstIndex
    for position in position..<max(position, count) {
      guard let leaf = try leaves.leaf(position) else { return }
      try append(leaf, stored: nil)
    }
  }

  /// Checkpoints over more entries than there are.
  mutating func addMissingTargets() throws(StorageError) {
    while let target = try targets.next(upTo: .max) {
      fail(
        \.completeness, .entriesMissing, place,
        "\(target.checkpoint.size) entries of \(target.file)", "\(tree.size)",
        doubt: DoubtfulEntries(tree.size..<target.checkpoint.size, before: lastGood))
    }
    guard targets.ownCount != result.checkpointCount else { return }
    fail(
      \.completeness, .checkpointAltered,
      EntryPlace(file: JournalLayout.checkpoints, index: tree.size, byteOffset: 0),
      "\(result.checkpointCount) checkpoints, as when verifying began", "\(targets.ownCount)")
  }
}
