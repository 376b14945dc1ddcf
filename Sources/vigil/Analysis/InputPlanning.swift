import Ingest

/// Operands become inputs: rotated sets together, each with its format and its source.
enum InputPlanning {
  static func plans(
    _ operands: [String], format: String?, source: String?, _ configuration: ConfigurationFile
  ) throws -> [InputPlan] {
    guard operands.filter({ $0 == InputFile.standardInputName }).count <= 1 else {
      throw UsageError("- given twice: standard input can be read once")
    }
    let set = try RotatedSet(of: operands, in: SystemLogFiles())
    let groups = RotatedSet.groups(set.paths)
    guard groups.count <= RecordStream.inputCountMax else {
      throw UsageError(
        "\(groups.count) different logs: expected at most \(RecordStream.inputCountMax) in one run")
    }
    let settings = settings(configuration.log, source)
    return groups.map { group in
      InputPlan(
        label: group.label, paths: group.paths, format: chosen(format), settings: settings)
    }
  }

  /// Logs to follow: by their names alone, for one that is not there yet is waited for.
  static func followed(
    _ operands: [String], format: String?, source: String?, _ configuration: ConfigurationFile
  ) throws -> [InputPlan] {
    guard !operands.contains(InputFile.standardInputName) else {
      throw UsageError("--follow with -: standard input ends by itself, leave --follow out")
    }
    let settings = settings(configuration.log, source)
    return RotatedSet.groups(RotatedSet.ordered(operands)).map { group in
      InputPlan(
        label: group.label, paths: group.paths, format: chosen(format), settings: settings)
    }
  }

  private static func chosen(_ format: String?) -> LogFormat {
    format.flatMap(LogFormat.init(rawValue:)) ?? .auto
  }

  /// A name with a slash is a whole source; one without is the host of whatever is read.
  private static func settings(_ base: LogSettings, _ source: String?) -> LogSettings {
    guard let source else { return base }
    var settings = base
    if source.contains("/") { settings.source = source } else { settings.host = source }
    return settings
  }
}
