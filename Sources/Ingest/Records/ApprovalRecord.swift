/// A person's word on what a machine held or flagged.
package struct ApprovalRecord: Sendable, Equatable {
  package enum Subject: String, Sendable, CaseIterable { case run, finding, rule, suppression }
  package enum Event: String, Sendable, CaseIterable {
    case requested, given, refused, expired, used
  }

  package var approvalID: String?
  package var subject: Subject
  package var subjectID: String?
  package var event: Event
  /// Who asked, gave or refused. The approver is never the one who asked.
  package var principal: String?
  package var reason: String?
  package var expiresAt: Timestamp?

  package init(subject: Subject, event: Event) {
    self.subject = subject
    self.event = event
  }

  func encode(to writer: inout JSONWriter) {
    writer.field("approval_id", approvalID)
    writer.field("subject", subject.rawValue)
    writer.field("subject_id", subjectID)
    writer.field("event", event.rawValue)
    writer.field("principal", principal)
    writer.field("reason", reason)
    writer.field("expires_at", expiresAt)
  }

  init(from reader: RecordReader) throws(RecordError) {
    approvalID = try reader.requiredString("approval_id")
    subject = try reader.requiredEnumeration("subject")
    subjectID = try reader.string("subject_id")
    event = try reader.requiredEnumeration("event")
    principal = try reader.string("principal")
    reason = try reader.string("reason")
    expiresAt = try reader.timestamp("expires_at")
  }

  mutating func cutToLimits() {
    FieldLimit.identifier.cut(&approvalID, &subjectID, &principal)
    FieldLimit.text.cut(&reason)
  }
}
