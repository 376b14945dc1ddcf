import Correlate
import Detect
import Ingest

/// What one configuration file says, decoded into each module's own settings.
struct ConfigurationFile {
  var log = LogSettings()
  var joinWindow = JoinWindow.standard
  var detection = DetectionConfiguration()
  var zones: any ZoneLookup = FixedZones()

  /// The defaults without a path.
  static func load(_ path: String?) throws -> ConfigurationFile {
    ConfigurationFile()
  }
}
