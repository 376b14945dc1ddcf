import Ingest

/// Counts per subject and hour, judged while the hour runs.
///
/// Windows are UTC hours. A count is judged when it grows; its tail probability under the subject's
/// law becomes a p-value by its rank among all subjects' closed windows (SurpriseScale), since
/// counts have heavier tails than any one law. A window is one test, at its first event. A window that
/// was flagged, at p up to `quarantineP`, is not learnt until such windows recur or a person approves.
struct BurstDetector: Sendable, Codable {
  static let windowSeconds = 3600
  /// Subjects remembered at least, at most twice as many; who was not heard of for longest gives way,
  /// so that a flood of names blinds nobody to those who come after it.
  static let subjectCountMax = 100_000
  static let scaleHalfLife = 20_000.0

  /// A count that reached its level, or fell below it by another escalation.
  struct Burst: Sendable {
    let subject: String
    let windowStart: Timestamp
    let count: Int
    let pValue: Double
    let law: NegativeBinomial
    let rank: SurpriseScale.Rank
    let expectedCount: Double
    let history: Finding.History
    /// 0 for the first report of the window.
    let step: Int
  }

  private struct State: Sendable, Codable {
    var window: Int64
    var count = 0
    var level = 0.0
    var lastP = 1.0
    var steps = 0
    var baseline = CountBaseline()
    var days = 0
    var lastDay = Int64.min
    var isApproved = false
  }

  private var states = RecentTable<State>(countMax: BurstDetector.subjectCountMax)
  private var everyone = CountBaseline()
  private var scale = SurpriseScale(halfLife: BurstDetector.scaleHalfLife)
  private var quarantine = Quarantine()
  let countMin: Int

  /// - Parameter countMin: events in a window below which nothing is a burst.
  init(countMin: Int) { self.countMin = countMin }

  /// Counts one event; a burst when it is one. One that comes after its window was closed is not
  /// counted.
  mutating func count(_ subject: String, at: Timestamp, _ context: inout RuleContext) -> Burst? {
    let seconds = at.microseconds.flooredDivision(by: 1_000_000).quotient
    let window = seconds.flooredDivision(by: Int64(BurstDetector.windowSeconds)).quotient
    var state = states[subject] ?? State(window: window)
    guard window >= state.window else { return nil }
    if state.window != window {
      close(&state, subject, context.configuration)
      state.window = window
    }
    if state.count == 0 {
      state.level = context.level(at: at)
      let day = window.flooredDivision(by: 24).quotient
      if day != state.lastDay { state.days += 1 }
      state.lastDay = day
    }
    state.count += 1
    let burst = judge(&state, subject, context)
    states[subject] = state
    return burst
  }

  private func judge(_ state: inout State, _ subject: String, _ context: RuleContext) -> Burst? {
    guard state.count >= countMin else { return nil }
    let law = state.baseline.law(everyone)
    let rank = scale.rank(BurstDetector.surprise(state.count, law))
    let pValue = rank.pValue
    let escalated = state.lastP / context.configuration.escalationFactor
    guard pValue <= state.level, state.steps == 0 || pValue <= escalated else { return nil }
    if state.steps > 0, context.configuration.pMax == nil { return nil }
    state.lastP = pValue
    state.steps += 1
    guard
      let start = Timestamp(
        microseconds: state.window * Int64(BurstDetector.windowSeconds) * 1_000_000)
    else { return nil }
    return Burst(
      subject: subject, windowStart: start, count: state.count, pValue: pValue,
      law: law, rank: rank,
      expectedCount: law.mean + 1,
      history: .init(events: state.baseline.seen, days: state.days - 1), step: state.steps - 1)
  }

  private mutating func close(
    _ state: inout State, _ subject: String, _ configuration: DetectionConfiguration
  ) {
    let surprise = BurstDetector.surprise(state.count, state.baseline.law(everyone))
    let isFlagged =
      state.count >= countMin && !state.isApproved
      && scale.pValue(surprise) <= configuration.quarantineP
    scale.learn(surprise)
    if isFlagged {
      let day = Int(state.window.flooredDivision(by: 24).quotient)
      let recurring = quarantine.hold(subject, Double(state.count), day: day, configuration)
      for each in recurring { learn(Int(each.value), &state) }
    } else {
      learn(state.count, &state)
    }
    state.isApproved = false
    state.count = 0
    state.lastP = 1
    state.steps = 0
  }

  private mutating func learn(_ count: Int, _ state: inout State) {
    state.baseline.learn(count)
    everyone.learn(count)
  }

  /// The lesson is the count; what waits of the subject is learnt with it.
  mutating func approve(_ finding: ReportedFinding, _ configuration: DetectionConfiguration) {
    guard var state = states[finding.episodeSubject], let count = finding.lessons.first else {
      return
    }
    let held = quarantine.release(finding.episodeSubject).map(\.value)
    let missing = max(0, configuration.quarantineDays - held.count)
    for value in held + [Double](repeating: count, count: missing) { learn(Int(value), &state) }
    let seconds = finding.timestamp.microseconds.flooredDivision(by: 1_000_000).quotient
    let window = seconds.flooredDivision(by: Int64(BurstDetector.windowSeconds)).quotient
    if window == state.window { state.isApproved = true }
    states[finding.episodeSubject] = state
  }

  private static func surprise(_ count: Int, _ law: NegativeBinomial) -> Double {
    -Elementary.log(law.survival(count - 1))
  }
}

extension BurstDetector.Burst {
  func working(of noun: String) -> Working {
    var working = CountWorking.working(
      count: count, offset: 1, law: law, rank: rank, noun: "\(noun) in an active hour")
    working.history = [
      "\(Legible.count(history.events, "active hour")) before, on "
        + Legible.count(history.days, "day"),
      "an active hour has one at least; about \(Legible.number(expectedCount)) were usual",
    ]
    return working
  }

  /// The finding's draft, but for its sentence's subject.
  func draft(rule: String, at: Timestamp, who: String, did: String) -> Draft {
    let suffix = step == 0 ? "" : "#\(step)"
    var draft = Draft(
      rule: rule, subject: "\(subject)/\(windowStart.rfc3339)\(suffix)", episodeSubject: subject,
      timestamp: at, pValue: pValue)
    draft.observed = [
      .init("count", Double(count)), .init("window_start", windowStart.rfc3339),
      .init("window_s", Double(BurstDetector.windowSeconds)),
    ]
    draft.expected = [.init("count_mean", expectedCount)]
    draft.lessons = [Double(count)]
    draft.history = history
    draft.explanation =
      "\(who) \(did) \(Legible.count(count, "time")) within the hour from "
      + "\(windowStart.rfc3339.prefix(16))Z: in \(Legible.count(history.events, "active hour")) "
      + "before, about \(Legible.number(expectedCount)) an hour were usual "
      + "(\(Legible.odds(pValue)) among everyone's hours)"
    return draft
  }
}
