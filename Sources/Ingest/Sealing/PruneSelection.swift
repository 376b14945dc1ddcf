/// Which segments are old enough to be pruned.
package struct PruneSelection {
  private let storage: any JournalStorage

  package init(_ storage: any JournalStorage) { self.storage = storage }

  /// Closed segments, whole under the newest checkpoint, whose newest `ts` is before `limit`.
  ///
  /// Changes nothing and needs no lock. Cost: reads each segment up to the first record that is too
  /// young. Throws damage where an entry differs from its leaf hash: damaged evidence is not pruned.
  package func segments(before limit: Timestamp) throws(JournalError) -> [PrunableSegment] {
    guard let identity = try JournalIdentity.read(storage) else {
      throw .notAJournal(found: "no \(JournalLayout.settings)")
    }
    let review = try CheckpointReview(storage, identity, CheckpointTrust(), outside: [])
    return try segments(before: limit, coveredCount: review.newest?.size ?? 0)
  }

  func segments(
    before limit: Timestamp, coveredCount: Int
  ) throws(JournalError) -> [PrunableSegment] {
    var hasher = MerkleHasher()
    let closed = try JournalError.wrapping { () throws(StorageError) in
      try ClosedSegment.list(storage, coveredCount: coveredCount)
    }
    var result: [PrunableSegment] = []
    for candidate in closed where candidate.segment.form != .pruned {
      if let segment = try inspect(candidate, limit, &hasher) { result.append(segment) }
    }
    return result
  }

  /// Nil when a record of it is not before `limit`.
  private func inspect(
    _ closed: ClosedSegment, _ limit: Timestamp, _ hasher: inout MerkleHasher
  ) throws(JournalError) -> PrunableSegment? {
    let (file, leaves) = try JournalError.wrapping { () throws(StorageError) in
      (
        try closed.segment.openEntries(storage, FrameCache(slotCountMax: 1)),
        try LeafFile(closed.segment.name, storage)
      )
    }
    guard let file else { return nil }
    var walk = SegmentInspection(closed, limit, leaves)
    var size = 0
    let damage = try JournalError.wrapping { () throws(StorageError) -> JournalDamage? in
      size = try file.size()
      var cursor = LineCursor(file, limit: size)
      while !walk.isTooYoung, try cursor.next() {
        if let damage = try walk.take(cursor.line, cursor.byteOffset, &hasher) { return damage }
      }
      return nil
    }
    if let damage { throw .damage(damage) }
    if walk.isTooYoung { return nil }
    return try walk.finish(size, &hasher)
  }
}

/// A segment that may be pruned, and what its record will say.
package struct PrunableSegment: Sendable, Equatable {
  package let name: SegmentName
  package let entryCount: Int
  /// Bytes of the entries, newlines included.
  package let byteCount: Int
  /// Root of the tree of this segment's leaf hashes alone.
  package let root: Digest
  package let span: RecordSpan
}

/// One segment's entries on the way past.
private struct SegmentInspection {
  private let closed: ClosedSegment
  private let limit: Timestamp
  private var leaves: LeafFile?
  private var document = JSONDocument()
  private var own = MerkleTree()
  private var span: RecordSpan?
  private(set) var isTooYoung = false

  init(_ closed: ClosedSegment, _ limit: Timestamp, _ leaves: LeafFile?) {
    self.closed = closed
    self.limit = limit
    self.leaves = leaves
  }

  /// The damage that forbids pruning, if any.
  mutating func take(
    _ line: Span<UInt8>, _ byteOffset: Int, _ hasher: inout MerkleHasher
  ) throws(StorageError) -> JournalDamage? {
    let leaf = hasher.leaf(line)
    let stored = try leaves?.leaf(own.size)
    guard stored == leaf else {
      return damage(byteOffset, "leaf \(stored?.hex ?? "hash on file")", "leaf \(leaf.hex)")
    }
    guard let next = times(line) else {
      return damage(byteOffset, "a record", "\(line.count) other bytes")
    }
    own.append(leaf, &hasher)
    span = span?.union(next) ?? next
    isTooYoung = next.timestamps.upperBound >= limit
    return nil
  }

  func finish(
    _ byteCount: Int, _ hasher: inout MerkleHasher
  ) throws(JournalError) -> PrunableSegment {
    guard own.size == closed.entryCount, let span else {
      throw .damage(damage(byteCount, "\(closed.entryCount) entries", "\(own.size)"))
    }
    return PrunableSegment(
      name: closed.segment.name, entryCount: own.size, byteCount: byteCount,
      root: own.root(&hasher), span: span)
  }

  /// The times of an entry; an entry without `received_at` was taken in when it happened.
  private mutating func times(_ line: Span<UInt8>) -> RecordSpan? {
    do {
      try document.parse(line, stoppingBefore: "original")
      let header = try Record(document).header
      return RecordSpan(
        timestamp: header.timestamp, receivedAt: header.receivedAt ?? header.timestamp)
    } catch { return nil }
  }

  private func damage(
    _ byteOffset: Int, _ expected: String, _ found: String
  ) -> JournalDamage {
    JournalDamage(
      file: closed.segment.path, index: closed.segment.name.firstIndex + own.size,
      byteOffset: byteOffset, expected: expected, found: found)
  }
}
