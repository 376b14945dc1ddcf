import Correlate
import Ingest

/// A run that lasts longer than its job's past allows, told while it is still running.
///
/// At the start everything that judges it is frozen (QuantityTail, SurpriseCurve), which gives the
/// instant at which the elapsed time's p crosses the level: a timer fires then, and that instant is
/// the finding's `ts`. What finishes meanwhile, siblings above all, changes nothing. A run that is
/// told at a p above the band of `high` is told once more when it gets there: who was woken for a
/// maybe must hear that it is no longer one. With `pMax` it is reported again each time its p fell
/// by the escalation factor and once more at its end; the id of each names the step (subject, then
/// `#step`). Runs that all fell silent together are one episode, told with its cause (Standstill).
struct RunawayRule: DetectionRule {
  static let name = "runaway"
  static let interest: EventInterest = .activities

  /// Runs under way that are watched; when there are more, those of the older half that go on since
  /// are given up: runs whose end is never told must not blind the rule to all that follow.
  static let openRunCountMax = 100_000
  static let escalationCountMax = 64
  /// Elapsed time of interest, in seconds: shorter runs harm nobody.
  static let secondsMin = 1.0
  /// Days in which a site shows its weekly pattern twice; until then no p below one in its runs.
  static let youngSiteDays = 14

  private struct OpenRun: Sendable, Codable {
    let generation: Int
    let startedAt: Timestamp
    let judgement: JobQuantities.Judgement
    let level: Double
    /// Nothing rarer is said of this run.
    let rarest: Double
    var activity: SharedActivity
    var step = 0
    var lastP = 1.0
    var isApproved = false
  }

  private struct RunTimer: Sendable, Codable {
    let id: String
    let generation: Int
  }

  private var durations = JobQuantities(leavingOutShort: true)
  private var open: [String: OpenRun] = [:]
  private var timers = TimerQueue<RunTimer>()
  private var generation = 0
  private var firstDay: Int?
  private var learntCount = 0
  private var standstill = Standstill()

  var nextTimer: Timestamp? { timers.next }

  var learnt: [LearntCount] {
    [
      LearntCount(rule: Self.name, what: "jobs", count: durations.baselines.count),
      LearntCount(rule: Self.name, what: "durations", count: learntCount),
    ]
  }

  mutating func observe(_ event: CorrelatedEvent, _ context: inout RuleContext) {
    guard case .activity(let update) = event else { return }
    listen(to: update)
    switch update.change {
    case .started: start(update, &context)
    case .attemptEnded: open[update.activity.activityID] = nil
    case .ended where update.activity.endedAt != nil: end(update, &context)
    case .requested, .triggered, .progressed, .runMissing, .requestMissing, .ended, .settled:
      open[update.activity.activityID]?.activity = update.shared
    }
  }

  private mutating func listen(to update: ActivityUpdate) {
    switch update.change {
    case .progressed where update.activity.tasks.total > 0 && update.activity.endedAt == nil:
      standstill.hear(update.activity.activityID, at: update.at)
    case .attemptEnded, .ended, .settled: standstill.end(update.activity.activityID)
    case .requested, .triggered, .started, .progressed, .runMissing, .requestMissing: break
    }
  }

  private mutating func start(_ update: ActivityUpdate, _ context: inout RuleContext) {
    let activity = update.activity
    guard let job = activity.job else { return }
    if open.count >= RunawayRule.openRunCountMax { giveUpOldest() }
    generation += 1
    let run = OpenRun(
      generation: generation, startedAt: RunawayRule.start(of: update),
      judgement: durations.judgement(
        of: job, by: activity.principal, halfLifeDays: context.configuration.halfLifeDays),
      level: context.level(at: update.at), rarest: rarest(at: update.at),
      activity: update.shared)
    open[activity.activityID] = run
    schedule(run, activity.activityID, context)
  }

  private mutating func giveUpOldest() {
    let generations = open.values.map(\.generation).sorted()
    let middle = generations[generations.count / 2]
    open = open.filter { $0.value.generation >= middle }
  }

  private mutating func rarest(at instant: Timestamp) -> Double {
    let day = RunawayRule.day(instant)
    firstDay = firstDay ?? day
    let isYoung = day - (firstDay ?? day) < RunawayRule.youngSiteDays
    return isYoung ? 1 / Double(1 + learntCount) : 0
  }

  /// A later attempt has a clock of its own: `startedAt` tells the first.
  private static func start(of update: ActivityUpdate) -> Timestamp {
    update.activity.attempts > 1 ? update.at : update.activity.startedAt ?? update.at
  }

  /// Sets the timer of the run's next step: the instant at which p falls to the step's level.
  private mutating func schedule(_ run: OpenRun, _ id: String, _ context: RuleContext) {
    guard run.step < RunawayRule.escalationCountMax,
      let level = RunawayRule.level(run, context), level >= run.rarest, level > 1e-30,
      let crossing = run.judgement.value(atPValue: level)
    else { return }
    // A microsecond later: at the threshold itself nothing is strange yet.
    let seconds = max(RunawayRule.secondsMin, crossing) + 1e-6
    guard seconds < 3e7 else { return }
    timers.insert(
      RunTimer(id: id, generation: run.generation), at: run.startedAt.advanced(bySeconds: seconds))
    let open = open
    timers.sweep(liveCount: open.count) { open[$0.id]?.generation == $0.generation }
  }

