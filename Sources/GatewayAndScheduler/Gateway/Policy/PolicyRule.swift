package import Ingest

/// One line of a policy: for whom, for what, under which conditions, and the answer.
package struct PolicyRule: Sendable, Hashable {
  package var name: String
  package var effect: DecisionRecord.Effect
  /// Identities in any of these; the rule's roles, and one each made of its groups and principals.
  package var who: [PolicyRole]
  /// Roles that the rule names.
  package var roleNames: [String]
  /// Patterns of actions: `run:trigger`, `run:*`, `*`.
  package var actions: [GlobPattern]
  /// Patterns of jobs; nil for any job and for questions about none.
  package var jobs: [GlobPattern]?
  package var conditions = PolicyConditions()
  package var limits = PolicyLimits()
  /// Of the rule in its file.
  package var place: JSON5Place
  /// Who, in the words of a reason.
  package var whoText: String

  /// Whether it speaks of this action and job. A rule that names jobs never speaks of none.
  package func concerns(action: String, job: String?) -> Bool {
    concerns(Wish(action, job))
  }

  /// An action and a job as patterns take them, made once for all rules.
  struct Wish {
    let action: [UInt8]
    let job: [UInt8]?
    let jobIsOpen: Bool

    init(_ action: String, _ job: String?, jobIsOpen: Bool = false) {
      self.action = Array(action.utf8)
      self.job = job.map { Array($0.utf8) }
      self.jobIsOpen = jobIsOpen
    }
  }

  /// The same for a wish that many rules are asked about.
  func concerns(_ wish: Wish) -> Bool {
    guard actions.contains(where: { $0.matches(wish.action) }) else { return false }
    guard let jobs else { return true }
    guard let job = wish.job else { return wish.jobIsOpen && effect != .deny }
    return jobs.contains { $0.matches(job) }
  }

  /// Whether the identity is one of its own.
  package func concerns(_ identity: Identity) -> Bool { who.contains { $0.contains(identity) } }

  /// Whether this rule matches whenever the other does. Never true wrongly.
  package func covers(_ other: PolicyRule) -> Bool {
    guard actions.cover(other.actions) else { return false }
    if let jobs {
      guard let theirs = other.jobs, jobs.cover(theirs) else { return false }
    }
    return conditions.areImplied(by: other.conditions)
      && other.who.allSatisfy { each in who.contains { $0.covers(each) } }
  }
}
