/// Where an entry stands.
package struct EntryLocation: Hashable, Sendable {
  /// From 0, over the whole journal.
  package let index: Int
  package let segment: SegmentName
  /// Offset of its first byte in the segment's file.
  package let byteOffset: Int
}

/// Reads a journal without its lock, beside a running writer or from a read-only copy.
///
/// Sees the whole lines that were there when it was opened: a line still being written has no
/// newline yet and is left out. What an interrupted write left (lines that are no records, behind
/// the last committed entry) is left out too. Compressed segments read as if they were not; pruned
/// ones are passed over and counted: their entries keep their indexes.
package final class JournalReader {
  package let identity: JournalIdentity
  let storage: any JournalStorage
  let segments: [ReadableSegment]

  /// Whole entries, pruned ones included.
  package var entryCount: Int { segments.last.map { $0.name.firstIndex + $0.entryCount } ?? 0 }

  /// Entries whose bytes were removed by `vigil prune`; none of them is read.
  package var prunedEntryCount: Int {
    segments.reduce(0) { $0 + ($1.isPruned ? $1.entryCount : 0) }
  }

  /// Opens a journal. Cost: reads the last segment once, to count its entries. Memory: 8 bytes for
  /// each 128 KiB of compressed segments, and 8 MiB of decoded frames once they are read.
  package init(_ storage: any JournalStorage) throws(JournalError) {
    guard let identity = try JournalIdentity.read(storage) else {
      throw .notAJournal(found: "no \(JournalLayout.settings)")
    }
    self.identity = identity
    self.storage = storage
    segments = try JournalError.wrapping { () throws(StorageError) in
      let stored = try SegmentListing.read(storage).segments
      let cache = FrameCache(slotCountMax: JournalReader.frameCountMax)
      var segments: [ReadableSegment] = []
      for (position, segment) in stored.enumerated() {
        let next = position + 1 < stored.count ? stored[position + 1].name : nil
        segments.append(try ReadableSegment(segment, next: next, storage, cache))
      }
      return segments
    }
  }

  init(_ identity: JournalIdentity, _ storage: any JournalStorage, _ segments: [ReadableSegment]) {
    self.identity = identity
    self.storage = storage
    self.segments = segments
  }

  /// Decoded frames held at once: 8 MiB.
  private static let frameCountMax = 64

  /// Walks entries in the order of the journal, from `index` on.
  package func cursor(from index: Int = 0) throws(JournalError) -> EntryCursor {
    try EntryCursor(self, from: index)
  }

  /// The bytes of one entry; nil when there is none at `index`, or it was pruned.
  ///
  /// Cost: reads its segment up to it, as lines have no table of offsets. For many, use a cursor.
  package func entry(at index: Int) throws(JournalError) -> [UInt8]? {
    guard index >= 0, index < entryCount else { return nil }
    var cursor = try cursor(from: index)
    guard let location = try cursor.next(), location.index == index else { return nil }
    var bytes: [UInt8] = []
    bytes.append(copying: cursor.bytes)
    return bytes
  }
}

/// A segment as it was when the reader opened it.
struct ReadableSegment {
  let name: SegmentName
  /// The file that counts, for messages.
  let path: String
  /// Nil once the entries are pruned.
  let file: (any JournalFile)?
  let entryCount: Int
  /// Bytes of entries to look at, uncompressed.
  let byteCount: Int

  var isPruned: Bool { file == nil }

  /// A segment with a successor holds as many entries as lie between the two names.
  init(
    _ segment: StoredSegment, next: SegmentName?, _ storage: any JournalStorage,
    _ cache: FrameCache
  ) throws(StorageError) {
    name = segment.name
    path = segment.path
    file = try segment.openEntries(storage, cache)
    let size = try file?.size() ?? 0
    if let next {
      entryCount = next.firstIndex - name.firstIndex
      byteCount = size
      return
    }
    guard let file else {
      entryCount = try LeafFile(name, storage)?.count ?? 0
      byteCount = 0
      return
    }
    let committed = try LeafFile(name, storage)?.count ?? 0
    var cursor = LineCursor(file, limit: size)
    var document = JSONDocument()
    var count = 0
    var end = 0
    while try cursor.next() {
      if count >= committed {
        do { try document.parse(cursor.line) } catch { break }
      }
      count += 1
      end = cursor.byteOffset + cursor.line.count + 1
    }
    entryCount = count
    byteCount = end
  }
}

/// A walk over entries; see `JournalReader.cursor`.
package struct EntryCursor: ~Copyable {
  private let reader: JournalReader
  private var segmentPosition: Int
  private var lines: LineCursor?
  private var nextIndex: Int

  init(_ reader: JournalReader, from index: Int) throws(JournalError) {
    self.reader = reader
    segmentPosition = reader.segments.lastIndex { $0.name.firstIndex <= index } ?? 0
    nextIndex = 0
    guard segmentPosition < reader.segments.count else { return }
    nextIndex = reader.segments[segmentPosition].name.firstIndex
    openSegment()
    while nextIndex < index, !reader.segments[segmentPosition].isPruned, try next() != nil {}
  }

  /// Steps to the next entry that is not pruned; nil after the last.
  ///
  /// Throws damage when a segment ends before the next one begins.
  package mutating func next() throws(JournalError) -> EntryLocation? {
    while segmentPosition < reader.segments.count {
      let segment = reader.segments[segmentPosition]
      if segment.isPruned {
        nextIndex = segment.name.firstIndex + segment.entryCount
      } else if nextIndex < segment.name.firstIndex + segment.entryCount {
        return try nextLine(segment)
      }
      segmentPosition += 1
      openSegment()
    }
    return nil
  }

  /// The entry's bytes, without the newline. Precondition: `next` gave a location.
  package var bytes: Span<UInt8> {
    @_lifetime(borrow self)
    borrowing get {
      switch lines {
      case .some(let cursor): return cursor.line
      case .none: preconditionFailure("no entry: next() was not called")
      }
    }
  }

  private mutating func openSegment() {
    guard segmentPosition < reader.segments.count else { return }
    let segment = reader.segments[segmentPosition]
    guard let file = segment.file else { return }
    lines = LineCursor(file, limit: segment.byteCount)
  }

  private mutating func nextLine(
    _ segment: ReadableSegment
  ) throws(JournalError) -> EntryLocation {
    let hasLine: Bool
    do { hasLine = try lines?.next() ?? false } catch { throw JournalError(error) }
    let offset = lines?.byteOffset ?? 0
    guard hasLine else {
      throw .damage(
        JournalDamage(
          file: segment.path, index: nextIndex, byteOffset: offset,
          expected: "\(segment.entryCount) entries",
          found: "\(nextIndex - segment.name.firstIndex)"))
    }
    nextIndex += 1
    return EntryLocation(index: nextIndex - 1, segment: segment.name, byteOffset: offset)
  }
}
