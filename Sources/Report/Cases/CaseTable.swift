import Ingest

/// The steps of a case for a person and as JSON Lines.
package enum CaseTable {
  package static func lines(_ events: [CaseEvent], width: Int?, style: TextStyle) -> [String] {
    var table = TextTable(columns: [
      .init("TIME (UTC)"), .init("PERSON", isFlexible: true), .init("STEP"),
      .init("WHAT", isFlexible: true),
    ])
    for event in events {
      table.append([
        .init(String(event.at.rfc3339.prefix(19)).replacing("T", with: " ")), .init(event.person),
        .init(event.kind.rawValue, .bold), .init(event.summary),
      ])
    }
    return table.lines(width: width, style: style)
  }

  /// One object a step: `ts`, `person`, `step` and its facts.
  package static func forEachObject(_ events: [CaseEvent], _ body: ([UInt8]) -> Void) {
    var writer = JSONWriter()
    for event in events {
      writer.removeAll()
      writer.beginObject()
      writer.field("ts", event.at)
      writer.field("person", event.person)
      writer.field("step", event.kind.rawValue)
      writer.field("text", event.text)
      writer.field("journal", event.journal)
      writer.field("filter", event.query?.filter)
      writer.field("matches", event.query?.matchCount)
      writer.field("index", event.entry?.index)
      writer.field("leaf", event.entry?.leaf)
      writer.field("proof_sha256", event.entry?.proofSHA256)
      writer.endObject()
      body(writer.bytes)
    }
  }
}
