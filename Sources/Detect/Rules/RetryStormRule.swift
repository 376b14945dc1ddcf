import Correlate
import Ingest

/// A streak of abortive runs of one job, against the job's own record of failing.
///
/// Abortive: failed, killed, timed out or lost, or over in less than a tenth of the job's usual
/// time. A streak goes on while each end follows the one before within an hour. Its surprise is
/// that of a two-state Markov chain,
///
///     -ln(a) - (n - 1) ln(c),   a = P(abortive | the last was not), c = P(abortive | the last was)
///
/// with a and c as they stood when the streak began, shrunk to the site's: a storm does not excuse
/// itself. p = rank among all ended streaks, the empty ones of good runs included.
struct RetryStormRule: DetectionRule {
  static let name = "retry_storm"
  static let interest: EventInterest = .activities

  static let jobCountMax = 50_000
  static let gapSeconds = 3600.0
  /// Abortive ends below which nothing is a storm.
  static let countMin = 4
  /// A good run over in less than this share of the usual time is abortive.
  static let shortShare = 0.1
  /// Good durations kept for the usual time.
  static let durationCountMax = 31
  static let scaleHalfLife = 20_000.0

  private struct State: Sendable, Codable {
    var afterGood = BernoulliRate()
    var afterAbortive = BernoulliRate()
    var durations: [Double] = []
    var ended = 0
    var days = 0
    var lastDay = Int64.min
    var lastAt = Timestamp.earliest
    var streak = 0
    var a = 1.0
    var c = 1.0
    var level = 0.0
    var lastP = 1.0
    var steps = 0
    var startedAt = Timestamp.earliest
  }

  private var states: [String: State] = [:]
  private var afterGood = BernoulliRate()
  private var afterAbortive = BernoulliRate()
  private var scale = SurpriseScale(halfLife: RetryStormRule.scaleHalfLife)

  mutating func observe(_ event: CorrelatedEvent, _ context: inout RuleContext) {
    guard case .activity(let update) = event, let job = update.activity.job else { return }
    switch update.change {
    case .attemptEnded: end(update, job, hasFailed: true, &context)
    case .ended where update.activity.endedAt != nil:
      let hasFailed = [.failed, .killed, .timedOut, .lost].contains(update.activity.state)
      end(update, job, hasFailed: hasFailed, &context)
    default: break
    }
  }

  private mutating func end(
    _ update: ActivityUpdate, _ job: String, hasFailed: Bool, _ context: inout RuleContext
  ) {
    guard states[job] != nil || states.count < RetryStormRule.jobCountMax else { return }
    var state = states[job] ?? State()
    let day = update.at.microseconds.flooredDivision(by: 86_400_000_000).quotient
    if day != state.lastDay { state.days += 1 }
    state.lastDay = day
    let duration = update.activity.durationSeconds ?? 0
    let isAbortive = hasFailed || RetryStormRule.isShort(duration, state)
    if !isAbortive, duration > 0 {
      state.durations.append(duration)
      if state.durations.count > RetryStormRule.durationCountMax { state.durations.removeFirst() }
    }
    let isApart = update.at.seconds(since: state.lastAt) > RetryStormRule.gapSeconds
    if state.streak > 0, isApart || !isAbortive { close(&state, endedByGood: !isApart) }
    if isAbortive {
      extend(&state, update, &context)
      judge(&state, update, job, &context)
    } else {
      learnGood(&state)
    }
    state.lastAt = update.at
    state.ended += 1
    states[job] = state
  }

  private static func isShort(_ duration: Double, _ state: State) -> Bool {
    guard state.durations.count >= 5 else { return false }
    return duration < shortShare * state.durations.sorted()[state.durations.count / 2]
  }

