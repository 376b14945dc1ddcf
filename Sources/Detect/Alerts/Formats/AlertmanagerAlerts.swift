package import Ingest

/// The body of `POST /api/v2/alerts` of Prometheus's Alertmanager: a list of one alert.
///
/// An alert's labels are its identity there, so they are made of nothing that changes while a group
/// lives: its id and what the configuration adds. Severity, rule and the rest are annotations, which
/// later messages replace.
package struct AlertmanagerAlerts: Sendable {
  /// Bytes of a label's value: ours to choose, for Alertmanager states no limit.
  package static let labelByteCountMax = 256
  /// Bytes of an annotation.
  package static let annotationByteCountMax = 4096
  /// How long a sample stays.
  package static let testSeconds = 300.0
  /// How far a resolved alert ends before now: an end that is still to come by Alertmanager's clock is none
  /// to it, and the alert's former end, days ahead, would stay. Clocks may differ by as much.
  package static let resolutionLeadSeconds = 300.0

  /// Further labels, by name: routing in Alertmanager goes by them.
  package var labels: [(name: String, value: String)]
  /// How long an alert stays when nobody resolves it: without an end of ours Alertmanager would
  /// resolve it by itself minutes later.
  package var holdSeconds: Double

  package init(labels: [(name: String, value: String)], holdSeconds: Double) {
    self.labels = labels
    self.holdSeconds = holdSeconds
  }

  /// The JSON body, as of `now`.
  package func bytes(_ notification: AlertNotification, at now: Timestamp) -> [UInt8] {
    // Alertmanager refuses an end before the start: a clock may have stepped back since.
    let end = end(notification, now)
    let start = min(notification.raisedAt, now, end)
    var writer = JSONWriter()
    writer.beginObject()
    writer.beginObject("labels")
    writer.field("alertname", notification.event == .test ? "VigilTest" : "Vigil")
    let group = AlertText.Limit(AlertmanagerAlerts.labelByteCountMax, .bytes)
    writer.field("vigil_group", AlertText.line(notification.groupID, group))
    for label in labels { writer.field(named: label.name, AlertText.line(label.value, group)) }
    writer.endObject()
    annotations(notification, to: &writer)
    writer.field("startsAt", start)
    writer.field("endsAt", end)
    writer.endObject()
    return [UInt8(ascii: "[")] + writer.bytes + [UInt8(ascii: "]")]
  }

  private func end(_ notification: AlertNotification, _ now: Timestamp) -> Timestamp {
    switch notification.event {
    case .raised, .acknowledged: now.advanced(bySeconds: holdSeconds)
    case .resolved: now.advanced(bySeconds: -AlertmanagerAlerts.resolutionLeadSeconds)
    case .test: now.advanced(bySeconds: AlertmanagerAlerts.testSeconds)
    }
  }

  private func annotations(_ notification: AlertNotification, to writer: inout JSONWriter) {
    let limit = AlertText.Limit(AlertmanagerAlerts.annotationByteCountMax, .bytes)
    writer.beginObject("annotations")
    writer.field("summary", AlertText.line(AlertText.headline(notification), limit))
    for fact in AlertText.facts(notification) where fact.name != "Group" {
      let name = fact.name.lowercased().replacing(" ", with: "_")
      writer.field(named: name, AlertText.line(fact.value, limit))
    }
    writer.endObject()
  }

  /// Whether a text is a label's name: a letter or `_`, then letters, digits and `_`.
  package static func isLabelName(_ text: String) -> Bool {
    let isLetter: (UInt8) -> Bool = { ($0 | 0x20) &- UInt8(ascii: "a") < 26 || $0 == 0x5F }
    guard let first = text.utf8.first, isLetter(first), text.utf8.count <= 128 else { return false }
    return text.utf8.allSatisfy { isLetter($0) || $0 &- UInt8(ascii: "0") < 10 }
  }
}
