import Correlate
package import Detect
import Ingest

/// The state at an instant for a person.
package struct ReplayStateText: Sendable {
  /// Lines of one list; the rest is counted.
  package static let rowCountMax = 50

  private let width: Int?
  private let style: TextStyle

  package init(width: Int?, style: TextStyle) {
    self.width = width
    self.style = style
  }

  /// - Parameter heading: what instant it is.
  package func lines(_ state: ReplayState, heading: String) -> [String] {
    var lines = [
      style(TerminalText.escaped(heading), .bold),
      "\(Quantity.count(state.recordCount)) records; newest event "
        + "\(state.newest?.rfc3339 ?? "none"), received \(state.receivedAt?.rfc3339 ?? "-")",
    ]
    let titles = ["Triggers that wait for a run", "Queue", "Held", "Open runs"]
    for (title, stage) in zip(titles, ReplayState.stages) {
      lines += activities(title, state.activities(stage.1))
    }
    lines += section("Approvals pending", state.approvals.map(ReplayStateText.text))
    lines += section("Tokens", state.tokens.map(ReplayStateText.text))
    lines += section("Policy and configuration in force", state.versions.map(ReplayStateText.text))
    lines += section("Alerts not resolved", state.alerts.map(ReplayStateText.text))
    lines += section("Suppressions in force", state.suppressions.map(ReplayStateText.text))
    lines += section(
      "Groups of principals",
      state.roles.map {
        "\($0.principal): \($0.groups.joined(separator: ", ")) since \($0.since.rfc3339) (entry \($0.index))"
      })
    if state.notKept > 0 {
      lines.append("\(Quantity.count(state.notKept)) further names found no room and are not shown")
    }
    lines += section(
      "Learnt", state.learnt.map { "\($0.rule): \(Quantity.count($0.count)) \($0.what)" })
    lines.append("")
    lines.append(
      "\(Quantity.count(state.findings.count)) findings said by then; state \(state.digest)")
    return lines
  }

  private func activities(_ title: String, _ activities: [Activity]) -> [String] {
    guard !activities.isEmpty else { return ["", "\(title): none"] }
    var table = ActivityTable()
    for activity in activities.prefix(ReplayStateText.rowCountMax) { table.append(activity) }
    return ["", style("\(title): \(Quantity.count(activities.count))", .bold)]
      + table.lines(width: width.map { $0 - 2 }, style: style).map { "  " + $0 }
      + rest(activities.count)
  }

  private func section(_ title: String, _ rows: [String]) -> [String] {
    guard !rows.isEmpty else { return ["", "\(title): none"] }
    return ["", style("\(title): \(Quantity.count(rows.count))", .bold)]
      + rows.prefix(ReplayStateText.rowCountMax).map { row in
        let text = TerminalText.escaped(row)
        return "  " + (width.map { TerminalText.fitted(text, width: max(20, $0 - 2)) } ?? text)
      } + rest(rows.count)
  }

  private func rest(_ count: Int) -> [String] {
    let more = count - ReplayStateText.rowCountMax
    return more > 0 ? ["  … \(Quantity.count(more)) more; --format jsonl has all"] : []
  }

  private static func joined(_ parts: String?...) -> String {
    parts.compactMap { $0 }.joined(separator: ", ")
  }

  private static func text(_ approval: ReplayState.Approval) -> String {
    "\(approval.id) of \(approval.subject.rawValue) \(approval.subjectID ?? "-"): "
      + joined(
        "asked by \(approval.principal ?? "nobody named") at \(approval.requestedAt.rfc3339)",
        approval.expiresAt.map { "until \($0.rfc3339)" }, approval.reason,
        "entry \(approval.index)")
  }

  private static func text(_ token: ReplayState.Token) -> String {
    "\(token.id) \(token.standing.rawValue): "
      + joined(
        token.principal.map { "of \($0)" }, token.goodUntil.map { "good until \($0.rfc3339)" },
        token.reason, "entry \(token.index)")
  }

  private static func text(_ version: ReplayState.Version) -> String {
    "\(version.event?.rawValue ?? "policy of decisions") by \(version.source): "
      + joined(
        version.sha256.map { "sha256 \($0)" }, version.subject, version.reason,
        version.since.map { "since \($0.rfc3339)" }, "no. \(version.count)",
        "entry \(version.index)")
  }

  private static func text(_ kept: ReplayState.Suppression) -> String {
    "\(kept.suppression.id) of \(kept.suppression.subject): "
      + joined(
        kept.suppression.owner.map { "owner \($0)" }, kept.suppression.principal.map { "by \($0)" },
        kept.suppression.reason, kept.suppression.expiresAt.map { "until \($0.rfc3339)" },
        "entry \(kept.index)")
  }

  private static func text(_ alert: ReplayState.Alert) -> String {
    "\(alert.findingID) \(alert.event.rawValue): "
      + joined(
        alert.principal.map { "by \($0)" }, alert.reason, "at \(alert.at.rfc3339)",
        "entry \(alert.index)")
  }
}
