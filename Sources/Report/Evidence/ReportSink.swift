import Correlate
import Detect
import Ingest

/// Adds up what a report says; judges the controls and writes the page once the rows are in.
final class ReportSink: ExportSink {
  private let zones: any ZoneLookup
  private let zone: String
  private(set) var facts = ReportFacts()

  init(_ query: ExportQuery, zones: any ZoneLookup) {
    self.zones = zones
    zone = query.zone
  }

  func record(_ record: IndexedRecord) {
    facts.add(record) { zones.localHour(at: $0, zones: [zone]).hourOfWeek }
  }

  func activity(_ row: ActivityRow) {
    if row.revision == 1 { facts.add(row.activity) }
  }

  func finding(_ finding: Finding) { facts.add(finding) }

  func finish() -> [PackageFile] { [] }
}

/// The verdicts on the controls of a standard, as tables.
struct ControlTables {
  private let target: any PackageTarget
  private let query: ExportQuery

  init(_ query: ExportQuery, to target: any PackageTarget) {
    self.query = query
    self.target = target
  }

  /// The files, and what the manifest says about the table.
  func write(_ rows: [ControlRow], _ check: Manifest.Check) throws -> (
    [PackageFile], Manifest.Table
  ) {
    var files: [PackageFile] = []
    let places = try PackageOutput(PackageLayout.rows(TableName.controls), to: target)
    for (position, row) in rows.enumerated() {
      try places.append {
        RowLine.append(position + 1, row.evidence, omitted: row.omittedCount, to: &$0)
      }
    }
    files.append(try places.finish())
    if query.has(.jsonl) {
      let output = try PackageOutput(PackageLayout.lines(TableName.controls), to: target)
      var writer = JSONWriter()
      for row in rows {
        writer.removeAll()
        row.encode(to: &writer)
        try output.appendLine(writer.bytes.span)
      }
      files.append(try output.finish())
    }
    if query.has(.csv) {
      let output = try PackageOutput(PackageLayout.csv(TableName.controls), to: target)
      try output.append(CSVWriter.line(ControlRow.csvHeader))
      for row in rows { try output.append(CSVWriter.line(row.csvCells)) }
      files.append(try output.finish())
    }
    let totals = ControlRow.Verdict.allCases.map { verdict in
      Manifest.Total(verdict.rawValue, Double(rows.count { $0.verdict == verdict }))
    }
    let table = Manifest.Table(
      name: TableName.controls, rowCount: rows.count, check: check, totals: totals)
    return (files, table)
  }
}
