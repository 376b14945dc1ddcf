import Ingest
import Report
import TestSupport

extension Harness {
  static let query: [Harness] = [
    Harness(
      "filter", byteCountMax: 600,
      words: [
        "job=", "status>=500", " and ", " or ", "not ", "(", ")", "since=2d", "until=", "~*a*",
        "!~",
        "params.a", "counts.lines", "error.type", "kind=run", "event=failed", "\"\\\"\\*\"",
        "1h30m",
        "64KiB", "2026-11-24T05:00:00Z", "imported=true", "duration_s<", "9223372036854775808",
      ],
      seeds: {
        texts(
          "job=etl and status>=500 and since=2d", "not (kind=run or event!=failed)",
          "path~/jobs/*/runs and groups=ops", "params.day>=3 and counts.lines!=5",
          "duration_s>1h30m or max_rss_bytes<64KiB", "id~\"a \\* \\\"b\\\"*\" and imported=true",
          "until=2026-11-24 and received_at>2026-11-24T05:00:00.5+01:00", "jbo=1", "(((v=1)))")
      }, run: QueryProperties.filter),
    Harness(
      "case-file", byteCountMax: 8192, words: ["vigil-case/1", "\"entries\":[", "\"evidence\":["],
      seeds: { [try QueryProperties.caseFile().bytes] }, run: QueryProperties.caseFile),
  ]
}

/// Filters and case files: whatever they hold, there is an answer.
enum QueryProperties {
  private static let now = Timestamp(rfc3339: "2026-11-24T05:00:00Z") ?? .earliest

  private static let records: [IndexedRecord] = {
    var run = RunRecord(event: .failed)
    (run.runID, run.job, run.durationSeconds, run.maxRSSBytes) = ("r", "etl", 5400, 65_536)
    (run.parameters, run.groups) = (Array("{\"day\":3,\"a\":{\"b\":\"*\"}}".utf8), ["ops", "data"])
    run.error = .init(type: "E", message: "a \"b\"")
    var control = ControlRecord(event: .recordRejected)
    (control.counts, control.status) = ([.init("lines", 5)], 502)
    let bodies: [RecordBody] = [
      .run(run), .control(control), .task(TaskRecord(event: .started)),
      .decision(DecisionRecord(effect: .deny)), .alert(AlertRecord(event: .raised)),
      .approval(ApprovalRecord(subject: .run, event: .requested)),
    ]
    let header = RecordHeader(timestamp: now, source: "caddy/a", id: "*")
    return [IndexedRecord(index: 0, record: Build.request("a", at: now))]
      + bodies.enumerated().map {
        IndexedRecord(index: $0.offset + 1, record: Record(header: header, body: $0.element))
      }
  }()

  static func filter(_ bytes: [UInt8]) throws {
    let text = bytes.text
    let filter: RecordFilter
    do {
      filter = try RecordFilter(text, now: now)
    } catch {
      try require(error.column >= 1, "column \(error.column)")
      return try requireLegible(error.description)
    }
    try require(try RecordFilter(text, now: now) == filter, "another filter at the second reading")
    let opposite = try? RecordFilter("not (\(text))", now: now)
    let (since, until) = filter.bounds
    for record in records {
      let isMatch = filter.matches(record)
      if let opposite { try require(opposite.matches(record) != isMatch, "not is no opposite") }
      guard isMatch else { continue }
      try require(filter.kinds.contains(record.record.kind), "a match of no kind that may match")
      let at = record.record.header.timestamp
      try require(
        since.map { at >= $0 } ?? true && until.map { at < $0 } ?? true, "a match out of bounds")
    }
  }

  /// A case with one step.
  static func caseFile() throws -> CaseFile {
    var fixture = JournalFixture()
    fixture.settings = JournalSettings(origin: "case/test")
    try fixture.write([CaseEvent(.opened, by: "kim", at: now, text: "why").record(serial: 0)])
    let reader = try JournalReader(fixture.storage)
    return CaseFile(
      origin: reader.identity.origin, vkey: reader.identity.vkey?.vkey ?? "",
      checkpoint: fixture.storage.bytes("checkpoint") ?? [],
      entries: try reader.allEntries().map { Array($0.utf8) }, proofs: [])
  }

  static func caseFile(_ bytes: [UInt8]) throws {
    guard let file = CaseFile(bytes) else { return }
    try require(CaseFile(file.bytes) == file, "another file when written and read again")
    let check = CaseCheck(file)
    try require(check.holds == check.refusals.isEmpty, "holds and is refused")
    for refusal in check.refusals { try requireLegible(TerminalText.escaped(refusal)) }
  }
}
