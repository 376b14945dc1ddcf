/// What a chunk of lines came to, in the order of the lines.
package struct IntakeBatch: Sendable {
  /// What one line, or several, came to.
  enum Step: Sendable, Equatable {
    /// The next row of `entries`.
    case entry
    /// One of `records`, by its number.
    case record(Int)
    /// One of `rejections`, by its number.
    case rejected(Int)
  }

  private(set) var entries: EntryBatch
  private(set) var steps: [Step] = []
  /// Records that the journal must look at itself: too long for an entry as they are.
  private(set) var records: [Record] = []
  private(set) var rejections: [RejectedLine] = []
  /// What became of the chunk's lines.
  package fileprivate(set) var report: InputReport
  /// Lines whose entries were made from their bytes.
  package private(set) var directCount = 0

  package init(
    label: String, byteCount: Int = 0, lineCount: Int = 0, buffer: consuming [UInt8] = []
  ) {
    // An entry holds its line and about as much again, and seldom more.
    entries = EntryBatch(byteCount: byteCount * 2, rowCount: lineCount, buffer: buffer)
    steps.reserveCapacity(lineCount)
    report = InputReport(label: label)
  }

  /// Each entry's text, with the earliest instant in the place of `received_at`.
  package var entryTexts: [String] {
    entries.rows.map { String(decoding: entries.bytes[$0.range], as: UTF8.self) }
  }

  /// Bytes of the entries.
  package var byteCount: Int { entries.bytes.count }

  mutating func makeEntry(
    _ line: Span<UInt8>, number: Int, _ maker: inout LineEntryMaker, byteCount: Int
  ) -> Bool {
    guard maker.make(line, number: number, into: &entries) else { return false }
    steps.append(.entry)
    directCount += 1
    report.lineCount += 1
    report.byteCount += byteCount
    return true
  }

  /// Adds what the long way made of a record.
  mutating func add(_ record: Record, _ prepared: PreparedEntry?) {
    guard let prepared, let receivedAt = prepared.receivedAtOffset else {
      steps.append(.record(records.count))
      records.append(record)
      return
    }
    let isAdded = entries.add { bytes in
      let start = bytes.count
      bytes.append(contentsOf: prepared.bytes)
      return EntryBatch.Facts(
        timestamp: record.header.timestamp, kind: record.kind, receivedAt: start + receivedAt,
        key: prepared.key, content: prepared.content)
    }
    if isAdded { steps.append(.entry) }
  }

  mutating func add(_ rejected: RejectedLine) {
    steps.append(.rejected(rejections.count))
    rejections.append(rejected)
  }

  /// Ends the batch and gives its memory back.
  mutating func takeBuffer() -> [UInt8] { entries.takeBuffer() }

  /// Sets the keys of the entries that were made from their lines' bytes.
  mutating func setKeys(_ maker: inout LineEntryMaker) { maker.finish(&entries) }

  /// Counts everything into the report, once, at the end.
  mutating func finish(_ longWay: InputReport) {
    for row in entries.rows { report.count(row.kind, at: row.timestamp) }
    for record in records { report.count(record) }
    report.add(countsBesideRecords: longWay)
  }
}

/// Equal steps: entries with their keys and digests, records, rejections, and the counts.
extension IntakeBatch: Equatable {
  package static func == (left: IntakeBatch, right: IntakeBatch) -> Bool {
    left.entries == right.entries && left.steps == right.steps && left.records == right.records
      && left.rejections == right.rejections && left.report == right.report
  }
}
