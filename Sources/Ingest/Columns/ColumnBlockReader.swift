/// Reads one block of columns; see `ColumnBlockWriter`.
///
/// The bytes may be anybody's: what does not fit, or holds a value that no writer writes, reads as
/// damage. Nothing of a damaged block is given.
struct ColumnBlockReader {
  let rowCount: Int
  private let block: [UInt8]
  private let columns: [PackedColumn]
  private var fields: FieldReader

  /// Which rows are wanted.
  struct Selection: Sendable {
    /// Index of the block's first entry.
    var firstIndex: Int
    /// The first index taken.
    var fromIndex = 0
    var since: Timestamp?
    var until: Timestamp?
    /// Records of other kinds are left out.
    var kinds = Set(RecordKind.allCases)
    /// Whether fields that only whole records show are read too.
    var isDetailed = true
  }

  /// Nil where the columns do not fit in the bytes.
  init?(_ block: [UInt8], isDetailed: Bool) {
    guard var cursor = ColumnCursor(block), let head = cursor.take(4) else { return nil }
    let rowCount = Int(block.word(at: head) & 0xFFFF_FFFF)
    guard rowCount <= ColumnBlockWriter.rowCountMax else { return nil }
    var columns: [PackedColumn] = []
    columns.reserveCapacity(FieldLayout.columnCount)
    for _ in 0..<FieldLayout.entryColumnCount {
      guard let column = PackedColumn(&cursor, block, rowCount: rowCount) else { return nil }
      columns.append(column)
    }
    guard let counts = ColumnBlockReader.kindCounts(columns[FieldLayout.kind], block, rowCount)
    else { return nil }
    for (kind, count) in zip(FieldWords.kinds, counts) {
      for _ in 0..<FieldLayout.count(kind) {
        let column =
          count == 0 ? PackedColumn.empty : PackedColumn(&cursor, block, rowCount: count)
        guard let column else { return nil }
        columns.append(column)
      }
    }
    guard let texts = TextTable(&cursor, block), cursor.isAtEnd else { return nil }
    self.rowCount = rowCount
    self.block = block
    self.columns = columns
    fields = FieldReader(block, columns, texts, isDetailed: isDetailed)
  }

  private static func kindCounts(
    _ column: PackedColumn, _ block: [UInt8], _ rowCount: Int
  ) -> [Int]? {
    var counts = [Int](repeating: 0, count: FieldWords.kinds.count)
    for row in 0..<rowCount {
      let code = column.value(row, block)
      guard code < UInt64(counts.count) else { return nil }
      counts[Int(code)] += 1
    }
    return counts
  }

  /// The selected records in event order; nil where the block is damaged.
  mutating func records(_ selection: Selection) -> [IndexedRecord]? {
    guard var rows = rows(selection) else { return nil }
    if !EventRow.areInOrder(rows) { sort(&rows) }
    var document = JSONDocument()
    var records: [IndexedRecord] = []
    records.reserveCapacity(rows.count)
    for row in rows {
      guard let record = record(row, &document) else { return nil }
      records.append(IndexedRecord(index: selection.firstIndex + Int(row.row), record: record))
    }
    return fields.isDamaged ? nil : records
  }

  /// The newest event time of rows from `index` on whose source is admitted; nil where there is
  /// none. Damage reads as none: `records` tells it.
  mutating func newest(_ selection: Selection, where admits: (String) -> Bool) -> Timestamp? {
    guard let rows = rows(selection) else { return nil }
    var newest: Timestamp?
    for row in rows where newest.map({ $0.microseconds < row.microseconds }) ?? true {
      guard admits(source(row) ?? "") else { continue }
      newest = Timestamp(microseconds: row.microseconds)
    }
    return newest
  }

  private mutating func source(_ row: EventRow) -> String? {
    var source: String?
    fields.begin(row: Int(row.row), at: FieldLayout.source)
    fields.text(&source, .analysis)
    return source
  }

