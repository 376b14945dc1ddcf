import Detect
import Ingest

/// The `detection` object of a configuration file.
extension DetectionConfiguration {
  init(from reader: inout ConfigurationReader) throws(ConfigurationError) {
    self.init()
    if let budget = try reader.object("budget", AlertBudget.init(from:)) { self.budget = budget }
    if let rules = try reader.optional("rules", .strings) {
      try DetectionConfiguration.refuseUnknown(rules, reader)
      enabledRules = Set(rules)
    }
    jobsWithoutRequest = try reader.value("jobs_without_request", .strings, default: [])
    businessHours = try reader.object("business_hours", BusinessHours.init(from:))
    try readHabits(from: &reader)
    try readQuarantine(from: &reader)
    if let bands = try reader.object("severity", SeverityBands.init(from:)) { severity = bands }
    let gap = Duration.seconds(1)...Duration.seconds(30 * 86_400)
    if let value = try reader.optional("episode_gap", .duration(in: gap)) {
      episodeGapSeconds = value.secondCount
    }
    let skew = Duration.milliseconds(1)...Duration.seconds(86_400)
    if let value = try reader.optional("clock_skew_tolerance", .duration(in: skew)) {
      clockSkewToleranceSeconds = value.secondCount
    }
  }

  private static func refuseUnknown(
    _ rules: [String], _ reader: ConfigurationReader
  ) throws(ConfigurationError) {
    let names = DetectionPipeline.ruleNames
    guard let unknown = rules.first(where: { !names.contains($0) }) else { return }
    throw reader.error(
      "rules",
      "found \(Quotation.quoted(unknown)): expected one of \(names.joined(separator: ", "))")
  }

  private mutating func readHabits(
    from reader: inout ConfigurationReader
  ) throws(ConfigurationError) {
    kappa = try reader.value("kappa", .number(in: 0.001...1000), default: kappa)
    kappaPerIsolatedHour = try reader.value(
      "kappa_per_isolated_hour", .number(in: 0...1000), default: kappaPerIsolatedHour)
    halfLifeDays = try reader.value(
      "half_life_days", .number(in: 1...10_000), default: halfLifeDays)
  }

  private mutating func readQuarantine(
    from reader: inout ConfigurationReader
  ) throws(ConfigurationError) {
    quarantineP = try reader.value("quarantine_p", .number(in: 0...1), default: quarantineP)
    quarantineDays = try reader.value(
      "quarantine_days", .integer(in: 1...1000), default: quarantineDays)
    quarantineSpanDays = try reader.value(
      "quarantine_span_days", .integer(in: 0...1000), default: quarantineSpanDays)
  }
}

extension AlertBudget {
  /// Exactly one of three keys.
  fileprivate init(from reader: inout ConfigurationReader) throws(ConfigurationError) {
    let perDay = try reader.optional("alerts_per_day", .number(in: 0...1000))
    let perRuns = try reader.optional("per_1000_runs", .number(in: 0...1000))
    let share = try reader.optional("fdr", .number(in: 0.000_001...0.5))
    try reader.finish()
    switch (perDay, perRuns, share) {
    case (let rate?, nil, nil): self = .alertsPerDay(rate)
    case (nil, let rate?, nil): self = .alertsPerThousandRuns(rate)
    case (nil, nil, let share?): self = .falseDiscoveryRate(share)
    default:
      let found = [perDay, perRuns, share].count { $0 != nil }
      throw reader.error(
        share == nil ? "per_1000_runs" : "fdr",
        "found \(found) kinds of budget: expected one of alerts_per_day, per_1000_runs, fdr")
    }
  }
}

extension DetectionConfiguration.SeverityBands {
  fileprivate init(from reader: inout ConfigurationReader) throws(ConfigurationError) {
    self.init()
    low = try reader.value("low", .number(in: 0...1), default: low)
    medium = try reader.value("medium", .number(in: 0...1), default: medium)
    high = try reader.value("high", .number(in: 0...1), default: high)
    guard high <= medium, medium <= low else {
      throw reader.error("high", "found \(high), \(medium), \(low): expected high <= medium <= low")
    }
  }
}

extension DetectionConfiguration.BusinessHours {
  private static let dayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

  fileprivate init(from reader: inout ConfigurationReader) throws(ConfigurationError) {
    let first = try reader.required("from_hour", .integer(in: 0...23))
    let end = try reader.required("to_hour", .integer(in: 1...24))
    guard first < end else {
      throw reader.error("to_hour", "found \(end): expected more than from_hour, \(first)")
    }
    let names = try reader.value(
      "days", .strings, default: Array(DetectionConfiguration.BusinessHours.dayNames.prefix(5)))
    var weekdays: Set<Int> = []
    for name in names {
      guard let day = DetectionConfiguration.BusinessHours.dayNames.firstIndex(of: name) else {
        let expected = DetectionConfiguration.BusinessHours.dayNames.joined(separator: ", ")
        throw reader.error("days", "found \(Quotation.quoted(name)): expected some of \(expected)")
      }
      weekdays.insert(day)
    }
    self.init(firstHour: first, endHour: end, weekdays: weekdays)
  }
}
