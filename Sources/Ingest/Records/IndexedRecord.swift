/// A record and its place in what was read: the journal index, or the ordinal of a scan.
package struct IndexedRecord: Sendable, Equatable {
  /// From 0, in the order of the journal.
  package let index: Int
  package let record: Record

  package init(index: Int, record: Record) {
    self.index = index
    self.record = record
  }
}
