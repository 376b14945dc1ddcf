import GatewayAndScheduler
import Ingest

/// `vigil jobs check FILE`: whether a file of jobs says what it is meant to.
enum JobsCommand: Command {
  static let specification = CommandSpecification(
    name: "jobs",
    summary: "check a file of jobs and list what it says",
    synopsis: "check FILE",
    options: [],
    operand: "check FILE",
    operandIsRequired: true,
    discussion: [
      "Reads the file as vigil serve would, and refuses it with the line and what was expected: names, "
        + "commands, parameters, schedules, and needs that name no job or go in a circle.",
      "Prints each job with its kind, its owner, what it needs, and when it runs next.",
    ])

  static func run(_ arguments: ParsedArguments, _ tool: Tool) throws -> ExitStatus {
    guard arguments.operands.count == 2, arguments.operands[0] == "check" else {
      throw UsageError("expected check and one FILE")
    }
    let path = arguments.operands[1]
    let bytes = try InputDescriptor.contents(ofPath: path, byteCountMax: byteCountMax)
    let catalogue = try JobCatalogue.read(
      bytes.span, file: path, zones: Assembly.zones().catalogue)
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
