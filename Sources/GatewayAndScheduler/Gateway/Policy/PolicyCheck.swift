package import Ingest

/// What is doubtful about a policy that reads well.
///
/// Every claim is certain: a rule is called unreachable only where one earlier rule alone takes all that
/// it could match, a hole is called one only where no rule could let anybody through. What several
/// rules together take is not looked for.
package struct PolicyCheck: Sendable {
  /// What kind of doubt.
  package enum Kind: String, Sendable, CaseIterable {
    /// A rule that an earlier one takes everything from.
    case unreachable
    /// A pattern of jobs that no job has.
    case unknownJob = "unknown_job"
    /// A role that no rule names.
    case unusedRole = "unused_role"
    /// An action that nobody may. Often meant: it is told, and is no problem.
    case hole
  }

  /// One doubt, in a sentence.
  package struct Doubt: Sendable, Hashable {
    package let kind: Kind
    /// In the policy's file; nil for a hole.
    package let place: JSON5Place?
    package let text: String

    /// Whether a policy that has it should not be rolled out unseen.
    package var isProblem: Bool { kind != .hole }
  }

  /// Everything doubtful, by place, holes last.
  ///
  /// Cost: rules squared times their patterns; jobs times actions times rules.
  ///
  /// - Parameter jobs: names of all jobs; nil where they are not known, and nothing is said of them.
  package static func doubts(_ policy: AccessPolicy, jobs: [String]?) -> [Doubt] {
    let placed =
      unreachable(policy) + unusedRoles(policy) + unknownJobs(policy, jobs ?? [], jobs == nil)
    return placed.sorted { left, right in
      (left.place?.line ?? 0, left.place?.column ?? 0)
        < (right.place?.line ?? 0, right.place?.column ?? 0)
    } + holes(policy, jobs)
  }

  private static func unreachable(_ policy: AccessPolicy) -> [Doubt] {
    var doubts: [Doubt] = []
    for (index, rule) in policy.rules.enumerated() {
      guard let earlier = policy.rules[..<index].first(where: { $0.covers(rule) }) else { continue }
      doubts.append(
        Doubt(
          kind: .unreachable, place: rule.place,
          text: "rule \(PolicyText.quoted(rule.name)) is never reached: rule "
            + "\(PolicyText.quoted(earlier.name)) at line \(earlier.place.line) takes all that it "
            + "could match"))
    }
    return doubts
  }

  private static func unusedRoles(_ policy: AccessPolicy) -> [Doubt] {
    let used = Set(policy.rules.flatMap(\.roleNames))
    return policy.roles.filter { !used.contains($0.name) }.map { role in
      Doubt(
        kind: .unusedRole, place: role.place,
        text: "role \(PolicyText.quoted(role.name)) is in no rule")
    }
  }

  private static func unknownJobs(
    _ policy: AccessPolicy, _ jobs: [String], _ areUnknown: Bool
  ) -> [Doubt] {
    guard !areUnknown else { return [] }
    let names = jobs.map { Array($0.utf8) }
    return policy.rules.flatMap { rule in
      (rule.jobs ?? []).filter { pattern in !names.contains { pattern.matches($0) } }.map {
        pattern in
        Doubt(
          kind: .unknownJob, place: rule.place,
          text: "rule \(PolicyText.quoted(rule.name)) names \(PolicyText.quoted(pattern.text)): "
            + "no job has such a name")
      }
    }
  }

  private static func holes(_ policy: AccessPolicy, _ jobs: [String]?) -> [Doubt] {
    var doubts: [Doubt] = []
    for action in AccessAction.ofJobs {
      let missing = (jobs ?? []).filter { !someoneMay(action, job: $0, policy) }
      if !missing.isEmpty {
        let which = missing.count == jobs?.count ? "any job" : PolicyText.list(missing)
        doubts.append(Doubt(kind: .hole, place: nil, text: "nobody may \(action) of \(which)"))
      }
    }
    // Without a rule that holds, there is nothing to approve.
    guard policy.rules.contains(where: { $0.effect == .hold }) else { return doubts }
    for action in AccessAction.ofNoJob where !someoneMay(action, job: nil, policy) {
      doubts.append(
        Doubt(
          kind: .hole, place: nil,
          text: "nobody may \(action), and a rule holds runs for approval"))
    }
    return doubts
  }

  private static func someoneMay(_ action: String, job: String?, _ policy: AccessPolicy) -> Bool {
    var refused: [PolicyRole] = []
    for rule in policy.rules where rule.concerns(action: action, job: job) {
      if rule.effect == .deny {
        if rule.conditions == PolicyConditions() { refused += rule.who }
      } else if !rule.who.allSatisfy({ each in refused.contains { $0.covers(each) } }) {
        return true
      }
    }
    return false
  }
}
