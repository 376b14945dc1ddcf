package import Ingest

/// What became of the lines of each input, for a person.
package enum IngestSummary {
  /// The table, then a line for each reason of rejection and of being passed over, then failures.
  package static func lines(
    _ reports: [InputReport], showsJournal: Bool, width: Int?, style: TextStyle
  ) -> [String] {
    table(reports, showsJournal).lines(width: width, style: style)
      + reasons("rejected", reports, \.rejectedCounts, style, .yellow)
      + reasons("passed over, no fact in them", reports, \.ignoredCounts, style, .dim)
      + failures(reports, style)
  }

  private static func table(_ reports: [InputReport], _ showsJournal: Bool) -> TextTable {
    var columns: [TextTable.Column] = [
      .init("INPUT", isFlexible: true), .init("LINES", isRightAligned: true),
      .init("RECORDS", isRightAligned: true),
    ]
    if showsJournal {
      columns += [.init("NEW", isRightAligned: true), .init("REPEATED", isRightAligned: true)]
    }
    columns += [
      .init("REJECTED", isRightAligned: true), .init("PASSED", isRightAligned: true),
      .init("FROM (UTC)"), .init("TO (UTC)"),
    ]
    var table = TextTable(columns: columns)
    for report in reports { table.append(row(report, showsJournal)) }
    return table
  }

  private static func row(_ report: InputReport, _ showsJournal: Bool) -> [TextTable.Cell] {
    func instant(_ value: Timestamp?) -> String? { value.map { String($0.rfc3339.prefix(19)) } }
    var cells: [TextTable.Cell] = [
      .init(lastComponent(report.label)), .init(Quantity.count(report.lineCount)),
      .init(Quantity.count(report.recordCount)),
    ]
    if showsJournal {
      cells += [
        .init(Quantity.count(report.appendedCount)), .init(Quantity.count(report.duplicateCount)),
      ]
    }
    let rejected = report.rejectedCount
    return cells + [
      .init(Quantity.count(rejected), rejected > 0 ? .yellow : nil),
      .init(Quantity.count(report.ignoredCount + report.blankCount)),
      .init(instant(report.earliest)), .init(instant(report.latest)),
    ]
  }

  private static func reasons(
    _ title: String, _ reports: [InputReport], _ path: KeyPath<InputReport, [String: Int]>,
    _ style: TextStyle, _ paint: TextStyle.Paint
  ) -> [String] {
    var total: [String: Int] = [:]
    for report in reports { total.merge(report[keyPath: path]) { $0 + $1 } }
    guard !total.isEmpty else { return [] }
    let parts = total.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { "\(TerminalText.escaped($0.key)) \(Quantity.count($0.value))" }
    return [style("\(title): \(parts.joined(separator: ", "))", paint)]
  }

  private static func failures(_ reports: [InputReport], _ style: TextStyle) -> [String] {
    reports.compactMap { report in
      report.failure.map { style(TerminalText.escaped($0.description), .red) }
    }
  }

  private static func lastComponent(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}
