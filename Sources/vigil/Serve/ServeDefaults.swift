import GatewayAndScheduler
import Ingest

/// Where `vigil serve` keeps things, for commands that were not told: the `serve` object of `--config`, or
/// of `vigil.json5` in the working directory.
struct ServeDefaults {
  /// The option of every such command.
  static let option = CommandSpecification.Option(
    "--config", "FILE",
    "configuration of vigil serve, for what is not given here; by itself \(ServeDefaults.path) of this folder, "
      + "where it is there")
  /// What is looked for without an option.
  static let path = "vigil.json5"
  /// Behind a sentence on what is missing.
  static let hint = "expected it, --config FILE, or \(path) in this folder"

  /// Nil where nothing is said.
  let configuration: ConfigurationFile?

  /// - Parameter isNeeded: whether something is missing, so that the folder's own file is looked at; with
  ///   everything given it says nothing, right or wrong.
  init(_ arguments: ParsedArguments, isNeeded: Bool, _ tool: Tool) throws {
    if let path = arguments.value("--config") {
      let stated = try ConfigurationFile.load(path)
      guard stated.statesServe else {
        throw UsageError("--config \(Quotation.quoted(path)): found no \"serve\" in it")
      }
      configuration = stated
    } else if isNeeded, try InputDescriptor.status(ofPath: ServeDefaults.path) != nil {
      let found = try ConfigurationFile.load(ServeDefaults.path)
      configuration = found.statesServe ? found : nil
      if configuration != nil {
        tool.printError("\(ServeDefaults.path): taken for what is not given")
      }
    } else {
      configuration = nil
    }
  }

  /// The option's value, else the configuration's.
  func value(
    _ arguments: ParsedArguments, _ option: String, _ setting: KeyPath<ServeConfiguration, String>
  ) throws(UsageError) -> String {
    if let value = arguments.value(option) { return value }
    return try value(option, setting)
  }

  /// The configuration's; `what` is what is missing without one.
  func value(
    _ what: String, _ setting: KeyPath<ServeConfiguration, String>
  ) throws(UsageError) -> String {
    guard let configuration else {
      throw UsageError("\(what) is missing: \(ServeDefaults.hint)")
    }
    return configuration.serve[keyPath: setting]
  }
}
