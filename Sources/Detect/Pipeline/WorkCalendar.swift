package import Ingest

/// The days on which nobody is expected at work, and for whom.
///
/// One calendar counts for each: the principal's own, else the one of their zone, else the site's.
/// They do not add up, for a colleague abroad keeps other holidays. Service accounts keep none but
/// one that is theirs by name: a machine's habit knows no holiday until somebody says so.
package struct WorkCalendar: Sendable, Equatable {
  package var site = HolidayCalendar()
  /// By IANA name of the zone whose clock a principal lives by.
  package var byZone: [String: HolidayCalendar] = [:]
  package var byPrincipal: [String: HolidayCalendar] = [:]

  package init() {}

  /// The one calendar that counts.
  package func calendar(
    principal: String?, zone: String?, isService: Bool
  ) -> HolidayCalendar? {
    if let principal, let own = byPrincipal[principal] { return own }
    if isService { return nil }
    if let zone, let local = byZone[zone] { return local }
    return site
  }
}

extension LocalHour {
  /// The hour as the habit sees it where this calendar counts: on a holiday, that of a Sunday.
  ///
  /// The five hours after midnight belong to the day before, as in every habit. Saturdays and
  /// Sundays stay what they are.
  package func keeping(_ calendar: HolidayCalendar) -> LocalHour {
    let hour = hourOfWeek % 24
    let isNight = hour < CircularProfile.nightHours
    let date = CivilDate(daysSinceEpoch: isNight ? day - 1 : day)
    guard let name = calendar.name(on: date) else { return self }
    var kept = self
    kept.holiday = name
    if !CircularProfile.isWeekend(hourOfWeek) {
      let sunday = LocalHour.weekdayNames.count - 1
      kept.hourOfWeek = isNight ? hour : sunday * 24 + hour
    }
    return kept
  }
}
