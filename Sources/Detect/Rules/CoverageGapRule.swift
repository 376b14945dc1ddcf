import Correlate
import Ingest

/// A gateway that stops saying who or what: requests without an id or a principal, or no requests.
///
/// Per source and UTC hour, the share of requests without request id, and without principal,
/// against the source's past: upper tail of a negative binomial around the foreseen number, ranked
/// among past hours. And silence: the longest gap of each day is a quantity like durations; the
/// running gap is judged by it with a timer. A count is asked at the end of its hour.
struct CoverageGapRule: DetectionRule {
  static let name = "coverage_gap"
  static let interest: EventInterest = .requests

  static let sourceCountMax = 4096
  static let requestCountMin = 10
  static let scaleHalfLife = 5000.0
  /// Gaps below this are never silence.
  static let silenceSecondsMin = 60.0
  static let windowMicroseconds: Int64 = 3_600_000_000

  private struct Source: Sendable, Codable {
    var window: Int64
    var total = 0
    var missing = [0, 0]
    var rates = [BernoulliRate(), BernoulliRate()]
    var hours = 0
    var days = 0
    var day: Int64 = 0
    var last: Timestamp
    var longestToday = 0.0
    var hasTimer = false
    var level = 0.0
    var judgement: JobQuantities.Judgement?
    var evidence: [Int] = []
  }

  private enum Timer: Sendable, Codable {
    case hourEnd(String, Int64)
    case silence(String)
  }

  private static let kinds = ["request_id", "principal"]

  private var sources: [String: Source] = [:]
  private var scale = SurpriseScale(halfLife: CoverageGapRule.scaleHalfLife)
  private var gaps = JobQuantities()
  private var timers = TimerQueue<Timer>()

  var nextTimer: Timestamp? { timers.next }

  var learnt: [LearntCount] {
    [LearntCount(rule: Self.name, what: "sources", count: sources.count)]
  }

  mutating func observe(_ event: CorrelatedEvent, _ context: inout RuleContext) {
    guard case .request(let indexed, _) = event, case .request(let request) = indexed.record.body
    else { return }
    let name = indexed.record.header.source
    let at = indexed.record.header.timestamp
    let window = at.microseconds.flooredDivision(by: CoverageGapRule.windowMicroseconds).quotient
    guard sources[name] != nil || sources.count < CoverageGapRule.sourceCountMax else { return }
    var source = sources[name] ?? Source(window: window, last: at)
    if source.total == 0 {
      source.window = window
      if let end = Timestamp(microseconds: (window + 1) * CoverageGapRule.windowMicroseconds) {
        timers.insert(.hourEnd(name, window), at: end)
      }
    }
    source.total += 1
    if request.requestID == nil { source.missing[0] += 1 }
    if request.principal == nil { source.missing[1] += 1 }
    if source.evidence.count < 16, request.requestID == nil || request.principal == nil {
      source.evidence.append(indexed.index)
    }
    listen(&source, name, at, &context)
    sources[name] = source
  }

  /// Restarts the clock of silence.
  private mutating func listen(
    _ source: inout Source, _ name: String, _ at: Timestamp, _ context: inout RuleContext
  ) {
    let gap = max(0, at.seconds(since: source.last))
    source.longestToday = max(source.longestToday, gap)
    source.last = max(source.last, at)
    let day = at.microseconds.flooredDivision(by: 86_400_000_000).quotient
    if day != source.day {
      if source.days > 0 {
        gaps.learn(
          name, max(1, source.longestToday), day: Int(source.day), isHealthy: true,
          judgedBy: source.judgement)
      }
      source.day = day
      source.days += 1
      source.longestToday = 0
      source.level = context.level(at: at)
      source.judgement = gaps.judgement(of: name, halfLifeDays: context.configuration.halfLifeDays)
    }
    if !source.hasTimer, let due = CoverageGapRule.silenceEnd(source) {
      source.hasTimer = true
      timers.insert(.silence(name), at: due)
    }
  }

  /// When the running silence reaches its level; nil while too few days are known.
  ///
  /// One timer a source stands in the queue; when it comes due early it is set again.
  private static func silenceEnd(_ source: Source) -> Timestamp? {
    guard let judgement = source.judgement, !judgement.isJudgedByAll, judgement.count >= 7 else {
      return nil
    }
    guard let seconds = judgement.value(atPValue: source.level) else { return nil }
    let wait = max(silenceSecondsMin, seconds) + 1e-6
    return wait < 3e7 ? source.last.advanced(bySeconds: wait) : nil
  }

  mutating func fireTimer(_ context: inout RuleContext) {
    guard let (at, timer) = timers.removeFirst() else { return }
    switch timer {
    case .hourEnd(let name, let window): endHour(name, window, at, &context)
    case .silence(let name): fallSilent(name, at, &context)
    }
  }

