/// Re-derives every leaf and root of a journal from its entries' bytes, and judges by the roots.
///
/// Leaf files help to name the entry, and stand in for pruned ones. Needs no lock and changes
/// nothing. Cost: one hash and one parse an entry, shared between threads. Memory: some blocks of
/// 512 KiB, a frame, one tree edge and a note, whatever the journal's size: the checkpoints are read
/// twice, for their signatures and in step with the entries.
package struct JournalVerifier {
  private let storage: any JournalStorage
  private let helperCount: Int
  private let blockByteCount: Int

  /// - Parameters:
  ///   - helperCount: threads beside the caller's; they change how fast it goes, never the result.
  ///   - blockByteCount: bytes that a thread takes at a time; at least an entry's.
  package init(
    _ storage: any JournalStorage, helperCount: Int = 1,
    blockByteCount: Int = 512 << 10
  ) {
    self.storage = storage
    self.helperCount = helperCount
    self.blockByteCount = blockByteCount
  }

  /// Verifies everything that is there.
  ///
  /// - Parameters:
  ///   - outside: checkpoints kept elsewhere, which the journal must continue.
  ///   - trust: whose signatures count; without a log key, the one that the journal names.
  ///   - now: for the age of the newest checkpoint; nil leaves it unsaid.
  ///   - ageSecondsMax: fails freshness beyond this, and without a checkpoint; nil never does.
  ///   - isReading: whether entries are parsed. Without, order and freshness are not judged, but
  ///     for what is behind all leaf hashes; what was altered is found all the same.
  /// Throws only when something could not be read, or is no journal.
  package func verify(
    outside: [OutsideCheckpoint] = [], trust: CheckpointTrust = CheckpointTrust(),
    now: Timestamp? = nil, ageSecondsMax: Double? = nil, isReading: Bool = true
  ) throws(JournalError) -> JournalVerification {
    precondition(isReading || ageSecondsMax == nil, "an age asked for without reading")
    guard let identity = try JournalIdentity.read(storage) else {
      throw .notAJournal(found: "no \(JournalLayout.settings)")
    }
    // Checkpoints before segments: what they cover was written before them.
    let review = try CheckpointReview(storage, identity, trust, outside: outside)
    let crew = BlockCrew(helperCount: helperCount, isReading: isReading)
    defer { crew.close() }
    return try JournalError.wrapping { () throws(StorageError) in
      var walk = VerificationWalk(review, try VerificationTargets(review))
      try walk.judgeTargets()
      let listing = try SegmentListing.read(storage)
      var line = VerificationLine(
        crew, lengthMax: 4 * (helperCount + 1), EntryExaminerBox(isReading: isReading))
      for (position, segment) in listing.segments.enumerated() {
        let next = position + 1 < listing.segments.count ? listing.segments[position + 1] : nil
        try read(segment, next?.name, &line, &walk)
        if walk.isBroken { break }
      }
      try line.drain(&walk)
      for name in listing.leavesOnly where try LeafFile(name, storage)?.count ?? 0 > 0 {
        walk.addMissingEntries(of: name)
      }
      var result = try walk.finish(now: isReading ? now : nil, ageSecondsMax: ageSecondsMax)
      if !isReading { result.leaveUnjudged() }
      return result
    }
  }

  /// Puts a segment on the line, piece by piece.
  private func read(
    _ segment: StoredSegment, _ next: SegmentName?, _ line: inout VerificationLine,
    _ walk: inout VerificationWalk
  ) throws(StorageError) {
    var start = SegmentStart(segment, next)
    var hasher = MerkleHasher()
    if segment.hasPruneRecord {
      start.pruneRecord = try PruneRecord.read(segment.name, storage, &hasher)
    }
    // Leaf hashes before entries: a running writer adds them after the entries.
    start.leaves = try LeafFile(segment.name, storage)
    var reader: EntryBlockReader?
    do {
      if let file = try segment.openEntries(storage, FrameCache(slotCountMax: 1)) {
        reader = try EntryBlockReader(
          file, start.leaves, firstIndex: segment.name.firstIndex, blockByteCount: blockByteCount)
        if let file = file as? CompressedFile { start.hasItsDigest = try file.hasItsDigest() }
      }
    } catch {
      guard error.operation == .decompress else { throw error }
      start.undecodable = JournalDamage(undecodable: error)
    }
    start.isPruned = reader == nil && start.undecodable == nil
    try line.put(.start(start), &walk)
    guard var reader else { return }
    var undecodable: JournalDamage?
    do {
      while !walk.isBroken, let (block, bytes) = try reader.next(line.spareBuffer()) {
        try line.put(block, bytes, &walk)
      }
    } catch {
      guard error.operation == .decompress else { throw error }
      undecodable = JournalDamage(undecodable: error)
    }
    try line.put(.end(reader, undecodable), &walk)
  }
}

/// What stands between reading and judging, in order: judged from the front once it is long.
private struct VerificationLine {
  enum Item {
    case start(SegmentStart)
    case block(BlockWork)
    /// The segment has been read: to its end, or to bytes that do not decode.
    case end(EntryBlockReader, JournalDamage?)
  }

  private let crew: BlockCrew
  private let lengthMax: Int
  private let examiner: EntryExaminerBox
  private var items: [Item] = []
  /// Of a block that was judged.
  private var buffer: [UInt8] = []

  /// - Parameter lengthMax: blocks in memory at once.
  init(_ crew: BlockCrew, lengthMax: Int, _ examiner: EntryExaminerBox) {
    self.crew = crew
    self.lengthMax = lengthMax
    self.examiner = examiner
  }

  mutating func put(
    _ block: EntryBlock, _ bytes: consuming [UInt8], _ walk: inout VerificationWalk
  ) throws(StorageError) {
    try put(.block(crew.submit(block, bytes)), &walk)
  }

  /// A buffer to read the next block into; empty when there is none.
  mutating func spareBuffer() -> [UInt8] { exchange(&buffer, with: []) }

  mutating func put(
    _ item: Item, _ walk: inout VerificationWalk
  ) throws(StorageError) {
    items.append(item)
    while items.count > lengthMax { try judge(items.removeFirst(), &walk) }
  }

  mutating func drain(_ walk: inout VerificationWalk) throws(StorageError) {
    for item in items { try judge(item, &walk) }
    items = []
  }

  private mutating func judge(
    _ item: Item, _ walk: inout VerificationWalk
  ) throws(StorageError) {
    guard !walk.isBroken else { return }
    switch item {
    case .start(let start): try walk.begin(start)
    case .block(let work):
      try walk.take(work.block, crew.facts(work, &examiner.examiner))
      buffer = work.takeBytes()
    case .end(let reader, let undecodable): try walk.end(reader, undecodable)
    }
  }
}

/// Lets a struct that is copied nowhere hold the examiner.
private final class EntryExaminerBox {
  var examiner: EntryExaminer

  init(isReading: Bool) { examiner = EntryExaminer(isReading: isReading) }
}
