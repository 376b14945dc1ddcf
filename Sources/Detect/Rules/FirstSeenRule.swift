import Correlate
import Ingest

/// A principal who triggers a job that others have triggered and they never have.
///
/// Two rates foretell it: how often this principal takes up others' jobs (per trigger), and how
/// often this job is taken up by someone new (per trigger). The first is shrunk to the rate of
/// principals of like experience as if 300 triggers had shown it (whose first trigger it is takes up
/// others' jobs far more often than whose thousandth), the second to the site's rate r as if 2 had.
/// Together, as independent factors on the site's odds: q = r * (a / r) * (b / r). The rates are
/// Good-Turing masses of unseen pairs: first occurrences among triggers (Good 1953). Surprise =
/// -ln q; p = rank of the surprise among all past triggers, of which most had none. A job that
/// nobody ever triggered is new, not foreign, and not judged.
///
/// A pair is seen for the first time once. What waits in quarantine is what it says of the
/// principal, that they take up others' jobs: one evening among foreign jobs excuses no further one.
struct FirstSeenRule: DetectionRule {
  static let name = "first_seen"
  static let interest: EventInterest = .activities

  /// Pairs kept; beyond it the rule falls silent about pairs it would have to add.
  static let pairCountMax = 1_000_000
  /// Triggers at the site's rate that a principal, and a job, start with.
  static let principalPrior = 300.0
  static let jobPrior = 2.0
  static let scaleHalfLife = 50_000.0
  /// Triggers below which a principal is of a class of experience; the last class has no edge.
  static let experienceEdges = [1, 3, 10, 30, 100, 300]
  /// Triggers at the site's rate that a class of experience starts with.
  static let experiencePrior = 20.0

  private struct Tally: Sendable, Codable {
    var triggers = 0
    var arrivals = 0
    var days = 0
    var lastDay = Int.min

    mutating func count(isArrival: Bool, day: Int) {
      triggers += 1
      if isArrival { arrivals += 1 }
      if day != lastDay { days += 1 }
      lastDay = day
    }

    func rate(_ priorRate: Double, prior: Double) -> Double {
      (Double(arrivals) + prior * priorRate) / (Double(triggers) + prior)
    }
  }

  private struct Pair: Hashable, Sendable, Codable {
    let principal: String
    let job: String
  }

  private var pairs: Set<Pair> = []
  private var byPrincipal: [String: Tally] = [:]
  private var byJob: [String: Tally] = [:]
  private var byExperience = [Tally](
    repeating: Tally(), count: FirstSeenRule.experienceEdges.count + 1)
  private var site = Tally()
  private var scale = SurpriseScale(halfLife: FirstSeenRule.scaleHalfLife)
  private var quarantine = Quarantine()

  var learnt: [LearntCount] {
    [LearntCount(rule: Self.name, what: "pairs of principal and job", count: pairs.count)]
  }

  mutating func observe(_ event: CorrelatedEvent, _ context: inout RuleContext) {
    guard case .activity(let update) = event, update.change == .requested,
      let principal = update.activity.principal, let job = update.activity.job
    else { return }
    let pair = Pair(principal: principal, job: job)
    let isNew = !pairs.contains(pair) && pairs.count < FirstSeenRule.pairCountMax
    let isArrival = isNew && byJob[job] != nil
    var pValue = 1.0
    if isArrival {
      pValue = judge(update, principal, job, &context)
    } else {
      _ = context.level(at: update.at)
      scale.learn(nil)
    }
    learn(pair, isNew: isNew, isArrival: isArrival, pValue, at: update.at, context.configuration)
  }

