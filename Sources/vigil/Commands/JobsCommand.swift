import GatewayAndScheduler
import Ingest

/// `vigil jobs check`: whether a file of jobs says what it is meant to.
enum JobsCommand: Command {
  static let specification = CommandSpecification(
    name: "jobs",
    summary: "check a file of jobs and list what it says",
    synopsis: "check [FILE] [--config FILE]",
    options: [ServeDefaults.option],
    operand: "check",
    operandIsRequired: true,
    discussion: [
      "Reads the file as vigil serve would, and refuses it with the line and what was expected: names, "
        + "commands, parameters, schedules, and needs that name no job or go in a circle.",
      "Without FILE it is the configuration's, and names of variables that mean no secret are its "
        + "redaction.kept_names.",
      "Prints each job with its kind, its owner, what it needs, and when it runs next.",
    ])

  static func run(_ arguments: ParsedArguments, _ tool: Tool) throws -> ExitStatus {
    guard arguments.operands[0] == "check", arguments.operands.count <= 2 else {
      throw UsageError("expected check and at most one FILE")
    }
    let stated = arguments.operands.dropFirst().first
    let defaults = try ServeDefaults(arguments, isNeeded: stated == nil, tool)
    let path = try stated ?? defaults.value("the jobs' FILE", \.jobs)
    let bytes = try InputDescriptor.contents(ofPath: path, byteCountMax: byteCountMax)
    let catalogue = try JobCatalogue.read(
      bytes.span, file: path, zones: Assembly.zones().catalogue,
      redaction: defaults.configuration?.log.redaction ?? RedactionList())
    let now = tool.now()
    for job in catalogue.definitions { tool.print(line(job, at: now)) }
    let count = catalogue.definitions.count
    tool.printError("vigil jobs: \(path): \(count) \(count == 1 ? "job" : "jobs"), no fault found")
    return .done
  }

  /// 4 MiB: a thousand jobs of 4 KiB.
  private static let byteCountMax = 4 << 20

  private static func line(_ job: JobDefinition, at now: Timestamp) -> String {
    var parts = [job.name, job.kind.rawValue]
    if let owner = job.owner { parts.append("owner \(Quotation.quoted(owner))") }
    if !job.needs.isEmpty {
      parts.append("needs " + job.needs.map(\.job).joined(separator: ", "))
    }
    if let schedule = job.schedule {
      let next = schedule.next(after: now)?.rfc3339 ?? "never"
      parts.append("next \(next) (\(schedule.expression.text), \(schedule.zone.name))")
    }
    return parts.joined(separator: "  ")
  }
}
