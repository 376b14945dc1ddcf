internal import Ingest

/// One request at the trigger API, and who turned out to be behind it.
struct APICall: Sendable {
  let request: HTTPRequest
  /// From the gateway's assertion, else minted here; never a client's own.
  let requestID: String
  /// W3C trace id, where the gateway or the client gave a well-formed one.
  let traceID: String?
  /// The client's address as the gateway reports it; the listener's own for a direct request.
  let remoteIP: String?
  let identity: Identity
  /// Whether the gateway's assertion says that it judged this request already.
  let wasJudged: Bool
  /// When the request was complete.
  let receivedAt: Timestamp

  /// What the route's pattern matched under this name.
  func parameter(_ name: String) -> String { request.parameters[name] ?? "" }
}
