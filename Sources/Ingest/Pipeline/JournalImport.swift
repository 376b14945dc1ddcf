/// Brings files into a journal once: merged by event time, deduplicated, committed in batches.
package struct JournalImport {
  private let intake: JournalIntake
  private let stream: EntryStream
  private let batchRecordCount: Int

  /// - Parameters:
  ///   - batchRecordCount: records between two commits; 1 or more.
  ///   - helperCount: threads beside the caller's; they change how fast it goes, never the entries.
  ///   - chunkByteCount: bytes of lines worked on at a time; nil for the usual length.
  ///   - now: the clock for `received_at`.
  package init(
    _ inputs: [InputPlan], into journal: Journal, batchRecordCount: Int, helperCount: Int = 1,
    chunkByteCount: Int? = nil, now: @escaping () -> Timestamp
  ) {
    precondition(batchRecordCount > 0, "a batch of \(batchRecordCount) records")
    let intake = JournalIntake(journal, now: now)
    self.intake = intake
    self.batchRecordCount = batchRecordCount
    stream = EntryStream(
      inputs, secret: journal.secret.bytes, helperCount: helperCount,
      chunkByteCount: chunkByteCount
    ) { line, index in
      try intake.keep(line, inputIndex: index)
    }
  }

  /// What became of the lines so far, in the order of the inputs.
  package var reports: [InputReport] { stream.reports }

  /// Reads everything; what was committed before an error stands and is found again next time.
  ///
  /// - Parameter progress: gets the count of records now and then.
  package func run(progress: (Int) -> Void) throws {
    var count = 0
    while let step = try stream.next() {
      if count % JournalImport.entriesPerReading == 0 { intake.readClock() }
      try append(step)
      count += 1
      guard count % batchRecordCount == 0 else { continue }
      try intake.journal.commit()
      progress(count)
    }
    for (index, report) in stream.reports.enumerated() {
      try intake.recordEnd(of: report, inputIndex: index)
    }
    try intake.journal.commit()
  }

  /// Entries that share one reading of the clock: a fraction of a millisecond.
  private static let entriesPerReading = 64

  private func append(_ step: StreamedStep) throws(JournalError) {
    switch step {
    case .entry(let row, let batch, let inputIndex):
      try stream.update(inputIndex) { report throws(JournalError) in
        try intake.append(row, of: batch, &report)
      }
    case .record(let record, let inputIndex):
      try stream.update(inputIndex) { report throws(JournalError) in
        try intake.append(record, &report)
      }
    }
  }
}
