package import Ingest

/// The access policy: roles, and rules of which the first that matches answers; without one, no.
///
/// A value: the same question always has the same answer. Documentation/Policy.md is the file's
/// reference. Before any rule: what everybody may see (`public`), who shows no credential
/// (`credential`), and what a credential is not good for (`scope`). Cost of an answer: a walk over the
/// rules, at most `ruleCountMax`; no question makes it trap.
package struct AccessPolicy: Sendable {
  /// Most rules, and most roles.
  package static let ruleCountMax = 1000
  /// Most values of one list.
  package static let listCountMax = 1000
  /// Longest file, in bytes.
  package static let byteCountMax = 1 << 20

  /// Rule names that are answers of their own.
  package enum ReservedRule {
    package static let standard = "default"
    package static let scope = "scope"
    package static let credential = "credential"
    package static let route = "route"
    package static let everybody = "public"
    package static let all = [standard, scope, credential, route, everybody]
  }

  /// A role of the file, with its place there.
  package struct NamedRole: Sendable, Hashable {
    package let name: String
    package let role: PolicyRole
    package let place: JSON5Place
  }

  /// SHA-256, hex, of the file's bytes and behind them the SHA-256 of each calendar that it names.
  package internal(set) var sha256: String
  package let roles: [NamedRole]
  /// In the order of the file.
  package let rules: [PolicyRule]
  let clock: PolicyClock
}

extension AccessPolicy: AccessJudging {
  /// Answers a question. Total, and without a clock: `question.at` is the instant.
  package func decide(_ question: AccessQuestion) -> AccessDecision {
    if question.action == AccessAction.public {
      return answer(.permit, ReservedRule.everybody, "everybody may: no credential is needed")
    }
    guard !question.action.isEmpty else {
      return answer(
        .deny, ReservedRule.route,
        "no action is mapped to this method and path: a route in the configuration is needed")
    }
    guard let identity = question.identity else {
      return answer(
        .deny, ReservedRule.credential,
        "nobody may \(wish(question)) without a credential: a login or a token is needed")
    }
    if let scopes = identity.scopes, !AccessScope.allow(scopes, question) {
      return answer(.deny, ReservedRule.scope, AccessPolicy.scopeReason(scopes, question))
    }
    let asked = PolicyRule.Wish(
      question.action, question.job, jobIsOpen: question.jobIsOpen)
    for rule in rules where rule.concerns(asked) {
      guard rule.concerns(identity),
        rule.conditions.firstUnmet(question, identity, clock) == nil
      else { continue }
      return answer(rule, question, identity)
    }
    return answer(.deny, ReservedRule.standard, missing(question, identity))
  }

  private func answer(
    _ rule: PolicyRule, _ question: AccessQuestion, _ identity: Identity
  ) -> AccessDecision {
    let who = PolicyText.shown(identity.principal)
    if rule.effect != .deny, let reached = rule.limits.firstReached(question) {
      var decision = answer(
        .deny, rule.name,
        "\(who) may \(wish(question)) up to the limit \(reached.limit.rawValue): needed are "
          + reached.need)
      decision.limit = reached.limit
      return decision
    }
    let wish = wish(question)
    switch rule.effect {
    case .permit: return answer(.permit, rule.name, "\(who) may \(wish): \(rule.whoText)")
    case .deny:
      return answer(
        .deny, rule.name, "\(who) may not \(wish): the rule is for \(rule.whoText)")
    case .hold:
      return answer(
        .hold, rule.name, "\(who) may \(wish) once another person approves: \(rule.whoText)")
    }
  }

  private func answer(
    _ effect: DecisionRecord.Effect, _ rule: String, _ reason: String
  ) -> AccessDecision {
    AccessDecision(
      effect, rule: rule, reason: PolicyText.reason(reason), policySHA256: sha256)
  }

  private func wish(_ question: AccessQuestion) -> String {
    let job = question.job.map { " of job \(PolicyText.shown($0))" } ?? ""
    return PolicyText.shown(question.action) + job
  }

  private static func scopeReason(_ scopes: [String], _ question: AccessQuestion) -> String {
    let needed = ([question.action] + (question.job.map { [$0] } ?? [])).joined(separator: ":")
    let held = scopes.isEmpty ? "nothing" : PolicyText.list(scopes)
    return "the credential is good for \(held): the scope \(PolicyText.shown(needed)) is needed"
  }

  /// What the rules that would have let it through wanted, the first three of them.
  private func missing(_ question: AccessQuestion, _ identity: Identity) -> String {
    var needs: [String] = []
    let asked = PolicyRule.Wish(
      question.action, question.job, jobIsOpen: question.jobIsOpen)
    for rule in rules where rule.effect != .deny {
      guard needs.count < 3 else { break }
      guard rule.concerns(asked) else { continue }
      if !rule.concerns(identity) {
        needs.append("\(PolicyText.quoted(rule.name)) needs \(rule.whoText)")
      } else if let unmet = rule.conditions.firstUnmet(question, identity, clock) {
        let need = rule.conditions.need(unmet, question, identity, clock)
        needs.append("\(PolicyText.quoted(rule.name)) needs \(need)")
      }
    }
    let who = PolicyText.shown(identity.principal)
    return "no rule lets \(who) \(wish(question)): "
      + (needs.isEmpty ? "a rule for it is needed" : needs.joined(separator: "; "))
  }
}
