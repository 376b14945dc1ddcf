import Correlate
import Ingest

/// A credential that was used after its rotation or revocation. A declared rule, always said.
///
/// Proof: a `token_rotated` or `token_revoked` record whose `subject` is the credential, and a later
/// decision with that `credential_id`. Rotation may leave an overlap in which both are good: its
/// length is the record's count `overlap_s`, 0 when it states none; a use within it is no finding.
/// A `token_created` record of the same id makes it good again. Critical when the decision permits
/// or holds: the old credential opened the door; high when it denies: somebody still has it. p =
/// Krichevsky-Trofimov share of such uses among the principal's decisions.
struct TokenAfterRotationRule: DetectionRule {
  static let name = "token_after_rotation"
  static let interest: EventInterest = .records

  /// Retired credentials that are remembered; the oldest gives way.
  static let retiredCountMax = 100_000
  /// Longest overlap that is believed: a year.
  static let overlapSecondsMax = 366 * 86_400

  private struct Retirement: Sendable, Codable {
    let at: Timestamp
    let goodUntil: Timestamp
    let isRevoked: Bool
    let index: Int
    /// Which of several retirements of one id this is.
    let serial: Int
  }

  private struct Order: Sendable, Codable {
    let id: String
    let serial: Int
  }

  private var retired: [String: Retirement] = [:]
  private var order: [Order] = []
  private var serial = 0
  private var rates = DeclaredRates()

  var learnt: [LearntCount] {
    [LearntCount(rule: Self.name, what: "retired credentials", count: retired.count)]
  }

  mutating func observe(_ event: CorrelatedEvent, _ context: inout RuleContext) {
    guard case .record(let indexed) = event else { return }
    switch indexed.record.body {
    case .control(let control): learn(control, indexed)
    case .decision(let decision): judge(decision, indexed, &context)
    default: break
    }
  }

  private mutating func learn(_ control: ControlRecord, _ indexed: IndexedRecord) {
    guard let id = control.subject else { return }
    let at = indexed.record.header.timestamp
    switch control.event {
    case .tokenCreated: retired[id] = nil
    case .tokenRotated:
      let stated = control.counts.first { $0.name == "overlap_s" }?.value ?? 0
      let overlap = min(max(0, stated), TokenAfterRotationRule.overlapSecondsMax)
      retire(id, at, goodUntil: at.advanced(bySeconds: Double(overlap)), false, indexed.index)
    case .tokenRevoked: retire(id, at, goodUntil: at, true, indexed.index)
    default: break
    }
  }

  private mutating func retire(
    _ id: String, _ at: Timestamp, goodUntil: Timestamp, _ isRevoked: Bool, _ index: Int
  ) {
    serial += 1
    retired[id] = Retirement(
      at: at, goodUntil: goodUntil, isRevoked: isRevoked, index: index, serial: serial)
    order.append(Order(id: id, serial: serial))
    if order.count >= 2 * TokenAfterRotationRule.retiredCountMax { forget() }
  }

  /// Halves the order of retirement: the older half is forgotten.
  private mutating func forget() {
    for old in order.prefix(TokenAfterRotationRule.retiredCountMax)
    where retired[old.id]?.serial == old.serial {
      retired[old.id] = nil
    }
    order.removeFirst(TokenAfterRotationRule.retiredCountMax)
  }

  private mutating func judge(
    _ decision: DecisionRecord, _ indexed: IndexedRecord, _ context: inout RuleContext
  ) {
    guard let id = decision.credentialID else { return }
    let at = indexed.record.header.timestamp
    let principal = decision.principal ?? ""
    guard let retirement = retired[id], at > retirement.goodUntil else {
      rates.learn(principal, isStrange: false, at: at)
      return
    }
    context.report(draft(decision, indexed, id, retirement)) {
      ShareWorking.working(
        rates.rate(principal),
        facts: [
          (retirement.isRevoked ? "revoked at " : "rotated at ")
            + "\(retirement.at.rfc3339), entry \(retirement.index)",
          "good until \(retirement.goodUntil.rfc3339), used at \(at.rfc3339)",
          "the policy's word: \(decision.effect.rawValue)",
        ], usual: "with a good credential", strange: "with an old one")
    }
    rates.learn(principal, isStrange: true, at: at)
  }

  private func draft(
    _ decision: DecisionRecord, _ indexed: IndexedRecord, _ id: String, _ retirement: Retirement
  ) -> Draft {
    let header = indexed.record.header
    let rate = rates.rate(decision.principal ?? "")
    let subject = decision.requestID ?? "\(header.source)/\(header.id)"
    var draft = Draft(
      rule: TokenAfterRotationRule.name, subject: "\(id)/\(subject)", episodeSubject: id,
      timestamp: header.timestamp, pValue: rate.share)
    draft.heedsMaintenance = false
    draft.severity = decision.effect == .deny ? .high : .critical
    draft.principal = decision.principal
    draft.job = decision.job
    draft.requestID = decision.requestID
    draft.evidence = [retirement.index, indexed.index].sorted()
    draft.observed = [
      .init("credential_id", id), .init("effect", decision.effect.rawValue),
      .init("after_s", header.timestamp.seconds(since: retirement.goodUntil)),
    ]
    if let action = decision.action { draft.observed.append(.init("action", action)) }
    draft.expected = [
      .init(retirement.isRevoked ? "revoked_at" : "rotated_at", retirement.at.rfc3339),
      .init("good_until", retirement.goodUntil.rfc3339),
    ]
    draft.history = rate.history
    draft.explanation = sentence(decision, id, retirement, header.timestamp)
    return draft
  }

  private func sentence(
    _ decision: DecisionRecord, _ id: String, _ retirement: Retirement, _ at: Timestamp
  ) -> String {
    let who = Legible.name(decision.principal ?? "somebody")
    let what = retirement.isRevoked ? "revoked" : "rotated"
    let overlap = retirement.goodUntil > retirement.at
    let until = overlap ? " and good until \(retirement.goodUntil.rfc3339.prefix(19))Z" : ""
    let came =
      switch decision.effect {
      case .deny: "it was denied, so somebody still has it"
      case .permit: "it was permitted"
      case .hold: "it was held for approval"
      }
    return
      "\(who) used credential \(Legible.name(id)), \(what) at "
      + "\(retirement.at.rfc3339.prefix(19))Z\(until), "
      + "\(Legible.duration(at.seconds(since: retirement.goodUntil))) after it had ceased to be "
      + "good: \(came)"
  }
}