  private mutating func endHour(
    _ name: String, _ window: Int64, _ at: Timestamp, _ context: inout RuleContext
  ) {
    guard var source = sources[name], source.window == window, source.total > 0 else { return }
    for (kind, missing) in source.missing.enumerated() {
      let share = source.rates[kind].krichevskyTrofimov
      let isKnown = source.hours >= 5 && source.total >= CoverageGapRule.requestCountMin
      if isKnown {
        let law = NegativeBinomial(mean: share * Double(source.total), dispersion: 4)
        let surprise = -Elementary.log(law.survival(missing))
        let pValue = scale.pValue(surprise)
        if pValue <= context.level(at: at), missing > 0 {
          context.report(draft(name, source, kind, share, pValue, at)) {
            var working = CountWorking.working(
              count: missing, offset: 0, law: law, rank: scale.rank(surprise),
              noun: "requests without \(CoverageGapRule.kinds[kind])")
            working.history = [
              "\(Legible.count(source.hours, "hour")) before: "
                + "\(Legible.ratio(share * 100)) in 100 requests carried none",
              "mean = that share of the \(Legible.count(source.total, "request")) of the hour",
            ]
            return working
          }
        }
        scale.learn(surprise)
      }
      source.rates[kind].fade(by: 0.998)
      let weight = 1 / Double(source.total).squareRoot()
      for index in 0..<source.total {
        source.rates[kind].learn(index < missing, weight: weight)
      }
    }
    source.hours += 1
    source.total = 0
    source.missing = [0, 0]
    source.evidence = []
    sources[name] = source
  }

  private mutating func fallSilent(
    _ name: String, _ at: Timestamp, _ context: inout RuleContext
  ) {
    guard var source = sources[name], let judgement = source.judgement, let past = judgement.past
    else { return }
    let due = CoverageGapRule.silenceEnd(source)
    source.hasTimer = false
    if let due, due > at {
      source.hasTimer = true
      timers.insert(.silence(name), at: due)
    }
    sources[name] = source
    if source.hasTimer { return }
    let elapsed = at.seconds(since: source.last)
    let pValue = judgement.pValue(elapsed)
    guard pValue <= source.level * (1 + 1e-9) else { return }
    var draft = Draft(
      rule: CoverageGapRule.name, subject: "\(name)/silent/\(source.last.rfc3339)",
      episodeSubject: name, timestamp: at, pValue: pValue)
    draft.source = name
    draft.lessons = [elapsed]
    draft.observed = [
      .init("source", name), .init("last_at", source.last.rfc3339), .init("silent_s", elapsed),
    ]
    draft.expected = judgement.facts(at: elapsed, unit: "s")
    draft.history = judgement.history
    draft.explanation =
      "nothing came from \(Legible.name(name)) for \(Legible.duration(elapsed)): on "
      + "\(Legible.count(judgement.count, "day")) before, the longest silence of a day went beyond "
      + "\(Legible.duration(past.tail.threshold)) on about "
      + "\(Legible.number(past.tail.exceedance * 100)) in 100 (\(Legible.odds(pValue)))"
    context.report(draft) {
      TailWorking.working(
        elapsed, judgement, past: gaps.past(of: name, judgement), noun: "day",
        text: Legible.duration)
    }
  }

  /// One lesson is a silence in seconds; three are the kind, what it lacked, and out of how many.
  mutating func approve(_ finding: ReportedFinding, _ configuration: DetectionConfiguration) {
    let lessons = finding.lessons
    let name = finding.source ?? ""
    for _ in 0..<configuration.quarantineDays {
      if lessons.count == 1 {
        let day = Int(
          finding.timestamp.microseconds.flooredDivision(by: 86_400_000_000).quotient)
        gaps.learn(name, lessons[0], day: day, isHealthy: true, judgedBy: nil)
      } else if lessons.count == 3 {
        let weight = 1 / lessons[2].squareRoot()
        sources[name]?.rates[Int(lessons[0])].learn(true, weight: weight * lessons[1])
        sources[name]?.rates[Int(lessons[0])].learn(
          false, weight: weight * (lessons[2] - lessons[1]))
      }
    }
  }

  private func draft(
    _ name: String, _ source: Source, _ kind: Int, _ share: Double, _ pValue: Double,
    _ at: Timestamp
  ) -> Draft {
    let key = CoverageGapRule.kinds[kind]
    let start = Timestamp(microseconds: source.window * CoverageGapRule.windowMicroseconds)
    var draft = Draft(
      rule: CoverageGapRule.name, subject: "\(name)/\(key)/\(start?.rfc3339 ?? "")",
      episodeSubject: "\(name)/\(key)", timestamp: at, pValue: pValue)
    draft.source = name
    draft.lessons = [Double(kind), Double(source.missing[kind]), Double(source.total)]
    draft.observed = [
      .init("source", name), .init("missing", key),
      .init("missing_count", Double(source.missing[kind])), .init("count", Double(source.total)),
    ]
    draft.expected = [.init("missing_share", share)]
    draft.history = .init(events: source.hours, days: source.days)
    draft.evidence = source.evidence
    draft.explanation =
      "\(source.missing[kind]) of \(Legible.count(source.total, "request")) from "
      + "\(Legible.name(name)) within the hour from \((start?.rfc3339 ?? "").prefix(16))Z carried no "
      + "\(key): about \(Legible.number(share * 100)) in 100 were usual in "
      + "\(Legible.count(source.hours, "hour")) before (\(Legible.odds(pValue)))"
    return draft
  }
}
