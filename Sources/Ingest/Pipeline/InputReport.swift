/// What became of the lines of one input: every line is counted in exactly one place.
package struct InputReport: Sendable, Equatable {
  /// The input's name, as the user gave it.
  package let label: String
  package var lineCount = 0
  package var byteCount = 0
  /// Lines that became records, before repeats are known.
  package var recordCount = 0
  /// Records that were new, and now are entries.
  package var appendedCount = 0
  /// Records that the journal already held.
  package var duplicateCount = 0
  /// Among the appended: records whose key the journal held with other content.
  package var conflictCount = 0
  /// Lines of white space.
  package var blankCount = 0
  /// Lines that are no records, by reason.
  package var rejectedCounts: [String: Int] = [:]
  /// Lines known to carry no fact of the vocabulary, by reason.
  package var ignoredCounts: [String: Int] = [:]
  /// Records by kind.
  package var kindCounts: [RecordKind: Int] = [:]
  /// Earliest and latest event time among the records.
  package var earliest: Timestamp?
  package var latest: Timestamp?
  /// Why reading ended before the end of the input.
  package var failure: InputError?

  package init(label: String) { self.label = label }

  package var rejectedCount: Int { rejectedCounts.values.reduce(0, +) }
  package var ignoredCount: Int { ignoredCounts.values.reduce(0, +) }

  mutating func count(_ record: Record) { count(record.kind, at: record.header.timestamp) }

  mutating func count(_ kind: RecordKind, at instant: Timestamp) {
    recordCount += 1
    kindCounts[kind, default: 0] += 1
    earliest = min(earliest ?? instant, instant)
    latest = max(latest ?? instant, instant)
  }

  /// Adds what became of further lines of the same input; appending is counted elsewhere.
  mutating func add(_ other: InputReport) {
    recordCount += other.recordCount
    kindCounts.merge(other.kindCounts) { $0 + $1 }
    if let instant = other.earliest { earliest = min(earliest ?? instant, instant) }
    if let instant = other.latest { latest = max(latest ?? instant, instant) }
    add(countsBesideRecords: other)
  }

  /// The same without what is counted a record.
  mutating func add(countsBesideRecords other: InputReport) {
    lineCount += other.lineCount
    byteCount += other.byteCount
    blankCount += other.blankCount
    rejectedCounts.merge(other.rejectedCounts) { $0 + $1 }
    ignoredCounts.merge(other.ignoredCounts) { $0 + $1 }
  }
}
