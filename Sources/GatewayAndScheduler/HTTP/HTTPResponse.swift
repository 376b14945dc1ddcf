/// What a handler answers.
///
/// The server adds `Content-Length`, `Date` and, when it closes, `Connection`; a handler's own
/// `Content-Length`, `Transfer-Encoding` and `Connection` are left out. For HEAD the body is counted
/// but not sent.
package struct HTTPResponse: Sendable, Equatable {
  package var status: HTTPStatus
  package var headers: HTTPHeaders
  package var body: [UInt8]

  package init(_ status: HTTPStatus, headers: HTTPHeaders = [:], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// A plain-text answer; `line` gets a newline at its end.
  package static func text(_ status: HTTPStatus, _ line: String) -> HTTPResponse {
    HTTPResponse(
      status, headers: ["Content-Type": "text/plain; charset=utf-8"], body: Array("\(line)\n".utf8))
  }
}

/// Answers one request. Cannot throw: what goes wrong inside never reaches the wire as such.
package typealias HTTPHandler = @Sendable (HTTPRequest) async -> HTTPResponse

/// A handler out of one that throws: an error is answered with 500 and a fixed text.
///
/// - Parameter report: gets the error, for the operator's log; nothing of it is sent.
package func answering500(
  reportingTo report: @escaping @Sendable (any Error) -> Void,
  _ handler: @escaping @Sendable (HTTPRequest) async throws -> HTTPResponse
) -> HTTPHandler {
  { request in
    do {
      return try await handler(request)
    } catch {
      report(error)
      return .text(.internalServerError, "internal error")
    }
  }
}