  private mutating func extend(
    _ state: inout State, _ update: ActivityUpdate, _ context: inout RuleContext
  ) {
    if state.streak == 0 {
      let siteA = afterGood.krichevskyTrofimov
      let siteC = afterAbortive.krichevskyTrofimov
      state.a = state.afterGood.shrunk(to: siteA, strength: 4)
      state.c = min(0.999, state.afterAbortive.shrunk(to: siteC, strength: 4))
      state.level = context.level(at: update.at)
      state.startedAt = update.at
      state.lastP = 1
      state.steps = 0
    }
    state.streak += 1
  }

  private mutating func judge(
    _ state: inout State, _ update: ActivityUpdate, _ job: String, _ context: inout RuleContext
  ) {
    guard state.streak >= RetryStormRule.countMin else { return }
    let rank = scale.rank(RetryStormRule.surprise(state))
    let pValue = rank.pValue
    guard pValue <= state.level else { return }
    let escalated = state.lastP / context.configuration.escalationFactor
    if state.steps > 0, context.configuration.pMax == nil || pValue > escalated { return }
    state.lastP = pValue
    context.report(draft(state, update, job, pValue)) {
      StormWorking.working(
        streak: state.streak, afterGood: state.a, afterAbortive: state.c, rank: rank,
        ended: state.ended, days: state.days)
    }
    state.steps += 1
  }

  private static func surprise(_ state: State) -> Double {
    -Elementary.log(state.a) - Double(state.streak - 1) * Elementary.log(state.c)
  }

  /// A streak teaches as one day's failing does: its length counts by its root.
  private mutating func close(_ state: inout State, endedByGood: Bool) {
    scale.learn(RetryStormRule.surprise(state))
    let weight = 1 / Double(state.streak).squareRoot()
    state.afterGood.learn(true)
    afterGood.learn(true)
    for _ in 1..<max(1, state.streak) {
      state.afterAbortive.learn(true, weight: weight)
      afterAbortive.learn(true, weight: weight)
    }
    state.afterAbortive.learn(false)
    afterAbortive.learn(false)
    state.streak = 0
  }

  /// The lesson is the length of the streak.
  mutating func approve(_ finding: ReportedFinding, _ configuration: DetectionConfiguration) {
    guard let job = finding.job, var state = states[job], let streak = finding.lessons.first else {
      return
    }
    for _ in 0..<configuration.quarantineDays {
      state.afterGood.learn(true)
      state.afterAbortive.learn(true, weight: (streak - 1) / streak.squareRoot())
      state.afterAbortive.learn(false)
    }
    states[job] = state
  }

  private mutating func learnGood(_ state: inout State) {
    scale.learn(nil)
    state.afterGood.fade(by: 0.995)
    state.afterAbortive.fade(by: 0.995)
    afterGood.fade(by: 0.9999)
    afterAbortive.fade(by: 0.9999)
    state.afterGood.learn(false)
    afterGood.learn(false)
  }

  private func draft(
    _ state: State, _ update: ActivityUpdate, _ job: String, _ pValue: Double
  ) -> Draft {
    let suffix = state.steps == 0 ? "" : "#\(state.steps)"
    var draft = Draft(
      rule: RetryStormRule.name, subject: "\(job)/\(state.startedAt.rfc3339)\(suffix)",
      episodeSubject: job, timestamp: update.at, pValue: pValue)
    draft.describe(update.activity)
    draft.observed = [
      .init("streak", Double(state.streak)), .init("streak_started_at", state.startedAt.rfc3339),
    ]
    draft.lessons = [Double(state.streak)]
    draft.expected = [
      .init("abortive_after_good", state.a), .init("abortive_after_abortive", state.c),
    ]
    draft.history = .init(events: state.ended, days: state.days)
    let span = Legible.duration(update.at.seconds(since: state.startedAt))
    draft.explanation =
      "\(Legible.count(state.streak, "run")) of \(Legible.name(job)) in a row failed or were over at "
      + "once, within \(span): before, \(Legible.number(state.a * 100)) in 100 did after a good run "
      + "and \(Legible.number(state.c * 100)) in 100 after such a one (\(Legible.odds(pValue)))"
    return draft
  }
}
