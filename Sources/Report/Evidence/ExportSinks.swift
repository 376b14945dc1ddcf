import Detect
import Ingest

/// The sinks that the formats of a query ask for.
struct ExportSinks {
  private let query: ExportQuery
  private let target: any PackageTarget
  private let tables: TableSink
  private let report: ReportSink
  private let others: [any ExportSink]

  /// - Parameter database: makes the sink of the SQLite database; nil leaves it out.
  init(
    _ query: ExportQuery, zones: any ZoneLookup, to target: any PackageTarget,
    database: (() throws -> any ExportSink)?
  ) throws {
    self.query = query
    self.target = target
    tables = try TableSink(query, to: target)
    report = ReportSink(query, zones: zones)
    var others: [any ExportSink] = []
    if query.has(.csv) { others.append(try CSVSink(query, to: target)) }
    if query.has(.ocsf) { others.append(try OCSFSink(to: target)) }
    if query.has(.cef) { others.append(try CEFSink(to: target)) }
    if query.has(.sqlite), let database { others.append(try database()) }
    self.others = others
  }

  var all: [any ExportSink] { [tables] + (needsFacts ? [report] : []) + others }

  private var needsFacts: Bool { query.has(.html) || query.standard != nil }

  /// Judges the controls, ends the files, and adds them and the tables to the manifest; the page last,
  /// for it states the tables.
  ///
  /// - Parameter heardFrom: the earliest event time of what was judged.
  func finish(
    _ manifest: inout Manifest, findingsAre check: Manifest.Check, heardFrom: Timestamp?
  ) throws {
    let isWhole = !manifest.privacy.isActive
    manifest.tables.append(tables.activityTotals.table(isWhole ? .derived : .attested))
    let worst = isWhole ? check : .attested
    if query.judges { manifest.tables.append(tables.findingTotals.table(worst)) }
    var rows: [ControlRow] = []
    if let standard = query.standard {
      rows = ControlAssessment(report.facts, manifest, heardFrom: heardFrom).rows(standard)
      for row in rows { for sink in all { try sink.control(row) } }
      let made = try ControlTables(query, to: target).write(rows, worst)
      manifest.files += made.0
      manifest.tables.append(made.1)
    }
    for sink in all { manifest.files += try sink.finish() }
    guard query.has(.html) else { return }
    let page = try PackageOutput(PackageLayout.report, to: target)
    try page.append(ReportPage(facts: report.facts, manifest: manifest, controls: rows).html)
    manifest.files.append(try page.finish())
  }
}
