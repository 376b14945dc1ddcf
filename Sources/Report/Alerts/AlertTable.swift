package import Detect
package import Ingest

/// Alerts and suppressions for a person, one line each, and as JSON.
package struct AlertTable: Sendable {
  private let width: Int?
  private let style: TextStyle
  /// Characters of an id that are shown; commands take any that only one has.
  private static let idWidth = 12

  package init(width: Int?, style: TextStyle) {
    self.width = width
    self.style = style
  }

  package func lines(_ entries: [AlertEntry]) -> [String] {
    var table = TextTable(columns: [
      .init("ID"), .init("RAISED (UTC)"), .init("STATE"), .init("SEVERITY"),
      .init("RULE"), .init("WHO", isFlexible: true), .init("JOB", isFlexible: true),
      .init("OWNER", isFlexible: true), .init("WHAT", isFlexible: true),
    ])
    for entry in entries {
      let finding = entry.finding
      table.append([
        .init(String(finding.findingID.prefix(AlertTable.idWidth))),
        .init(AlertTable.time(entry.raisedAt)),
        .init(entry.state.rawValue, entry.state == .raised ? .bold : .dim),
        .init(finding.severity.rawValue, finding.severity >= .high ? .boldRed : nil),
        .init(finding.rule), .init(finding.principal ?? "-"), .init(finding.job ?? "-"),
        .init(entry.owner ?? "-"), .init(finding.explanation),
      ])
    }
    return table.lines(width: width, style: style)
  }

  /// - Parameter now: decides which are in force.
  package func lines(_ suppressions: [AlertSuppression], at now: Timestamp) -> [String] {
    var table = TextTable(columns: [
      .init("ID"), .init("IN FORCE"), .init("OF", isFlexible: true), .init("OWNER"),
      .init("MADE BY"), .init("UNTIL (UTC)"), .init("REASON", isFlexible: true),
    ])
    for suppression in suppressions {
      let isActive = suppression.isActive(at: now)
      let end = suppression.liftedAt ?? suppression.expiresAt
      table.append([
        .init(String(suppression.id.prefix(AlertTable.idWidth))),
        .init(
          isActive ? "yes" : suppression.liftedAt != nil ? "lifted" : "ended",
          isActive ? .bold : .dim),
        .init(suppression.subject), .init(suppression.owner ?? "-"),
        .init(suppression.principal ?? "-"), .init(end.map(AlertTable.time) ?? "-"),
        .init(suppression.reason ?? "-"),
      ])
    }
    return table.lines(width: width, style: style)
  }

  private static func time(_ instant: Timestamp) -> String {
    String(instant.rfc3339.prefix(19)).replacing("T", with: " ")
  }
}

extension AlertEntry {
  /// Appends one JSON object: what became of the finding, and the finding itself last.
  package func encode(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("finding_id", finding.findingID)
    writer.field("state", state.rawValue)
    writer.field("owner", owner)
    writer.field("raised_at", raisedAt)
    writer.field("changed_at", changedAt)
    writer.field("by", principal)
    writer.field("reason", reason)
    writer.field("suppression_id", suppressionID)
    writer.field("sinks", deliveredSinks.sorted())
    writer.field("index", index)
    writer.field("finding", json: finding.encoded())
    writer.endObject()
  }
}
