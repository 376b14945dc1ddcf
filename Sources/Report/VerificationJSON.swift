package import Ingest

/// The four verdicts of a verification, for a program: one JSON object.
///
/// Documentation/JournalFormat.md, section "Verify", says every key.
package enum VerificationJSON {
  /// The number of this shape; a key that is added does not change it.
  package static let format = 1

  /// One object without a newline at its end.
  package static func object(_ result: JournalVerification) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("format", format)
    writer.field("holds", result.hasPassed)
    append("integrity", result.integrity, to: &writer)
    append("completeness", result.completeness, to: &writer)
    append("order_and_schema", result.order, to: &writer)
    append("freshness", result.freshness, to: &writer)
    appendCounts(result, to: &writer)
    writer.endObject()
    return writer.bytes
  }

  private static func appendCounts(_ result: JournalVerification, to writer: inout JSONWriter) {
    writer.field("entries", result.entryCount)
    writer.field("covered_entries", result.coveredCount)
    writer.field("not_yet_covered_entries", result.notYetCovered)
    writer.field("pruned_entries", result.prunedEntryCount)
    writer.field("segments", result.segmentCount)
    writer.field("compressed_segments", result.compressedSegmentCount)
    writer.field("pruned_segments", result.prunedSegmentCount)
    writer.field("checkpoints", result.checkpointCount)
    writer.field("bytes", result.byteCount)
    writer.field("tail_bytes", result.tailByteCount)
    writer.field("root", result.root.hex)
    writer.field("checkpoint_age_s", result.checkpointAgeSeconds)
  }

  private static func append(
    _ name: StaticString, _ verdict: JournalVerification.Verdict, to writer: inout JSONWriter
  ) {
    writer.beginObject(name)
    switch verdict {
    case .passed: writer.field("holds", true)
    case .notChecked: writer.field("checked", false)
    case .failed(let first, let count):
      writer.field("holds", false)
      writer.field("failures", count)
      writer.beginObject("first")
      writer.field("kind", first.kind.rawValue)
      writer.field("file", first.damage.file)
      writer.field("index", first.damage.index)
      writer.field("byte_offset", first.damage.byteOffset)
      writer.field("expected", first.damage.expected)
      writer.field("found", first.damage.found)
      if let doubt = first.doubt { append(doubt, to: &writer) }
      writer.endObject()
    }
    writer.endObject()
  }

  private static func append(_ doubt: DoubtfulEntries, to writer: inout JSONWriter) {
    writer.beginObject("in_doubt")
    writer.field("first_index", doubt.range.lowerBound)
    writer.field("end_index", doubt.range.upperBound)
    append("after", doubt.before, to: &writer)
    append("before", doubt.after, to: &writer)
    writer.endObject()
  }

  private static func append(
    _ name: StaticString, _ entry: GoodEntry?, to writer: inout JSONWriter
  ) {
    guard let entry else { return }
    writer.beginObject(name)
    writer.field("index", entry.index)
    writer.field("ts", entry.timestamp)
    writer.field("received_at", entry.receivedAt)
    writer.endObject()
  }
}
