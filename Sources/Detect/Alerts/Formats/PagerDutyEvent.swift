import Ingest

/// An event of PagerDuty's Events API v2: one incident for each group.
package enum PagerDutyEvent {
  /// Characters of the summary.
  package static let summaryCharacterCountMax = 1024
  /// Characters of the key by which events meet the same incident.
  package static let keyCharacterCountMax = 255
  /// Findings named in the details: with 1,024 characters each far below the 512 KB of an event.
  package static let findingCountMax = 20

  /// The JSON body. It holds the routing key: not to be shown.
  ///
  /// - Parameter source: what is affected, for the people there: this machine's name, say.
  package static func bytes(
    _ notification: AlertNotification, routingKey: String, source: String
  ) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("routing_key", routingKey)
    writer.field("event_action", action(notification.event))
    writer.field("dedup_key", cut(notification.groupID, keyCharacterCountMax))
    writer.field("client", "Vigil")
    // An acknowledgement needs none, and takes none amiss.
    payload(notification, source, to: &writer)
    writer.endObject()
    return writer.bytes
  }

  /// A sample is triggered like any other: it is to ring.
  private static func action(_ event: AlertNotification.Event) -> String {
    switch event {
    case .raised, .test: "trigger"
    case .acknowledged: "acknowledge"
    case .resolved: "resolve"
    }
  }

  private static func severity(_ notification: AlertNotification) -> String {
    guard notification.event != .test else { return "info" }
    return switch notification.severity {
    case .critical: "critical"
    case .high: "error"
    case .medium, .low: "warning"
    case .informational: "info"
    }
  }

  private static func payload(
    _ notification: AlertNotification, _ source: String, to writer: inout JSONWriter
  ) {
    let finding = AlertText.lead(notification)
    writer.beginObject("payload")
    writer.field("summary", cut(AlertText.headline(notification), summaryCharacterCountMax))
    writer.field("source", cut(source, keyCharacterCountMax))
    writer.field("severity", severity(notification))
    writer.field("timestamp", notification.raisedAt)
    writer.field("component", finding?.job.map { cut($0, keyCharacterCountMax) })
    writer.field("group", notification.owner.map { cut($0, keyCharacterCountMax) })
    writer.field("class", finding.map { cut($0.rule, keyCharacterCountMax) })
    writer.beginObject("custom_details")
    for fact in AlertText.facts(notification) {
      writer.field(named: fact.name.lowercased().replacing(" ", with: "_"), cut(fact.value, 1024))
    }
    let texts = notification.findings.prefix(findingCountMax).map { finding in
      cut("\(finding.timestamp.rfc3339) \(finding.rule): \(finding.explanation)", 1024)
    }
    writer.field("explanations", texts)
    writer.endObject()
    writer.endObject()
  }

  private static func cut(_ text: String, _ count: Int) -> String {
    AlertText.line(text, AlertText.Limit(count, .scalars))
  }
}
