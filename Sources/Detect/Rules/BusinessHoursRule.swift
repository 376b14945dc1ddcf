import Correlate
import Ingest

/// A trigger outside the declared working time: a reason of its own beside the learnt habit.
///
/// A holiday lies outside it altogether. Says nothing unless working time is declared; then it always
/// speaks, at severity low, with its own wording. p = Krichevsky-Trofimov share of such triggers among the principal's past.
struct BusinessHoursRule: DetectionRule {
  static let name = "off_hours"
  static let interest: EventInterest = .activities

  private var rates = DeclaredRates()

  mutating func observe(_ event: CorrelatedEvent, _ context: inout RuleContext) {
    guard let hours = context.configuration.businessHours, case .activity(let update) = event,
      update.change == .requested, let at = update.activity.requestedAt,
      let principal = update.activity.principal
    else { return }
    let local = context.localHour(
      at, zone: update.activity.zone, principal: principal,
      isService: update.activity.principalType == .service)
    let (weekday, hour) = (local.hourOfWeek / 24, local.hourOfWeek % 24)
    let isOutside =
      local.holiday != nil || !hours.weekdays.contains(weekday) || hour < hours.firstHour
      || hour >= hours.endHour
    let rate = rates.rate(principal)
    rates.learn(principal, isStrange: isOutside, at: at)
    guard isOutside else { return }
    var draft = Draft(
      rule: BusinessHoursRule.name, subject: "\(Draft.intent(of: update.activity))/business_hours",
      episodeSubject: "business_hours/\(principal)", timestamp: update.at, pValue: rate.share)
    draft.describe(update.activity)
    draft.episodeAt = at
    draft.severity = .low
    draft.observed = [
      .init("local_time", local.clock), .init("weekday", local.weekdayName),
      .init("reason", "business_hours"),
    ]
    if let holiday = local.holiday { draft.observed.append(.init("holiday", holiday)) }
    draft.expected = [
      .init("first_hour", Double(hours.firstHour)), .init("end_hour", Double(hours.endHour)),
      .init("weekdays", hours.weekdays.sorted().map(Double.init)),
    ]
    draft.history = rate.history
    draft.explanation =
      "\(Legible.name(principal)) triggered \(Legible.name(update.activity.job ?? "a job")) at "
      + "\(local.clock) local time, \(local.weekdayName)"
      + (local.holiday.map(Legible.holiday) ?? "") + ", outside the declared working time: of "
      + "their \(Legible.count(rate.history.events, "trigger")) before, "
      + "\(Legible.number(rate.strange)) were outside it"
    context.report(draft) {
      ShareWorking.working(
        rate,
        facts: [
          "triggered at \(local.clock) local time, \(local.weekdayName)",
          "declared working time: \(hours.firstHour):00 to \(hours.endHour):00 on "
            + hours.weekdays.sorted().map { LocalHour.weekdayNames[$0] }.joined(separator: ", "),
        ], usual: "within working time", strange: "outside it")
    }
  }
}