  private func rows(_ selection: Selection) -> [EventRow]? {
    let kinds = columns[FieldLayout.kind]
    let times = columns[FieldLayout.timestamp]
    var ordinals = [UInt32](repeating: 0, count: FieldWords.kinds.count)
    let isWanted = FieldWords.kinds.map { selection.kinds.contains($0) }
    var rows: [EventRow] = []
    rows.reserveCapacity(rowCount)
    for row in 0..<rowCount {
      let kind = Int(kinds.value(row, block))
      guard let instant = FieldCode.instant(of: times.value(row, block)) else { return nil }
      let ordinal = ordinals[kind]
      ordinals[kind] += 1
      guard isWanted[kind] else { continue }
      if selection.firstIndex + row < selection.fromIndex { continue }
      if let since = selection.since, instant < since { continue }
      if let until = selection.until, instant >= until { continue }
      rows.append(
        EventRow(
          microseconds: instant.microseconds, row: UInt32(row), ordinal: ordinal,
          kind: UInt8(kind), rank: UInt8(FieldWords.kinds[kind].eventRank)))
    }
    return rows
  }

  private func sort(_ rows: inout [EventRow]) {
    let sources = columns[FieldLayout.source]
    let ids = columns[FieldLayout.id]
    rows.sort { left, right in
      if !left.isTied(with: right) { return left.precedes(right) }
      let (leftSource, rightSource) = (
        sources.value(Int(left.row), block), sources.value(Int(right.row), block)
      )
      let (leftID, rightID) = (
        ids.value(Int(left.row), block), ids.value(Int(right.row), block)
      )
      if leftSource == rightSource {
        if leftID == rightID { return left.row < right.row }
        return fields.bytes(leftID).lexicographicallyPrecedes(fields.bytes(rightID))
      }
      let leftName = fields.bytes(leftSource) + [0] + fields.bytes(leftID)
      let rightName = fields.bytes(rightSource) + [0] + fields.bytes(rightID)
      if leftName == rightName { return left.row < right.row }
      return leftName.lexicographicallyPrecedes(rightName)
    }
  }

  private mutating func record(_ row: EventRow, _ document: inout JSONDocument) -> Record? {
    let kind = FieldWords.kinds[Int(row.kind)]
    guard let timestamp = Timestamp(microseconds: row.microseconds) else { return nil }
    switch kind {
    case .approval, .alert, .control: return wholeRecord(row, kind, &document)
    case .request, .decision, .run, .task: break
    }
    var (source, id): (String?, String?)
    fields.begin(row: Int(row.row), at: FieldLayout.source)
    fields.text(&source, .analysis)
    fields.text(&id, .analysis)
    guard let source, let id else { return nil }
    var header = RecordHeader(timestamp: timestamp, source: source, id: id)
    fields.instant(&header.receivedAt)
    header.visit(&fields)
    fields.begin(row: Int(row.ordinal), at: FieldLayout.first(kind))
    return Record(header: header, body: body(kind))
  }

  @inline(__always)
  private mutating func body(_ kind: RecordKind) -> RecordBody {
    switch kind {
    case .request:
      var body = RequestRecord()
      body.visit(&fields)
      return .request(body)
    case .run:
      var body = RunRecord(event: .queued)
      body.visit(&fields)
      return .run(body)
    case .task:
      var body = TaskRecord(event: .pending)
      body.visit(&fields)
      return .task(body)
    case .decision, .approval, .alert, .control:
      var body = DecisionRecord(effect: .deny)
      body.visit(&fields)
      return .decision(body)
    }
  }

  private mutating func wholeRecord(
    _ row: EventRow, _ kind: RecordKind, _ document: inout JSONDocument
  ) -> Record? {
    var entry: [UInt8]?
    fields.begin(row: Int(row.ordinal), at: FieldLayout.first(kind))
    fields.bytes(&entry)
    guard let entry else { return nil }
    do {
      try document.parse(entry.span, stoppingBefore: "original")
      let record = try Record(document)
      guard record.kind == kind, record.header.timestamp.microseconds == row.microseconds
      else { return nil }
      return record
    } catch { return nil }
  }
}

/// What an entry is put in order by, and where it stands in its block.
private struct EventRow {
  let microseconds: Int64
  /// Place in the block.
  let row: UInt32
  /// Place among the rows of its kind.
  let ordinal: UInt32
  let kind: UInt8
  let rank: UInt8

  func isTied(with other: EventRow) -> Bool {
    microseconds == other.microseconds && rank == other.rank
  }

  func precedes(_ other: EventRow) -> Bool {
    microseconds == other.microseconds ? rank < other.rank : microseconds < other.microseconds
  }

  /// Whether each row comes before the next by time and kind alone.
  static func areInOrder(_ rows: [EventRow]) -> Bool {
    for index in rows.indices.dropFirst() where !rows[index - 1].precedes(rows[index]) {
      return false
    }
    return true
  }
}
