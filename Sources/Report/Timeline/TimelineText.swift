import Correlate
import Detect
import Ingest

/// A timeline for a terminal and as JSON Lines.
package enum TimelineText {
  /// The rows in a table, then what was measured of clocks and what was cut.
  package static func lines(_ timeline: Timeline, width: Int?, style: TextStyle) -> [String] {
    var table = TextTable(columns: [
      .init("INDEX", isRightAligned: true), .init("TIME AT SOURCE (UTC)"),
      .init("RECEIVED", isRightAligned: true), .init("SOURCE", isFlexible: true), .init("KIND"),
      .init("PRINCIPAL", isFlexible: true), .init("JOB", isFlexible: true),
      .init("WHAT", isFlexible: true),
    ])
    for row in timeline.rows { table.append(cells(row)) }
    return table.lines(width: width, style: style) + notes(timeline)
  }

  private static func cells(_ row: Timeline.Row) -> [TextTable.Cell] {
    let time = String(row.timestamp.rfc3339.prefix(23)).replacing("T", with: " ")
    switch row {
    case .record(let record):
      let delay = record.record.header.receivedAt.map { $0.seconds(since: row.timestamp) }
      return [
        .init("\(record.index)"), .init(time),
        .init(delay.map { ($0 < 0 ? "" : "+") + Quantity.seconds($0) }),
        .init(record.record.header.source), .init(record.record.kind.rawValue, .dim),
        .init(RecordWords.principal(record.record) ?? "-"),
        .init(RecordWords.job(record.record) ?? "-"), .init(RecordWords.what(record.record)),
      ]
    case .finding(let finding):
      return [
        .init("!", .boldRed), .init(time), .init(nil), .init(finding.severity.rawValue, .boldRed),
        .init("finding", .bold), .init(finding.principal ?? "-"), .init(finding.job ?? "-"),
        .init("\(finding.rule): \(finding.explanation)"),
      ]
    }
  }

  /// Sentences about clocks and about what is left out; escaped.
  package static func notes(_ timeline: Timeline) -> [String] {
    var lines = timeline.clocks.map { clock in
      TerminalText.escaped(
        "clocks: \(clock.runSource) says \(signed(clock.medianSeconds)) after \(clock.requestSource) "
          + "(median of \(clock.count) starts after their requests, least "
          + "\(signed(clock.minSeconds))"
          + (clock.impossibleCount > 0
            ? "; \(clock.impossibleCount) before their request: one of the clocks is off)" : ")"))
    }
    let cut = timeline.cut
    if cut.records > 0 {
      lines.append(
        "cut: \(Quantity.count(cut.records)) more records, the first at "
          + "\(cut.from?.rfc3339 ?? "-"): --limit, --since and --until choose others")
    }
    for (count, what) in [
      (cut.findings, "findings"), (cut.runs, "runs"), (cut.links, "activities"),
    ]
    where count > 0 {
      lines.append("cut: \(Quantity.count(count)) more \(what)")
    }
    return lines
  }

  private static func signed(_ seconds: Double) -> String {
    (seconds < 0 ? "" : "+") + Quantity.seconds(seconds)
  }

  /// One object a row (`type` record or finding), then one a clock, then `cut` if anything was.
  package static func forEachObject(_ timeline: Timeline, _ body: ([UInt8]) -> Void) {
    var writer = JSONWriter()
    func object(_ write: (inout JSONWriter) -> Void) {
      writer.removeAll()
      writer.beginObject()
      write(&writer)
      writer.endObject()
      body(writer.bytes)
    }
    for row in timeline.rows { object { encode(row, to: &$0) } }
    for clock in timeline.clocks {
      object {
        $0.field("type", "clock")
        $0.field("request_source", clock.requestSource)
        $0.field("run_source", clock.runSource)
        $0.field("median_s", clock.medianSeconds)
        $0.field("min_s", clock.minSeconds)
        $0.field("count", clock.count)
        $0.field("impossible", clock.impossibleCount)
      }
    }
    guard !timeline.cut.isWhole else { return }
    object {
      $0.field("type", "cut")
      $0.field("records", timeline.cut.records)
      $0.field("findings", timeline.cut.findings)
      $0.field("runs", timeline.cut.runs)
      $0.field("activities", timeline.cut.links)
      $0.field("from", timeline.cut.from)
    }
  }

  private static func encode(_ row: Timeline.Row, to writer: inout JSONWriter) {
    switch row {
    case .record(let record):
      writer.field("type", "record")
      writer.field("index", record.index)
      writer.field("ts", row.timestamp)
      writer.field("received_at", record.record.header.receivedAt)
      writer.field("source", record.record.header.source)
      writer.field("kind", record.record.kind.rawValue)
      writer.field("principal", RecordWords.principal(record.record))
      writer.field("job", RecordWords.job(record.record))
      writer.field("run_id", RecordWords.runID(record.record))
      writer.field("request_id", RecordWords.requestID(record.record))
      writer.field("what", RecordWords.what(record.record))
    case .finding(let finding):
      writer.field("type", "finding")
      writer.field("ts", row.timestamp)
      writer.field("finding", json: finding.encoded())
    }
  }
}
