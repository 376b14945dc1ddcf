package import Ingest

/// How alerts are told: routes, grouping, rates, quiet hours, patience. Documentation/Alerts.md.
package struct AlertSettings: Sendable, Equatable {
  /// Everything that a finding may be sent to, by name.
  package var sinkNames: [String]
  package var routing: AlertRouting
  /// How long the first message about an episode waits for more findings of it.
  package var groupWaitSeconds = 30.0
  /// Least time between two messages about an episode to one sink.
  package var groupIntervalSeconds = 300.0
  package var rate = MessageRate.standard
  /// Of single sinks, instead.
  package var rates: [String: MessageRate] = [:]
  package var backoff = AlertBackoff()
  /// From when a message was decided until it is given up; no step of the clock counts for more than an
  /// eighth of it.
  package var giveUpSeconds = 7 * 86_400.0
  /// Deliveries to one sink at once; sinks do not share them.
  package var flightCountMax = 4

  /// A finding that was raised longer ago, and of which a sink has not been told, is not told any more, and
  /// a record says so: 8 days, longer than any quiet hours last.
  package static let untoldSecondsMax = 8 * 86_400.0

  /// Everything to all of them.
  package init(sinkNames: [String]) {
    self.sinkNames = sinkNames
    routing = AlertRouting([AlertRoute(sinks: sinkNames)])
  }

  func rate(of sink: String) -> MessageRate { rates[sink] ?? rate }
}

extension AlertSettings {
  /// Reads the object `alerts`, without its key `sinks`, which is the caller's.
  ///
  /// - Parameters:
  ///   - sinkNames: what routes may name.
  ///   - siteZone: of quiet hours that name none.
  ///   - rules: a zone's rules; nil for one that the system does not know.
  package init(
    from reader: inout ConfigurationReader, sinkNames: [String], siteZone: String,
    rules: @escaping @Sendable (String) -> TimeZoneRules?
  ) throws(ConfigurationError) {
    self.init(sinkNames: sinkNames)
    let context = RouteContext(sinkNames: sinkNames, siteZone: siteZone, rules: rules)
    let routes = try reader.objects("routes") { (reader) throws(ConfigurationError) in
      try AlertRoute(from: &reader, context)
    }
    guard routes.count <= AlertRouting.routeCountMax else {
      throw reader.error(
        "routes", "found \(routes.count): expected at most \(AlertRouting.routeCountMax)")
    }
    if !routes.isEmpty { routing = AlertRouting(routes) }
    try readPauses(&reader)
    rate = try reader.object("rate", MessageRate.init(from:)) ?? rate
    for (name, value) in try reader.named(
      "rates", { (_, reader) throws(ConfigurationError) in try MessageRate(from: &reader) })
    {
      guard sinkNames.contains(name) else {
        throw reader.error("rates", context.unknown(name))
      }
      rates[name] = value
    }
  }

  private mutating func readPauses(
    _ reader: inout ConfigurationReader
  ) throws(ConfigurationError) {
    let upToDay = Duration.zero...Duration.seconds(86_400)
    let group = try reader.object("group") { (reader) throws(ConfigurationError) in
      (
        try reader.optional("wait", .duration(in: upToDay)),
        try reader.optional("interval", .duration(in: upToDay))
      )
    }
    groupWaitSeconds = group?.0?.alertSeconds ?? groupWaitSeconds
    groupIntervalSeconds = group?.1?.alertSeconds ?? groupIntervalSeconds
    let pauses = Duration.milliseconds(100)...Duration.seconds(3600)
    let retry = try reader.object("retry") { (reader) throws(ConfigurationError) in
      (
        try reader.optional("first", .duration(in: pauses)),
        try reader.optional("most", .duration(in: pauses))
      )
    }
    backoff.firstSeconds = retry?.0?.alertSeconds ?? backoff.firstSeconds
    backoff.mostSeconds = retry?.1?.alertSeconds ?? backoff.mostSeconds
    guard backoff.firstSeconds <= backoff.mostSeconds else {
      throw reader.error("retry", "found \"first\" above \"most\": expected at most that")
    }
    let patience = Duration.seconds(60)...Duration.seconds(30 * 86_400)
    giveUpSeconds =
      try reader.optional("give_up", .duration(in: patience))?.alertSeconds ?? giveUpSeconds
  }
}

/// What reading a route needs to know.
private struct RouteContext: Sendable {
  let sinkNames: [String]
  let siteZone: String
  let rules: @Sendable (String) -> TimeZoneRules?

  func unknown(_ name: String) -> String {
    let known = sinkNames.map { "\"\($0)\"" }.joined(separator: ", ")
    return "found the sink \"\(name)\": expected one of \"sinks\": "
      + (known.isEmpty ? "there is none" : known)
  }
}

extension AlertRoute {
  fileprivate init(
    from reader: inout ConfigurationReader, _ context: RouteContext
  ) throws(ConfigurationError) {
    let sinks = try reader.required("sinks", .strings)
    for name in sinks where !context.sinkNames.contains(name) {
      throw reader.error("sinks", context.unknown(name))
    }
    self.init(sinks: sinks)
    severityMin = try reader.value(
      "severity", .oneOf(Finding.Severity.self), default: severityMin)
    func globs(_ key: String) throws(ConfigurationError) -> [Glob] {
      try reader.value(key, .strings, default: []).map { Glob(Array($0.utf8)) }
    }
    rules = try globs("rules")
    jobs = try globs("jobs")
    owners = try globs("owners")
    principals = try globs("principals")
    goesOn = try reader.value("continue", .boolean, default: false)
    quiet = try reader.object("quiet") { (reader) throws(ConfigurationError) in
      try QuietHours(from: &reader, context)
    }
  }
}

extension QuietHours {
  fileprivate init(
    from reader: inout ConfigurationReader, _ context: RouteContext
  ) throws(ConfigurationError) {
    let text = try reader.required("hours", .string)
    let hours: BusinessHours
    do { hours = try BusinessHours(text) } catch {
      throw reader.error("hours", "found \(error.found): expected \(error.expected)")
    }
    guard hours.minutesPerWeek < 7 * 1440 else {
      throw reader.error("hours", "found the whole week: expected an hour in which to tell")
    }
    let name = try reader.value("zone", .string, default: context.siteZone)
    guard let rules = context.rules(name) else {
      throw reader.error(
        "zone",
        "found \"\(name)\": expected an IANA time zone that this system knows")
    }
    self.init(hours, zone: rules)
  }
}

extension MessageRate {
  fileprivate init(from reader: inout ConfigurationReader) throws(ConfigurationError) {
    let spans = Duration.seconds(1)...Duration.seconds(7 * 86_400)
    self.init(
      messageCount: try reader.required("messages", .integer(in: 1...10_000)),
      seconds: try reader.required("per", .duration(in: spans)).alertSeconds)
  }
}

extension Duration {
  /// The same length as a number of seconds.
  fileprivate var alertSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) / 1e18
  }
}
