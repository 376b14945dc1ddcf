import GatewayAndScheduler
import Ingest

/// What Detect knows of a principal's habits, for the policy.
struct ServeHabits: AccessFactsSource {
  /// Nil where detection is off.
  let judge: LiveJudge?

  func facts(principal: String?, job: String?, at now: Timestamp) async -> AccessFacts {
    var facts = AccessFacts()
    if let principal {
      facts.offHoursP = judge?.offHoursP(of: principal, at: now, zone: nil, isService: false)
    }
    return facts
  }

  func facts(of identity: Identity?, job: String?, at now: Timestamp) async -> AccessFacts {
    var facts = AccessFacts()
    if let identity {
      facts.offHoursP = judge?.offHoursP(
        of: identity.principal, at: now, zone: identity.zone,
        isService: identity.principalType == .service)
    }
    return facts
  }
}

/// What scheduler and Detect know together.
struct ServeFacts: AccessFactsSource {
  let scheduler: RunScheduler
  let habits: ServeHabits

  func facts(principal: String?, job: String?, at now: Timestamp) async -> AccessFacts {
    var facts = await scheduler.facts(principal: principal, job: job, at: now)
    facts.offHoursP = await habits.facts(principal: principal, job: job, at: now).offHoursP
    return facts
  }

  func facts(of identity: Identity?, job: String?, at now: Timestamp) async -> AccessFacts {
    var facts = await scheduler.facts(principal: identity?.principal, job: job, at: now)
    facts.offHoursP = await habits.facts(of: identity, job: job, at: now).offHoursP
    return facts
  }
}

/// What shims post is a hint for the scheduler: their directory tells the truth.
struct ServeShimEars: ShimEventHandling {
  let scheduler: RunScheduler

  func heard(runID: String, lines: [[UInt8]]) async -> Bool {
    _ = await scheduler.heard(runID: runID, lines: lines)
    return true
  }
}
