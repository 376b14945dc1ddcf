import Ingest

/// Answers `/auth/verify` for the proxy in front: who is it, and may they?
///
/// A decision is on stable storage before the answer that rests on it; where that fails the answer is
/// 503. Every answer carries every header that Caddy copies, empty where there is nothing to say: a
/// header that is missing would reach the backend as a literal placeholder (Caddy before 2.9).
package struct Gateway: Sendable {
  let chain: CredentialChain
  let actions: any ActionMapping
  let policy: any AccessJudging
  let facts: any AccessFactsSource
  let records: GatewayRecords
  let signer: AssertionSigner
  /// Nil where there is no provider.
  let login: GatewayLogin?

  /// - Parameters:
  ///   - checkers: in the order in which they are asked; never one of assertions.
  ///   - login: the pages for browsers, where there is a provider.
  package init(
    checkers: [any CredentialChecker], actions: any ActionMapping, policy: any AccessJudging,
    facts: any AccessFactsSource, records: GatewayRecords, signer: AssertionSigner,
    login: GatewayLogin? = nil
  ) {
    chain = CredentialChain(checkers)
    self.actions = actions
    self.policy = policy
    self.facts = facts
    self.records = records
    self.signer = signer
    self.login = login
  }

  /// Answers the proxy's question about one request.
  package func verify(_ report: HTTPRequest) async -> HTTPResponse {
    guard let minted = records.surroundings.randomBytes(16).map(Hexadecimal.text) else {
      return VerifyAnswer.unavailable("", "no randomness").response
    }
    let forwarded: ForwardedRequest
    do throws(ForwardedRequest.Fault) {
      forwarded = try ForwardedRequest(report, mintedID: minted)
    } catch {
      return await refuseReport(error, minted)
    }
    let now = records.surroundings.now()
    let question = VerifyQuestion(
      forwarded: forwarded, at: now,
      mapped: actions.mapped(
        method: forwarded.request.method, target: forwarded.request.target))
    if let ambiguity = question.mapped.ambiguity {
      let problem = "ambiguous path: " + ForeignText.escaped(ambiguity, scalarCountMax: 200)
      return await refuseReport(
        ForwardedRequest.Fault(requestID: forwarded.requestID, problem: problem), minted)
    }
    switch await chain.authenticate(forwarded.request, at: now) {
    case .authenticated(let identity, _): return await judge(question, identity)
    case .anonymous: return await judge(question, nil)
    case .refused(let refusal):
      return await refuse(question, refusal)
    }
  }

  /// The proxy's report cannot be read in one way only: nobody is asked.
  private func refuseReport(
    _ fault: ForwardedRequest.Fault, _ minted: String
  ) async -> HTTPResponse {
    let requestID = fault.requestID ?? minted
    var decision = DecisionRecord(effect: .deny)
    decision.requestID = requestID
    decision.rule = "forwarded"
    decision.reason = fault.problem
    guard await isRecorded(decision) else { return VerifyAnswer.unrecorded(requestID).response }
    return VerifyAnswer(.badRequest, requestID, text: "forwarded request refused: \(fault.problem)")
      .response
  }

  /// There was a credential, and it does not count. What needs none is let through without it.
  private func refuse(_ question: VerifyQuestion, _ refusal: CredentialRefusal) async
    -> HTTPResponse
  {
    var decision = question.record(.deny, rule: "credential")
    decision.describe(refusal)
    guard await isRecorded(decision) else { return VerifyAnswer.unrecorded(question.id).response }
    if question.isPublic { return await pass(question, nil) }
    return question.answer(to: refusal, canLogIn: login != nil).response
  }

  private func judge(_ question: VerifyQuestion, _ identity: Identity?) async -> HTTPResponse {
    if question.isPublic { return await pass(question, identity) }
    let judgement = await judgement(question, identity)
    var decision = question.record(judgement.effect, rule: judgement.rule)
    decision.reason = judgement.reason
    decision.policySHA256 = judgement.policySHA256.isEmpty ? nil : judgement.policySHA256
    if let identity { decision.describe(identity) }
    guard await isRecorded(decision) else { return VerifyAnswer.unrecorded(question.id).response }
    if judgement.effect != .deny { return await pass(question, identity) }
    guard let identity else {
      return question.answerToAnonymous(canLogIn: login != nil).response
    }
    // A limit passes: come again later.
    return VerifyAnswer(
      judgement.limit == nil ? .forbidden : .conflict, question.id, identity: identity,
      text: "denied by rule \(judgement.rule): \(judgement.reason)"
    ).response
  }

  /// A trigger's hold is the scheduler's to keep: the request goes on to it. Any other is a no.
  private func judgement(
    _ question: VerifyQuestion, _ identity: Identity?
  ) async -> AccessDecision {
    var asked = AccessQuestion(
      question.mapped.action ?? "", job: question.mapped.job, by: identity, at: question.at)
    asked.jobIsOpen = question.mapped.jobIsOpen
    asked.remoteIP = question.forwarded.remoteIP
    asked.facts = await facts.facts(
      of: identity, job: question.mapped.job, at: question.at)
    var judgement = policy.decide(asked).enforced(for: asked)
    if question.mapped.action == nil, judgement.effect != .deny {
      judgement.effect = .deny
      judgement.rule = "route"
      judgement.reason = "no action belongs to this method and path"
    }
    return judgement
  }

  private func pass(_ question: VerifyQuestion, _ identity: Identity?) async -> HTTPResponse {
    var answer = VerifyAnswer(.ok, question.id, identity: identity)
    guard let identity else { return answer.response }
    let forwarded = question.forwarded
    var origin = RequestOrigin(requestID: forwarded.requestID)
    origin.traceID = forwarded.traceID
    origin.remoteIP = forwarded.remoteIP
    // HEAD is GET to the API's router, but Caddy passes on what the client sent.
    guard
      let assertion = signer.assertion(
        identity, origin, method: forwarded.request.method, target: forwarded.request.target.text,
        at: question.at)
    else { return VerifyAnswer.unavailable(question.id, "identity too large to pass on").response }
    answer.assertion = assertion
    if identity.credential == .session, let handle = identity.credentialID {
      answer.cookie = await login?.rotated(handle, at: question.at)
    }
    return answer.response
  }

  private func isRecorded(_ decision: DecisionRecord) async -> Bool {
    do {
      try await records.append(decision)
      return true
    } catch {
      return false
    }
  }
}

extension DecisionRecord {
  /// Takes over who asks.
  mutating func describe(_ identity: Identity) {
    principal = identity.principal
    principalType = identity.principalType
    issuer = identity.issuer
    groups = identity.groups
    credential = identity.credential
    credentialID = identity.credentialID
  }

  /// Takes over what is known of a credential that does not count.
  mutating func describe(_ refusal: CredentialRefusal) {
    reason =
      refusal.reason
      + (refusal.detail.map { ": " + ForeignText.escaped($0, scalarCountMax: 200) } ?? "")
    principal = refusal.principal
    credential = refusal.credential
    credentialID = refusal.credentialID
  }
}
