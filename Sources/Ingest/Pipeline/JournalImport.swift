/// Brings files into a journal once: merged by event time, deduplicated, committed in batches.
package struct JournalImport {
  private let intake: JournalIntake
  private let stream: RecordStream
  private let batchRecordCount: Int

  /// - Parameters:
  ///   - batchRecordCount: records between two commits; 1 or more.
  ///   - now: the clock for `received_at`.
  package init(
    _ inputs: [InputPlan], into journal: Journal, batchRecordCount: Int,
    now: @escaping () -> Timestamp
  ) {
    precondition(batchRecordCount > 0, "a batch of \(batchRecordCount) records")
    let intake = JournalIntake(journal, now: now)
    self.intake = intake
    self.batchRecordCount = batchRecordCount
    stream = RecordStream(inputs: inputs, secret: journal.secret.bytes) { line, index in
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
    while let streamed = try stream.next() {
      try stream.update(streamed.inputIndex) { report throws(JournalError) in
        try intake.append(streamed.record, &report)
      }
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
}