  /// The p at which the run's next step is told; nil when there is none.
  private static func level(_ run: OpenRun, _ context: RuleContext) -> Double? {
    let configuration = context.configuration
    if configuration.pMax != nil {
      return run.level * Elementary.pow(configuration.escalationFactor, -Double(run.step))
    }
    if run.step == 0 { return run.level }
    return run.step == 1 && configuration.severity.high < run.level
      ? configuration.severity.high : nil
  }

  mutating func fireTimer(_ context: inout RuleContext) {
    guard let (at, key) = timers.removeFirst(), var run = open[key.id], !run.isApproved,
      run.generation == key.generation,
      let level = RunawayRule.level(run, context)
    else { return }
    let elapsed = at.seconds(since: run.startedAt)
    let pValue = run.judgement.pValue(elapsed)
    if pValue <= level * (1 + 1e-9) {
      context.report(draft(run, at: at, elapsed: elapsed, pValue: pValue)) {
        working(run, elapsed)
      }
      run.lastP = pValue
    }
    run.step += 1
    open[key.id] = run
    schedule(run, key.id, context)
  }

  private mutating func end(_ update: ActivityUpdate, _ context: inout RuleContext) {
    let activity = update.activity
    guard var run = open.removeValue(forKey: activity.activityID) else { return }
    run.activity = update.shared
    let elapsed = activity.durationSeconds ?? update.at.seconds(since: run.startedAt)
    if context.configuration.pMax != nil, !run.isApproved {
      let pValue = run.judgement.pValue(elapsed)
      if pValue <= run.level, pValue < run.lastP, pValue >= run.rarest {
        run.step = max(run.step, 1)
        context.report(draft(run, at: update.at, elapsed: elapsed, pValue: pValue)) {
          working(run, elapsed)
        }
      }
    }
    let isAnnounced = context.isMaintenance(
      from: run.startedAt, to: run.startedAt.advanced(bySeconds: elapsed), job: activity.job)
    if isAnnounced { return }
    if run.isApproved { teach(activity.job, elapsed, at: update.at, context.configuration) }
    // A duration that claims to reach beyond its own record must not carry the clock there.
    let day = RunawayRule.day(min(run.startedAt.advanced(bySeconds: elapsed), update.at))
    learntCount += 1
    durations.learn(
      activity.job ?? "", elapsed, day: day, isHealthy: activity.state == .succeeded,
      judgedBy: run.judgement)
  }

  /// The lesson is the time that had elapsed; of a run that goes on, its whole duration once it ends,
  /// and no more is said of it.
  mutating func approve(_ finding: ReportedFinding, _ configuration: DetectionConfiguration) {
    if let id = finding.activityID, open[id] != nil {
      open[id]?.isApproved = true
      open[id]?.step = RunawayRule.escalationCountMax
    } else if let elapsed = finding.lessons.first {
      teach(finding.job, elapsed, at: finding.timestamp, configuration)
    }
  }

  private mutating func teach(
    _ job: String?, _ elapsed: Double, at: Timestamp, _ configuration: DetectionConfiguration
  ) {
    for _ in 0..<configuration.quarantineDays {
      durations.learn(
        job ?? "", elapsed, day: RunawayRule.day(at), isHealthy: true, judgedBy: nil)
    }
  }

  /// Day since the epoch, UTC: jobs have no zone.
  private static func day(_ instant: Timestamp) -> Int {
    Int(instant.microseconds.flooredDivision(by: 86_400_000_000).quotient)
  }

  private func working(_ run: OpenRun, _ elapsed: Double) -> Working {
    TailWorking.working(
      elapsed, run.judgement, past: durations.past(of: run.activity.value.job ?? "", run.judgement),
      noun: "run", text: Legible.duration)
  }

  private func draft(
    _ run: OpenRun, at: Timestamp, elapsed: Double, pValue: Double
  ) -> Draft {
    let judgement = run.judgement
    let activity = run.activity.value
    let job = activity.job ?? ""
    let step = run.step == 0 ? "" : "#\(run.step)"
    let silence = commonSilence(run, at: at)
    // One episode for all that wait for the same thing, whatever their jobs.
    let episode = silence.map { "standstill since \($0.since.rfc3339)" } ?? job
    var draft = Draft(
      rule: RunawayRule.name, subject: activity.activityID + step, episodeSubject: episode,
      timestamp: at, pValue: pValue)
    draft.describe(activity)
    draft.history = judgement.history
    draft.observed = [.init("elapsed_s", elapsed)]
    if let silence {
      draft.observed += [
        .init("silent_since", silence.since.rfc3339), .init("silent_s", silence.seconds),
        .init("silent_runs", Double(silence.runCount)),
      ]
    }
    draft.lessons = [elapsed]
    draft.expected = judgement.facts(at: elapsed, unit: "s")
    draft.explanation =
      "\(Legible.name(job)) had been running for \(Legible.duration(elapsed)): "
      + RunawayRule.past(judgement) + " (\(Legible.odds(pValue)) to last this long)"
      + (silence.map(RunawayRule.cause) ?? "")
    return draft
  }

  /// What this run shares with all others that speak, when the silence covers most of its time.
  private func commonSilence(_ run: OpenRun, at: Timestamp) -> Standstill.Silence? {
    guard let silence = standstill.silence(at: at),
      silence.seconds >= at.seconds(since: run.startedAt) / 2
    else { return nil }
    return silence
  }
}
