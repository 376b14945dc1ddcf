import Correlate
package import Detect
package import Ingest

/// A CSV file for each kind of record, one for activities and one for findings, safe against formulas
/// (`CSVWriter`). A file with its header is there also when it has no rows.
package final class CSVSink: ExportSink {
  private var records: [RecordKind: PackageOutput] = [:]
  private let activities: PackageOutput
  private let findings: PackageOutput?

  package static let findingHeader = [
    "finding_id", "rule", "ts", "severity", "p_value", "score", "principal", "job", "request_id",
    "run_id", "activity_id", "episode_id", "history_events", "history_days", "explanation",
    "evidence",
  ]

  package init(_ query: ExportQuery, to target: any PackageTarget) throws {
    for kind in RecordKind.allCases {
      let output = try PackageOutput(
        PackageLayout.csv(RecordColumns.table(of: kind)), to: target)
      try output.append(CSVWriter.line(RecordColumns.columns(of: kind).map(\.name)))
      records[kind] = output
    }
    activities = try PackageOutput(PackageLayout.csv(TableName.activities), to: target)
    try activities.append(CSVWriter.line(Activity.csvHeader + ["revision"]))
    findings =
      query.judges ? try PackageOutput(PackageLayout.csv(TableName.findings), to: target) : nil
    try findings?.append(CSVWriter.line(CSVSink.findingHeader))
  }

  package func record(_ record: IndexedRecord) throws {
    let cells = RecordColumns.cells(of: record).map(\.text)
    try records[record.record.kind]?.append(CSVWriter.line(cells))
  }

  package func activity(_ row: ActivityRow) throws {
    try activities.append(CSVWriter.line(row.activity.csvCells + ["\(row.revision)"]))
  }

  package func finding(_ finding: Finding) throws {
    try findings?.append(CSVWriter.line(finding.csvCells))
  }

  package func finish() throws -> [PackageFile] {
    let tables = RecordKind.allCases.compactMap { records[$0] }
    return try (tables + [activities, findings].compactMap { $0 }).map { try $0.finish() }
  }
}

extension Finding {
  /// One cell for each column of `CSVSink.findingHeader`.
  var csvCells: [String] {
    [
      findingID, rule, timestamp.rfc3339, severity.rawValue, "\(pValue)", "\(score)",
      principal ?? "", job ?? "", requestID ?? "", runID ?? "", activityID ?? "",
      episodeID ?? "", "\(history.events)", "\(history.days)", explanation,
      evidence.map(String.init).joined(separator: " "),
    ]
  }
}
