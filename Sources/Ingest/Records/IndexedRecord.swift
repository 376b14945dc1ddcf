/// A record and its place in what was read: the journal index, or the ordinal of a scan.
///
/// A record is read once and handed on many times: it is stored once, and a copy of this is one
/// reference.
package struct IndexedRecord: Sendable, Equatable {
  /// From 0, in the order of the journal.
  package let index: Int
  package let shared: SharedRecord

  /// Read field by field: a copy of the whole costs six references.
  @inlinable
  package var record: Record {
    _read { yield shared.value }
  }

  package init(index: Int, record: Record) {
    self.index = index
    shared = SharedRecord(record)
  }
}

/// A record that is stored once.
package final class SharedRecord: Sendable, Equatable {
  package let value: Record

  init(_ value: Record) { self.value = value }

  package static func == (left: SharedRecord, right: SharedRecord) -> Bool {
    left === right || left.value == right.value
  }
}
