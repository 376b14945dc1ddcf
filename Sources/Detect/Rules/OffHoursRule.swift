import Correlate
import Ingest

/// A trigger at an hour of the week that is strange for this principal.
///
/// Surprise = -ln of the density of the local hour under the principal's own profile, shrunk to
/// that of people of similar regularity:
///
///     f = (smoothed own weight at the cell + k * peers' density) / (own weight + k)
///     k = kappa + kappaPerIsolatedHour * (hours that were seen on one day only)
///
/// k is the mass left for hours never seen: absolute discounting, as in Ney, Essen and Kneser 1994.
/// What goes beyond the surprise of the uniform law is divided by the square of the principal's usual
/// surprise and multiplied with that of everyone's: an odd hour of somebody whose hours are always odd
/// is no news (normalised nonconformity, Papadopoulos, Gammerman and Vovk 2008).
/// p = rank of the surprise among everyone's past first triggers of an hour and day
/// (SurpriseScale). One judgement per principal, day and hour; a day is judged by the days before
/// it. While the site itself is younger than `youngSiteDays` nothing rarer than one in its
/// person-days is said: on the second day every Tuesday is new, and that proves nothing.
struct OffHoursRule: DetectionRule {
  static let name = "off_hours"
  static let interest: EventInterest = .activities

  /// Principals kept; further ones are judged by the site alone and not learnt.
  static let principalCountMax = 100_000
  /// Judged hours of past triggers after which one counts half.
  static let scaleHalfLife = 20_000.0

  /// Judged hours after which one counts half in everyone's usual surprise.
  static let usualHalfLife = 7000.0
  /// Surprise of any hour under the uniform law; everyone's usual surprise starts as it, told once.
  static let uniformSurprise = 4.0

  /// Days in which a site shows its weekly pattern twice.
  static let youngSiteDays = 14

  private var indexByPrincipal: [String: Int] = [:]
  private var habits: [Habit] = []
  private var peers = PeerHabits()
  private var scale = SurpriseScale(halfLife: OffHoursRule.scaleHalfLife)
  /// How surprising everyone's hours are.
  private var everyone = MeanSurprise()
  /// First local day of any trigger, and distinct days summed over principals.
  private var firstDay: Int?
  private var personDays = 0

  var learnt: [LearntCount] {
    [
      LearntCount(rule: Self.name, what: "principals", count: habits.count),
      LearntCount(
        rule: Self.name, what: "triggers", count: habits.reduce(0) { $0 + $1.eventCount }),
    ]
  }

  mutating func observe(_ event: CorrelatedEvent, _ context: inout RuleContext) {
    guard case .activity(let update) = event, update.change == .requested else { return }
    judge(update, &context)
  }

  /// The lesson is the hour of the week. Findings about declared working time teach no habit.
  mutating func approve(_ finding: ReportedFinding, _ configuration: DetectionConfiguration) {
    guard finding.subject == Draft.intent(finding.activityID, finding.requestID),
      let cell = finding.lessons.first,
      let index = finding.principal.flatMap({ indexByPrincipal[$0] })
    else { return }
    habits[index].approve(Int(cell), configuration)
  }

  private mutating func judge(_ update: ActivityUpdate, _ context: inout RuleContext) {
    let activity = update.activity
    guard let principal = activity.principal, let at = activity.requestedAt else { return }
    let local = context.localHour(
      at, zone: activity.zone, principal: principal, isService: activity.principalType == .service)
    rebuildPeers(at, context)
    guard let index = index(of: principal) else { return }
    personDays -= habits[index].dayCount
    habits[index].turn(to: local.day, context.configuration)
    personDays += habits[index].dayCount
    firstDay = min(firstDay ?? local.day, local.day)
    habits[index].countEvent()
    let verdict =
      habits[index].verdict(day: local.day, cell: local.hourOfWeek)
      ?? newVerdict(index, local, activity.job, requestedAt: at, now: update.at, &context)
    guard verdict.pValue <= verdict.level else { return }
    let working = context.explanations.kept(explanationKey(index, local))
    context.report(draft(update, local, verdict, index, context)) { working }
  }

  private func explanationKey(_ index: Int, _ local: LocalHour) -> String {
    "\(OffHoursRule.name)/\(index)/\(local.day)/\(local.hourOfWeek)"
  }

  private mutating func newVerdict(
    _ index: Int, _ local: LocalHour, _ job: String?, requestedAt: Timestamp, now: Timestamp,
    _ context: inout RuleContext
  ) -> Habit.Verdict {
    let (cell, day) = (local.hourOfWeek, local.day)
    let isMaintenance = context.isMaintenance(from: requestedAt, to: requestedAt, job: job)
    let sums = sums(habits[index], cell, requestedAt, context.configuration)
    let isYoung = rarestForYoungSite(on: day) > 0
    let verdict = Habit.Verdict(
      cell: cell, alone: sums.alone, surprise: sums.surprise,
      pValue: max(scale.pValue(sums.surprise), rarestForYoungSite(on: day)),
      level: isMaintenance ? context.levelAhead(at: now) : context.level(at: now),
      ownWeight: sums.habit.profile.total, peerWeight: sums.strength,
      usual: sums.usual, everyone: sums.everyone)
    if context.explanations.areWanted, verdict.pValue <= verdict.level {
      let working = sums.working(
        rank: scale.rank(sums.surprise), personDays: isYoung ? max(0, personDays) : nil)
      context.explanations.keep(working, explanationKey(index, local))
    }
    // Work that was announced is no habit.
    if isMaintenance { return verdict }
    scale.learn(sums.surprise)
    everyone.fade(by: Elementary.exp(-Elementary.log(2) / OffHoursRule.usualHalfLife))
    everyone.learn(sums.alone)
    habits[index].note(verdict, day: day, at: requestedAt, context.configuration)
    return verdict
  }

