/// Makes one block of columns of entries in a row.
///
///     0  row count, 4 bytes little-endian
///     4  a `PackedColumn` for each column of `FieldLayout`: those of every entry, then for each kind
///        that the block has rows of, in the order of `RecordKind`, those of the kind
///     .  the texts and the lists of texts (`TextPool`)
///     .  8 zeros
struct ColumnBlockWriter {
  /// Entries of a block: few enough for many blocks in memory, enough for texts to repeat.
  static let rowCountMax = 2048

  private var fields = FieldWriter()
  private(set) var rowCount = 0

  var isFull: Bool { rowCount >= ColumnBlockWriter.rowCountMax }

  /// Adds a record; what it has as `original` is left out. Precondition: not full.
  mutating func append(_ record: Record) {
    precondition(!isFull, "a block of \(rowCount) rows")
    rowCount += 1
    let kind = record.kind
    fields.begin(at: FieldLayout.kind)
    fields.add(FieldWords.kinds.firstIndex(of: kind).map { UInt64($0) } ?? 0)
    fields.add(FieldCode.code(of: record.header.timestamp))
    fields.add(text: record.header.source)
    fields.add(text: record.header.id)
    fields.add(record.header.receivedAt.map { FieldCode.code(of: $0) } ?? 0)
    var header = record.header
    header.visit(&fields)
    fields.begin(at: FieldLayout.first(kind))
    switch record.body {
    case .request(var body): body.visit(&fields)
    case .decision(var body): body.visit(&fields)
    case .run(var body): body.visit(&fields)
    case .task(var body): body.visit(&fields)
    case .approval, .alert, .control:
      header.original = nil
      fields.addWhole(Record(header: header, body: record.body))
    }
  }

  /// The block's bytes; the writer is empty again.
  mutating func finish() -> [UInt8] {
    var block: [UInt8] = []
    block.append(littleEndian: UInt64(rowCount), width: 4)
    for column in 0..<FieldLayout.entryColumnCount {
      PackedColumn.append(fields.columns[column], to: &block)
    }
    for kind in FieldWords.kinds {
      let first = FieldLayout.first(kind)
      guard !fields.columns[first].isEmpty else { continue }
      for column in first..<first + FieldLayout.count(kind) {
        PackedColumn.append(fields.columns[column], to: &block)
      }
    }
    fields.texts.append(to: &block)
    block.append(littleEndian: 0, width: PackedColumn.paddingByteCount)
    self = ColumnBlockWriter()
    return block
  }
}

extension FieldWriter {
  fileprivate mutating func add(text: String) {
    var text: String? = text
    self.text(&text, .analysis)
  }

  fileprivate mutating func addWhole(_ record: Record) {
    var entry: [UInt8]? = record.encoded()
    bytes(&entry)
  }
}
