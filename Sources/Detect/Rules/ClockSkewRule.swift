import Correlate
import Ingest

/// A run that began before its request, by more than the hosts' clocks explain.
///
/// The lag from request to start of each job's activities is kept: the lowest tenth of the last 64
/// tells how far apart the clocks stand (a launcher that always reads 3 s early is an offset, not
/// an event). Strange: a start earlier than the request and earlier than that tenth, by more than
/// the tolerance. p = Krichevsky-Trofimov share of such activities among the job's past; what more
/// than `usualShare` of them do is this job's way and no event. Always said, for it cannot be:
/// severity by the bands of p, and nothing of the budget.
///
/// Judged once, when start and request are both known: at the start, or when a request that comes
/// later than its run is told.
struct ClockSkewRule: DetectionRule {
  static let name = "clock_skew"
  static let interest: EventInterest = .activities

  static let lagCountMax = 64
  static let jobCountMax = 50_000
  static let usualShare = 0.05

  private var lags: [String: [Double]] = [:]
  private var rates = DeclaredRates()

  mutating func observe(_ event: CorrelatedEvent, _ context: inout RuleContext) {
    guard case .activity(let update) = event,
      update.change == .started || update.change == .triggered,
      let requestedAt = update.activity.requestedAt, let startedAt = update.activity.startedAt,
      let job = update.activity.job, update.activity.attempts <= 1
    else { return }
    let lag = startedAt.seconds(since: requestedAt)
    let tolerance = context.configuration.clockSkewToleranceSeconds
    // Sorting the past of a run that is not strange was 3 % of detection.
    let usual = lag < -tolerance ? ClockSkewRule.lowTenth(lags[job] ?? []) : 0
    let isStrange = lag < -tolerance && lag < min(0, usual) - tolerance
    let rate = rates.rate(job)
    if isStrange, rate.share <= ClockSkewRule.usualShare || rate.history.events < 20 {
      var draft = draft(update, job, lag: lag, usual: usual, rate)
      draft.severity = context.configuration.severity(rate.share)
      context.report(draft) {
        ShareWorking.working(
          rate,
          facts: [
            "the run began \(Legible.ratio(-lag)) s before its request",
            "tolerated: \(Legible.ratio(tolerance)) s beyond the lowest tenth of the job's lags, "
              + "\(Legible.ratio(min(0, usual))) s",
          ], usual: "within the tolerance", strange: "before their request")
      }
    }
    rates.learn(job, isStrange: isStrange, at: update.at)
    guard lags[job] != nil || lags.count < ClockSkewRule.jobCountMax else { return }
    lags[job, default: []].append(lag)
    if lags[job, default: []].count > ClockSkewRule.lagCountMax { lags[job]?.removeFirst() }
  }

  /// The lesson is the lag: the clocks stand like that.
  mutating func approve(_ finding: ReportedFinding, _ configuration: DetectionConfiguration) {
    guard let job = finding.job, let lag = finding.lessons.first, var known = lags[job] else {
      return
    }
    // As many as make it the lowest tenth.
    known += [Double](repeating: lag, count: 1 + ClockSkewRule.lagCountMax / 10)
    lags[job] = known.suffix(ClockSkewRule.lagCountMax)
    for _ in 0..<configuration.quarantineDays {
      rates.learn(job, isStrange: true, at: finding.timestamp)
    }
  }

  private static func lowTenth(_ lags: [Double]) -> Double {
    guard lags.count >= 5 else { return 0 }
    return lags.sorted()[lags.count / 10]
  }

  private func draft(
    _ update: ActivityUpdate, _ job: String, lag: Double, usual: Double, _ rate: DeclaredRates.Rate
  ) -> Draft {
    var draft = Draft(
      rule: ClockSkewRule.name, subject: update.activity.activityID, episodeSubject: job,
      timestamp: update.at, pValue: rate.share)
    draft.describe(update.activity)
    draft.observed = [.init("lag_s", lag)]
    draft.lessons = [lag]
    draft.expected = [.init("lag_low_tenth_s", usual), .init("share", rate.share)]
    draft.history = rate.history
    draft.explanation =
      "run \(Legible.name(update.activity.runID ?? "")) of \(Legible.name(job)) began "
      + "\(Legible.duration(-lag)) before its request, and the clocks' usual difference is "
      + "\(Legible.number(usual)) s: of \(Legible.count(rate.history.events, "run")) before, "
      + "\(Legible.number(rate.strange)) did"
    return draft
  }
}
