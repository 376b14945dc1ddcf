/// The entries of a journal in event order, merged from the blocks of its columns.
///
/// A block is put in order by itself; blocks whose spans of event time overlap are merged. Files that
/// were imported one after the other are each nearly in order, so few blocks are open at a time.
/// Memory: the records of the blocks that overlap, and of `aheadCount` that a second thread reads
/// ahead; 64 bytes for each 2,048 entries of the journal.
struct ColumnEvents {
  /// Blocks that may overlap at one instant; a journal in less order is read by its entries.
  static let openCountMax = 48
  private static let aheadCount = 4

  /// A block that is still to be opened.
  private struct Waiting {
    let file: Int
    let number: Int
    let entry: ColumnDirectory.Block
  }

  /// A block on its way through the second thread.
  private struct Coming {
    let block: Waiting
    let piece: WorkPiece<Task, [IndexedRecord]?>
  }

  private struct Task: Sendable {
    let bytes: [UInt8]?
    let checksum: UInt64?
    let rowCount: Int
    let selection: ColumnBlockReader.Selection
  }

  private let columns: JournalColumns
  private let fromIndex: Int
  private let isDetailed: Bool
  private let crew = WorkCrew(helperCount: 1, ColumnEvents.records)
  /// In the order of their earliest event, the last first.
  private var waiting: [Waiting]
  private var coming: [Coming] = []
  private var open = EventMerge()
  /// Events before it are not given.
  private var since: Timestamp?
  private let until: Timestamp?
  private var damaged: Set<Int> = []

  /// Nil where more blocks overlap than may be open.
  init?(
    _ columns: JournalColumns, from index: Int, since: Timestamp?, until: Timestamp?,
    isDetailed: Bool
  ) {
    self.columns = columns
    fromIndex = index
    self.since = since
    self.until = until
    self.isDetailed = isDetailed
    waiting = []
    for (file, contents) in columns.files.enumerated() {
      let first = contents.directory.segment.firstIndex
      for (number, entry) in contents.directory.blocks.enumerated() {
        guard first + entry.position + entry.entryCount > index,
          until.map({ entry.earliest < $0 }) ?? true, since.map({ entry.latest >= $0 }) ?? true
        else { continue }
        waiting.append(Waiting(file: file, number: number, entry: entry))
      }
    }
    waiting.sort {
      ($1.entry.earliest, $1.file, $1.number) < ($0.entry.earliest, $0.file, $0.number)
    }
    guard overlapCount <= ColumnEvents.openCountMax else { return nil }
  }

  /// The most blocks whose spans hold one instant.
  private var overlapCount: Int {
    let ends = waiting.map(\.entry.latest).sorted()
    var (ended, most) = (0, 0)
    for (begun, block) in waiting.reversed().enumerated() {
      while ended < ends.count, ends[ended] < block.entry.earliest { ended += 1 }
      most = max(most, begun + 1 - ended)
    }
    return most
  }

  /// Hands over the events from `since` on that come before `end`. Bounds never step back.
  mutating func forEach(
    since: Timestamp?, before end: Timestamp?, _ body: (IndexedRecord) throws -> Void
  ) throws {
    if let since { self.since = max(self.since ?? since, since) }
    while true {
      try openBlocks()
      guard
        try open.forEach(since: self.since, before: end, until: nextEarliest, body)
      else { return }
    }
  }

  /// The earliest event that a block may hold that is not open.
  private var nextEarliest: Timestamp? {
    coming.first?.block.entry.earliest ?? waiting.last?.entry.earliest
  }

  /// Opens every block that may hold the next event.
  private mutating func openBlocks() throws {
    while let earliest = nextEarliest, open.first.map({ earliest <= $0 }) ?? true {
      try readAhead()
      guard !coming.isEmpty else { return }
      let next = coming.removeFirst()
      try readAhead()
      open.add(try records(next))
    }
  }

  private mutating func readAhead() throws {
    while coming.count < ColumnEvents.aheadCount, let block = waiting.popLast() {
      if let since, block.entry.latest < since { continue }
      let file = columns.files[block.file]
      let bytes: [UInt8]?
      do { bytes = try file.block(block.number) } catch { throw JournalError(error) }
      coming.append(Coming(block: block, piece: crew.submit(task(block, bytes))))
    }
  }

