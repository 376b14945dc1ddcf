internal import Ingest

/// What every request at the trigger API passes: who is it, may they, and the record of the answer.
///
/// A request with the gateway's assertion was judged there, and its decision record exists; any other is
/// judged here by the same policy. Orders that no scheduler judges again (`always`) are judged in both
/// cases. A decision is on stable storage before anything is done on its strength.
struct APIGate: Sendable {
  /// The source of the records that the gateway's side writes.
  static let source = "vigil/gateway"

  let checker: any CredentialChecker
  let policy: any AccessJudging
  let facts: any AccessFactsSource
  let sink: any RecordSink
  let surroundings: Surroundings
  /// What a direct request's address is, since it comes over the loopback.
  let directAddress: String

  // MARK: Who

  /// Finds out who asks. Refusals are recorded before they are thrown.
  ///
  /// - Parameters:
  ///   - mintedID: the request id where no assertion brings one.
  ///   - action: for the record of a refusal.
  func admit(
    _ request: HTTPRequest, mintedID: String, action: String, job: String?
  ) async throws(APIProblem) -> APICall {
    let now = surroundings.now()
    switch await checker.authenticate(request, at: now) {
    case .authenticated(let identity, let origin):
      return APICall(
        request: request, requestID: origin?.requestID ?? mintedID,
        traceID: origin?.traceID ?? APITraceContext.traceID(request.headers),
        remoteIP: origin.map(\.remoteIP) ?? address(of: request.peer), identity: identity,
        wasJudged: origin != nil, receivedAt: now)
    case .anonymous:
      var body = decision(.deny, action, job, mintedID, rule: "credential")
      let remark = APISpoofing.remark(request.headers).map { "; \($0)" } ?? ""
      body.reason = "no credential" + remark
      try await write(body, "decision/\(mintedID)", at: now)
      throw APIGate.unauthorized("no credential was sent", error: nil)
    case .refused(let refusal):
      try await write(
        refused(refusal, action, job, mintedID, request), "decision/\(mintedID)", at: now)
      throw APIGate.problem(refusal)
    }
  }

  private func address(of peer: HTTPPeer) -> String? {
    if case .loopback = peer { directAddress } else { nil }
  }

  private func refused(
    _ refusal: CredentialRefusal, _ action: String, _ job: String?, _ requestID: String,
    _ request: HTTPRequest
  ) -> DecisionRecord {
    var body = decision(.deny, action, job, requestID, rule: "credential")
    body.principal = refusal.principal
    body.credential = refusal.credential
    body.credentialID = refusal.credentialID
    let detail = refusal.detail.map { ": " + APIText.legible($0, characterCountMax: 200) } ?? ""
    let remark = APISpoofing.remark(request.headers).map { "; \($0)" } ?? ""
    body.reason = refusal.reason + detail + remark
    return body
  }

  private static func problem(_ refusal: CredentialRefusal) -> APIProblem {
    switch (refusal.obstacle, refusal.reason) {
    case (let obstacle?, _):
      var problem = APIProblem(.serviceUnavailable, obstacle)
      problem.retryAfterSeconds = 10
      return problem
    case (nil, "cross_site"):
      // A browser sends a session's cookie along whoever wrote the page.
      var problem = APIProblem(.forbidden, "a page of another site sent this with a session")
      problem.rule = "credential"
      return problem
    default: return unauthorized("the credential does not count", error: "invalid_token")
    }
  }

  private static func unauthorized(_ detail: String, error: String?) -> APIProblem {
    var problem = APIProblem(.unauthorized, detail)
    problem.challenge = "Bearer realm=\"vigil\"" + (error.map { ", error=\"\($0)\"" } ?? "")
    return problem
  }

  // MARK: May they

  /// Whether a request that the gateway judged already is judged here too.
  enum Repetition {
    /// No: the scheduler does it.
    case never
    /// Yes, since here more is known; a yes is the gateway's recorded one still.
    case recordingDenials
    /// Yes, and recorded: nobody judges the order after this.
    case always
  }

  /// Asks the policy and records its answer; throws when it is no.
  ///
  /// - Parameters:
  ///   - objection: a rule of ours that turns a yes into a no, with its sentence.
  ///   - takesHold: whether `hold` is an answer to go on with.
  func judge(
    _ call: APICall, _ action: String, job: String?, repeating repetition: Repetition = .never,
    objection: (rule: String, reason: String)? = nil, takesHold: Bool = false
  ) async throws(APIProblem) {
    if call.wasJudged, case .never = repetition { return }
    var answer = await answer(call, action, job: job)
    if answer.effect == .hold, !takesHold { answer = answer.deniedHold }
    if answer.effect != .deny, let objection {
      answer.effect = .deny
      (answer.rule, answer.reason) = objection
    }
    if call.wasJudged, answer.effect != .deny, case .recordingDenials = repetition { return }
    var body = decision(answer.effect, action, job, call.requestID, rule: answer.rule)
    body.reason = answer.reason
    body.policySHA256 = answer.policySHA256
    describe(call.identity, in: &body)
    // The gateway's own record has the plain id.
    let id = "decision/\(call.requestID)" + (call.wasJudged ? "/\(action)" : "")
    try await write(body, id, at: call.receivedAt)
    if answer.effect == .deny { throw APIGate.forbidden(answer) }
  }

  /// Whether the policy lets the caller see something of this job. Not recorded: it leaves things out of
  /// a list whose reading was judged.
  func mayView(_ call: APICall, _ action: String, job: String?) async -> Bool {
    await answer(call, action, job: job).effect == .permit
  }

  private func answer(_ call: APICall, _ action: String, job: String?) async -> AccessDecision {
    var question = AccessQuestion(action, job: job, by: call.identity, at: call.receivedAt)
    question.remoteIP = call.remoteIP
    // What is then shown is asked about job by job; without a job nothing else comes of a yes.
    question.jobIsOpen = job == nil
    question.facts = await facts.facts(
      of: call.identity, job: job, at: call.receivedAt)
    return policy.decide(question)
  }

  static func forbidden(_ decision: AccessDecision) -> APIProblem {
    var problem = APIProblem(decision.limit == nil ? .forbidden : .conflict, decision.reason)
    problem.rule = decision.rule
    if decision.limit != nil { problem.retryAfterSeconds = APIProblem.limitRetrySeconds }
    return problem
  }

  // MARK: Records

  private func decision(
    _ effect: DecisionRecord.Effect, _ action: String, _ job: String?, _ requestID: String,
    rule: String
  ) -> DecisionRecord {
    var body = DecisionRecord(effect: effect)
    body.requestID = requestID
    body.action = action
    body.job = job.map { APIText.isJobName($0) ? $0 : APIText.legible($0, characterCountMax: 200) }
    body.rule = rule
    return body
  }

  private func describe(_ identity: Identity, in body: inout DecisionRecord) {
    body.principal = identity.principal
    body.principalType = identity.principalType
    body.issuer = identity.issuer
    body.groups = identity.groups
    body.credential = identity.credential
    body.credentialID = identity.credentialID
  }

  private func write(
    _ body: DecisionRecord, _ id: String, at now: Timestamp
  ) async throws(APIProblem) {
    let header = RecordHeader(timestamp: now, source: APIGate.source, id: id)
    do {
      try await sink.append(Record(header: header, body: .decision(body)))
    } catch {
      throw APIProblem.recordsUnavailable
    }
  }
}
