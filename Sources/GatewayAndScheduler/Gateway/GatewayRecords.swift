package import Ingest

/// Writes what the gateway says of itself: `vigil/gateway` in the journal.
package struct GatewayRecords: Sendable {
  package static let source = "vigil/gateway"

  private let sink: any RecordSink
  let surroundings: Surroundings

  package init(_ sink: any RecordSink, surroundings: Surroundings) {
    self.sink = sink
    self.surroundings = surroundings
  }

  /// Appends a record; returns once it is durable.
  package func append(_ body: RecordBody, id: String) async throws(WriterRefusal) {
    let header = RecordHeader(
      timestamp: surroundings.now(), source: GatewayRecords.source, id: id)
    try await sink.append(Record(header: header, body: body))
  }

  /// Appends a decision under the request's id.
  package func append(_ decision: DecisionRecord) async throws(WriterRefusal) {
    try await append(.decision(decision), id: "decision/\(decision.requestID ?? "")")
  }

  /// Appends that a credential did not count at a page of the gateway's own; false when it cannot be
  /// recorded.
  func isRecorded(_ refusal: CredentialRefusal, action: String) async -> Bool {
    guard let random = surroundings.randomBytes(16) else { return false }
    var decision = DecisionRecord(effect: .deny)
    decision.requestID = Hexadecimal.text(random)
    decision.action = action
    decision.rule = "credential"
    decision.describe(refusal)
    do {
      try await append(decision)
      return true
    } catch {
      return false
    }
  }

  /// Appends a control record. `reason` and `subject` hold no secret; texts from outside are escaped
  /// by the caller.
  func control(
    _ event: ControlRecord.Event, id: String, principal: String? = nil, subject: String? = nil,
    reason: String? = nil, remoteIP: String? = nil
  ) async throws(WriterRefusal) {
    var record = ControlRecord(event: event)
    record.principal = principal
    record.subject = subject
    record.reason = reason
    record.remoteIP = remoteIP
    try await append(.control(record), id: "\(event.rawValue)/\(id)")
  }
}
