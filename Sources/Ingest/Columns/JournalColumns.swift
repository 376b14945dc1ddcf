/// The columns of a journal's segments: those on file, and those that had to be made.
struct JournalColumns {
  let files: [ColumnFile]
  private let reader: JournalReader

  /// Opens or makes the columns of every segment that has entries from `firstIndex` on.
  ///
  /// Nil where an entry is no record, which the entries themselves tell better, and where columns can
  /// neither be put on file nor held.
  init?(_ reader: JournalReader, from firstIndex: Int) throws(JournalError) {
    self.reader = reader
    var making = ColumnMaking(reader)
    do {
      for position in reader.segments.indices {
        let segment = reader.segments[position]
        let end = segment.name.firstIndex + segment.entryCount
        if segment.isPruned {
          // A reader that was there before may have put them back.
          ColumnStore(storage: reader.storage).remove(segment.name)
        }
        guard !segment.isPruned, segment.entryCount > 0, end > firstIndex else { continue }
        guard try making.add(segment, isLast: position == reader.segments.count - 1) else {
          return nil
        }
      }
    } catch { throw JournalError(error) }
    files = making.files
  }

  /// Makes a block anew from its entries; nil where they are no records any more.
  func remake(_ number: Int, of file: ColumnFile) throws(JournalError) -> [UInt8]? {
    let entry = file.directory.blocks[number]
    guard let segment = reader.segments.first(where: { $0.name == file.directory.segment }),
      let entries = segment.file
    else { return nil }
    do {
      // From the segment's first entry: a directory that is damaged names no offset to trust.
      var lines = ColumnLines(
        entries, from: 0, position: 0, to: entry.position + entry.entryCount,
        limit: segment.byteCount)
      try lines.skip(to: entry.position)
      return try lines.next(countMax: entry.entryCount).flatMap { ColumnMaker.make($0) }?.bytes
    } catch { throw JournalError(error) }
  }

  /// Takes the columns of a segment off file, so that the next reading makes them anew.
  func forget(_ file: ColumnFile) {
    ColumnStore(storage: reader.storage).remove(file.directory.segment)
  }
}

/// Brings the columns of one segment after the other.
private struct ColumnMaking {
  /// Bytes of blocks that are held in memory where they cannot be put on file.
  private static let heldByteCountMax = 64 << 20
  /// Blocks that are made ahead.
  private static let aheadCount = 4

  private let storage: any JournalStorage
  private let crew = WorkCrew(helperCount: 1, ColumnMaker.make)
  private var heldByteCount = 0
  private(set) var files: [ColumnFile] = []

  init(_ reader: JournalReader) { storage = reader.storage }

  /// False where the segment has no columns and can be given none.
  mutating func add(_ segment: ReadableSegment, isLast: Bool) throws(StorageError) -> Bool {
    var leaves = try LeafFile(segment.name, storage)
    let store = ColumnStore(storage: storage)
    let known = try store.open(segment, isLast: isLast, &leaves)
    if let known, known.directory.entryCount == segment.entryCount {
      files.append(known)
      return true
    }
    guard let (made, blocks) = try make(segment, after: known) else { return false }
    var directory = made
    // A segment that grows is not written anew for each few entries.
    let isWorthFiling =
      known.map {
        segment.entryCount - $0.directory.entryCount >= ColumnBlockWriter.rowCountMax
      } ?? true
    if isWorthFiling, let leaf = try leaves?.leaf(segment.entryCount - 1) {
      directory.lastLeaf = leaf
      if store.write(directory, blocks),
        let filed = try store.open(segment, isLast: isLast, &leaves)
      {
        files.append(filed)
        return true
      }
    }
    heldByteCount += blocks.reduce(0) { $0 + $1.count }
    files.append(ColumnFile(directory, blocks: blocks))
    return heldByteCount <= ColumnMaking.heldByteCountMax
  }

  /// Takes over the full blocks that are known and makes the rest; nil where an entry is no record.
  private func make(
    _ segment: ReadableSegment, after known: ColumnFile?
  ) throws(StorageError) -> (ColumnDirectory, [[UInt8]])? {
    guard let file = segment.file else { return nil }
    var made = MadeColumns(segment: segment.name)
    if let known { try made.takeOver(known) }
    var lines = ColumnLines(
      file, from: made.nextOffset, position: made.directory.entryCount, to: segment.entryCount,
      limit: segment.byteCount)
    var ahead: [WorkPiece<ColumnMaker.Lines, ColumnMaker.Made?>] = []
    while true {
      while ahead.count < ColumnMaking.aheadCount, let next = try lines.next() {
        ahead.append(crew.submit(next))
      }
      guard !ahead.isEmpty else { break }
      guard let block = crew.result(ahead.removeFirst()) else { return nil }
      made.append(block)
    }
    guard made.directory.entryCount == segment.entryCount else { return nil }
    return made.finish(byteCount: lines.nextOffset)
  }
}

/// Blocks behind one another, and the directory that goes with them.
private struct MadeColumns {
  private(set) var directory: ColumnDirectory
  private var blocks: [[UInt8]] = []
  /// Where in the segment the first entry begins that has no block.
  private(set) var nextOffset = 0

  init(segment: SegmentName) { directory = ColumnDirectory(segment: segment) }

  /// All blocks that are whole but the last, which may have been cut short.
  mutating func takeOver(_ file: ColumnFile) throws(StorageError) {
    let known = file.directory.blocks
    for number in known.indices.dropLast() {
      guard let bytes = try file.block(number),
        ColumnChecksum.sum(bytes[...]) == known[number].checksum
      else { return }
      append(ColumnMaker.Made(bytes: bytes, entry: known[number]))
      nextOffset = known[number + 1].entryOffset
    }
  }

  mutating func append(_ made: ColumnMaker.Made) {
    blocks.append(made.bytes)
    directory.blocks.append(made.entry)
    directory.entryCount += made.entry.entryCount
  }

  mutating func finish(byteCount: Int) -> (ColumnDirectory, [[UInt8]]) {
    directory.byteCount = byteCount
    var offset = ColumnDirectory.byteCount(blockCount: directory.blocks.count)
    for number in directory.blocks.indices {
      directory.blocks[number].offset = offset
      offset += directory.blocks[number].byteCount
    }
    return (directory, blocks)
  }
}
