/// A record on its way into the journal, and what identifies the line it came from.
package struct StreamedRecord: Sendable {
  package var record: Record
  /// Which input it came from: an index into the stream's reports.
  package let inputIndex: Int
}

/// Several inputs as one stream, merged by event time.
///
/// Each input is read in its own order; the merge takes the input whose next record is earliest, and
/// the first named on a tie. Logs that are each in order come out in order, so that the journal of an
/// import reads like that of a live site. Memory: a line and a chunk an input.
package final class RecordStream {
  /// Inputs of one command: each is an open file.
  package static let inputCountMax = 256

  private var cursors: [InputCursor]
  private let rejected: RejectionHandler

  /// - Parameters:
  ///   - inputs: each a rotated set, oldest file first.
  ///   - secret: of the journal, for the keyed hash of lines.
  ///   - rejected: gets every line that is no record, in the order of reading, with its input's index.
  package init(
    inputs: [InputPlan], secret: [UInt8], rejected: @escaping RejectionHandler
  ) {
    cursors = inputs.enumerated().map { InputCursor($1, index: $0, secret: secret) }
    self.rejected = rejected
  }

  /// What became of the lines so far, in the order of the inputs.
  package var reports: [InputReport] { cursors.map(\.report) }

  /// Lets the caller count what became of a record of an input.
  package func update<E: Error>(
    _ inputIndex: Int, _ change: (inout InputReport) throws(E) -> Void
  ) throws(E) {
    try cursors[inputIndex].updateReport(change)
  }

  /// The next record by event time; nil when every input is at its end.
  ///
  /// An input that fails keeps its error in its report and counts as ended; the others go on.
  package func next() throws -> StreamedRecord? {
    for cursor in cursors where cursor.headTimestamp == nil && !cursor.isAtEnd {
      try cursor.advance(rejected)
    }
    var earliest: InputCursor?
    for cursor in cursors {
      guard let timestamp = cursor.headTimestamp else { continue }
      if let known = earliest?.headTimestamp, known <= timestamp { continue }
      earliest = cursor
    }
    return earliest?.takeHead()
  }
}

/// One input to read: the files of a rotated set, oldest first, and how to parse their lines.
package struct InputPlan: Sendable {
  package let label: String
  package let paths: [String]
  package let format: LogFormat
  package let settings: LogSettings

  package init(label: String, paths: [String], format: LogFormat, settings: LogSettings) {
    self.label = label
    self.paths = paths
    self.format = format
    self.settings = settings
  }
}
