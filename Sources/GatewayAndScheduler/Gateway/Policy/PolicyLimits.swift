import Ingest

/// How much a rule lets through. Only triggers are counted: other actions that the rule permits are not.
///
/// A rule that matches and whose limit is reached answers `deny` in its own name; later rules are not
/// asked, so that a limit cannot be got round by a wider rule behind.
package struct PolicyLimits: Hashable, Sendable {
  /// Most runs of the job, whoever asked, that may be queued, held or running before this one.
  package var openRunsOfJob: Int?
  /// The same of the principal, whatever the job.
  package var openRunsOfPrincipal: Int?
  /// Triggers of the principal, of any job, that were let through within a duration before this one.
  package var triggers: Rate?

  /// So many within so long.
  package struct Rate: Hashable, Sendable {
    /// 1 to 999.
    package var countMax: Int
    /// Up to an hour.
    package var seconds: Double

    package init(countMax: Int, seconds: Double) {
      self.countMax = countMax
      self.seconds = seconds
    }
  }

  package init() {}

  package var isEmpty: Bool { self == PolicyLimits() }

  /// The first limit that is reached, and what would have been needed; nil when there is room.
  func firstReached(_ question: AccessQuestion) -> (limit: AccessDecision.Limit, need: String)? {
    guard question.action == AccessAction.trigger else { return nil }
    let facts = question.facts
    // A clock that was set back makes an age negative: it is recent all the same.
    let recentCount = triggers.map { rate in facts.triggerAges.count { $0 < rate.seconds } } ?? 0
    let within = triggers.map { "triggers within \(Int($0.seconds)) s" } ?? ""
    let counted: [(AccessDecision.Limit, countMax: Int?, found: Int, what: String)] = [
      (.openRunsOfJob, openRunsOfJob, facts.openRunsOfJob, "open runs of the job"),
      (
        .openRunsOfPrincipal, openRunsOfPrincipal, facts.openRunsOfPrincipal,
        "open runs of the principal"
      ),
      (.triggers, triggers?.countMax, recentCount, within),
    ]
    for (limit, countMax, found, what) in counted {
      guard let countMax, found >= countMax else { continue }
      return (limit, "fewer than \(countMax) \(what), found \(found)")
    }
    return nil
  }
}

/// Actions that have a meaning of their own; every other one is a name that routes and rules share.
package enum AccessAction {
  /// Asks for a run of a job. The only action that limits count.
  package static let trigger = "run:trigger"
  /// For everybody, with or without a credential; only a route can say so, no rule.
  package static let `public` = "public"
  /// What a policy check asks about each job.
  package static let ofJobs = ["run:trigger", "run:view", "run:kill", "job:view"]
  /// What it asks about no job.
  package static let ofNoJob = ["approval:view", "approval:give"]
  /// What the routes of our own API ask for.
  static let own = Set(ofJobs + ofNoJob)
}
