/// Gets every line that is no record, and the index of its input.
package typealias RejectionHandler = (RejectedLine, Int) throws -> Void

/// One input's lines become records: parsed, identified, counted. Shared by imports and by following.
package struct LineIntake: ~Copyable {
  private let index: Int
  private var parser: LineParser
  private var identity: LineIdentity
  /// What became of the lines so far.
  package var report: InputReport

  /// - Parameters:
  ///   - index: of the input among those of the command.
  ///   - secret: of the journal, for the keyed hash of lines.
  package init(_ plan: InputPlan, index: Int, secret: [UInt8]) {
    self.index = index
    parser = LineParser(format: plan.format, settings: plan.settings)
    identity = LineIdentity(secret: secret)
    report = InputReport(label: plan.label)
  }

  /// Takes one line; its record, when it is one.
  ///
  /// - Parameters:
  ///   - path: of the file that the line stands in.
  ///   - overlongDigest: SHA-256 of a line whose bytes were let go; nil when it was not taken: the line
  ///     is then known by its place.
  package mutating func take<E: Error>(
    _ line: LineBuffer.Line, _ bytes: Span<UInt8>, path: String, overlongDigest: Digest?,
    _ rejected: (RejectedLine, Int) throws(E) -> Void
  ) throws(E) -> Record? {
    report.lineCount += 1
    report.byteCount += line.byteCount + (line.isTerminated ? 1 : 0)
    if line.isOverlong {
      let code =
        overlongDigest
        ?? identity.code(Array("\(path) \(line.byteOffset) \(line.byteCount)".utf8).span)
      try reject(LineIntake.overlong(line), line, path, code: code, rejected)
      return nil
    }
    switch parser.parse(bytes) {
    case .blank: report.blankCount += 1
    case .ignored(let reason): report.ignoredCounts[reason, default: 0] += 1
    case .rejected(let rejection):
      try reject(rejection, line, path, code: identity.code(bytes), rejected)
    case .record(var prepared):
      complete(&prepared, bytes)
      return prepared.record
    }
    return nil
  }

  private mutating func complete(_ prepared: inout PreparedRecord, _ bytes: Span<UInt8>) {
    // A native record is its own line: it needs no `original` beside it.
    let isNative = prepared.format == .record && prepared.isOriginalVerbatim
    if !isNative {
      let isVerbatim = prepared.isOriginalVerbatim && prepared.record.header.original != nil
      identity.complete(&prepared.record.header, line: bytes, isVerbatim: isVerbatim)
    }
    report.count(prepared.record)
  }

  private mutating func reject<E: Error>(
    _ rejection: Rejection, _ line: LineBuffer.Line, _ path: String, code: Digest,
    _ rejected: (RejectedLine, Int) throws(E) -> Void
  ) throws(E) {
    let reason = rejection.reason
    report.rejectedCounts[reason.rawValue, default: 0] += 1
    let kept = RejectedLine(
      source: report.label, file: path, byteOffset: line.byteOffset, reason: reason.rawValue,
      detail: "at byte \(rejection.byteOffset): \(rejection.detail)",
      line: Array(rejection.excerpt.utf8), lineHMAC: code)
    try rejected(kept, index)
  }

  private static func overlong(_ line: LineBuffer.Line) -> Rejection {
    Rejection(
      reason: .tooLong,
      detail: "\(line.byteCount) bytes, expected at most \(LineBuffer.lineByteCountMax)",
      byteOffset: LineBuffer.lineByteCountMax, excerpt: "")
  }
}
