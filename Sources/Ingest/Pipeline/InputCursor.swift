/// Reads one input up to its next record: the files of a rotated set, one after the other.
final class InputCursor {
  private let paths: [String]
  private let index: Int
  private var intake: LineIntake
  private var nextPath = 0
  private var path = ""
  private var reader: LineReader<InputFile>?
  private var overlongHash = SHA256()
  private var head: Record?
  /// Event time of the record that was read last and not taken; nil without one.
  private(set) var headTimestamp: Timestamp?
  private(set) var isAtEnd = false

  init(_ plan: InputPlan, index: Int, secret: [UInt8]) {
    paths = plan.paths
    self.index = index
    intake = LineIntake(plan, index: index, secret: secret)
  }

  var report: InputReport { intake.report }

  /// Lets the caller count, in place.
  func updateReport<E: Error>(
    _ change: (inout InputReport) throws(E) -> Void
  ) throws(E) {
    try change(&intake.report)
  }

  func takeHead() -> StreamedRecord? {
    guard let record = head.take() else { return nil }
    headTimestamp = nil
    return StreamedRecord(record: record, inputIndex: index)
  }

  /// Reads until there is a head or the input is at its end.
  ///
  /// A damaged file ends with its reason kept in the report; what was read of it stands, and the
  /// next file of the set goes on.
  func advance(_ rejected: RejectionHandler) throws {
    while headTimestamp == nil, !isAtEnd {
      do {
        guard try openNextIfNeeded() else { return }
        try readLine(rejected)
      } catch let error as InputError {
        intake.report.failure = intake.report.failure ?? error
        try readRest(rejected)
      }
    }
  }

  /// False, and at the end, when no file is left.
  private func openNextIfNeeded() throws(InputError) -> Bool {
    if reader != nil { return true }
    guard nextPath < paths.count else {
      isAtEnd = true
      return false
    }
    path = paths[nextPath]
    nextPath += 1
    reader = LineReader(try InputFile.open(path))
    return true
  }

  /// After a fault the reader has at most the bytes of one unfinished line left.
  private func readRest(_ rejected: RejectionHandler) throws {
    guard reader != nil else { return }
    try readLine(rejected)
    reader = nil
  }

  private func readLine(_ rejected: RejectionHandler) throws {
    guard let line = try reader?.next(discarding: { overlongHash.update($0) }) else {
      reader = nil
      return
    }
    let digest = line.isOverlong ? overlongHash.finish() : nil
    switch reader {
    case .none: return
    case .some(let reader):
      head = try intake.take(
        line, reader.bytes(of: line), path: path, overlongDigest: digest, rejected)
      headTimestamp = head?.header.timestamp
    }
  }
}
