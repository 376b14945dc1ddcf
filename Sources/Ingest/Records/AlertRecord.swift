/// What became of a finding, and of the messages about it: raised, queued, delivered, acknowledged and
/// so on.
package struct AlertRecord: Sendable, Equatable {
  package enum Event: String, Sendable, CaseIterable {
    case raised
    /// A message is decided, before its first attempt: its key and what it is about are fixed by this.
    case queued
    case delivered
    case deliveryFailed = "delivery_failed"
    /// No further attempt is made for a message.
    case abandoned
    case acknowledged, suppressed
    /// A suppression ends before its time.
    case lifted
    case resolved
  }

  /// What a message is about.
  package enum NotificationEvent: String, Sendable, CaseIterable {
    case raised, acknowledged, resolved
  }

  /// Which findings a suppression withholds: globs, all of those that are there must match.
  package struct Match: Sendable, Equatable {
    package var rule: String?
    package var job: String?
    package var principal: String?
    package var owner: String?

    package init() {}

    package var isEmpty: Bool {
      rule == nil && job == nil && principal == nil && owner == nil
    }

    /// As one JSON object.
    package func encoded() -> [UInt8] {
      var writer = JSONWriter()
      writer.beginObject()
      writer.field("rule", rule)
      writer.field("job", job)
      writer.field("principal", principal)
      writer.field("owner", owner)
      writer.endObject()
      return writer.bytes
    }

    /// For a person: `rule off_hours, job etl-*`.
    package var words: String {
      [("rule", rule), ("job", job), ("principal", principal), ("owner", owner)]
        .compactMap { name, glob in glob.map { "\(name) \($0)" } }.joined(separator: ", ")
    }
  }

  /// Nil on records about a message, and on a suppression by match.
  package var findingID: String?
  package var event: Event
  /// On `raised`: the finding as Detect wrote it, one JSON object.
  package var finding: [UInt8]?
  /// On `raised`: who is responsible for the job. On `suppressed`: whose the suppression is.
  package var owner: String?
  package var sink: String?
  /// Key of the message.
  package var notification: String?
  package var notificationEvent: NotificationEvent?
  /// What groups messages at the receiver.
  package var group: String?
  /// On `queued`: ids of everything that the message is about.
  package var findings: [String] = []
  /// From 1.
  package var attempt: Int?
  package var suppressionID: String?
  package var match: Match?
  package var expiresAt: Timestamp?
  package var principal: String?
  package var reason: String?

  package init(event: Event) { self.event = event }

  func encode(to writer: inout JSONWriter) {
    writer.field("finding_id", findingID)
    writer.field("event", event.rawValue)
    writer.field("finding", json: finding)
    writer.field("owner", owner)
    writer.field("sink", sink)
    writer.field("notification", notification)
    writer.field("notification_event", notificationEvent?.rawValue)
    writer.field("group", group)
    writer.field("findings", findings)
    writer.field("attempt", attempt)
    writer.field("suppression_id", suppressionID)
    writer.field("match", json: match?.encoded())
    writer.field("expires_at", expiresAt)
    writer.field("principal", principal)
    writer.field("reason", reason)
  }

  init(from reader: RecordReader) throws(RecordError) {
    event = try reader.requiredEnumeration("event")
    findingID = try reader.string("finding_id")
    finding = try reader.object("finding")
    owner = try reader.string("owner")
    sink = try reader.string("sink")
    notification = try reader.string("notification")
    notificationEvent = try reader.enumeration("notification_event")
    group = try reader.string("group")
    findings = try reader.strings("findings")
    attempt = try reader.integer("attempt", in: 0...Int.max)
    suppressionID = try reader.string("suppression_id")
    match = try reader.nested("match").map { nested throws(RecordError) in
      try Match(from: nested)
    }
    expiresAt = try reader.timestamp("expires_at")
    principal = try reader.string("principal")
    reason = try reader.string("reason")
    // What a record is about: a finding, a message or a suppression.
    if findingID == nil, notification == nil, suppressionID == nil {
      throw RecordError(.missingField, "finding_id")
    }
  }

  mutating func cutToLimits() {
    FieldLimit.identifier.cut(&findingID, &sink, &principal)
    FieldLimit.identifier.cut(&owner, &notification, &group, &suppressionID)
    FieldLimit.list.cut(&findings)
    FieldLimit.object.cut(&finding)
    FieldLimit.text.cut(&reason)
    guard var match else { return }
    FieldLimit.identifier.cut(&match.rule, &match.job, &match.principal, &match.owner)
    self.match = match
  }
}

extension AlertRecord.Match {
  fileprivate init(from reader: RecordReader) throws(RecordError) {
    rule = try reader.string("rule")
    job = try reader.string("job")
    principal = try reader.string("principal")
    owner = try reader.string("owner")
  }
}