  private func task(_ block: Waiting, _ bytes: [UInt8]?, isMade: Bool = false) -> Task {
    let first = columns.files[block.file].directory.segment.firstIndex
    return Task(
      bytes: bytes, checksum: isMade ? nil : block.entry.checksum, rowCount: block.entry.entryCount,
      selection: .init(
        firstIndex: first + block.entry.position, fromIndex: fromIndex, since: since, until: until,
        isDetailed: isDetailed))
  }

  /// On the second thread: nil where the block is not what was written.
  private static func records(_ task: Task) -> [IndexedRecord]? {
    guard let bytes = task.bytes,
      task.checksum.map({ $0 == ColumnChecksum.sum(bytes[...]) }) ?? true,
      var reader = ColumnBlockReader(bytes, isDetailed: task.selection.isDetailed),
      reader.rowCount == task.rowCount
    else { return nil }
    return reader.records(task.selection)
  }

  private mutating func records(_ next: Coming) throws -> [IndexedRecord] {
    let block = next.block
    if let records = crew.result(next.piece), ColumnEvents.lies(records, in: block.entry) {
      return records
    }
    let file = columns.files[block.file]
    if damaged.insert(block.file).inserted { columns.forget(file) }
    let made = try columns.remake(block.number, of: file)
    guard let records = ColumnEvents.records(task(block, made, isMade: true)),
      ColumnEvents.lies(records, in: block.entry)
    else {
      throw JournalError.damage(
        JournalDamage(
          file: ColumnStore.path(file.directory.segment),
          index: file.directory.segment.firstIndex + block.entry.position,
          byteOffset: block.entry.offset, expected: "columns of the journal's entries",
          found: "others; they have been removed"))
    }
    return records
  }

  /// Whether events lie in the span that their directory states, by which blocks are opened.
  private static func lies(_ records: [IndexedRecord], in entry: ColumnDirectory.Block) -> Bool {
    guard let first = records.first?.record.header.timestamp,
      let last = records.last?.record.header.timestamp
    else { return true }
    return entry.earliest <= first && last <= entry.latest
  }
}

extension ColumnEvents {
  /// The newest event time from `since` on whose source is admitted; nil where there is none.
  ///
  /// Cost: reads times and sources of the blocks that end last, until no other can hold a newer one.
  func newest(since: Timestamp?, where admits: (String) -> Bool) throws -> Timestamp? {
    var newest: Timestamp?
    for block in waiting.sorted(by: { $1.entry.latest < $0.entry.latest }) {
      if let newest, block.entry.latest <= newest { break }
      if let since, block.entry.latest < since { break }
      guard var reader = try reader(block) else { continue }
      var selection = task(block, nil).selection
      selection.since = [selection.since, since].compactMap { $0 }.max()
      if let found = reader.newest(selection, where: admits) {
        newest = newest.map { max($0, found) } ?? found
      }
    }
    return newest
  }

  /// Whether an entry from `index` on, whose source is admitted, lies before `end`.
  func hasEvent(
    before end: Timestamp, from index: Int, where admits: (String) -> Bool
  ) throws -> Bool {
    for block in waiting where block.entry.earliest < end {
      let first = columns.files[block.file].directory.segment.firstIndex + block.entry.position
      guard first + block.entry.entryCount > index, var reader = try reader(block) else { continue }
      var selection = task(block, nil).selection
      selection.fromIndex = max(selection.fromIndex, index)
      selection.until = selection.until.map { min($0, end) } ?? end
      if reader.newest(selection, where: admits) != nil { return true }
    }
    return false
  }

  /// The block's own bytes, or those of a block made anew.
  private func reader(_ block: Waiting) throws -> ColumnBlockReader? {
    let file = columns.files[block.file]
    let bytes: [UInt8]?
    do { bytes = try file.block(block.number) } catch { throw JournalError(error) }
    if let bytes, ColumnChecksum.sum(bytes[...]) == block.entry.checksum,
      let reader = ColumnBlockReader(bytes, isDetailed: false),
      reader.rowCount == block.entry.entryCount
    {
      return reader
    }
    return try columns.remake(block.number, of: file).flatMap {
      ColumnBlockReader($0, isDetailed: false)
    }
  }
}
