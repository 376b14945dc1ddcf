internal import Ingest

/// An answer that is no success: `application/problem+json` (RFC 9457).
///
/// The type is `about:blank`, so that the title is the status's own phrase; what went wrong is in
/// `detail`, and in the members that are ours: `reasons`, `rule`, `run_id`, `request_id`.
struct APIProblem: Error, Equatable {
  let status: HTTPStatus
  let detail: String
  /// One sentence each, where several things are wrong.
  var reasons: [String] = []
  /// The policy's rule that said no.
  var rule: String?
  /// The run that stands in the way.
  var runID: String?
  /// Seconds after which another try may end differently.
  var retryAfterSeconds: Int?
  /// The challenge of a 401 (RFC 9110 section 11.6.1).
  var challenge: String?

  init(_ status: HTTPStatus, _ detail: String) {
    self.status = status
    self.detail = detail
  }

  /// The records could not be made durable: nothing was done.
  static let recordsUnavailable: APIProblem = {
    var problem = APIProblem(.serviceUnavailable, "the journal takes no records: nothing was done")
    problem.retryAfterSeconds = 5
    return problem
  }()

  /// Limits count runs that last minutes and triggers of the last hour: sooner is of little use.
  static let limitRetrySeconds = 30

  func response(requestID: String?) -> HTTPResponse {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("type", "about:blank")
    writer.field("title", APIProblem.title(status))
    writer.field("status", status.code)
    writer.field("detail", detail)
    writer.field("reasons", reasons)
    writer.field("rule", rule)
    writer.field("run_id", runID)
    writer.field("request_id", requestID)
    writer.endObject()
    var headers: HTTPHeaders = ["Content-Type": "application/problem+json"]
    if let seconds = retryAfterSeconds { headers.append("Retry-After", "\(seconds)") }
    if let challenge { headers.append("WWW-Authenticate", challenge) }
    return HTTPResponse(status, headers: headers, body: writer.bytes)
  }

  private static let titles: [Int: String] = [
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 409: "Conflict", 413: "Content Too Large",
    415: "Unsupported Media Type", 422: "Unprocessable Content", 500: "Internal Server Error",
    503: "Service Unavailable",
  ]

  static func title(_ status: HTTPStatus) -> String { titles[status.code] ?? "Error" }
}
