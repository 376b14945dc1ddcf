package import Detect
import Ingest

/// The sums behind a finding for a person with a pocket calculator: 80 columns, no colour needed.
package struct WorkingText: Sendable {
  private let style: TextStyle
  private let width: Int
  /// Columns of the longest bar.
  private static let barWidthMax = 36

  package init(width: Int?, style: TextStyle) {
    self.width = max(60, min(width ?? 80, 100))
    self.style = style
  }

  /// - Parameter stored: what alert records keep of the finding.
  package func lines(_ explained: ExplainedFinding, stored: [StoredFinding]) -> [String] {
    var lines = FindingList(width: width, style: style).lines([explained.finding])
    lines += section("History", wrapped(explained.working.history))
    if let chart = explained.working.chart { lines += section(chart.title, bars(chart)) }
    lines += section("Sums", explained.working.steps.flatMap(step))
    lines += section("Result", result(explained) + comparison(stored))
    return lines
  }

  private func section(_ title: String, _ body: [String]) -> [String] {
    guard !body.isEmpty else { return [] }
    let heading = title.prefix(1).uppercased() + title.dropFirst()
    return ["", style(TerminalText.escaped(heading), .bold)] + body.map { "    " + $0 }
  }

  private func wrapped(_ sentences: [String]) -> [String] {
    sentences.flatMap { sentence in
      TerminalText.wrapped(TerminalText.escaped(sentence), width: width - 6).enumerated()
        .map { ($0.offset == 0 ? "" : "  ") + $0.element }
    }
  }

  private func bars(_ chart: Working.Chart) -> [String] {
    let labels = chart.bars.map { TerminalText.escaped($0.label) }
    let labelWidth = labels.map(TerminalText.width).max() ?? 0
    let most = chart.bars.map(\.value).max() ?? 0
    return zip(chart.bars, labels).map { bar, label in
      let padding = String(repeating: " ", count: labelWidth - TerminalText.width(label))
      let columns = max(8, min(WorkingText.barWidthMax, width - labelWidth - 30))
      let line =
        padding + label + " " + WorkingText.bar(bar.value, of: most, columns: columns) + " "
        + WorkingText.rounded(bar.value)
      return bar.isObserved ? style(line + "  <-- here", .bold) : line
    }
  }

  /// Whole blocks and one of eight eighths; nothing only for nothing.
  static func bar(_ value: Double, of most: Double, columns: Int) -> String {
    guard value > 0, most > 0, value.isFinite else { return "" }
    let eighths = max(1, Int((value / most * Double(8 * columns)).rounded()))
    let part = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]
    return String(repeating: "█", count: eighths / 8) + part
  }

  /// Four significant digits: the chart is for the eye.
  private static func rounded(_ value: Double) -> String {
    guard value != 0, value.isFinite else { return "0" }
    if value == value.rounded(), abs(value) < 1e9 { return "\(Int(value))" }
    return value < 1 ? FindingList.probability(value) : Quantity.decimals(value, 2)
  }

  private func step(_ step: Working.Step) -> [String] {
    var lines = wrapped(["\(step.label): \(step.formula)"])
    for operand in step.operands { lines.append("  \(operand.name) = \(operand.value)") }
    lines.append("  = \(step.value)")
    return lines
  }

  private func result(_ explained: ExplainedFinding) -> [String] {
    let (found, recomputed) = (explained.finding.pValue, explained.working.pValue)
    let score = Finding.score(recomputed)
    guard found == recomputed else {
      return ["p \(recomputed) is not the finding's \(found)"]
    }
    return [
      "p \(recomputed) is the finding's to the last digit",
      "score -10 log10(p) = \(score)",
    ]
  }

  private func comparison(_ stored: [StoredFinding]) -> [String] {
    if stored.isEmpty { return ["no alert record in the journal keeps this finding"] }
    return stored.flatMap { stored in
      guard !stored.isEqual else { return ["alert record, entry \(stored.index): equal"] }
      return ["alert record, entry \(stored.index): differs"]
        + wrapped(
          stored.differences.map {
            "  \($0.key): stored \($0.stored ?? "nothing"), recomputed \($0.recomputed ?? "nothing")"
          })
    }
  }
}
