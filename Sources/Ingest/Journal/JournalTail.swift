/// Follows a journal beside its writer: hands over what was committed since the last look.
///
/// A look at a journal that has not grown costs two calls to the system, whatever its size. Entries that
/// were pruned in the meantime are passed over. Not safe to share between threads.
package final class JournalTail {
  private let storage: any JournalStorage
  private let cache = FrameCache(slotCountMax: 8)
  private var segment: SegmentName
  private var file: (any JournalFile)?
  private var leaves: (any JournalFile)?
  private var byteOffset = 0
  /// Index of the entry that comes next.
  package private(set) var nextIndex: Int

  /// Begins at the entry `index`, which may be one that is still to come.
  ///
  /// Cost: reads the segment of that entry up to it, once.
  package init(_ storage: any JournalStorage, from index: Int) throws(JournalError) {
    self.storage = storage
    let listing = try JournalError.wrapping { () throws(StorageError) in
      try SegmentListing.read(storage)
    }
    let stored = listing.segments.last { $0.name.firstIndex <= index } ?? listing.segments.first
    segment = stored?.name ?? SegmentName(firstIndex: 0)
    nextIndex = segment.firstIndex
    try open()
    while nextIndex < index, try step({ _, _ in }, until: index) {}
  }

  /// Entries on stable storage, or about to be, when last looked at; an end for readers of the rest.
  package static func committedCount(_ storage: any JournalStorage) throws(JournalError) -> Int {
    try JournalError.wrapping { () throws(StorageError) in
      guard let last = try SegmentListing.read(storage).segments.last else { return 0 }
      return last.name.firstIndex + (try LeafFile(last.name, storage)?.count ?? 0)
    }
  }

  /// Hands over each new entry with its index, in order; at most the given number of them. Throws damage
  /// where the journal has become shorter than what was read of it.
  package func look(
    countMax: Int = 65_536, _ body: (Int, Span<UInt8>) -> Void
  ) throws(JournalError) {
    let end = nextIndex + countMax
    while nextIndex < end, try step(body, until: end) {}
  }

  private func open() throws(JournalError) {
    (file, leaves) = try JournalError.wrapping { () throws(StorageError) in
      var entries = try storage.openIfPresent(segment.entriesPath)
      if entries == nil, let packed = try storage.openIfPresent(segment.compressedPath) {
        entries = try CompressedFile(packed, path: segment.compressedPath, cache)
      }
      return (entries, try storage.openIfPresent(segment.leavesPath))
    }
    byteOffset = 0
  }

  /// Reads on in the segment, or goes to the one that follows; false where there is nothing more.
  private func step(
    _ body: (Int, Span<UInt8>) -> Void, until end: Int
  ) throws(JournalError) -> Bool {
    if file == nil || leaves == nil { try open() }
    let before = nextIndex
    let committed = try JournalError.wrapping { () throws(StorageError) in
      segment.firstIndex + (try leaves?.size() ?? 0) / Digest.byteCount
    }
    guard committed >= nextIndex else {
      throw .damage(
        JournalDamage(
          file: segment.leavesPath, index: nextIndex, byteOffset: byteOffset,
          expected: "\(nextIndex) committed entries, as read before", found: "\(committed)"))
    }
    if committed > nextIndex {
      try JournalError.wrapping { () throws(StorageError) in
        try read(body, until: min(end, committed))
      }
    }
    guard nextIndex == before else { return true }
    guard nextIndex > segment.firstIndex else { return false }
    let next = SegmentName(firstIndex: nextIndex)
    let isThere = try JournalError.wrapping { () throws(StorageError) in
      try storage.openIfPresent(next.leavesPath) != nil
    }
    guard isThere else { return false }
    segment = next
    try open()
    return true
  }

  private func read(
    _ body: (Int, Span<UInt8>) -> Void, until end: Int
  ) throws(StorageError) {
    guard let file else {
      nextIndex = end
      return
    }
    var cursor = LineCursor(file, from: byteOffset, limit: try file.size())
    while nextIndex < end, try cursor.next() {
      body(nextIndex, cursor.line)
      nextIndex += 1
      byteOffset = cursor.nextOffset
    }
  }
}
