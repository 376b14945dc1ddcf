package import Ingest

/// Where the emitting side puts its records: the journal of this process, or a simulated one.
package protocol RecordSink: Sendable {
  /// Returns once the record is on stable storage. Throws when it is not: nothing may then be done
  /// on the strength of it.
  @discardableResult
  func append(_ record: Record) async throws(WriterRefusal) -> Acknowledgement
}

extension JournalCommitQueue: RecordSink {}

/// What the emitting side is given from outside, so that nothing below the tool's assembly has a clock
/// or a random source.
package struct Surroundings: Sendable {
  /// The system's clock.
  package let now: @Sendable () -> Timestamp
  /// So many bytes from the system's random source; nil when it has none: whoever needs them refuses.
  package let randomBytes: @Sendable (Int) -> [UInt8]?

  package init(
    now: @escaping @Sendable () -> Timestamp, randomBytes: @escaping @Sendable (Int) -> [UInt8]?
  ) {
    self.now = now
    self.randomBytes = randomBytes
  }
}