  /// Peers as they will be for the day of `instant`, where it has no trigger yet.
  mutating func prepare(for instant: Timestamp, _ context: RuleContext) {
    rebuildPeers(instant, context)
  }

  /// How rare a trigger at `at` would be for this principal: the p that it would be judged by. Teaches
  /// nothing.
  func pValue(
    of principal: String, at: Timestamp, zone: String?, isService: Bool, _ context: RuleContext
  ) -> Double {
    let local = context.localHour(at, zone: zone, principal: principal, isService: isService)
    var habit = indexByPrincipal[principal].map { habits[$0] } ?? Habit()
    habit.turn(to: local.day, context.configuration)
    if let known = habit.verdict(day: local.day, cell: local.hourOfWeek) { return known.pValue }
    let sums = sums(habit, local.hourOfWeek, at, context.configuration)
    return max(scale.pValue(sums.surprise), rarestForYoungSite(on: local.day))
  }

  private func sums(
    _ habit: Habit, _ cell: Int, _ at: Timestamp, _ configuration: DetectionConfiguration
  ) -> OffHoursSums {
    let peer = peers.peers(of: habit.profile)
    return OffHoursSums(
      habit: habit, cell: cell, peers: peer.density, peerCount: peer.count,
      kappa: configuration.kappa, kappaPerIsolatedHour: configuration.kappaPerIsolatedHour,
      everyone: everyone.mean(prior: OffHoursRule.uniformSurprise, strength: 1),
      continued: habit.continued(at: at))
  }

  private func rarestForYoungSite(on day: Int) -> Double {
    guard let firstDay, day - firstDay < OffHoursRule.youngSiteDays else { return 0 }
    return 1 / Double(1 + max(0, personDays))
  }

  private mutating func index(of principal: String) -> Int? {
    if let known = indexByPrincipal[principal] { return known }
    guard habits.count < OffHoursRule.principalCountMax else { return nil }
    indexByPrincipal[principal] = habits.count
    habits.append(Habit())
    return habits.count - 1
  }

  private mutating func rebuildPeers(_ now: Timestamp, _ context: RuleContext) {
    let day = context.localHour(now, zone: nil, principal: nil).day
    guard (peers.builtOn ?? Int.min) < day else { return }
    peers.rebuild(habits, day: day)
  }

  private func draft(
    _ update: ActivityUpdate, _ local: LocalHour, _ verdict: Habit.Verdict, _ index: Int,
    _ context: RuleContext
  ) -> Draft {
    let activity = update.activity
    let habit = habits[index]
    let principal = activity.principal ?? ""
    let peerCount = peers.peers(of: habit.profile).count
    var draft = Draft(
      rule: OffHoursRule.name, subject: Draft.intent(of: activity), episodeSubject: principal,
      timestamp: update.at, pValue: verdict.pValue)
    draft.describe(activity)
    draft.episodeAt = activity.requestedAt ?? update.at
    let zone = context.configuration.zones(record: activity.zone, principal: principal).first
    let nearest = habit.hoursToNearest(local.hourOfWeek)
    draft.observed = [
      .init("local_time", local.clock), .init("weekday", local.weekdayName),
      .init("zone", zone ?? "UTC"), .init("hour_of_week", Double(local.hourOfWeek)),
      .init("surprise", verdict.surprise),
    ]
    if let holiday = local.holiday { draft.observed.append(.init("holiday", holiday)) }
    draft.expected = [
      .init("own_weight", verdict.ownWeight), .init("peer_weight", verdict.peerWeight),
      .init("peers", Double(peerCount)), .init("usual_surprise", verdict.usual),
      .init("everyones_usual_surprise", verdict.everyone),
    ]
    if let nearest { draft.expected.append(.init("hours_to_nearest", Double(nearest))) }
    draft.lessons = [Double(local.hourOfWeek)]
    draft.history = .init(events: habit.eventCount - 1, days: habit.dayCount)
    draft.explanation =
      "\(Legible.name(principal)) triggered \(Legible.name(activity.job ?? "a job")) at "
      + "\(local.clock) local time (\(Legible.name(zone ?? "UTC"))), \(local.weekdayName)"
      + (local.holiday.map(Legible.holiday) ?? "") + ": " + OffHoursRule.past(habit, nearest, local)
      + " (\(Legible.odds(verdict.pValue)) among the triggers of everyone's past; "
      + "\(Legible.count(peerCount, "peer")))"
    return draft
  }

  private static func past(_ habit: Habit, _ nearest: Int?, _ local: LocalHour) -> String {
    let freeDays = local.holiday == nil ? "weekends" : "weekends and holidays"
    let days = CircularProfile.isWeekend(local.hourOfWeek) ? freeDays : "weekdays"
    if habit.dayCount == 0 { return "nothing was known of them before today, so peers judge it" }
    let span = "in \(Legible.count(habit.dayCount, "active day")) "
    guard let nearest else { return span + "they were never active on \(days)" }
    if nearest == 0 { return span + "this hour was rare on \(days)" }
    return span
      + "the nearest learnt activity on \(days) lies \(Legible.count(nearest, "hour")) away"
  }
}
