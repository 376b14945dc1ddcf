import Correlate
import Detect
import Ingest

/// What one configuration file says, decoded into each module's own settings.
///
/// The schema is Documentation/Configuration.md; a test reads the example there. Keys that nobody
/// asks for are refused with their place.
struct ConfigurationFile: Sendable {
  var log = LogSettings()
  var joinWindow = JoinWindow.standard
  var detection = DetectionConfiguration()
  var serve = ServeConfiguration()
  /// Whether the file has a `serve` object, and not its defaults alone.
  private(set) var statesServe = false
  /// Nil where nothing is told to anybody.
  var alerts: AlertSettings?
  /// How each is told.
  var alertSinks: [String: SinkSettings] = [:]
  var zones: SystemZones

  /// Longest file that is read.
  private static let byteCountMax = 4 << 20

  /// The defaults without a path.
  static func load(_ path: String?) throws -> ConfigurationFile {
    let zones = Assembly.zones()
    guard let path else { return ConfigurationFile(zones: zones) }
    let bytes = try InputDescriptor.contents(ofPath: path, byteCountMax: byteCountMax)
    return try ConfigurationReader.read(bytes.span, file: path) {
      (reader) throws(ConfigurationError) in
      try ConfigurationFile(from: &reader, zones)
    }
  }

  private init(zones: SystemZones) { self.zones = zones }

  private init(
    from reader: inout ConfigurationReader, _ zones: SystemZones
  ) throws(ConfigurationError) {
    self.zones = zones
    if let log = try reader.object("log", LogSettings.init(from:)) { self.log = log }
    if let list = try reader.object("redaction", RedactionList.init(from:)) { log.redaction = list }
    if let window = try reader.object("join", JoinWindow.init(from:)) { joinWindow = window }
    if let detection = try reader.object("detection", DetectionConfiguration.init(from:)) {
      self.detection = detection
    }
    if let zone = try reader.optional("zone", .zone(zones)) { detection.siteZone = zone }
    let principals = try reader.named("principals") {
      (_, reader) throws(ConfigurationError) in
      try reader.optional("zone", .zone(zones))
    }
    for (name, zone) in principals { detection.zoneByPrincipal[name] = zone }
    if let serve = try reader.object("serve", ServeConfiguration.init(from:)) {
      self.serve = serve
      statesServe = true
    }
    let siteZone = detection.siteZone
    let alerts = try reader.object("alerts") { (reader) throws(ConfigurationError) in
      try AlertAssembly.configured(&reader, siteZone: siteZone, zones)
    }
    (self.alerts, alertSinks) = (alerts?.settings, alerts?.sinks ?? [:])
    let calendars = CalendarFiles(configuration: reader.file, zones: zones.catalogue)
    detection.calendar = try calendars.holidays(from: &reader)
    detection.maintenance = try calendars.maintenance(
      from: &reader, siteZone: detection.siteZone)
  }
}

extension ConfigurationKind where Value == String {
  /// The name of a zone that the system knows.
  static func zone(_ zones: SystemZones) -> ConfigurationKind {
    ConfigurationKind(expected: "an IANA time zone that this system knows, as \"Europe/Berlin\"") {
      value in
      guard case .string(let name) = value.content, zones.knows(name) else { return nil }
      return name
    }
  }
}

extension LogSettings {
  fileprivate init(from reader: inout ConfigurationReader) throws(ConfigurationError) {
    self.init()
    host = try reader.value("host", .string, default: host)
    if let routes = try reader.optional("trigger_routes", .strings) {
      triggerRoutes = try LogSettings.routes(routes, reader)
    }
    timeUnit = try reader.value("time", .oneOf(TimeUnit.self), default: timeUnit)
    durationUnit = try reader.value("duration", .oneOf(DurationUnit.self), default: durationUnit)
    wallOffsetMinutes = try reader.value(
      "wall_offset_minutes", .integer(in: -1440...1440), default: wallOffsetMinutes)
    keepsOriginal = try reader.value("keep_original", .boolean, default: keepsOriginal)
    if let keys = try reader.object("keys", CaddyKeys.init(from:)) { self.keys = keys }
  }

  private static func routes(
    _ texts: [String], _ reader: ConfigurationReader
  ) throws(ConfigurationError) -> [TriggerRoute] {
    var routes: [TriggerRoute] = []
    for text in texts {
      guard let route = TriggerRoute(text) else {
        throw reader.error(
          "trigger_routes",
          "found \(Quotation.quoted(text)): expected METHOD /path/{job}, as \"POST /jobs/{job}/runs\""
        )
      }
      routes.append(route)
    }
    return routes
  }
}

extension CaddyKeys {
  fileprivate init(from reader: inout ConfigurationReader) throws(ConfigurationError) {
    self.init()
    time = try reader.value("time", .strings, default: time)
    message = try reader.value("message", .strings, default: message)
    level = try reader.value("level", .strings, default: level)
    logger = try reader.value("logger", .strings, default: logger)
  }
}

extension RedactionList {
  fileprivate init(from reader: inout ConfigurationReader) throws(ConfigurationError) {
    self.init()
    secretNames = try reader.value("secret_names", .strings, default: [])
    keptHeaders = try reader.value("kept_headers", .strings, default: [])
    keptNames = try reader.value("kept_names", .strings, default: [])
  }
}

extension JoinWindow {
  fileprivate init(from reader: inout ConfigurationReader) throws(ConfigurationError) {
    func seconds(_ key: String, _ fallback: Double) throws(ConfigurationError) -> Double {
      let range = Duration.milliseconds(1)...Duration.seconds(90 * 86_400)
      return try reader.optional(key, .duration(in: range))?.secondCount ?? fallback
    }
    self.init(
      seconds: try seconds("window", JoinWindow.standard.seconds),
      latenessSeconds: try seconds("lateness", JoinWindow.standard.latenessSeconds),
      danglingSeconds: try seconds("dangling", JoinWindow.standard.danglingSeconds))
    let range = Duration.milliseconds(1)...Duration.seconds(90 * 86_400)
    requestSeconds = try reader.optional("request_window", .duration(in: range))?.secondCount
  }
}

extension Duration {
  /// The same length as a number of seconds.
  var secondCount: Double {
    Double(components.seconds) + Double(components.attoseconds) / 1e18
  }
}
