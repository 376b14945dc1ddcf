/// Walks a journal in its own order for the records that somebody asks for.
///
/// Through columns where there are or can be any: blocks in which nothing can lie are not read, the
/// rest is decoded and judged ahead on a second thread. By the entries otherwise. The answer is the
/// same. Memory: four blocks of 2,048 records, or of 4 MiB of entries.
package struct JournalScan {
  /// What is known of the records that are wanted.
  package struct Bounds: Sendable {
    /// Event times from the first on and before the second; nil bounds nothing.
    package var since: Timestamp?
    package var until: Timestamp?
    package var kinds = Set(RecordKind.allCases)

    package init() {}
  }

  /// Some records of the journal, in its order.
  package struct Batch {
    /// Those that were admitted.
    package let records: [IndexedRecord]
    fileprivate let place: Place
  }

  /// Where the first entry of a batch begins.
  fileprivate struct Place {
    let segment: Int
    let firstIndex: Int
    let byteOffset: Int
  }

  private struct Task: Sendable {
    let bytes: [UInt8]?
    let checksum: UInt64
    let rowCount: Int
    let selection: ColumnBlockReader.Selection
  }

  private static let aheadCount = 4

  private let reader: JournalReader
  private let bounds: Bounds
  private let admits: @Sendable (IndexedRecord) -> Bool
  private let columns: JournalColumns?
  private let crew: WorkCrew<Task, [IndexedRecord]?>
  /// The next block to be read ahead.
  private var file = 0
  private var block = 0
  private var coming: [(file: Int, block: Int, piece: WorkPiece<Task, [IndexedRecord]?>)] = []
  /// The segment and the entry in it that come next, by entries.
  private var segment = 0
  private var lines: ScanLines?

  /// - Parameter admits: called on either thread, for every record within the bounds.
  package init(
    _ reader: JournalReader, _ bounds: Bounds, columns use: ColumnUse = .whole,
    where admits: @escaping @Sendable (IndexedRecord) -> Bool
  ) throws(JournalError) {
    self.reader = reader
    self.bounds = bounds
    self.admits = admits
    columns = use == .unused ? nil : try JournalColumns(reader, from: 0)
    crew = WorkCrew(helperCount: 1) { task in JournalScan.records(task, admits) }
  }

  /// The next batch, which may be empty; nil after the last. Throws damage at an entry that is no
  /// record.
  package mutating func next() throws(JournalError) -> Batch? {
    guard let columns else { return try nextLines() }
    while coming.count < JournalScan.aheadCount, let block = nextBlock(columns) {
      let bytes: [UInt8]?
      do { bytes = try columns.files[block.file].block(block.number) } catch {
        throw JournalError(error)
      }
      let task = task(columns, block.file, block.number, bytes)
      coming.append((block.file, block.number, crew.submit(task)))
    }
    guard !coming.isEmpty else { return nil }
    let done = coming.removeFirst()
    let directory = columns.files[done.file].directory
    let entry = directory.blocks[done.block]
    let place = Place(
      segment: directory.segment.firstIndex,
      firstIndex: directory.segment.firstIndex + entry.position,
      byteOffset: entry.entryOffset)
    if let records = crew.result(done.piece) { return Batch(records: records, place: place) }
    return Batch(records: try remade(columns, done.file, done.block), place: place)
  }

  private mutating func nextBlock(_ columns: JournalColumns) -> (file: Int, number: Int)? {
    while file < columns.files.count {
      let blocks = columns.files[file].directory.blocks
      while block < blocks.count {
        let entry = blocks[block]
        block += 1
        if let until = bounds.until, entry.earliest >= until { continue }
        if let since = bounds.since, entry.latest < since { continue }
        return (file, block - 1)
      }
      file += 1
      block = 0
    }
    return nil
  }

  private func task(
    _ columns: JournalColumns, _ file: Int, _ number: Int, _ bytes: [UInt8]?
  ) -> Task {
    let directory = columns.files[file].directory
    let entry = directory.blocks[number]
    return Task(
      bytes: bytes, checksum: entry.checksum, rowCount: entry.entryCount,
      selection: .init(
        firstIndex: directory.segment.firstIndex + entry.position, since: bounds.since,
        until: bounds.until, kinds: bounds.kinds))
  }

  /// Nil where the block is not what was written.
  private static func records(
    _ task: Task, _ admits: (IndexedRecord) -> Bool
  ) -> [IndexedRecord]? {
    guard let bytes = task.bytes, ColumnChecksum.sum(bytes[...]) == task.checksum,
      var reader = ColumnBlockReader(bytes, isDetailed: true), reader.rowCount == task.rowCount,
      let records = reader.records(task.selection)
    else { return nil }
    return records.filter(admits).sorted { $0.index < $1.index }
  }

  /// A damaged block's records, from the entries.
  private func remade(
    _ columns: JournalColumns, _ file: Int, _ number: Int
  ) throws(JournalError) -> [IndexedRecord] {
    columns.forget(columns.files[file])
    let directory = columns.files[file].directory
    guard let made = try columns.remake(number, of: columns.files[file]),
      var block = ColumnBlockReader(made, isDetailed: true),
      block.rowCount == directory.blocks[number].entryCount,
      let records = block.records(task(columns, file, number, nil).selection)
    else {
      throw .damage(
        JournalDamage(
          file: ColumnStore.path(directory.segment), index: directory.segment.firstIndex,
          byteOffset: directory.blocks[number].offset,
          expected: "columns of the journal's entries", found: "others; they have been removed"))
    }
    return records.filter(admits).sorted { $0.index < $1.index }
  }
}

