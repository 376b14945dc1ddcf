/// What became of a finding: raised, delivered, acknowledged and so on.
package struct AlertRecord: Sendable, Equatable {
  package enum Event: String, Sendable, CaseIterable {
    case raised, delivered
    case deliveryFailed = "delivery_failed"
    case acknowledged, suppressed, resolved
  }

  package var findingID: String?
  package var event: Event
  /// On `raised`: the finding as Detect wrote it, one JSON object.
  package var finding: [UInt8]?
  package var sink: String?
  package var principal: String?
  package var reason: String?

  package init(event: Event) { self.event = event }

  func encode(to writer: inout JSONWriter) {
    writer.field("finding_id", findingID)
    writer.field("event", event.rawValue)
    writer.field("finding", json: finding)
    writer.field("sink", sink)
    writer.field("principal", principal)
    writer.field("reason", reason)
  }

  init(from reader: RecordReader) throws(RecordError) {
    findingID = try reader.requiredString("finding_id")
    event = try reader.requiredEnumeration("event")
    finding = try reader.object("finding")
    sink = try reader.string("sink")
    principal = try reader.string("principal")
    reason = try reader.string("reason")
  }

  mutating func cutToLimits() {
    FieldLimit.identifier.cut(&findingID, &sink, &principal)
    FieldLimit.object.cut(&finding)
    FieldLimit.text.cut(&reason)
  }
}
