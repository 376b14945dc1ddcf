/// Appends records to a journal and keeps the books: what is new, what repeated, what was rejected.
///
/// The control records that tell of a source are written when its reading ends, in the order of the
/// inputs, so that they do not depend on batch sizes; a source that brought nothing new leaves none.
final class JournalIntake {
  /// The source of the records that tell of sources.
  static let controlSource = Journal.importSource

  let journal: Journal
  private let now: () -> Timestamp
  /// The clock's last reading, for prepared entries.
  private var instant: Timestamp
  /// Rejected lines that were new, by input.
  private var keptRejections: [Int: [String: Int]] = [:]

  init(_ journal: Journal, now: @escaping () -> Timestamp) {
    self.journal = journal
    self.now = now
    instant = now()
  }

  /// Reads the clock for the prepared entries that follow.
  func readClock() { instant = now() }

  /// Appends a record and counts what became of it.
  func append(_ record: Record, _ report: inout InputReport) throws(JournalError) {
    JournalIntake.count(try journal.append(record, at: now()), in: &report)
  }

  /// Appends a prepared entry and counts what became of it.
  func append(
    _ row: EntryBatch.Row, of batch: EntryBatch, _ report: inout InputReport
  ) throws(JournalError) {
    JournalIntake.count(try journal.append(row, of: batch, at: instant), in: &report)
  }

  private static func count(_ outcome: AppendOutcome, in report: inout InputReport) {
    switch outcome {
    case .appended: report.appendedCount += 1
    case .duplicate: report.duplicateCount += 1
    case .conflict:
      report.appendedCount += 1
      report.conflictCount += 1
    }
  }

  /// Keeps a rejected line, once.
  func keep(_ line: RejectedLine, inputIndex: Int) throws(JournalError) {
    switch try journal.keep(line) {
    case .kept, .overQuota: keptRejections[inputIndex, default: [:]][line.reason, default: 0] += 1
    case .repeated: break
    }
  }

  /// Says that an input's reading ended, when it brought anything new.
  func recordEnd(of report: InputReport, inputIndex: Int) throws(JournalError) {
    if let rejected = keptRejections[inputIndex] {
      try appendControl(.recordRejected) { control in
        control.subject = report.label
        control.reason = "lines kept in rejected.jsonl"
        control.counts = rejected.sorted { $0.key < $1.key }
          .map { ControlRecord.Count($0.key, $0.value) }
        control.sha256 = journal.rejectedDigest.hex
      }
    }
    guard report.appendedCount > 0 || keptRejections[inputIndex] != nil else { return }
    keptRejections[inputIndex] = nil
    try appendControl(.sourceStopped) { control in
      control.subject = report.label
      control.counts = JournalIntake.counts(report)
    }
  }

  private static func counts(_ report: InputReport) -> [ControlRecord.Count] {
    [
      .init("lines", report.lineCount), .init("appended", report.appendedCount),
      .init("repeated", report.duplicateCount), .init("conflicts", report.conflictCount),
      .init("rejected", report.rejectedCount), .init("passed_over", report.ignoredCount),
      .init("blank", report.blankCount),
    ]
  }

  /// The id counts entries, so that it is unique and the same in every repetition of the import.
  func appendControl(
    _ event: ControlRecord.Event, _ fill: (inout ControlRecord) -> Void
  ) throws(JournalError) {
    var control = ControlRecord(event: event)
    fill(&control)
    let instant = now()
    let header = RecordHeader(
      timestamp: instant, source: JournalIntake.controlSource,
      id: "\(event.rawValue)/\(journal.entryCount)")
    _ = try journal.append(Record(header: header, body: .control(control)), at: instant)
  }
}
