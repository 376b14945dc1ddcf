/// The analyser's own life and the life of the programs it listens to, so that it is audited too.
package struct ControlRecord: Sendable, Equatable {
  /// What happened. `requestFailed` is the gateway's error line for one request, which carries no
  /// request id: it is joined by peer address, port, path and time.
  package enum Event: String, Sendable, CaseIterable {
    case journalOpened = "journal_opened"
    case journalRecovered = "journal_recovered"
    case journalClosed = "journal_closed"
    case sourceStarted = "source_started"
    case sourceStopped = "source_stopped"
    case sourceGap = "source_gap"
    case clockSkew = "clock_skew"
    case gatewayStarted = "gateway_started"
    case gatewayStopped = "gateway_stopped"
    case configLoaded = "config_loaded"
    case configRefused = "config_refused"
    case policyLoaded = "policy_loaded"
    case login
    case loginFailed = "login_failed"
    case logout
    case tokenCreated = "token_created"
    case tokenRotated = "token_rotated"
    case tokenRevoked = "token_revoked"
    case keyRotated = "key_rotated"
    case checkpointSigned = "checkpoint_signed"
    case segmentSealed = "segment_sealed"
    case segmentPruned = "segment_pruned"
    case clockStepped = "clock_stepped"
    case duplicateConflict = "duplicate_conflict"
    case exportMade = "export_made"
    case journalRead = "journal_read"
    case heartbeat
    case recordRejected = "record_rejected"
    case requestFailed = "request_failed"
    case notice
  }

  package var event: Event
  package var principal: String?
  /// What it is about: a source, a file, a key, a request.
  package var subject: String?
  package var reason: String?
  /// Named counts, in the order given: rejected lines by reason, bytes cut, entries covered.
  package var counts: [Count] = []
  /// SHA-256, hex, of what the event speaks of (rejected lines, an oversize line).
  package var sha256: String?
  /// For `requestFailed`: the peer and the target, to join it to its request.
  package var remoteIP: String?
  package var remotePort: Int?
  package var path: String?
  package var status: Int?
  /// For `segmentPruned`: the times of the records it speaks of.
  package var span: RecordSpan?

  /// One named count.
  package struct Count: Sendable, Equatable {
    package var name: String
    package var value: Int

    package init(_ name: String, _ value: Int) {
      self.name = name
      self.value = value
    }
  }

  package init(event: Event) { self.event = event }

  func encode(to writer: inout JSONWriter) {
    writer.field("event", event.rawValue)
    writer.field("principal", principal)
    writer.field("subject", subject)
    writer.field("reason", reason)
    if !counts.isEmpty {
      writer.beginObject("counts")
      for count in counts { writer.field(named: count.name, count.value) }
      writer.endObject()
    }
    writer.field("sha256", sha256)
    writer.field("remote_ip", remoteIP)
    writer.field("remote_port", remotePort)
    writer.field("path", path)
    writer.field("status", status)
    writer.field("ts_min", span?.timestamps.lowerBound)
    writer.field("ts_max", span?.timestamps.upperBound)
    writer.field("received_at_min", span?.received.lowerBound)
    writer.field("received_at_max", span?.received.upperBound)
  }

  init(from reader: RecordReader) throws(RecordError) {
    event = try reader.requiredEnumeration("event")
    principal = try reader.string("principal")
    subject = try reader.string("subject")
    reason = try reader.string("reason")
    counts = try reader.counts("counts")
    sha256 = try reader.string("sha256")
    remoteIP = try reader.string("remote_ip")
    remotePort = try reader.integer("remote_port", in: 0...65_535)
    path = try reader.string("path")
    status = try reader.integer("status", in: 0...999)
    span = try ControlRecord.span(reader)
  }

  /// All four times, or none.
  private static func span(_ reader: RecordReader) throws(RecordError) -> RecordSpan? {
    guard let first = try reader.timestamp("ts_min"), let last = try reader.timestamp("ts_max"),
      let firstReceived = try reader.timestamp("received_at_min"),
      let lastReceived = try reader.timestamp("received_at_max")
    else { return nil }
    guard first <= last, firstReceived <= lastReceived else {
      throw RecordError(.outOfRange, first <= last ? "received_at_max" : "ts_max")
    }
    return RecordSpan(timestamps: first...last, received: firstReceived...lastReceived)
  }

  mutating func cutToLimits() {
    FieldLimit.identifier.cut(&principal, &sha256, &remoteIP)
    FieldLimit.text.cut(&subject, &reason)
    FieldLimit.path.cut(&path)
    cutCounts()
  }

  /// Two names that are one after cutting keep the first count: an object has no key twice.
  private mutating func cutCounts() {
    var names: Set<String> = []
    var kept: [Count] = []
    for count in counts.prefix(FieldLimit.list.elementCount) {
      let name = FieldLimit.prefix(count.name, byteCount: FieldLimit.list.byteCount)
      if names.insert(name).inserted { kept.append(Count(name, count.value)) }
    }
    counts = kept
  }
}
