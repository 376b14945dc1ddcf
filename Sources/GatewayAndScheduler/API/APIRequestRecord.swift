internal import Ingest

/// The request record of a request that no gateway in front writes one for.
enum APIRequestRecord {
  static func body(
    _ request: HTTPRequest, _ response: HTTPResponse, host: String
  ) -> RequestRecord {
    var body = RequestRecord()
    body.method = request.method.rawValue
    body.host = host
    body.path = path(request.target)
    body.queryKeys = Set(request.target.query.map { APIText.legible($0.name) }).sorted()
    body.userAgent = request.headers["User-Agent"].map {
      APIText.legible($0, characterCountMax: 200)
    }
    body.status = response.status.code
    body.bytesIn = request.body.count
    body.bytesOut = response.body.count
    body.job = job(request)
    body.runID = response.headers["X-Run-Id"]
    return body
  }

  static func describe(_ identity: Identity, in body: inout RequestRecord) {
    body.principal = identity.principal
    body.principalType = identity.principalType
    body.issuer = identity.issuer
    body.groups = identity.groups
    body.zone = identity.zone
  }

  /// As it was sent, which is ASCII, without its query.
  private static func path(_ target: HTTPTarget) -> String {
    String(target.text.prefix { $0 != "?" })
  }

  /// The job of a trigger, as the records of a gateway's log have it.
  private static func job(_ request: HTTPRequest) -> String? {
    let segments = request.target.segments
    guard request.method == .post, segments.count == 3, segments[0] == "jobs",
      segments[2] == "runs"
    else { return nil }
    return APIText.isJobName(segments[1])
      ? segments[1] : APIText.legible(segments[1], characterCountMax: 200)
  }
}
