package import Ingest

/// A changed policy asked again about the recorded past.
///
/// Every decision record is a question, and every trigger request that has none: its status is then the
/// old answer (2xx let through, 401 and 403 refused; any other says nothing of a policy). Facts are told
/// from the records before the question (`RecordedFacts`): the past as it was, not as the changed policy
/// would have made it. Address and zone come from the request's record. What is not recorded is taken as
/// not known: `offHoursP`; scopes, so decisions by `scope` are not asked again; the kind of credential
/// of a request without a decision, which reads as `oidc`.
package struct PolicyReplay: Sendable {
  /// How long a decision and its request wait for each other, in seconds of event time.
  static let waitSeconds = 300.0
  /// Most that wait; the oldest goes on without.
  static let waitingCountMax = 100_000

  /// A question that is answered otherwise.
  package struct Difference: Sendable, Equatable {
    /// Journal index of the decision, else of the request.
    package var index: Int
    package var question: AccessQuestion
    package var requestID: String?
    package var oldEffect: DecisionRecord.Effect
    /// Nil where the old answer is a request's status.
    package var oldRule: String?
    package var new: AccessDecision
  }

  /// What was asked, and what came of it.
  package struct Summary: Sendable, Equatable {
    package var decisionCount = 0
    package var requestCount = 0
    package var differenceCount = 0
    /// By old and new effect: `permit -> deny`.
    package var changes: [String: Int] = [:]
    /// The same answer by another rule.
    package var otherRuleCount = 0
    /// Decisions that no policy made: by `credential`, `scope`, `route`, `public`.
    package var notAskedCount = 0
    /// The scheduler's decision about what the gateway decided alike.
    package var repeatedCount = 0
    /// Trigger requests whose status says nothing of a policy.
    package var untoldCount = 0
    /// Decisions whose request is not in the journal: without address and zone.
    package var withoutRequestCount = 0
    /// Runs beyond what can be counted as open.
    package var uncountedRunCount = 0

    package var askedCount: Int { decisionCount + requestCount }
  }

  private struct Waiting: Sendable {
    let index: Int
    var question: AccessQuestion
    let requestID: String?
    let oldEffect: DecisionRecord.Effect
    let oldRule: String?
    let isDecision: Bool
    /// Whether decision and request have found each other, or need not.
    var isComplete: Bool
    /// A request whose decision came behind it.
    var isSuperseded = false
  }

  private let policy: AccessPolicy
  private let since: Timestamp?
  private let until: Timestamp?
  private var past = RecordedFacts()
  private var waiting = RecentQueue<Waiting>()
  /// Of the first that waits, in all that ever did.
  private var firstNumber = 0
  private var numbers: [String: [Int]] = [:]
  /// Request ids in order of time, so that they can be forgotten.
  private var named = RecentQueue<(at: Timestamp, id: String)>()
  package private(set) var summary = Summary()

  /// - Parameters:
  ///   - since: of the first question that is asked again; facts are told from all that came before.
  ///   - until: of the first that is no longer.
  package init(_ policy: AccessPolicy, since: Timestamp? = nil, until: Timestamp? = nil) {
    self.policy = policy
    self.since = since
    self.until = until
  }

  /// Takes the next record in event order; hands differences over in that order.
  package mutating func observe(
    _ indexed: IndexedRecord, _ body: (Difference) throws -> Void
  ) rethrows {
    let record = indexed.record
    switch record.body {
    case .decision(let decision): ask(decision, record.header.timestamp, indexed.index)
    case .request(let request): ask(request, record.header.timestamp, indexed.index)
    default: break
    }
    past.observe(record)
    try settle(before: record.header.timestamp.advanced(bySeconds: -PolicyReplay.waitSeconds), body)
  }

  /// Asks what still waits.
  package mutating func finish(_ body: (Difference) throws -> Void) rethrows {
    try settle(before: nil, body)
    summary.uncountedRunCount = past.uncountedRunCount
  }

  // MARK: Questions

  private mutating func ask(_ decision: DecisionRecord, _ at: Timestamp, _ index: Int) {
    let isPolicys = decision.rule.map { !PolicyReplay.notPolicys.contains($0) } ?? true
    guard isWithin(at), isPolicys, let action = decision.action else {
      if isWithin(at) { summary.notAskedCount += 1 }
      // Its request is not a question either.
      supersede(decision.requestID)
      name(decision.requestID, PolicyReplay.notWaiting, at)
      return
    }
    var question = AccessQuestion(
      action, job: decision.job, by: PolicyReplay.identity(decision), at: at)
    // What our API's routes without a job are, the gateway asked so.
    question.jobIsOpen = decision.job == nil && AccessAction.own.contains(action)
    question.facts = past.facts(principal: decision.principal, job: decision.job, at: at)
    guard !isRepeated(decision, question) else {
      summary.repeatedCount += 1
      return
    }
    let address = supersede(decision.requestID)
    question.remoteIP = address?.remoteIP
    question.identity?.zone = address?.identity?.zone
    wait(
      Waiting(
        index: index, question: question, requestID: decision.requestID,
        oldEffect: decision.effect, oldRule: decision.rule, isDecision: true,
        isComplete: decision.requestID == nil || address != nil))
  }

  /// Rules of the gateway's and the API's own: `forwarded` for what Caddy must send, `approver` for
  /// whoever would approve what he asked for.
  private static let notPolicys: Set = [
    "forwarded", "approver",
    AccessPolicy.ReservedRule.credential, AccessPolicy.ReservedRule.scope,
    AccessPolicy.ReservedRule.route, AccessPolicy.ReservedRule.everybody,
  ]
  private static let notWaiting = -1

  private mutating func ask(_ request: RequestRecord, _ at: Timestamp, _ index: Int) {
    let known = request.requestID.flatMap { numbers[$0] } ?? []
    guard known.isEmpty else {
      for number in known where number >= firstNumber {
        waiting[number - firstNumber].question.remoteIP = request.remoteIP
        waiting[number - firstNumber].question.identity?.zone = request.zone
        waiting[number - firstNumber].isComplete = true
      }
      return
    }
    let start = at.advanced(bySeconds: -(request.durationSeconds ?? 0))
    guard let job = request.job, isWithin(start) else { return }
    guard let effect = PolicyReplay.effect(ofStatus: request.status) else {
      summary.untoldCount += 1
      return
    }
    var question = AccessQuestion(
      AccessAction.trigger, job: job, by: PolicyReplay.identity(request), at: start)
    question.remoteIP = request.remoteIP
    question.facts = past.facts(principal: request.principal, job: job, at: start)
    wait(
      Waiting(
        index: index, question: question, requestID: request.requestID, oldEffect: effect,
        oldRule: nil, isDecision: false, isComplete: false))
  }

  private static func identity(_ decision: DecisionRecord) -> Identity? {
    guard let principal = decision.principal else { return nil }
    var identity = Identity(
      principal: principal, principalType: decision.principalType ?? .human,
      credential: decision.credential ?? .oidc)
    identity.issuer = decision.issuer
    identity.groups = decision.groups
    identity.credentialID = decision.credentialID
    return identity
  }

  private static func identity(_ request: RequestRecord) -> Identity? {
    guard let principal = request.principal else { return nil }
    var identity = Identity(
      principal: principal, principalType: request.principalType ?? .human, credential: .oidc)
    identity.issuer = request.issuer
    identity.groups = request.groups
    identity.zone = request.zone
    return identity
  }

  private static func effect(ofStatus status: Int?) -> DecisionRecord.Effect? {
    switch status {
    case .some(200..<300): .permit
    case 401, 403: .deny
    default: nil
    }
  }

  private func isWithin(_ at: Timestamp) -> Bool {
    (since.map { at >= $0 } ?? true) && (until.map { at < $0 } ?? true)
  }

  /// The scheduler asks again what the gateway let through: one question, where the answer was one.
  private func isRepeated(_ decision: DecisionRecord, _ question: AccessQuestion) -> Bool {
    (decision.requestID.flatMap { numbers[$0] } ?? []).contains { number in
      guard number >= firstNumber else { return false }
      let earlier = waiting[number - firstNumber]
      return earlier.isDecision && earlier.question.action == question.action
        && earlier.question.job == question.job && earlier.oldEffect == decision.effect
    }
  }

  /// Takes back a request that waits as a question of its own; a decision is the better one.
  @discardableResult
  private mutating func supersede(_ requestID: String?) -> AccessQuestion? {
    for number in requestID.flatMap({ numbers[$0] }) ?? [] where number >= firstNumber {
      let place = number - firstNumber
      if waiting[place].isDecision { continue }
      waiting[place].isSuperseded = true
      waiting[place].isComplete = true
      return waiting[place].question
    }
    return nil
  }

  // MARK: Answers

  private mutating func wait(_ question: Waiting) {
    name(question.requestID, firstNumber + waiting.count, question.question.at)
    waiting.append(question)
  }

  private mutating func name(_ requestID: String?, _ number: Int, _ at: Timestamp) {
    guard let requestID else { return }
    numbers[requestID, default: []].append(number)
    named.append((at, requestID))
    // A request that comes later than this would be asked as one without a decision.
    let limit = at.advanced(bySeconds: -RecordedFacts.memorySeconds)
    named.removeFirst {
      guard $0.at < limit else { return false }
      numbers[$0.id] = nil
      return true
    }
  }

  /// Answers, in order, what is complete or has waited long enough.
  private mutating func settle(
    before limit: Timestamp?, _ body: (Difference) throws -> Void
  ) rethrows {
    var count = 0
    while count < waiting.count {
      let next = waiting[count]
      let isDue =
        next.isComplete || limit.map { next.question.at < $0 } ?? true
        || waiting.count - count > PolicyReplay.waitingCountMax
      guard isDue else { break }
      count += 1
      if !next.isSuperseded { try answer(next, body) }
    }
    waiting.removeFirst(count)
    firstNumber += count
  }

  private mutating func answer(
    _ asked: Waiting, _ body: (Difference) throws -> Void
  ) rethrows {
    if asked.isDecision {
      summary.decisionCount += 1
      if !asked.isComplete { summary.withoutRequestCount += 1 }
    } else {
      summary.requestCount += 1
    }
    let new = policy.decide(asked.question).enforced(for: asked.question)
    guard new.effect != asked.oldEffect else {
      if let old = asked.oldRule, old != new.rule { summary.otherRuleCount += 1 }
      return
    }
    summary.differenceCount += 1
    summary.changes["\(asked.oldEffect.rawValue) -> \(new.effect.rawValue)", default: 0] += 1
    try body(
      Difference(
        index: asked.index, question: asked.question, requestID: asked.requestID,
        oldEffect: asked.oldEffect, oldRule: asked.oldRule, new: new))
  }
}
