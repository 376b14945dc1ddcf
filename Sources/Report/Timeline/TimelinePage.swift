import Correlate
import Detect
package import Ingest

/// A timeline as one HTML file that needs nothing else: no network, no other file.
///
/// Data is a block of JSON; the script puts it into the page as text, never as markup. A policy in
/// the page admits just this script and this style, by their hashes, and no request at all.
package struct TimelinePage: Sendable {
  /// Where the data comes from, as the page states it.
  package struct Origin: Sendable {
    package var journal: String
    package var entryCount: Int
    /// When and by which program the page was made.
    package var madeAt: Timestamp
    package var program: String

    package init(journal: String, entryCount: Int, madeAt: Timestamp, program: String) {
      self.journal = journal
      self.entryCount = entryCount
      self.madeAt = madeAt
      self.program = program
    }
  }

  private let timeline: Timeline
  private let origin: Origin

  package init(_ timeline: Timeline, _ origin: Origin) {
    self.timeline = timeline
    self.origin = origin
  }

  /// The file's text.
  package var html: String {
    let title = "\(timeline.subject.word) \(timeline.subject.name)"
    let policy =
      "default-src 'none'; script-src \(PageText.policySource(TimelinePage.script)); "
      + "style-src \(PageText.policySource(TimelinePage.style)); base-uri 'none'; form-action 'none'"
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="\(policy)">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="referrer" content="no-referrer">
      <title>Timeline of \(PageText.escaped(title))</title>
      <style>\(TimelinePage.style)</style>
      </head>
      <body>
      \(header(title))
      \(TimelinePage.controls)
      <script type="application/json" id="data">\(PageText.scriptData(data))</script>
      <script>\(TimelinePage.script)</script>
      </body>
      </html>

      """
  }

  private func header(_ title: String) -> String {
    let records = timeline.rows.count { if case .record = $0 { true } else { false } }
    let facts = [
      "records: \(Quantity.count(records)); findings: "
        + "\(Quantity.count(timeline.rows.count - records)); runs: "
        + Quantity.count(timeline.runs.count),
      "from the \(Quantity.count(origin.entryCount)) entries of journal \(origin.journal)",
      "made at \(origin.madeAt.rfc3339.prefix(19))Z by \(origin.program)", "all times in UTC",
    ]
    let notes = TimelineText.notes(timeline).map { "<li>\(PageText.escaped($0))</li>" }
    return """
      <header>
      <h1>Timeline of \(PageText.escaped(title))</h1>
      <p>\(PageText.escaped(facts.joined(separator: "; "))).</p>
      \(notes.isEmpty ? "" : "<ul class=\"notes\">\(notes.joined())</ul>")
      </header>
      """
  }

  private static let controls = """
    <main>
    <div class="controls" role="toolbar" aria-label="Filter and zoom">
    <label for="filter">Filter</label>
    <input id="filter" type="search" autocomplete="off" spellcheck="false" placeholder="words, all of which must occur">
    <span class="buttons"><button id="in" type="button">Zoom in</button>
    <button id="out" type="button">Zoom out</button>
    <button id="left" type="button">Earlier</button>
    <button id="right" type="button">Later</button>
    <button id="all" type="button">All</button></span>
    </div>
    <p id="status" role="status" aria-live="polite"></p>
    <div id="chart" tabindex="0" role="group" aria-label="Swim lanes by source over time. Plus and minus zoom, arrow keys move, Home shows all, slash goes to the filter."></div>
    <p class="legend"><span><span class="key record"></span> record</span> <span><span class="key run"></span> run</span> <span><span class="key bad"></span> run that failed</span> <span><span class="key finding"></span> finding</span></p>
    <table id="rows">
    <thead><tr><th scope="col">Index</th><th scope="col">Time at source</th><th scope="col">Received</th><th scope="col">Source</th><th scope="col">Kind</th><th scope="col">Principal</th><th scope="col">Job</th><th scope="col">What</th></tr></thead>
    <tbody></tbody>
    </table>
    <p><button id="more" type="button" hidden>Show all rows</button></p>
    <noscript><p>This page draws its data with the script that it contains.</p></noscript>
    </main>
    """
}

extension TimelinePage {
  /// Everything that the script draws. Times are microseconds since 1970; texts are as they are shown.
  var data: [UInt8] {
    let sources = timeline.sources
    var writer = JSONWriter()
    writer.beginObject()
    writer.beginArray("sources")
    for source in sources { writer.element(TerminalText.escaped(source)) }
    writer.endArray()
    writer.beginArray("rows")
    let lanes = Dictionary(
      sources.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { first, _ in first })
    for row in timeline.rows { TimelinePage.encode(row, lanes, to: &writer) }
    writer.endArray()
    writer.beginArray("runs")
    for run in timeline.runs { TimelinePage.encode(run, to: &writer) }
    writer.endArray()
    writer.endObject()
    return writer.bytes
  }

  private static func encode(
    _ row: Timeline.Row, _ lanes: [String: Int], to writer: inout JSONWriter
  ) {
    writer.beginObject()
    writer.field("t", Int(row.timestamp.microseconds))
    switch row {
    case .record(let record):
      writer.field("i", record.index)
      writer.field("lane", lanes[record.record.header.source] ?? 0)
      writer.field("kind", record.record.kind.rawValue)
      writer.field(
        "received", record.record.header.receivedAt.map { Int($0.microseconds) })
      writer.field("who", shown(RecordWords.principal(record.record)))
      writer.field("job", shown(RecordWords.job(record.record)))
      writer.field("what", shown(RecordWords.what(record.record)))
      writer.field("run", shown(RecordWords.runID(record.record)))
      writer.field("request", shown(RecordWords.requestID(record.record)))
    case .finding(let finding):
      writer.field("kind", "finding")
      writer.field("severity", finding.severity.rawValue)
      writer.field("who", shown(finding.principal))
      writer.field("job", shown(finding.job))
      writer.field("what", shown("\(finding.rule): \(finding.explanation)"))
      writer.field("run", shown(finding.runID))
      writer.field("request", shown(finding.requestID))
      writer.field("evidence", Array(finding.evidence.prefix(64)))
    }
    writer.endObject()
  }

  private static func encode(_ run: Activity, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("queued", run.queuedAt.map { Int($0.microseconds) })
    writer.field("from", (run.startedAt ?? run.queuedAt).map { Int($0.microseconds) })
    writer.field("to", run.endedAt.map { Int($0.microseconds) })
    writer.field("job", shown(run.job))
    writer.field("who", shown(run.principal))
    writer.field("state", run.state.rawValue)
    writer.field("run", shown(run.runID))
    writer.field("request", shown(run.requestID))
    writer.endObject()
  }

  private static func shown(_ text: String?) -> String? {
    text.map { TerminalText.fitted(TerminalText.escaped($0), width: 400) }
  }
}
