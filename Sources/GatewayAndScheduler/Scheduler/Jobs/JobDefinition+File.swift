import Ingest

/// How a job is read from the file of jobs.
extension JobDefinition {
  init(
    name: String, from reader: inout ConfigurationReader, zones: ZoneCatalogue,
    secretNames: SecretNames
  ) throws(ConfigurationError) {
    self.init(name: name)
    guard JobDefinition.isValidName(name) else {
      throw ConfigurationError(
        file: reader.file, place: reader.place,
        problem: "job \(SchedulerWords.quoted(name)): expected a name of at most 128 bytes: "
          + "a-z, 0-9, then also . _ -, and no ..")
    }
    kind = try reader.value("type", .oneOf(Kind.self), default: .command)
    owner = try reader.optional("owner", .string)
    summary = try reader.optional("summary", .string)
    try readParameters(&reader)
    try readCommand(&reader)
    try readEnvironment(&reader, secretNames)
    try readSecrets(&reader)
    directory = try reader.optional("directory", .absolutePath)
    try readSchedule(&reader, zones)
    needs = try JobDefinition.needs(&reader)
    outputs = try reader.templates("outputs")
    retry = try reader.object("retries", JobRetry.init(from:)) ?? JobRetry()
    timeout = try reader.value(
      "timeout", .duration(in: .milliseconds(1) ... .seconds(30 * 86_400)), default: timeout)
    grace = try reader.value(
      "grace", .duration(in: .milliseconds(0) ... .seconds(3600)), default: grace)
    concurrency =
      try reader.object("concurrency", JobConcurrency.init(from:)) ?? JobConcurrency()
    limits = try reader.object("limits", JobLimits.init(from:)) ?? JobLimits()
    try checkTemplates(reader)
  }

  private mutating func readParameters(
    _ reader: inout ConfigurationReader
  ) throws(ConfigurationError) {
    let named = try reader.named("params") {
      (name, inner) throws(ConfigurationError) in try JobParameter(name: name, from: &inner)
    }
    parameters = named.map(\.value)
    guard parameters.count <= 64 else {
      throw reader.error("params", "found \(parameters.count): expected at most 64")
    }
  }

  private mutating func readCommand(
    _ reader: inout ConfigurationReader
  ) throws(ConfigurationError) {
    switch kind {
    case .command:
      command = try reader.templates("command")
      guard !command.isEmpty else {
        throw reader.error("command", "expected the program and its arguments")
      }
    case .luigi:
      let module = try reader.required("module", .luigiIdentifier)
      let task = try reader.required("task", .luigiIdentifier)
      let program = try reader.value("luigi", .strings, default: ["luigi"])
      luigiConfiguration = try reader.optional("luigi_config", .absolutePath)
      let extra = try reader.templates("arguments")
      do {
        command = try JobLuigi.command(
          program: program, module: module, task: task, extra: extra, parameters: parameters)
      } catch { throw reader.error("luigi", error.problem) }
    }
    guard command.count <= 256 else {
      throw reader.error("command", "found \(command.count) arguments: expected at most 256")
    }
  }

  private mutating func readEnvironment(
    _ reader: inout ConfigurationReader, _ secretNames: SecretNames
  ) throws(ConfigurationError) {
    for text in try reader.value("environment", .strings, default: []) {
      guard let equals = text.firstIndex(of: "=") else {
        throw reader.error(
          "environment", "found \(SchedulerWords.quoted(text)): expected NAME=value")
      }
      let variable = try JobVariable(
        String(text[..<equals]), String(text[text.index(after: equals)...]), reader)
      guard !variable.holdsSecret(secretNames) else {
        throw reader.error("environment", JobSecret.literalHint(variable.name))
      }
      environment.append(variable)
    }
  }

  private mutating func readSchedule(
    _ reader: inout ConfigurationReader, _ zones: ZoneCatalogue
  ) throws(ConfigurationError) {
    let zoneName = try reader.optional("zone", .string)
    if let zoneName {
      do { zone = try zones.rules(of: zoneName) } catch {
        throw reader.error("zone", error.description)
      }
    }
    let zone = zone
    schedule = try reader.object("schedule") {
      (inner) throws(ConfigurationError) in
      let text = try inner.required("cron", .string)
      let missed = try inner.value("missed", .oneOf(CronSchedule.Missed.self), default: .skip)
      do throws(CronError) {
        return CronSchedule(try CronExpression(text), in: zone, missed: missed)
      } catch { throw inner.error("cron", error.description) }
    }
    guard schedule != nil else { return }
    guard !parameters.contains(where: { $0.isRequired && $0.fallback == nil }) else {
      throw reader.error("schedule", "a required parameter has no default to be scheduled with")
    }
  }

  private static func needs(
    _ reader: inout ConfigurationReader
  ) throws(ConfigurationError) -> [JobNeed] {
    let entries = try reader.entries("needs") {
      (inner) throws(ConfigurationError) in
      JobNeed(
        job: try inner.required("job", .string),
        within: try inner.optional(
          "within", .duration(in: .seconds(1) ... .seconds(366 * 86_400))))
    }
    return entries.map { entry in
      switch entry {
      case .text(let name, _): JobNeed(job: name)
      case .object(let need): need
      }
    }
  }

  /// Every place names a parameter that always has a value, and none stands in the program's name.
  private func checkTemplates(_ reader: ConfigurationReader) throws(ConfigurationError) {
    let sure = Set(parameters.filter { $0.isRequired || $0.fallback != nil }.map(\.name))
    let key = kind == .luigi ? "params" : "command"
    guard command.first?.names.isEmpty ?? false else {
      throw reader.error(key, "the program's own name may hold no parameter")
    }
    let places = [
      (key, command.flatMap(\.names)), ("environment", environment.flatMap(\.value.names)),
      ("outputs", outputs.flatMap(\.names)),
    ]
    for (key, names) in places {
      guard let name = names.first(where: { !sure.contains($0) }) else { continue }
      throw reader.error(
        key, "{\(name)}: expected a parameter that is required or has a default")
    }
  }
}

extension JobVariable {
  /// What the scheduler itself sets, no job may.
  fileprivate init(
    _ name: String, _ text: String, _ reader: ConfigurationReader
  ) throws(ConfigurationError) {
    guard JobVariable.isValidName(name) else {
      throw reader.error(
        "environment", "\(SchedulerWords.quoted(name)): expected \(JobVariable.expectedName)")
    }
    do { self.init(name: name, value: try JobTemplate(text)) } catch {
      throw reader.error("environment", "\(name): \(error.problem)")
    }
  }
  static let expectedName =
    "a name of letters, digits and _ that does not begin with AUDIT_ or VIGIL_"

  static func isValidName(_ name: String) -> Bool {
    let isWord = name.utf8.allSatisfy {
      ($0 | 0x20) &- UInt8(ascii: "a") < 26 || $0 &- UInt8(ascii: "0") < 10
        || $0 == UInt8(ascii: "_")
    }
    guard isWord, let first = name.utf8.first else { return false }
    return !(0x30...0x39).contains(first) && !name.hasPrefix("AUDIT_")
      && !name.hasPrefix("VIGIL_")
  }
}
