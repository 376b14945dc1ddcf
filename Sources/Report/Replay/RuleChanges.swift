package import Detect
import Ingest

/// What other rules would have said, finding by finding: only what differs.
package struct RuleChanges: Sendable {
  package enum Change: Sendable {
    case onlyBefore(Finding)
    case onlyAfter(Finding)
    case changed(before: Finding, after: Finding)

    var word: String {
      switch self {
      case .onlyBefore: "only_before"
      case .onlyAfter: "only_after"
      case .changed: "changed"
      }
    }

    var finding: Finding {
      switch self {
      case .onlyBefore(let finding), .onlyAfter(let finding), .changed(let finding, _): finding
      }
    }
  }

  /// By event time, then id.
  package let changes: [Change]
  /// Findings of both that agree in every number and word.
  package let sameCount: Int

  package init(before: Backtest.Side, after: Backtest.Side) {
    let difference = BacktestDifference(before, after)
    let changed = difference.both.filter { !$0.isSame }
    let all =
      difference.onlyLeft.map { Change.onlyBefore($0) }
      + difference.onlyRight.map { Change.onlyAfter($0) }
      + changed.map { Change.changed(before: $0.left, after: $0.right) }
    changes = all.sorted {
      ($0.finding.timestamp, $0.finding.findingID) < ($1.finding.timestamp, $1.finding.findingID)
    }
    sameCount = difference.both.count - changed.count
  }

  /// One object a change, with the finding as each side said it.
  package func forEachObject(_ body: ([UInt8]) -> Void) {
    var writer = JSONWriter()
    for change in changes {
      let (before, after): ([UInt8]?, [UInt8]?)
      switch change {
      case .onlyBefore(let finding): (before, after) = (finding.encoded(), nil)
      case .onlyAfter(let finding): (before, after) = (nil, finding.encoded())
      case .changed(let left, let right): (before, after) = (left.encoded(), right.encoded())
      }
      writer.removeAll()
      writer.beginObject()
      writer.field("change", change.word)
      writer.field("before", json: before)
      writer.field("after", json: after)
      writer.endObject()
      body(writer.bytes)
    }
  }

  package func lines(width: Int?, style: TextStyle) -> [String] {
    var table = TextTable(columns: [
      .init("CHANGE"), .init("RULE"), .init("TIME (UTC)"), .init("SUBJECT", isFlexible: true),
      .init("P", isRightAligned: true), .init("SEVERITY"), .init("ID"),
    ])
    for change in changes { table.append(RuleChanges.cells(change)) }
    let counts =
      "\(Quantity.count(changes.count)) findings differ, \(Quantity.count(sameCount)) are the same"
    return (table.isEmpty ? [] : table.lines(width: width, style: style) + [""]) + [counts]
  }

  private static func cells(_ change: Change) -> [TextTable.Cell] {
    let finding = change.finding
    let subject = [finding.principal, finding.job].compactMap(\.self).joined(separator: " → ")
    let (word, paint): (String, TextStyle.Paint) =
      switch change {
      case .onlyBefore: ("only before", .red)
      case .onlyAfter: ("only after", .green)
      case .changed: ("changed", .yellow)
      }
    var p = FindingList.probability(finding.pValue)
    var severity = finding.severity.rawValue
    if case .changed(_, let after) = change {
      if after.pValue != finding.pValue { p += " → " + FindingList.probability(after.pValue) }
      if after.severity != finding.severity { severity += " → " + after.severity.rawValue }
    }
    return [
      .init(word, paint), .init(finding.rule),
      .init(String(finding.timestamp.rfc3339.prefix(19)).replacing("T", with: " ")),
      .init(subject), .init(p), .init(severity), .init(String(finding.findingID.prefix(12))),
    ]
  }
}
