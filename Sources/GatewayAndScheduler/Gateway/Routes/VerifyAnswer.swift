import Ingest

/// One request that the proxy asks about, and what it is about.
struct VerifyQuestion: Sendable {
  let forwarded: ForwardedRequest
  let at: Timestamp
  let mapped: MappedAction

  var id: String { forwarded.requestID }
  var isPublic: Bool { mapped.isPublic }

  /// The decision record as far as the request goes; names from outside are escaped and cut.
  func record(_ effect: DecisionRecord.Effect, rule: String) -> DecisionRecord {
    var decision = DecisionRecord(effect: effect)
    decision.requestID = id
    decision.action = mapped.action
    decision.job = mapped.job.map { ForeignText.escaped($0, scalarCountMax: 200) }
    decision.rule = rule
    return decision
  }

  /// Whether a person looks at the answer: then the login page is one.
  private var isFromBrowser: Bool {
    let request = forwarded.request
    let accepts = request.headers.values("Accept").joined(separator: ",").lowercased()
    let mode = request.headers["Sec-Fetch-Mode"]
    return (request.method == .get || request.method == .head) && accepts.contains("text/html")
      && (mode == nil || mode == "navigate")
  }

  /// To somebody who showed nothing.
  func answerToAnonymous(canLogIn: Bool) -> VerifyAnswer {
    if canLogIn, isFromBrowser { return toLogin }
    var answer = VerifyAnswer(.unauthorized, id, text: "no credential was sent")
    answer.challenge = "Bearer realm=\"vigil\""
    return answer
  }

  /// To somebody whose credential does not count. The wire gets the reason's one word, the record all.
  func answer(to refusal: CredentialRefusal, canLogIn: Bool) -> VerifyAnswer {
    var answer: VerifyAnswer
    switch (refusal.obstacle, refusal.reason) {
    case (let obstacle?, _):
      answer = .unavailable(id, obstacle)
      answer.retryAfterSeconds = 5
    case (nil, "cross_site"):
      answer = VerifyAnswer(.forbidden, id, text: "the request came from another site's page")
    default:
      if canLogIn, isFromBrowser, refusal.credential == .session { return toLogin }
      answer = VerifyAnswer(
        .unauthorized, id, text: "the credential does not count: \(refusal.reason)")
      answer.challenge = "Bearer realm=\"vigil\", error=\"invalid_token\""
    }
    answer.user = refusal.principal
    return answer
  }

  private var toLogin: VerifyAnswer {
    var answer = VerifyAnswer(.found, id, text: "log in first")
    answer.location = "/auth/login?to=" + FormText.encoded(forwarded.request.target.text)
    return answer
  }
}

/// What the proxy is told.
struct VerifyAnswer: Sendable {
  var status: HTTPStatus
  var requestID: String
  var text: String
  var user: String?
  var groups: [String] = []
  var email: String?
  var method: String?
  var assertion = ""
  /// A new session cookie, for the proxy to send on to the browser.
  var cookie: String?
  var challenge: String?
  var location: String?
  var retryAfterSeconds: Int?

  init(_ status: HTTPStatus, _ requestID: String, identity: Identity? = nil, text: String = "") {
    self.status = status
    self.requestID = requestID
    self.text = text
    user = identity?.principal
    groups = identity?.groups ?? []
    email = identity?.email
    method = identity?.credential.rawValue
  }

  static func unavailable(_ requestID: String, _ text: String) -> VerifyAnswer {
    VerifyAnswer(.serviceUnavailable, requestID, text: text)
  }

  /// Nothing is let through that the journal does not know of.
  static func unrecorded(_ requestID: String) -> VerifyAnswer {
    unavailable(requestID, "the decision cannot be recorded")
  }

  var response: HTTPResponse {
    var response =
      text.isEmpty
      ? HTTPResponse(status)
      : HTTPResponse.text(status, ForeignText.escaped(text, scalarCountMax: 1000))
    for (name, value) in [
      ("Remote-User", user.map { HeaderText.encoded($0) } ?? ""),
      ("Remote-Groups", HeaderText.encoded(groups)),
      ("Remote-Email", email.map { HeaderText.encoded($0) } ?? ""),
      ("X-Auth-Method", method ?? ""), ("X-Request-Id", requestID),
      (Assertion.header, assertion), ("X-Vigil-Set-Cookie", cookie ?? ""),
      ("Cache-Control", "no-store"),
    ] {
      response.headers.append(name, value)
    }
    if let challenge { response.headers.append("WWW-Authenticate", challenge) }
    if let location { response.headers.append("Location", location) }
    if let retryAfterSeconds { response.headers.append("Retry-After", "\(retryAfterSeconds)") }
    return response
  }
}
