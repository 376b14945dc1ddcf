/// A segment that was compressed.
package struct SealedSegment: Sendable, Equatable {
  package let name: SegmentName
  package let entryCount: Int
  /// Bytes of the entries, newlines included.
  package let byteCount: Int
  /// Bytes of the file that holds them now.
  package let compressedByteCount: Int
}

extension Journal {
  /// How hard `compressSegments` tries unless told otherwise, from 1 (fast) to 19 (small).
  package static let compressionLevelDefault = 3

  /// Segments that `compressSegments` would compress: closed, whole under the newest checkpoint,
  /// and plain.
  package func compressibleSegments() throws(JournalError) -> [SegmentName] {
    try requireOpen()
    return try closedSegments().filter(\.segment.hasPlain).map(\.segment.name)
  }

  /// Compresses a segment, and records it (`segment_sealed`); its plain file goes last.
  ///
  /// Each step is durable before the next: the compressed file, read back and compared; the record;
  /// the removal. A crash between leaves both files, of which the plain one counts, and the next
  /// call does it again. A failure to write the compressed file leaves the journal open and as it
  /// was; a failure to append ends this handle. Cost: three readings of the segment.
  ///
  /// - Parameter name: one of `compressibleSegments`.
  package func compressSegment(
    _ name: SegmentName, level: Int = compressionLevelDefault, at now: Timestamp
  ) throws(JournalError) -> SealedSegment {
    try requireOpen()
    guard let closed = try closedSegments().first(where: { $0.segment.name == name }),
      closed.segment.hasPlain
    else { preconditionFailure("segment \(name.firstIndex) is not one to be compressed") }
    let output = try JournalError.wrapping { () throws(StorageError) in
      try SegmentCompressor(storage, level: level).run(name)
    }
    try recordOpening(at: now)
    try appendControl(.segmentSealed, at: now) { control in
      control.subject = name.stem
      control.counts = [
        ControlRecord.Count("first_index", name.firstIndex),
        ControlRecord.Count("entries", closed.entryCount),
        ControlRecord.Count("bytes", output.plainByteCount),
        ControlRecord.Count("compressed_bytes", output.byteCount),
      ]
      control.sha256 = output.digest.hex
    }
    try commit()
    try JournalError.wrapping { () throws(StorageError) in
      try storage.remove(name.entriesPath)
      try storage.synchronizeDirectory(JournalLayout.segments)
    }
    return SealedSegment(
      name: name, entryCount: closed.entryCount, byteCount: output.plainByteCount,
      compressedByteCount: output.byteCount)
  }

  /// Segments with a successor, all of whose entries the newest checkpoint covers.
  func closedSegments() throws(JournalError) -> [ClosedSegment] {
    let coveredCount = newestCheckpoint?.size ?? 0
    return try JournalError.wrapping { () throws(StorageError) in
      try ClosedSegment.list(storage, coveredCount: coveredCount)
    }
  }
}

/// A segment that no writer appends to any more, and that a checkpoint vouches for.
struct ClosedSegment {
  let segment: StoredSegment
  let entryCount: Int

  /// - Parameter coveredCount: the newest checkpoint's size.
  static func list(
    _ storage: any JournalStorage, coveredCount: Int
  ) throws(StorageError) -> [ClosedSegment] {
    let segments = try SegmentListing.read(storage).segments
    return zip(segments, segments.dropFirst()).compactMap { segment, next in
      guard next.name.firstIndex <= coveredCount else { return nil }
      return ClosedSegment(
        segment: segment, entryCount: next.name.firstIndex - segment.name.firstIndex)
    }
  }
}
