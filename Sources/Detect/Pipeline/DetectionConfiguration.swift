/// What a site may set about detection; every default is stated beside its field.
package struct DetectionConfiguration: Sendable, Equatable {
  /// p at or below which a statistical finding is low, medium or high; above `low`: informational.
  package struct SeverityBands: Sendable, Equatable {
    package var low = 0.05
    package var medium = 0.01
    package var high = 0.001

    package init() {}
  }

  /// Declared working time: local hours of the day on given weekdays.
  package struct BusinessHours: Sendable, Equatable {
    /// First hour that counts, 0 to 23.
    package var firstHour: Int
    /// First hour that no longer counts, 1 to 24.
    package var endHour: Int
    /// 0 = Monday.
    package var weekdays: Set<Int>

    package init(firstHour: Int, endHour: Int, weekdays: Set<Int>) {
      self.firstHour = firstHour
      self.endHour = endHour
      self.weekdays = weekdays
    }
  }

  /// IANA zone of the site, for principals without one.
  package var siteZone = "UTC"
  /// IANA zone by principal; a record's own zone goes first.
  package var zoneByPrincipal: [String: String] = [:]
  /// Pseudo-observations of the peers in every principal's profile: the weight n / (n + kappa).
  package var kappa = 1.0
  /// Pseudo-observations added per hour that was seen on one day only.
  package var kappaPerIsolatedHour = 0.5
  /// Active days after which evidence counts half.
  package var halfLifeDays = 28.0
  /// Rules that run, by name; nil runs every rule.
  package var enabledRules: Set<String>?
  /// Job names that may run without a request, `*` standing for any text: schedules, manual hosts.
  package var jobsWithoutRequest: [String] = []
  /// Declared working time, a reason of its own; nil declares none.
  package var businessHours: BusinessHours?
  /// What may be told, over all statistical rules.
  package var budget = AlertBudget.alertsPerDay(2)
  /// When set, every finding with p at or below it is reported and the budget is not asked.
  package var pMax: Double?
  /// With `pMax`: a running job is reported again each time its p fell by this factor.
  package var escalationFactor = 1.25
  /// p at or below which a trigger is not learnt from until it recurs or a person approves it.
  package var quarantineP = 0.002
  /// Distinct days, and days from first to last, after which what recurs is a habit.
  package var quarantineDays = 5
  package var quarantineSpanDays = 14
  package var severity = SeverityBands()
  /// Seconds between findings of one rule and subject up to which they are one episode.
  package var episodeGapSeconds = 3600.0
  /// Seconds that a run may begin before its request without a word, on a pair without a history.
  package var clockSkewToleranceSeconds = 2.0
  /// Holidays, and who keeps which.
  package var calendar = WorkCalendar()
  /// Announced maintenance.
  package var maintenance = MaintenancePlan()

  package init() {}

  func isEnabled(_ rule: String) -> Bool { enabledRules?.contains(rule) ?? true }

  /// Zones to try for a principal, best first.
  func zones(record: String?, principal: String?) -> [String] {
    [record, principal.flatMap { zoneByPrincipal[$0] }, siteZone].compactMap(\.self)
  }

  func severity(_ pValue: Double) -> Finding.Severity {
    if pValue <= severity.high { return .high }
    if pValue <= severity.medium { return .medium }
    return pValue <= severity.low ? .low : .informational
  }
}
