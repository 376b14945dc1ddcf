import Correlate
import Ingest

/// A job that runs regularly and has not run for longer than its past intervals allow.
///
/// The intervals between starts are a quantity like durations (QuantityBaseline): the survival of
/// the running interval falls with time, and a timer fires at the instant at which it reaches the
/// level. Only jobs that are regular are asked: at least 8 starts on 5 days, and a tail that begins
/// at most half above the median interval. Said once per interval. A job without a start on a
/// weekend for eight weeks (on a holiday, for over a year) is measured in working time: the seconds
/// of such days count neither in its past intervals nor in the running one.
struct MissedScheduleRule: DetectionRule {
  static let name = "missed_schedule"
  static let interest: EventInterest = .activities

  static let startCountMin = 8
  static let dayCountMin = 5
  static let spreadMax = 0.405
  /// Starts within this many seconds are one: retries and bursts are no schedule.
  static let intervalMin = 30.0
  static let jobCountMax = 50_000

  private struct Waiting: Sendable, Codable {
    let since: Timestamp
    let generation: Int
    let judgement: JobQuantities.Judgement?
    let level: Double
    let free: FreeDays
    let activity: SharedActivity
    var isApproved = false
  }

  private struct JobTimer: Sendable, Codable {
    let job: String
    let generation: Int
  }

  private var intervals = JobQuantities()
  private var waiting: [String: Waiting] = [:]
  private var freeDays: [String: FreeDayRecord] = [:]
  private var timers = TimerQueue<JobTimer>()
  private var generation = 0

  var nextTimer: Timestamp? { timers.next }

  var learnt: [LearntCount] {
    [LearntCount(rule: Self.name, what: "jobs", count: intervals.baselines.count)]
  }

  mutating func observe(_ event: CorrelatedEvent, _ context: inout RuleContext) {
    guard case .activity(let update) = event, update.change == .started,
      let job = update.activity.job, let startedAt = update.activity.startedAt
    else { return }
    if let last = waiting[job] {
      guard startedAt.seconds(since: last.since) >= MissedScheduleRule.intervalMin else { return }
      let interval = max(
        1, context.workingTime.seconds(from: last.since, to: startedAt, without: last.free))
      let day = Int(startedAt.microseconds.flooredDivision(by: 86_400_000_000).quotient)
      intervals.learn(job, interval, day: day, isHealthy: true, judgedBy: last.judgement)
      if last.isApproved { teach(job, interval, day: day, context.configuration) }
    } else if waiting.count >= MissedScheduleRule.jobCountMax {
      return
    }
    wait(job, since: startedAt, update, &context)
  }

  private mutating func wait(
    _ job: String, since: Timestamp, _ update: ActivityUpdate, _ context: inout RuleContext
  ) {
    generation += 1
    let time = context.workingTime
    let day = time.day(of: since)
    var record = freeDays[job] ?? FreeDayRecord()
    record.learn(day, time.kind(day))
    freeDays[job] = record
    let free = record.free(on: day)
    let judgement = intervals.judgement(
      of: job, halfLifeDays: context.configuration.halfLifeDays)
    let isRegular = MissedScheduleRule.isRegular(judgement)
    let level = isRegular ? context.level(at: update.at) : 0
    waiting[job] = Waiting(
      since: since, generation: generation, judgement: judgement, level: level, free: free,
      activity: update.shared)
    guard isRegular, let seconds = judgement.value(atPValue: level), seconds < 3e7 else { return }
    timers.insert(
      JobTimer(job: job, generation: generation),
      at: time.instant(after: seconds + 1e-6, from: since, without: free))
    let waiting = waiting
    timers.sweep(liveCount: waiting.count) { waiting[$0.job]?.generation == $0.generation }
  }

  private static func isRegular(_ judgement: JobQuantities.Judgement) -> Bool {
    guard let past = judgement.past else { return false }
    return judgement.count >= startCountMin && past.days >= dayCountMin && past.spread <= spreadMax
  }

  /// The lesson is the interval as it was judged; of one that goes on, the whole once it ends.
  mutating func approve(_ finding: ReportedFinding, _ configuration: DetectionConfiguration) {
    guard let job = finding.job, let interval = finding.lessons.first else { return }
    if let wait = waiting[job], finding.subject == MissedScheduleRule.subject(job, wait.since) {
      waiting[job]?.isApproved = true
      return
    }
    let day = Int(
      finding.timestamp.microseconds.flooredDivision(by: 86_400_000_000).quotient)
    teach(job, interval, day: day, configuration)
  }

  private static func subject(_ job: String, _ since: Timestamp) -> String {
    "\(job)/\(since.rfc3339)"
  }

  private mutating func teach(
    _ job: String, _ interval: Double, day: Int, _ configuration: DetectionConfiguration
  ) {
    for _ in 0..<configuration.quarantineDays {
      intervals.learn(job, interval, day: day, isHealthy: true, judgedBy: nil)
    }
  }

  mutating func fireTimer(_ context: inout RuleContext) {
    guard let (at, key) = timers.removeFirst(), let wait = waiting[key.job],
      wait.generation == key.generation, let judgement = wait.judgement, let past = judgement.past
    else { return }
    let elapsed = context.workingTime.seconds(from: wait.since, to: at, without: wait.free)
    let pValue = judgement.pValue(elapsed)
    guard pValue <= wait.level * (1 + 1e-6) else { return }
    var draft = Draft(
      rule: MissedScheduleRule.name, subject: MissedScheduleRule.subject(key.job, wait.since),
      episodeSubject: key.job, timestamp: at, pValue: pValue)
    draft.job = key.job
    draft.evidence = wait.activity.value.evidence
    draft.history = judgement.history
    draft.lessons = [elapsed]
    let whole = at.seconds(since: wait.since)
    draft.observed = [.init("since", wait.since.rfc3339), .init("elapsed_s", whole)]
    var working = ""
    if whole > elapsed + 1 {
      draft.observed.append(.init("working_s", elapsed))
      working = " (\(Legible.duration(elapsed)) of it on working days)"
    }
    draft.expected = judgement.facts(at: elapsed, unit: "s")
    draft.explanation =
      "\(Legible.name(key.job)) has not started for \(Legible.duration(whole))\(working): of its "
      + "\(Legible.count(judgement.count, "interval")) before, about "
      + "\(Legible.number(past.tail.exceedance * 100)) in 100 were longer than "
      + "\(Legible.duration(past.tail.threshold)) (\(Legible.odds(pValue)))"
    context.report(draft) {
      TailWorking.working(
        elapsed, judgement, past: intervals.past(of: key.job, judgement), noun: "interval",
        text: Legible.duration)
    }
  }
}
