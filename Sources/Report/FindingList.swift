package import Detect
import Ingest

/// Findings for a person: one block an episode, the sentence in full, the numbers beneath.
package struct FindingList: Sendable {
  private let style: TextStyle
  private let width: Int

  package init(width: Int?, style: TextStyle) {
    self.width = max(48, min(width ?? 100, 120))
    self.style = style
  }

  /// The lines of all blocks, in the order of the findings.
  package func lines(_ findings: [Finding]) -> [String] {
    var lines: [String] = []
    for episode in FindingList.episodes(findings) {
      if !lines.isEmpty { lines.append("") }
      lines += block(episode)
    }
    return lines
  }

  /// Findings that share an episode, the first of each standing for it, in the order of the firsts.
  package static func episodes(_ findings: [Finding]) -> [[Finding]] {
    var order: [[Finding]] = []
    var position: [String: Int] = [:]
    for finding in findings {
      let key = finding.episodeID ?? finding.findingID
      if let index = position[key] {
        order[index].append(finding)
      } else {
        position[key] = order.count
        order.append([finding])
      }
    }
    return order
  }

  private func block(_ episode: [Finding]) -> [String] {
    guard let first = episode.first else { return [] }
    let worst = episode.max { $0.score < $1.score } ?? first
    let severity = episode.map(\.severity).max() ?? first.severity
    let when = String(first.timestamp.rfc3339.prefix(19)).replacing("T", with: " ") + " UTC"
    let subject = [first.principal, first.job].compactMap { $0 }.map(TerminalText.escaped)
      .joined(separator: " → ")
    let words = [severity.rawValue.uppercased(), first.rule, when, subject]
    let plain = words.filter { !$0.isEmpty }.joined(separator: "  ")
    let paints: [TextStyle.Paint?] = [FindingList.paint(severity), .bold, nil, nil]
    let painted = zip(words, paints).filter { !$0.0.isEmpty }.map { style($0, $1) }
      .joined(separator: "  ")
    let fits = TerminalText.width(plain) <= width
    var lines = [fits ? painted : TerminalText.fitted(plain, width: width)]
    lines += indented(TerminalText.escaped(worst.explanation))
    lines += indented(numbers(of: worst, in: episode), .dim)
    return lines
  }

  private func numbers(of worst: Finding, in episode: [Finding]) -> String {
    var parts = ["p \(FindingList.probability(worst.pValue))"]
    if episode.count > 1 { parts.append("\(episode.count) findings in this episode") }
    parts.append("history \(worst.history.events) events, \(worst.history.days) days")
    let evidence = Set(episode.flatMap(\.evidence)).sorted()
    if !evidence.isEmpty {
      let shown = evidence.prefix(8).map(String.init).joined(separator: " ")
      parts.append("evidence " + shown + (evidence.count > 8 ? " …" : ""))
    }
    parts.append("id \(worst.findingID)")
    return parts.joined(separator: "; ")
  }

  private func indented(_ text: String, _ paint: TextStyle.Paint? = nil) -> [String] {
    TerminalText.wrapped(text, width: width - 4).map { "    " + style($0, paint) }
  }

  /// Two significant digits: `0.00021`, `0.013`; below a millionth `3.1e-9`.
  package static func probability(_ value: Double) -> String {
    guard value > 0, value < 1 else { return value >= 1 ? "1" : "0" }
    var exponent = 0
    var mantissa = value
    while mantissa < 1 {
      mantissa *= 10
      exponent += 1
    }
    if (mantissa * 10).rounded() >= 100 {
      mantissa /= 10
      exponent -= 1
    }
    if exponent > 6 { return "\(Quantity.decimals(mantissa, 1))e-\(exponent)" }
    return Quantity.decimals(value, exponent + 1)
  }

  private static func paint(_ severity: Finding.Severity) -> TextStyle.Paint {
    switch severity {
    case .critical: .boldRed
    case .high: .red
    case .medium: .yellow
    case .low: .cyan
    case .informational: .dim
    }
  }
}