extension JournalScan {
  /// Hands over the bytes of a batch's entries, in its order.
  package func forEachEntry(
    of batch: Batch, _ body: (IndexedRecord, Span<UInt8>) -> Void
  ) throws(JournalError) {
    guard !batch.records.isEmpty,
      let segment = reader.segments.first(where: { $0.name.firstIndex == batch.place.segment }),
      let file = segment.file
    else { return }
    var cursor = LineCursor(file, from: batch.place.byteOffset, limit: segment.byteCount)
    var index = batch.place.firstIndex - 1
    for record in batch.records {
      while index < record.index {
        let hasLine: Bool
        do { hasLine = try cursor.next() } catch { throw JournalError(error) }
        guard hasLine else {
          throw .damage(
            JournalDamage(
              file: segment.path, index: record.index, byteOffset: cursor.byteOffset,
              expected: "an entry", found: "the end"))
        }
        index += 1
      }
      body(record, cursor.line)
    }
  }

  /// The next entries, read and judged here.
  private mutating func nextLines() throws(JournalError) -> Batch? {
    while segment < reader.segments.count {
      let current = reader.segments[segment]
      var lines = lines ?? ScanLines(current)
      let start = lines.position
      let offset = lines.byteOffset
      let records = try lines.next(bounds)
      if let records {
        self.lines = lines
        let place = Place(
          segment: current.name.firstIndex, firstIndex: current.name.firstIndex + start,
          byteOffset: offset)
        return Batch(records: records.filter(admits), place: place)
      }
      self.lines = nil
      segment += 1
    }
    return nil
  }
}

/// How far the entries of one segment have been read.
private struct ScanLines {
  private static let countMax = 2048

  private let segment: ReadableSegment
  private(set) var position = 0
  private(set) var byteOffset = 0

  init(_ segment: ReadableSegment) { self.segment = segment }

  /// The records within the bounds among the next entries; nil after the last.
  mutating func next(_ bounds: JournalScan.Bounds) throws(JournalError) -> [IndexedRecord]? {
    guard let file = segment.file, position < segment.entryCount else { return nil }
    var lines = ColumnLines(
      file, from: byteOffset, position: position, to: segment.entryCount,
      limit: segment.byteCount)
    let taken: ColumnMaker.Lines?
    do { taken = try lines.next(countMax: ScanLines.countMax) } catch { throw JournalError(error) }
    guard let taken else { throw damage("\(segment.entryCount) entries", "\(position)") }
    var document = JSONDocument()
    var records: [IndexedRecord] = []
    var start = 0
    for (number, end) in taken.ends.enumerated() {
      let index = segment.name.firstIndex + position + number
      let record: Record
      do {
        try document.parse(
          taken.bytes.span.extracting(start..<end), stoppingBefore: "original")
        record = try Record(document)
      } catch { throw damage("a record", "\(end - start) other bytes", index) }
      start = end
      let at = record.header.timestamp
      guard bounds.kinds.contains(record.kind), bounds.since.map({ at >= $0 }) ?? true,
        bounds.until.map({ at < $0 }) ?? true
      else { continue }
      records.append(IndexedRecord(index: index, record: record))
    }
    position += taken.ends.count
    byteOffset = lines.nextOffset
    return records
  }

  private func damage(
    _ expected: String, _ found: String, _ index: Int? = nil
  ) -> JournalError {
    .damage(
      JournalDamage(
        file: segment.path, index: index ?? segment.name.firstIndex + position,
        byteOffset: byteOffset, expected: expected, found: found))
  }
}
