package import Ingest

/// What must hold beside who, what and which job, for a rule to match. All that is stated must.
///
/// What is not known meets no condition: an address that nobody reported lies in no network, a rarity
/// that Detect did not tell lies below no level. So a permit with conditions is safe, and a deny with
/// conditions is not: whoever wants to keep something out permits the rest instead.
package struct PolicyConditions: Hashable, Sendable {
  /// Local hours of the week.
  package var hours: BusinessHours?
  /// As they were written.
  package var hoursText: String?
  /// Whose clocks count for hours and holidays; nil for the principal's own zone, and the policy's
  /// where that is not known.
  package var zone: String?
  /// True: only on a holiday; false: only on a day that is none.
  package var holidays: Bool?
  /// Of which one holds the client's address.
  package var networks: [IPNetwork] = []
  /// As they were written.
  package var networkTexts: [String] = []
  package var types: [PrincipalType] = []
  package var credentials: [DecisionRecord.Credential] = []
  /// The trigger must be rarer than this, as Detect knows the principal: a number in (0, 1].
  package var offHoursPBelow: Double?

  package init() {}

  /// Which of them a question did not meet.
  package enum Unmet: Sendable, Hashable {
    case hours, holidays, networks, types, credentials, offHoursP
  }

  /// The first that is not met; nil when all are.
  func firstUnmet(
    _ question: AccessQuestion, _ identity: Identity, _ clock: PolicyClock
  ) -> Unmet? {
    if !types.isEmpty, !types.contains(identity.principalType) { return .types }
    if !credentials.isEmpty, !credentials.contains(identity.credential) { return .credentials }
    if !networks.isEmpty {
      guard let address = question.remoteIP.flatMap(IPAddress.init) else { return .networks }
      guard networks.contains(where: { $0.contains(address) }) else { return .networks }
    }
    if hours != nil || holidays != nil {
      let local = clock.localTime(zone, identity, question.at)
      if let hours, !hours.contains(local) { return .hours }
      if let holidays, clock.isHoliday(local.date) != holidays { return .holidays }
    }
    if let level = offHoursPBelow {
      guard let p = question.facts.offHoursP, p < level else { return .offHoursP }
    }
    return nil
  }

  /// What would have been needed, and what was found, for a reason.
  func need(
    _ unmet: Unmet, _ question: AccessQuestion, _ identity: Identity, _ clock: PolicyClock
  ) -> String {
    switch unmet {
    case .hours:
      "the hours \(hoursText ?? "")" + (zone.map { " (\($0))" } ?? "")
        + ", found \(clock.text(zone, identity, question.at))"
    case .holidays: holidays == true ? "a holiday" : "a day that is no holiday"
    case .networks:
      "an address in \(PolicyText.list(networkTexts, countMax: 3)), found "
        + (question.remoteIP.map(PolicyText.shown) ?? "none")
    case .types: "a principal of type \(types.map(\.rawValue).joined(separator: " or "))"
    case .credentials:
      "a credential of kind \(credentials.map(\.rawValue).joined(separator: " or "))"
    case .offHoursP:
      question.facts.offHoursP == nil
        ? "an off_hours p, which is not known" : "an off_hours p below \(offHoursPBelow ?? 0)"
    }
  }

  /// Whether these hold whenever the other's do. Never true wrongly; false also where it is not seen.
  func areImplied(by other: PolicyConditions) -> Bool {
    func isWider<Value: Equatable>(_ mine: [Value], _ theirs: [Value]) -> Bool {
      mine.isEmpty || !theirs.isEmpty && theirs.allSatisfy(mine.contains)
    }
    let networksAreWider =
      networks.isEmpty
      || !other.networks.isEmpty
        && other.networks.allSatisfy { each in networks.contains { $0.covers(each) } }
    let level = offHoursPBelow.map { mine in other.offHoursPBelow.map { $0 <= mine } ?? false }
    return isWider(types, other.types) && isWider(credentials, other.credentials)
      && networksAreWider && (level ?? true) && isClockImplied(by: other)
  }

  private func isClockImplied(by other: PolicyConditions) -> Bool {
    guard hours != nil || holidays != nil else { return true }
    guard zone == other.zone, holidays == nil || holidays == other.holidays else { return false }
    guard let hours else { return true }
    guard let theirs = other.hours else { return hours.minutesPerWeek == 7 * 1440 }
    return zip(hours.ranges, theirs.ranges).allSatisfy { mine, theirs in
      theirs.allSatisfy { range in
        mine.contains { $0.contains(range.lowerBound) && $0.upperBound >= range.upperBound }
      }
    }
  }
}

/// Local times and holidays as the policy sees them.
struct PolicyClock: Sendable {
  let zones: ZoneCatalogue
  /// Counts where neither rule nor principal name a zone that is known.
  let zone: TimeZoneRules
  let holidays: HolidayCalendar

  func localTime(_ ruleZone: String?, _ identity: Identity, _ instant: Timestamp) -> LocalTime {
    let rules = (ruleZone ?? identity.zone).flatMap { try? zones.rules(of: $0) }
    return (rules ?? zone).localTime(at: instant)
  }

  /// What the clocks show, as `tue 22:07`.
  func text(_ ruleZone: String?, _ identity: Identity, _ instant: Timestamp) -> String {
    let local = localTime(ruleZone, identity, instant)
    let day = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"][local.weekday]
    let minute = local.secondOfDay / 60 % 60
    return "\(day) \(local.hour < 10 ? "0" : "")\(local.hour):\(minute < 10 ? "0" : "")\(minute)"
  }

  func isHoliday(_ date: CivilDate) -> Bool { holidays.contains(date) }
}
