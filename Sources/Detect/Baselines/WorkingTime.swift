import Ingest

/// Which days do not count for one schedule.
struct FreeDays: Sendable, Equatable, Codable {
  var weekends = false
  var holidays = false

  var isNone: Bool { !weekends && !holidays }
}

/// The site's days: which are working days, when they begin, and how much working time lies between.
///
/// A day lasts from five in the morning to five, as in every habit: the job of Friday's night is of
/// Friday.
struct WorkingTime: Sendable {
  enum Kind: Sendable { case working, weekend, holiday }

  /// Most days looked at for one stretch; what lies beyond counts as working time.
  static let dayCountMax = 400

  private static let nightSeconds = Double(CircularProfile.nightHours * 3600)

  let zones: any ZoneLookup
  let zone: String
  let holidays: HolidayCalendar

  /// Days since 1970-01-01 by the site's clock.
  func day(of instant: Timestamp) -> Int {
    LocalHour(
      instant.advanced(bySeconds: -WorkingTime.nightSeconds), offsetSeconds: offset(at: instant)
    ).day
  }

  func kind(_ day: Int) -> Kind {
    let weekday = (day + 3).flooredDivision(by: 7).remainder
    if weekday >= 5 { return .weekend }
    return holidays.contains(CivilDate(daysSinceEpoch: day)) ? .holiday : .working
  }

  /// Seconds from one instant to another, those of free days left out.
  func seconds(from: Timestamp, to: Timestamp, without free: FreeDays) -> Double {
    let whole = to.seconds(since: from)
    guard !free.isNone, whole > 0 else { return whole }
    let first = day(of: from)
    let last = min(day(of: to), first + WorkingTime.dayCountMax)
    var left = whole
    for day in first...max(first, last) where isFree(day, free) {
      let begin = max(from, start(of: day))
      let end = min(to, start(of: day + 1))
      left -= max(0, end.seconds(since: begin))
    }
    return max(0, left)
  }

  /// The instant at which that much working time has passed since `from`.
  func instant(after seconds: Double, from: Timestamp, without free: FreeDays) -> Timestamp {
    guard !free.isNone else { return from.advanced(bySeconds: seconds) }
    var (at, left) = (from, seconds)
    for _ in 0..<WorkingTime.dayCountMax {
      let day = day(of: at)
      let end = max(start(of: day + 1), at.advanced(bySeconds: 1))
      if !isFree(day, free) {
        let available = end.seconds(since: at)
        if available >= left { break }
        left -= available
      }
      at = end
    }
    return at.advanced(bySeconds: left)
  }

  private func isFree(_ day: Int, _ free: FreeDays) -> Bool {
    switch kind(day) {
    case .working: false
    case .weekend: free.weekends
    case .holiday: free.holidays
    }
  }

  /// Five in the morning; the offset is looked up twice, since it may change in between.
  private func start(of day: Int) -> Timestamp {
    let local = Double(day) * 86_400 + WorkingTime.nightSeconds
    let epoch = Timestamp(microseconds: 0) ?? .earliest
    let guess = epoch.advanced(
      bySeconds: local - Double(offset(at: epoch.advanced(bySeconds: local))))
    return epoch.advanced(bySeconds: local - Double(offset(at: guess)))
  }

  private func offset(at instant: Timestamp) -> Int {
    zones.offsetSeconds(at: instant, zone: zone) ?? 0
  }
}

extension RuleContext {
  /// Working time by the site's clock and holidays.
  var workingTime: WorkingTime {
    WorkingTime(
      zones: zones, zone: configuration.siteZone, holidays: configuration.calendar.site)
  }
}

/// When a schedule last ran on a free day: whether it works then.
struct FreeDayRecord: Sendable, Codable {
  /// Days without a start on a weekend after which weekends are free; of holidays, a year and more.
  static let weekendMemoryDays = 56
  static let holidayMemoryDays = 400

  private var lastOnWeekend: Int?
  private var lastOnHoliday: Int?

  mutating func learn(_ day: Int, _ kind: WorkingTime.Kind) {
    switch kind {
    case .working: break
    case .weekend: lastOnWeekend = day
    case .holiday: lastOnHoliday = day
    }
  }

  func free(on day: Int) -> FreeDays {
    FreeDays(
      weekends: lastOnWeekend.map { day - $0 > FreeDayRecord.weekendMemoryDays } ?? true,
      holidays: lastOnHoliday.map { day - $0 > FreeDayRecord.holidayMemoryDays } ?? true)
  }
}
