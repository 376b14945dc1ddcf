package import Detect
import Ingest

/// A backtest for a person: counts by configuration and rule, then the differences.
package enum BacktestText {
  package static func lines(_ backtest: Backtest, width: Int?, style: TextStyle) -> [String] {
    var lines = counts(backtest).lines(width: width, style: style)
    guard let first = backtest.sides.first else { return lines }
    for side in backtest.sides.dropFirst() {
      lines += difference(first, side, width: width, style: style)
    }
    return lines
  }

  private static func counts(_ backtest: Backtest) -> TextTable {
    var table = TextTable(columns: [
      .init("CONFIGURATION", isFlexible: true), .init("RULE"),
      .init("FINDINGS", isRightAligned: true), .init("ALERTS", isRightAligned: true),
      .init("PER 1,000 RUNS", isRightAligned: true), .init("RUNS", isRightAligned: true),
    ])
    for side in backtest.sides {
      for count in side.counts + [side.total] {
        table.append([
          .init(side.name), .init(count.rule), .init(Quantity.count(count.findings)),
          .init(Quantity.count(count.alerts)),
          .init(side.perThousandRuns(count.alerts).map { Quantity.decimals($0, 2) } ?? "-"),
          .init(Quantity.count(side.runCount)),
        ])
      }
    }
    return table
  }

  private static func difference(
    _ left: Backtest.Side, _ right: Backtest.Side, width: Int?, style: TextStyle
  ) -> [String] {
    let difference = BacktestDifference(left, right)
    let same = difference.both.count(where: \.isSame)
    var lines = [
      "",
      style(
        TerminalText.escaped("\(left.name) against \(right.name)") + ": "
          + "\(Quantity.count(difference.onlyLeft.count)) only in the first, "
          + "\(Quantity.count(difference.onlyRight.count)) only in the second, "
          + "\(Quantity.count(difference.both.count)) in both (\(Quantity.count(same)) the same)",
        .bold),
    ]
    var table = TextTable(columns: [
      .init("IN"), .init("RULE"), .init("TIME (UTC)"), .init("SUBJECT", isFlexible: true),
      .init("P FIRST", isRightAligned: true), .init("P SECOND", isRightAligned: true),
      .init("ID"),
    ])
    for finding in difference.onlyLeft { table.append(row("first", finding, finding, nil)) }
    for finding in difference.onlyRight { table.append(row("second", finding, nil, finding)) }
    for both in difference.both { table.append(row("both", both.left, both.left, both.right)) }
    if !table.isEmpty { lines += table.lines(width: width, style: style) }
    return lines
  }

  private static func row(
    _ place: String, _ finding: Finding, _ left: Finding?, _ right: Finding?
  ) -> [TextTable.Cell] {
    let subject = [finding.principal, finding.job].compactMap(\.self).joined(separator: " → ")
    func probability(_ side: Finding?) -> String {
      side.map { FindingList.probability($0.pValue) } ?? "-"
    }
    return [
      .init(place), .init(finding.rule), .init(String(finding.timestamp.rfc3339.prefix(19))),
      .init(subject), .init(probability(left)), .init(probability(right)),
      .init(String(finding.findingID.prefix(12))),
    ]
  }
}
