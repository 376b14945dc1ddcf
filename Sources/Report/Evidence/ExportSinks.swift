import Ingest

/// The sinks that the formats of a query ask for.
struct ExportSinks {
  private let query: ExportQuery
  private let tables: TableSink
  private let others: [any ExportSink]

  init(_ query: ExportQuery, directory: String?, to target: any PackageTarget) throws {
    self.query = query
    tables = try TableSink(query, to: target)
    var others: [any ExportSink] = []
    if query.has(.csv) { others.append(try CSVSink(to: target)) }
    self.others = others
  }

  var all: [any ExportSink] { [tables] + others }

  /// Ends the files and adds them, and the tables, to the manifest.
  func finish(_ manifest: inout Manifest, findingsAre check: Manifest.Check) throws {
    let isWhole = !manifest.privacy.isActive
    for sink in all { manifest.files += try sink.finish() }
    manifest.tables.append(tables.activityTotals.table(isWhole ? .derived : .attested))
    manifest.tables.append(tables.findingTotals.table(isWhole ? check : .attested))
  }
}
