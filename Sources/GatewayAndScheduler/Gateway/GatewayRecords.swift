package import Ingest

/// Writes what the gateway says of itself: `vigil/gateway` in the journal.
package struct GatewayRecords: Sendable {
  package static let source = "vigil/gateway"

  private let sink: any RecordSink
  let surroundings: Surroundings
  /// Whether requests come from a proxy of ours, which names each.
  private let isBehindProxy: Bool

  /// - Parameter isBehindProxy: without one nobody is believed about `X-Request-Id`.
  package init(_ sink: any RecordSink, surroundings: Surroundings, isBehindProxy: Bool = false) {
    self.sink = sink
    self.surroundings = surroundings
    self.isBehindProxy = isBehindProxy
  }

  /// The id under which a request's records stand: the proxy's, where it is one, else a new one; nil
  /// without random bytes.
  func requestID(of request: HTTPRequest) -> String? {
    if isBehindProxy, let named = request.headers.onlyValue("X-Request-Id"),
      ForwardedRequest.isRequestID(named)
    {
      return named
    }
    return surroundings.randomBytes(16).map(Hexadecimal.text)
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
  func isRecorded(
    _ refusal: CredentialRefusal, action: String, requestID: String
  ) async -> Bool {
    var decision = DecisionRecord(effect: .deny)
    decision.requestID = requestID
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