  private mutating func judge(
    _ update: ActivityUpdate, _ principal: String, _ job: String, _ context: inout RuleContext
  ) -> Double {
    let siteRate = (Double(site.arrivals) + 0.5) / (Double(site.triggers) + 1)
    let mine = byPrincipal[principal] ?? Tally()
    let alike = byExperience[FirstSeenRule.experience(mine)]
    let alikeRate = alike.rate(
      siteRate, prior: FirstSeenRule.experiencePrior)
    let principalRate = mine.rate(alikeRate, prior: FirstSeenRule.principalPrior)
    let jobRate = (byJob[job] ?? Tally()).rate(siteRate, prior: FirstSeenRule.jobPrior)
    let foretold = min(1, principalRate * jobRate / siteRate)
    let surprise = -Elementary.log(foretold)
    let past = scale
    let rank = past.rank(surprise)
    let pValue = rank.pValue
    let level = context.level(at: update.at)
    scale.learn(surprise)
    guard pValue <= level else { return pValue }
    var draft = Draft(
      rule: FirstSeenRule.name, subject: Draft.intent(of: update.activity),
      episodeSubject: principal, timestamp: update.at, pValue: pValue)
    draft.describe(update.activity)
    draft.observed = [.init("surprise", surprise)]
    draft.expected = [
      .init("principal_rate", principalRate), .init("job_rate", jobRate),
      .init("alike_rate", alikeRate), .init("site_rate", siteRate),
    ]
    let theirs = byJob[job] ?? Tally()
    draft.history = .init(events: mine.triggers, days: mine.days)
    draft.explanation =
      "\(Legible.name(principal)) triggered \(Legible.name(job)) for the first time: it had been "
      + "triggered \(Legible.count(theirs.triggers, "time")) by "
      + "\(Legible.count(theirs.arrivals + 1, "other principal")), and of their own "
      + "\(Legible.count(mine.triggers, "trigger")) \(mine.arrivals) took up others' jobs "
      + "(\(Legible.odds(pValue)) among all triggers)"
    context.report(draft) {
      FirstSeenWorking(
        site: .init(triggers: site.triggers, arrivals: site.arrivals),
        alike: .init(triggers: alike.triggers, arrivals: alike.arrivals),
        principal: .init(triggers: mine.triggers, arrivals: mine.arrivals),
        job: .init(triggers: theirs.triggers, arrivals: theirs.arrivals), rank: rank, scale: past
      ).working()
    }
    return pValue
  }

  private static func experience(_ tally: Tally) -> Int {
    experienceEdges.firstIndex { tally.triggers < $0 } ?? experienceEdges.count
  }

  /// The principal took up this job, and a person says that this is all right.
  mutating func approve(_ finding: ReportedFinding, _ configuration: DetectionConfiguration) {
    guard let principal = finding.principal, let job = finding.job else { return }
    if !quarantine.release(FirstSeenRule.key(principal, job)).isEmpty {
      byPrincipal[principal]?.arrivals += 1
    }
  }

  private static func key(_ principal: String, _ job: String) -> String {
    "\(principal.utf8.count)/\(principal)/\(job)"
  }

  private mutating func learn(
    _ pair: Pair, isNew: Bool, isArrival: Bool, _ pValue: Double, at: Timestamp,
    _ configuration: DetectionConfiguration
  ) {
    let day = Int(at.microseconds.flooredDivision(by: 86_400_000_000).quotient)
    if isNew { pairs.insert(pair) }
    let key = FirstSeenRule.key(pair.principal, pair.job)
    var isLearnt = isArrival && pValue > configuration.quarantineP
    if isArrival && !isLearnt || quarantine.isHeld(key) {
      isLearnt = !quarantine.hold(key, 1, day: day, configuration).isEmpty
    }
    byExperience[FirstSeenRule.experience(byPrincipal[pair.principal] ?? Tally())].count(
      isArrival: isArrival, day: day)
    byPrincipal[pair.principal, default: Tally()].count(isArrival: isLearnt, day: day)
    byJob[pair.job, default: Tally()].count(isArrival: isArrival, day: day)
    site.count(isArrival: isArrival, day: day)
  }
}
