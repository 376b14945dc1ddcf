/// Brings growing files into a journal: lines as they come, positions saved only behind commits.
///
/// One turn at a time; who calls decides when to sleep and when to stop, so nothing here waits.
package final class JournalFollow {
  /// What a turn came to.
  package enum Progress: Sendable { case idle, more }

  private let intake: JournalIntake
  private let files: FollowSet<SystemLogFiles>
  private let inputs: [FollowedInput]
  private let report: (FollowNotice) -> Void
  private var notices: [FollowNotice] = []

  /// One followed path and its intake; a class, because the intake is not copyable.
  private final class FollowedInput {
    var intake: LineIntake
    let index: Int
    let liveName: String
    var hasStarted = false

    init(_ plan: InputPlan, index: Int, secret: [UInt8]) {
      intake = LineIntake(plan, index: index, secret: secret)
      self.index = index
      liveName = plan.label
    }
  }

  /// - Parameters:
  ///   - inputs: one live path each, by its label. Where one names rotated files too, all of them
  ///     begin with the oldest file that is there.
  ///   - positions: where reading goes on after a restart.
  ///   - report: gets what could not be done quietly; it becomes a record too.
  package init(
    _ inputs: [InputPlan], into journal: Journal, positions: FollowPositionStore,
    now: @escaping () -> Timestamp,
    report: @escaping (FollowNotice) -> Void
  ) throws {
    intake = JournalIntake(journal, now: now)
    let secret = journal.secret.bytes
    self.inputs = inputs.enumerated().map { FollowedInput($1, index: $0, secret: secret) }
    files = try FollowSet(
      paths: self.inputs.map(\.liveName), in: SystemLogFiles(), store: positions,
      start: inputs.contains { $0.paths.count > 1 } ? .oldest : .beginning)
    self.report = report
  }

  /// What became of the lines so far, in the order of the inputs.
  package var reports: [InputReport] { inputs.map { $0.intake.report } }

  /// Reads what there is, commits it, saves the positions.
  package func turn() throws -> Progress {
    let progress = try files.poll(
      notice: { notices.append($0) }, line: { try take($0, $1, $2) })
    try recordNotices()
    if files.hasUnsavedPositions {
      try intake.journal.commit()
      try files.savePositions()
    }
    return progress == .idle ? .idle : .more
  }

  /// Says in the journal that following ended, and commits.
  package func finish() throws(JournalError) {
    for input in inputs {
      try intake.recordEnd(of: input.intake.report, inputIndex: input.index)
    }
    try intake.journal.commit()
  }

  private func take(_ path: String, _ line: LineBuffer.Line, _ bytes: Span<UInt8>) throws {
    guard let input = input(of: path) else { return }
    let record = try input.intake.take(line, bytes, path: path, overlongDigest: nil) {
      kept, index in
      try intake.keep(kept, inputIndex: index)
    }
    guard let record else { return }
    try intake.append(record, &input.intake.report)
    guard !input.hasStarted, input.intake.report.appendedCount > 0 else { return }
    input.hasStarted = true
    try intake.appendControl(.sourceStarted) { $0.subject = input.intake.report.label }
  }

  /// Rotated files keep the live file's folder and the beginning of its name.
  private func input(of path: String) -> FollowedInput? {
    if let live = inputs.first(where: { $0.liveName == path }) { return live }
    let split = SplitPath(path)
    let live = split.sibling(RotationName(fileName: split.name).liveName)
    return inputs.first { $0.liveName == live }
  }

  /// A hole in what was read is evidence too.
  private func recordNotices() throws(JournalError) {
    for notice in notices {
      report(notice)
      switch notice {
      case .failed: continue  // tried again at the next poll
      case .positionLost, .truncated, .predecessorGone, .unreadable:
        try intake.appendControl(.sourceGap) { $0.reason = notice.description }
      }
    }
    notices.removeAll()
  }
}
