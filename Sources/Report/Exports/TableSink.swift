import Correlate
package import Detect
import Ingest

/// Activities and findings as JSON Lines, and for every row the indexes that it rests on.
package final class TableSink: ExportSink {
  private let activities: PackageOutput?
  private let findings: PackageOutput?
  private let activityRows: PackageOutput
  private let findingRows: PackageOutput?
  private var writer = JSONWriter()
  package private(set) var activityTotals = ActivityTotals()
  package private(set) var findingTotals = FindingTotals()

  package init(_ query: ExportQuery, to target: any PackageTarget) throws {
    func lines(_ table: String) throws -> PackageOutput? {
      guard query.has(.jsonl) else { return nil }
      return try PackageOutput(PackageLayout.lines(table), to: target)
    }
    activities = try lines(TableName.activities)
    findings = query.judges ? try lines(TableName.findings) : nil
    activityRows = try PackageOutput(PackageLayout.rows(TableName.activities), to: target)
    findingRows =
      query.judges
      ? try PackageOutput(PackageLayout.rows(TableName.findings), to: target) : nil
  }

  package func activity(_ row: ActivityRow) throws {
    activityTotals.add(row.activity)
    let (number, evidence) = (activityTotals.rowCount, row.activity.evidence)
    try activities?.append { bytes in
      row.encode(to: &bytes, &self.writer)
      bytes.append(0x0A)
    }
    try activityRows.append {
      RowLine.append(number, evidence, omitted: row.activity.evidenceOmitted, to: &$0)
    }
  }

  package func finding(_ finding: Finding) throws {
    findingTotals.add(finding)
    let number = findingTotals.rowCount
    writer.removeAll()
    finding.encode(to: &writer)
    let line = writer.bytes
    try findings?.appendLine(line.span)
    try findingRows?.append { RowLine.append(number, finding.evidence, to: &$0) }
  }

  package func finish() throws -> [PackageFile] {
    try [activities, findings, activityRows, findingRows].compactMap { try $0?.finish() }
  }
}

/// Sums over the rows of activities.
package struct ActivityTotals: Sendable {
  package private(set) var rowCount = 0
  private var durationSeconds = 0.0
  private var cpuSeconds = 0.0
  private var states: [Activity.State: Int] = [:]

  mutating func add(_ activity: Activity) {
    rowCount += 1
    durationSeconds += activity.durationSeconds ?? 0
    cpuSeconds += activity.cpuSeconds ?? 0
    states[activity.state, default: 0] += 1
  }

  /// For the manifest: by state, those that occur, and sums to the microsecond.
  package func table(_ check: Manifest.Check) -> Manifest.Table {
    let counts = Activity.State.allCases.compactMap { state in
      states[state].map { Manifest.Total(state.rawValue, Double($0)) }
    }
    let sums = [
      Manifest.Total("duration_s", ActivityTotals.rounded(durationSeconds)),
      Manifest.Total("cpu_s", ActivityTotals.rounded(cpuSeconds)),
    ]
    return Manifest.Table(
      name: TableName.activities, rowCount: rowCount, check: check, totals: counts + sums)
  }

  private static func rounded(_ value: Double) -> Double { (value * 1e6).rounded() / 1e6 }
}

/// Sums over the rows of findings.
package struct FindingTotals: Sendable {
  package private(set) var rowCount = 0
  private var severities: [Finding.Severity: Int] = [:]

  mutating func add(_ finding: Finding) {
    rowCount += 1
    severities[finding.severity, default: 0] += 1
  }

  package func table(_ check: Manifest.Check) -> Manifest.Table {
    Manifest.Table(
      name: TableName.findings, rowCount: rowCount, check: check,
      totals: Finding.Severity.allCases.map {
        Manifest.Total($0.rawValue, Double(severities[$0] ?? 0))
      })
  }
}
