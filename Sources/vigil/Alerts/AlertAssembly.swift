import Detect
import Ingest

/// Where sinks and the rest of alerts meet.
enum AlertAssembly {
  /// The sinks by their names in the configuration.
  static func sinks(_ configuration: ConfigurationFile) throws -> [String: any AlertSink] {
    [:]
  }

  /// The names under `sinks` of the object `alerts`, in their order.
  static func sinkNames(
    _ reader: inout ConfigurationReader
  ) throws(ConfigurationError) -> [String] {
    try reader.named("sinks") { (_, _) throws(ConfigurationError) in }.map(\.name)
  }

  /// Reads the object `alerts` of a configuration file.
  static func settings(
    _ reader: inout ConfigurationReader, siteZone: String, _ zones: SystemZones
  ) throws(ConfigurationError) -> AlertSettings {
    let names = try sinkNames(&reader)
    return try AlertSettings(from: &reader, sinkNames: names, siteZone: siteZone) { name in
      do { return try zones.catalogue.rules(of: name) } catch { return nil }
    }
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
