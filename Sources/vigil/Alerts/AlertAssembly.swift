import Detect
import Ingest

/// Where sinks and the rest of alerts meet.
enum AlertAssembly {
  /// What the object `alerts` says: when and to whom, and how each sink is reached.
  struct Configured: Sendable {
    let settings: AlertSettings
    let sinks: [String: SinkSettings]
  }

  /// The sinks by their names in the configuration.
  ///
  /// - Parameter report: gets warnings about secrets.
  static func sinks(
    _ configuration: ConfigurationFile, report: @escaping @Sendable (String) -> Void
  ) throws -> [String: any AlertSink] {
    try SinkAssembly.sinks(from: configuration.alertSinks, .system(report: report))
  }

  /// Reads the object `alerts` of a configuration file.
  static func configured(
    _ reader: inout ConfigurationReader, siteZone: String, _ zones: SystemZones
  ) throws(ConfigurationError) -> Configured {
    let sinks = try reader.named("sinks") { (_, reader) throws(ConfigurationError) in
      try SinkSettings(from: &reader)
    }
    let settings = try AlertSettings(
      from: &reader, sinkNames: sinks.map(\.name), siteZone: siteZone
    ) { name in
      do { return try zones.catalogue.rules(of: name) } catch { return nil }
    }
    return Configured(
      settings: settings, sinks: Dictionary(sinks.map { ($0.name, $0.value) }) { $1 })
  }

  /// The queue that goes with sinks.
  static func queue(
    _ settings: AlertSettings, _ sinks: [String: any AlertSink]
  ) -> AlertQueue {
    AlertQueue(settings, sinkEvents: sinks.mapValues(\.events))
  }

  /// In [0, 1).
  @Sendable static func draw() -> Double {
    var random = SystemRandomNumberGenerator()
    return Double.random(in: 0..<1, using: &random)
  }

  /// Taken by whoever delivers: two of them would tell everything twice.
  static func lock(_ directory: String) throws -> any JournalFile {
    guard let lock = try JournalOpening.forReading(directory).lock("alerts.lock") else {
      throw ServeError("alerts of \(directory): another process delivers them")
    }
    return lock
  }
}
