import Ingest
import Report
import Testing

private func time(_ text: String) -> Timestamp { Timestamp(rfc3339: text) ?? .earliest }

/// What a verification found, with every part that reports show.
private func damaged() -> JournalVerification {
  var result = JournalVerification()
  result.entryCount = 1200
  result.coveredCount = 1198
  result.prunedEntryCount = 400
  result.prunedSegmentCount = 1
  result.compressedSegmentCount = 2
  result.segmentCount = 4
  result.checkpointCount = 3
  result.byteCount = 4_200_000
  result.tailByteCount = 7
  result.checkpointAgeSeconds = 7201.5
  let before = GoodEntry(
    index: 499, timestamp: time("2026-11-24T05:00:00Z"),
    receivedAt: time("2026-11-24T05:00:01Z"))
  let after = GoodEntry(
    index: 510, timestamp: time("2026-11-24T05:10:00Z"),
    receivedAt: time("2026-11-24T05:10:01Z"))
  result.integrity = .failed(
    first: VerificationFailure(
      .rootDiffers,
      JournalDamage(
        file: "segments/000000000400.jsonl", index: 500, byteOffset: 8192,
        expected: "root aa", found: "root bb"),
      doubt: DoubtfulEntries(500..<510, before: before, after: after)),
    count: 2)
  result.order = .failed(
    first: VerificationFailure(
      .notARecord,
      JournalDamage(
        file: "segments/000000000400.jsonl", index: 0, byteOffset: 0, expected: "a record",
        found: "9 other\u{1B} bytes"), doubt: DoubtfulEntries(0..<1, before: nil)),
    count: 1)
  result.freshness = .failed(
    first: VerificationFailure(
      .stale,
      JournalDamage(
        file: "checkpoint", index: 1198, byteOffset: 0, expected: "an age of at most 60.0 s",
        found: "7201.5 s")), count: 1)
  return result
}

@Suite("Verification, reported")
struct VerificationReportTests {
  @Test("as text: four verdicts, each failure's place, what is in doubt and between which times")
  func text() {
    let lines = VerificationText.lines(damaged(), style: TextStyle(usesColor: false))
    let expected = """
      integrity         DAMAGED root_differs (and 1 more)
          segments/000000000400.jsonl: entry 500 at byte 8192: found root bb, expected root aa
          in doubt: entries 500 to 509
            after  entry 499: ts 2026-11-24T05:00:00.000000Z, received_at 2026-11-24T05:00:01.000000Z
            before entry 510: ts 2026-11-24T05:10:00.000000Z, received_at 2026-11-24T05:10:01.000000Z
      completeness      holds   3 checkpoints continued, signed by a key that the journal does not name; not yet covered: 2 entries
      order and schema  DAMAGED not_a_record
          segments/000000000400.jsonl: entry 0 at byte 0: found 9 other\\u{1b} bytes, expected a record
          in doubt: entry 0
            after  the journal's beginning
            before its end
      freshness         STALE   stale
          checkpoint: entry 1198 at byte 0: found 7201.5 s, expected an age of at most 60.0 s
      pruned: 400 entries in 1 segment: bytes not checkable, see integrity
      """
    #expect(lines.joined(separator: "\n") == expected)
  }

  @Test("as text of a sound journal: what was pruned is said, and that the root holds")
  func soundText() {
    var result = damaged()
    (result.integrity, result.order, result.freshness) = (.passed, .passed, .passed)
    let lines = VerificationText.lines(result, style: TextStyle(usesColor: false))
    #expect(lines.count == 5)
    #expect(
      lines.last == "pruned: 400 entries in 1 segment: bytes not checkable, root holds")
  }

  @Test("as JSON: one object with the documented keys")
  func json() {
    let text = String(decoding: VerificationJSON.object(damaged()), as: UTF8.self)
    let zeros = String(repeating: "0", count: 64)
    let expected = [
      #"{"format":1,"holds":false,"integrity":{"holds":false,"failures":2,"first":{"#,
      #""kind":"root_differs","file":"segments/000000000400.jsonl","index":500,"#,
      #""byte_offset":8192,"expected":"root aa","found":"root bb","#,
      #""in_doubt":{"first_index":500,"end_index":510,"#,
      #""after":{"index":499,"ts":"2026-11-24T05:00:00.000000Z","#,
      #""received_at":"2026-11-24T05:00:01.000000Z"},"#,
      #""before":{"index":510,"ts":"2026-11-24T05:10:00.000000Z","#,
      #""received_at":"2026-11-24T05:10:01.000000Z"}}}},"#,
      #""completeness":{"holds":true},"#,
      #""order_and_schema":{"holds":false,"failures":1,"first":{"kind":"not_a_record","#,
      #""file":"segments/000000000400.jsonl","index":0,"byte_offset":0,"expected":"a record","#,
      #""found":"9 other\u001b bytes","in_doubt":{"first_index":0,"end_index":1}}},"#,
      #""freshness":{"holds":false,"failures":1,"first":{"kind":"stale","file":"checkpoint","#,
      #""index":1198,"byte_offset":0,"expected":"an age of at most 60.0 s","#,
      #""found":"7201.5 s"}},"#,
      #""entries":1200,"covered_entries":1198,"not_yet_covered_entries":2,"#,
      #""pruned_entries":400,"segments":4,"compressed_segments":2,"pruned_segments":1,"#,
      #""checkpoints":3,"bytes":4200000,"tail_bytes":7,"root":""#, zeros,
      #"","checkpoint_age_s":7201.5}"#,
    ]
    #expect(text == expected.joined())
  }
}
