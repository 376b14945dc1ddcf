/// The `segment_pruned` entry of a segment: what was there, and why it is gone.
///
/// `segments/<12 digits>.pruned` holds that entry once more, byte for byte, with its newline: so
/// what the file says is in the tree, at the index that its id names, and can be checked there even
/// when that entry's own segment has been pruned too.
struct PruneRecord: Equatable {
  /// The entry's place in the journal.
  let index: Int
  /// Its leaf hash.
  let leaf: Digest
  let entryCount: Int
  /// Root of the tree of this segment's leaf hashes alone.
  let root: Digest
  let span: RecordSpan
  let policy: String

  /// Reads a file's bytes; nil unless they are one entry that speaks of pruning this segment.
  init?(_ bytes: [UInt8], of name: SegmentName, _ hasher: inout MerkleHasher) {
    guard bytes.last == 0x0A, bytes.count <= Record.entryByteCountMax + 1 else { return nil }
    let line = Array(bytes.dropLast())
    var document = JSONDocument()
    guard line.span.firstOffset(of: 0x0A, in: 0..<line.count) == nil,
      let record = PruneRecord.record(line, &document),
      case .control(let control) = record.body, control.event == .segmentPruned,
      record.header.source == Journal.controlSource, control.subject == name.stem
    else { return nil }
    let prefix = control.event.rawValue + "/"
    guard record.header.id.hasPrefix(prefix),
      let index = Int(record.header.id.dropFirst(prefix.count)), index >= 0,
      let firstIndex = control.counts.first(where: { $0.name == "first_index" })?.value,
      firstIndex == name.firstIndex,
      let count = control.counts.first(where: { $0.name == "entries" })?.value, count > 0,
      let root = control.sha256.flatMap({ Digest(hex: $0) }), let span = control.span
    else { return nil }
    self.index = index
    leaf = hasher.leaf(line.span)
    entryCount = count
    self.root = root
    self.span = span
    policy = control.reason ?? ""
  }

  /// Reads a segment's file; nil when it is none.
  static func read(
    _ name: SegmentName, _ storage: any JournalStorage, _ hasher: inout MerkleHasher
  ) throws(StorageError) -> PruneRecord? {
    let bytes = try storage.contents(
      name.prunedPath, byteCountMax: Record.entryByteCountMax + 1)
    return bytes.flatMap { PruneRecord($0, of: name, &hasher) }
  }

  private static func record(_ line: [UInt8], _ document: inout JSONDocument) -> Record? {
    do {
      try document.parse(line.span)
      return try Record(document)
    } catch { return nil }
  }
}

/// The times of some records: event times, and when the journal took them in.
package struct RecordSpan: Sendable, Equatable {
  /// Smallest and largest `ts`.
  package var timestamps: ClosedRange<Timestamp>
  /// Smallest and largest `received_at`.
  package var received: ClosedRange<Timestamp>

  package init(timestamps: ClosedRange<Timestamp>, received: ClosedRange<Timestamp>) {
    self.timestamps = timestamps
    self.received = received
  }

  /// The span of one record.
  package init(timestamp: Timestamp, receivedAt: Timestamp) {
    self.init(timestamps: timestamp...timestamp, received: receivedAt...receivedAt)
  }

  /// The span of both.
  package func union(_ other: RecordSpan) -> RecordSpan {
    RecordSpan(
      timestamps: RecordSpan.hull(timestamps, other.timestamps),
      received: RecordSpan.hull(received, other.received))
  }

  private static func hull(
    _ left: ClosedRange<Timestamp>, _ right: ClosedRange<Timestamp>
  ) -> ClosedRange<Timestamp> {
    min(left.lowerBound, right.lowerBound)...max(left.upperBound, right.upperBound)
  }
}
