internal import Ingest

/// How the trigger API is set up.
package struct TriggerAPISettings: Sendable, Equatable {
  /// The address that a request has which no gateway vouches for: the listener's own.
  package var directAddress = "127.0.0.1"
  /// Whether requests leave a request record of ours, those with a gateway's assertion too: where no Caddy
  /// stands in front whose access log has one.
  package var recordsRequests = false
  /// Whose host the request records name.
  package var host = "localhost"

  package init() {}
}

/// The trigger API: jobs, runs and approvals over HTTP, for whoever the checkers know and the policy
/// lets.
///
/// Nobody is believed by a header like `Remote-User`. Every answer carries `X-Request-Id`, which joins it
/// to its records; every refusal is a problem of RFC 9457.
package struct TriggerAPI: Sendable {
  let scheduler: any RunScheduling
  let gate: APIGate
  let settings: TriggerAPISettings
  /// Nil while all is well, else what is not.
  let ailment: @Sendable () async -> String?

  /// - Parameters:
  ///   - checkers: in the order in which they are asked: assertion, service token, bearer JWT, session.
  ///   - policy: the current one, for requests that no gateway judged, for orders and for lists.
  ///   - sink: takes the decision records, each before the answer that rests on it.
  ///   - ailment: what `/healthz` tells; nil while all is well.
  package init(
    scheduler: any RunScheduling, checkers: [any CredentialChecker], policy: any AccessJudging,
    facts: any AccessFactsSource, sink: any RecordSink, surroundings: Surroundings,
    settings: TriggerAPISettings = TriggerAPISettings(),
    ailment: @escaping @Sendable () async -> String? = { nil }
  ) {
    self.scheduler = scheduler
    self.settings = settings
    self.ailment = ailment
    gate = APIGate(
      checker: CredentialChain(checkers), policy: policy, facts: facts, sink: sink,
      surroundings: surroundings, directAddress: settings.directAddress)
  }

  /// Every operation but the document's own, in the document's order.
  var operations: [APIOperation] {
    triggerOperations + runOperations + jobOperations + approvalOperations + [healthOperation]
  }

  /// The OpenAPI 3.1 document, one JSON object.
  package var openAPIDocument: [UInt8] {
    OpenAPIDocument(operations + [documentOperation([])]).json
  }

  /// Answers a request to one of the operations.
  func respond(to request: HTTPRequest, _ operation: APIOperation) async -> HTTPResponse {
    guard let mintedID = APIFront.mint(gate.surroundings) else {
      return APIProblem(.serviceUnavailable, "no random bytes for a request id")
        .response(requestID: nil).dressed(requestID: nil)
    }
    let startedAt = gate.surroundings.now()
    let exchange = APIExchange(request: request, mintedID: mintedID, gate: gate)
    var response: HTTPResponse
    do throws(APIProblem) {
      response = try await operation.handler(exchange)
    } catch {
      response = error.response(requestID: exchange.trail.call?.requestID ?? mintedID)
    }
    let requestID = exchange.trail.call?.requestID ?? mintedID
    response = response.dressed(requestID: requestID)
    if operation.needsCredential {
      await record(exchange, requestID, response, since: startedAt)
    }
    return response
  }

  /// The request's own record, where none comes from elsewhere. The answer stands whatever becomes of
  /// it: what it tells was decided and recorded before.
  private func record(
    _ exchange: APIExchange, _ requestID: String, _ response: HTTPResponse,
    since startedAt: Timestamp
  ) async {
    let call = exchange.trail.call
    // Also what a gateway judged: without its access log in the journal nobody else tells of the request.
    guard settings.recordsRequests else { return }
    let now = gate.surroundings.now()
    let header = RecordHeader(timestamp: now, source: APIGate.source, id: "request/\(requestID)")
    var body = APIRequestRecord.body(exchange.request, response, host: settings.host)
    body.requestID = requestID
    body.durationSeconds = max(0, now.seconds(since: startedAt))
    body.traceID = call?.traceID
    body.remoteIP = call.map(\.remoteIP) ?? settings.directAddress
    if let identity = call?.identity { APIRequestRecord.describe(identity, in: &body) }
    _ = try? await gate.sink.append(Record(header: header, body: .request(body)))
  }
}

extension Router {
  /// Adds the trigger API: `/jobs`, `/runs`, `/approvals`, `/healthz`, `/openapi.json`.
  package mutating func addTriggerAPI(_ api: TriggerAPI) {
    let document = api.openAPIDocument
    for operation in api.operations + [api.documentOperation(document)] {
      add(operation.method, operation.pattern) { request in
        await api.respond(to: request, operation)
      }
    }
  }
}
