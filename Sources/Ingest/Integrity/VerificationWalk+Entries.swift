/// Entries whose bytes are there: a block at a time where nothing in it asks for more, else one by one.
extension VerificationWalk {
  mutating func take(_ block: EntryBlock, _ facts: BlockFacts) throws(StorageError) {
    guard !isCut else { return }
    if let row = facts.row, isPlain(row, facts) { return takeWhole(block, row, facts) }
    let base = place
    for entry in 0..<block.entryCount {
      let offset = block.byteOffset + block.start(of: entry)
      place = EntryPlace(file: base.file, index: tree.size, byteOffset: offset)
      let stored = block.storedLeaf(entry)
      let isKnown = stored != nil || tree.size < newestSize || !isLast
      let read = facts.entries.isEmpty ? nil : facts.entries[entry]
      // An interrupted write behind everything known ends the journal.
      if let read, read.timestamp == nil, !isKnown {
        isCut = true
        return
      }
      let isGood = judge(read, byteCount: block.ends[entry] - block.start(of: entry))
      try takeLeaf(
        facts.leaves[entry], stored, isGood ? read : nil, position: block.firstPosition + entry)
      wholeByteCount = block.byteOffset + block.ends[entry]
      wholeEntryCount = block.firstPosition + entry + 1
      if held.size == tree.size {
        held.place = EntryPlace(
          file: base.file, index: tree.size, byteOffset: wholeByteCount)
      }
    }
  }

  /// Whether a row of entries can be taken without looking at each: nothing waits for the next good
  /// entry, no root is to be compared within it, and it follows on what was there.
  private func isPlain(_ row: PerfectSubtrees, _ facts: BlockFacts) -> Bool {
    row.firstIndex == tree.size && mismatch == nil && doubtEnd == nil && claims.isEmpty
      && open.isEmpty && targets.nextSize ?? .max > row.firstIndex + row.leafCount
      && facts.entries.first?.receivedAt ?? .latest >= lastReceivedAt ?? .earliest
  }

  private mutating func takeWhole(
    _ block: EntryBlock, _ row: PerfectSubtrees, _ facts: BlockFacts
  ) {
    let last = block.entryCount - 1
    place = EntryPlace(
      file: place.file, index: row.firstIndex + last,
      byteOffset: block.byteOffset + block.start(of: last))
    if let read = facts.entries.last, let timestamp = read.timestamp {
      lastReceivedAt = read.receivedAt
      lastGood = GoodEntry(
        index: place.index, timestamp: timestamp, receivedAt: read.receivedAt)
    }
    tree.append(row, &hasher)
    wholeByteCount = block.byteOffset + block.ends[last]
    wholeEntryCount = block.firstPosition + block.entryCount
  }

  /// Whether the entry, if it was read, is a record in its order.
  private mutating func judge(_ read: EntryFacts?, byteCount: Int) -> Bool {
    guard let read else { return true }
    guard read.timestamp != nil else {
      fail(
        \.order, .notARecord, place, "a record", "\(byteCount - 1) other bytes",
        doubt: DoubtfulEntries(tree.size..<tree.size + 1, before: lastGood))
      return false
    }
    if let received = read.receivedAt, received >= lastReceivedAt ?? .earliest {
      lastReceivedAt = received
      return true
    }
    fail(
      \.order, .receivedAtRunsBack, place,
      "received_at from \((lastReceivedAt ?? .earliest).rfc3339)",
      read.receivedAt?.rfc3339 ?? "none",
      doubt: DoubtfulEntries(tree.size..<tree.size + 1, before: lastGood))
    return false
  }

  /// - Parameter good: the entry's facts when it is a record in its order.
  private mutating func takeLeaf(
    _ leaf: Digest, _ stored: Digest?, _ good: EntryFacts?, position: Int
  ) throws(StorageError) {
    // Zeros behind the newest checkpoint are a hole that a crash left; opening fills it.
    let isHole = stored == .zero && tree.size >= newestSize
    let differs = stored.map { $0 != leaf && !isHole } ?? false
    if let stored, differs { takeMismatch(stored, leaf, position) }
    if !differs, let good, let timestamp = good.timestamp {
      takeGood(GoodEntry(index: tree.size, timestamp: timestamp, receivedAt: good.receivedAt))
    }
    try append(leaf, stored: isHole ? nil : stored)
  }

  private mutating func takeMismatch(_ stored: Digest, _ derived: Digest, _ position: Int) {
    if mismatch == nil {
      mismatch = LeafMismatch(
        place: place,
        leafPlace: EntryPlace(
          file: start?.name.leavesPath ?? "", index: tree.size,
          byteOffset: position * Digest.byteCount),
        stored: stored, derived: derived, storedTree: tree, before: lastGood)
    }
    mismatch?.add(tree.size)
  }
}
