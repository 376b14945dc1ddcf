internal import Ingest

/// What stands before the router of the whole process.
package enum APIFront {
  /// The router's answers with what every answer carries: `X-Request-Id`, `Cache-Control: no-store`,
  /// `X-Content-Type-Options: nosniff`, each where the handler set none; and a problem of RFC 9457 in
  /// place of the router's own words for a path or a method that is not there, which is recorded.
  package static func handler(
    _ router: Router, surroundings: Surroundings, incidents: HTTPIncidentRecords? = nil
  ) -> HTTPHandler {
    { request in
      let response = await router.respond(to: request)
      let isBare = response.headers["X-Request-Id"] == nil
      let requestID = isBare ? mint(surroundings) : nil
      guard isBare, isRouters(response) else { return response.dressed(requestID: requestID) }
      await incidents?.noteUnrouted(request, response.status)
      let allowed = response.headers["Allow"]
      let detail =
        allowed.map { "this path takes \($0)" } ?? "nothing is at this path: see /openapi.json"
      var problem = APIProblem(response.status, detail).response(requestID: requestID)
      if let allowed { problem.headers.append("Allow", allowed) }
      return problem.dressed(requestID: requestID)
    }
  }

  private static func isRouters(_ response: HTTPResponse) -> Bool {
    response.status == .methodNotAllowed && response.headers["Allow"] != nil
      || response == .text(.notFound, "not found")
  }

  /// A request id of 32 hexadecimal digits; nil when the system has no random bytes.
  static func mint(_ surroundings: Surroundings) -> String? {
    surroundings.randomBytes(16).map(Hexadecimal.text)
  }
}

extension HTTPResponse {
  /// The response with the headers that every one carries, where it has none of its own.
  func dressed(requestID: String?) -> HTTPResponse {
    var result = self
    if let requestID { result.headers.supply("X-Request-Id", requestID) }
    result.headers.supply("Cache-Control", "no-store")
    result.headers.supply("X-Content-Type-Options", "nosniff")
    return result
  }
}

extension HTTPHeaders {
  /// Adds a field unless there is one of this name.
  fileprivate mutating func supply(_ name: String, _ value: String) {
    if self[name] == nil { append(name, value) }
  }
}
