extension Journal {
  /// Bytes of the longest policy text: what a record keeps whole.
  package static let policyByteCountMax = FieldLimit.text.byteCount

  /// Removes the entries of old segments under a stated policy; their leaf hashes stay.
  ///
  /// Segments are those of `PruneSelection` at this moment. In this order, each step durable before
  /// the next: the keys of all entries (so that a repeated line stays known), the leaf hashes, one
  /// `segment_pruned` record a segment, a checkpoint over those records, then for each segment its
  /// record again as `.pruned` and the removal. A crash between leaves entries that the next call
  /// removes. So every proof of what remains holds, and so does the proof that something was there.
  ///
  /// Throws damage, before anything is changed, where an entry differs from its leaf hash.
  /// Precondition: a policy of 1 to `policyByteCountMax` bytes.
  package func prune(
    before limit: Timestamp, policy: String, at now: Timestamp
  ) throws(JournalError) -> [PrunableSegment] {
    precondition(
      !policy.isEmpty && policy.utf8.count <= Journal.policyByteCountMax,
      "a policy of \(policy.utf8.count) bytes")
    try commit()
    try finishPruning()
    let selection = PruneSelection(storage)
    let segments = try selection.segments(
      before: limit, coveredCount: newestCheckpoint?.size ?? 0)
    guard !segments.isEmpty else { return [] }
    try attempt { () throws(StorageError) in
      try keys.spill(entryCount: tree.size, lastLeaf: lastLeaf)
    }
    try JournalError.wrapping { () throws(StorageError) in
      for segment in segments {
        try storage.open(segment.name.leavesPath, .writing(.group)).synchronize()
      }
    }
    var records: [[UInt8]] = []
    try recordOpening(at: now)
    for segment in segments { records.append(try record(segment, policy, at: now)) }
    try checkpoint()
    for (segment, record) in zip(segments, records) {
      try JournalError.wrapping { () throws(StorageError) in
        try storage.replace(segment.name.prunedPath, with: record.span, .group)
        try removeEntries(of: segment.name)
      }
    }
    return segments
  }

  /// Appends the record; the line that it became, with its newline.
  private func record(
    _ segment: PrunableSegment, _ policy: String, at now: Timestamp
  ) throws(JournalError) -> [UInt8] {
    try appendControl(.segmentPruned, at: now) { control in
      control.subject = segment.name.stem
      control.reason = policy
      control.counts = [
        ControlRecord.Count("first_index", segment.name.firstIndex),
        ControlRecord.Count("entries", segment.entryCount),
        ControlRecord.Count("bytes", segment.byteCount),
      ]
      control.sha256 = segment.root.hex
      control.span = segment.span
    }
    return controlWriter.bytes + [0x0A]
  }

  /// Removes entries whose `.pruned` file a crash left beside them.
  private func finishPruning() throws(JournalError) {
    let coveredCount = newestCheckpoint?.size ?? 0
    for closed in try closedSegments()
    where closed.segment.hasPruneRecord && closed.segment.form != .pruned {
      let name = closed.segment.name
      let record = try JournalError.wrapping { () throws(StorageError) in
        try PruneRecord.read(name, storage, &hasher)
      }
      var leaves = try StoredLeaves(storage)
      guard let record, record.entryCount == closed.entryCount, record.index < coveredCount,
        try leaves.leaf(record.index) == record.leaf
      else { continue }
      try JournalError.wrapping { () throws(StorageError) in try removeEntries(of: name) }
    }
  }

  private func removeEntries(of name: SegmentName) throws(StorageError) {
    // First: what the columns say of entries must not outlive them.
    try ColumnStore(storage: storage).discard(name)
    try storage.remove(name.entriesPath)
    try storage.remove(name.compressedPath)
    try storage.synchronizeDirectory(JournalLayout.segments)
  }

  /// Says once that the key index was built without the keys of pruned entries.
  func recordUnknownKeys(_ count: Int, at now: Timestamp) throws(JournalError) {
    try recordOpening(at: now)
    try appendControl(.journalRecovered, at: now) { control in
      control.reason =
        "the key index was built anew without the keys of pruned entries: their lines, delivered "
        + "again, are taken as new"
      control.counts = [ControlRecord.Count("pruned_keys_unknown", count)]
    }
    try commit()
    try attempt { () throws(StorageError) in
      try keys.spill(entryCount: tree.size, lastLeaf: lastLeaf)
    }
  }
}
