package import Ingest

/// Where the emitting side puts its records: the journal of this process, or a simulated one.
package protocol RecordSink: Sendable {
  /// Returns once the record is on stable storage. Throws when it is not: nothing may then be done
  /// on the strength of it.
  @discardableResult
  func append(_ record: Record) async throws(WriterRefusal) -> Acknowledgement

  /// The same for records one behind the other; returns once all are on stable storage. Throws when one
  /// is not: those before it may be.
  func append(contentsOf records: [Record]) async throws(WriterRefusal) -> [Acknowledgement]
}

extension RecordSink {
  /// One sync each, for sinks that have nothing better.
  package func append(
    contentsOf records: [Record]
  ) async throws(WriterRefusal) -> [Acknowledgement] {
    var acknowledgements: [Acknowledgement] = []
    for record in records { acknowledgements.append(try await append(record)) }
    return acknowledgements
  }
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
