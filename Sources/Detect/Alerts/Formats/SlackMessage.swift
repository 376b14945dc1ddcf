import Ingest

/// A message for an incoming webhook of Slack. What takes the same (Mattermost, Rocket.Chat) reads Markdown
/// in it, and is not what this is escaped for.
///
/// `&`, `<` and `>` are escaped as Slack documents: no text from outside becomes a link, a mention or
/// `<!channel>`. Sections are `verbatim`, and the fallback is sent with `parse: none` and
/// `link_names: false`, so that neither `@name` nor a bare URL is made into anything. Marks such as
/// `*` may still change the looks of a text; Slack has no escape for them.
package enum SlackMessage {
  /// Characters of a section's text; counted as UTF-16 units, after escaping.
  package static let sectionCharacterCountMax = 3000
  /// Characters of the fallback that notifications show: Slack advises 4,000.
  package static let fallbackCharacterCountMax = 3000
  /// Sections for findings: with the two others far below Slack's 50 blocks.
  package static let findingCountMax = 10

  /// The JSON body.
  package static func bytes(_ notification: AlertNotification) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("text", escaped(AlertText.headline(notification), fallbackCharacterCountMax))
    writer.field("parse", "none")
    writer.field("link_names", false)
    writer.field("mrkdwn", false)
    writer.field("unfurl_links", false)
    writer.field("unfurl_media", false)
    writer.beginArray("blocks")
    section(escaped(AlertText.headline(notification), sectionCharacterCountMax), to: &writer)
    section(facts(notification), to: &writer)
    if notification.findingCount > 1 { findings(notification, to: &writer) }
    writer.endArray()
    writer.endObject()
    return writer.bytes
  }

  /// One line for each fact; a dozen of 200 characters is below a section's limit.
  private static func facts(_ notification: AlertNotification) -> String {
    AlertText.facts(notification).map { "\($0.name): \(escaped($0.value, 200))" }
      .joined(separator: "\n")
  }

  private static func findings(_ notification: AlertNotification, to writer: inout JSONWriter) {
    let shown = notification.findings.prefix(findingCountMax)
    for finding in shown {
      let text = "\(finding.timestamp.rfc3339) \(finding.severity.rawValue) \(finding.rule): "
      section(escaped(text + finding.explanation, sectionCharacterCountMax), to: &writer)
    }
    let left = notification.findingCount - shown.count
    if left > 0 { section("and \(Legible.count(left, "more finding"))", to: &writer) }
  }

  private static func section(_ text: String, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.field("type", "section")
    writer.beginObject("text")
    writer.field("type", "mrkdwn")
    writer.field("text", text)
    writer.field("verbatim", true)
    writer.endObject()
    writer.endObject()
  }

  private static func escaped(_ text: String, _ count: Int) -> String {
    AlertText.line(text, AlertText.Limit(count, .units)) { scalar in
      switch scalar {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      default: nil
      }
    }
  }
}
