internal import Synchronization

/// One operation of the API: its route, its description and what carries it out.
///
/// Routes and OpenAPI document are made from the same list of these, so that nothing is routed that is
/// not described, and nothing described that is not there.
struct APIOperation: Sendable {
  let method: HTTPMethod
  /// As `Router` takes it, which is also how OpenAPI writes it.
  let pattern: String
  /// Unique; lower camel case.
  let id: String
  let summary: String
  /// False for what anyone may ask.
  var needsCredential = true
  /// Captures of the pattern, query items and headers.
  var parameters: [Parameter] = []
  /// The name of the body's schema; nil where none is taken.
  var bodySchema: String?
  /// Every status that the operation itself answers with, the common refusals apart.
  let answers: [Answer]
  let handler: @Sendable (APIExchange) async throws(APIProblem) -> HTTPResponse

  struct Parameter: Sendable {
    enum Place: String, Sendable { case path, query, header }
    let name: String
    let place: Place
    let summary: String
    /// A JSON Schema, as JSON.
    let schema: String

    init(_ name: String, in place: Place, _ summary: String, _ schema: String) {
      self.name = name
      self.place = place
      self.summary = summary
      self.schema = schema
    }
  }

  struct Answer: Sendable {
    let status: HTTPStatus
    let summary: String
    /// The name of the body's schema.
    let schema: String
    var headers: [String] = []

    init(_ status: HTTPStatus, _ summary: String, _ schema: String, headers: [String] = []) {
      self.status = status
      self.summary = summary
      self.schema = schema
      self.headers = headers
    }

    /// A refusal, whose body is a problem.
    static func problem(_ status: HTTPStatus, _ summary: String) -> Answer {
      let headers: [String] =
        switch status {
        case .unauthorized: ["WWW-Authenticate"]
        case .conflict, .serviceUnavailable: ["Retry-After"]
        default: []
        }
      return Answer(status, summary, "Problem", headers: headers)
    }
  }

  /// What every operation with a credential may answer besides its own.
  static let commonRefusals: [Answer] = [
    .problem(.unauthorized, "No credential, or one that does not count"),
    .problem(.forbidden, "The policy says no; `rule` names the rule"),
    .problem(.serviceUnavailable, "The journal takes no records: nothing was done"),
  ]

  /// All answers, own and common, by status.
  var allAnswers: [Answer] {
    let common = needsCredential ? APIOperation.commonRefusals : []
    let extra = common.filter { refusal in !answers.contains { $0.status == refusal.status } }
    return (answers + extra).sorted { $0.status.code < $1.status.code }
  }
}

/// A request on its way through an operation.
struct APIExchange: Sendable {
  let request: HTTPRequest
  /// The id where no assertion brings one.
  let mintedID: String
  let gate: APIGate
  let trail = APITrail()

  /// Finds out who asks; see `APIGate.admit`.
  func admit(_ action: String, job: String? = nil) async throws(APIProblem) -> APICall {
    let call = try await gate.admit(request, mintedID: mintedID, action: action, job: job)
    trail.note(call)
    return call
  }
}

/// Who turned out to be behind a request, for the answer's headers and the request's record.
final class APITrail: Sendable {
  private let state = Mutex<APICall?>(nil)

  /// Nil until somebody was admitted.
  var call: APICall? { state.withLock { $0 } }

  func note(_ call: APICall) { state.withLock { $0 = call } }
}
