import Ingest

/// A notification as one JSON object: what webhooks, commands and files get.
///
/// The envelope is that of Standard Webhooks: `type`, `timestamp`, `data`. It says the same at every
/// attempt: nothing in it depends on when it is sent.
package enum AlertPayload {
  /// Bytes of the longest payload. Findings that do not fit are left out, the first ones stay;
  /// `finding_count` tells of all.
  package static let byteCountMax = 1 << 20
  /// Bytes kept for everything but the findings.
  private static let frameByteCount = 16 << 10
  /// What a text of the notification keeps: its records hold no more.
  private static let text = AlertText.Limit(1024, .bytes)

  /// The object, without a line break in it or behind it.
  package static func bytes(_ notification: AlertNotification) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("type", "alert." + notification.event.rawValue)
    writer.field("timestamp", notification.raisedAt)
    writer.beginObject("data")
    writer.field("key", notification.key)
    writer.field("sink", notification.sink)
    writer.field("group_id", cut(notification.groupID))
    writer.field("severity", notification.severity.rawValue)
    writer.field("summary", cut(AlertText.headline(notification)))
    writer.field("finding_count", notification.findingCount)
    writer.field("owner", notification.owner.map(cut))
    writer.field("principal", notification.principal.map(cut))
    writer.field("reason", notification.reason.map(cut))
    encodeFindings(notification.findings, to: &writer)
    writer.endObject()
    writer.endObject()
    return writer.bytes
  }

  private static func cut(_ text: String) -> String { AlertText.line(text, AlertPayload.text) }

  private static func encodeFindings(_ findings: [Finding], to writer: inout JSONWriter) {
    var left = byteCountMax - frameByteCount
    writer.beginArray("findings")
    for finding in findings.prefix(AlertNotification.findingCountMax) {
      let size = finding.encoded().count + 1
      guard size <= left else { break }
      left -= size
      finding.encode(to: &writer)
    }
    writer.endArray()
  }
}
