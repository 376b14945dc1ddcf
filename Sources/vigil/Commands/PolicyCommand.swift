import GatewayAndScheduler
import Ingest
import Report

/// `vigil policy`: what a policy says, before it says it to anybody.
enum PolicyCommand: Command {
  static let specification = CommandSpecification(
    name: "policy",
    summary: "check, test and replay an access policy",
    synopsis:
      "check [FILE] [--jobs FILE] | test [FILE] CASES | replay [--journal DIR] [--policy FILE] "
      + "[--since T] [--until T]   [--config FILE] [--format F]",
    options: [
      ServeDefaults.option,
      .init("--jobs", "FILE", "check: the file of jobs, to find unknown ones and holes"),
      .init("--journal", "DIR", "replay: the journal to read"),
      .init("--policy", "FILE", "replay: the policy to ask"),
      .init("--since", "T", "replay: the first question's time, RFC 3339"),
      .init("--until", "T", "replay: the first time no longer asked about"),
      .init("--format", "F", choices: ["table", "jsonl"], "how to print"),
    ],
    operand: "check, test or replay", operandIsRequired: true,
    discussion: [
      "check reads the file and tells, with line and column, what is wrong; then rules that an earlier "
        + "rule leaves nothing to, roles that no rule names and, with --jobs, patterns that no job has. "
        + "Exit status 3 when there is one of these. Actions that nobody may are told and change "
        + "no status. What is claimed is certain; what several rules together do is not looked for.",
      "test asks the questions of a file of cases (Documentation/Policy.md) in the name of stub accounts "
        + "and compares the answers; exit status 3 when one differs.",
      "replay asks a policy about every recorded decision, and about trigger requests without one, with "
        + "open runs and triggers as the journal tells them at that instant, and prints the answers that "
        + "differ. What the past does not record is taken as not known: off_hours p, scopes, and the "
        + "kind of credential where there was no decision, which reads as oidc.",
      "What is not given, policy, jobs, journal, is the configuration's; test then knows its routes too.",
    ])

  static func run(_ arguments: ParsedArguments, _ tool: Tool) throws -> ExitStatus {
    let words = arguments.operands
    switch words[0] {
    case "check": return try PolicyChecking(arguments, tool).run(tool)
    case "test": return try PolicyTesting(arguments, tool).run(tool)
    case "replay": return try PolicyReplaying(arguments, tool).run(tool)
    default:
      throw UsageError(
        "\(Quotation.quoted(words[0])): expected check, test or replay")
    }
  }

  /// Operands behind the verb, and the options that it takes.
  static func operands(
    _ arguments: ParsedArguments, _ counts: ClosedRange<Int>, options: Set<String>
  ) throws(UsageError) -> [String] {
    let rest = Array(arguments.operands.dropFirst())
    guard counts.contains(rest.count) else {
      let expected =
        counts.count == 1 ? "\(counts.lowerBound)" : "\(counts.lowerBound) or \(counts.upperBound)"
      throw UsageError("\(rest.count) files after \(arguments.operands[0]): expected \(expected)")
    }
    let known = options.union(["--config", "--format"])
    for option in specification.options.map(\.name)
    where !known.contains(option) && arguments.has(option) {
      throw UsageError("\(option) with \(arguments.operands[0]): expected none")
    }
    return rest
  }
}

/// `vigil policy check`.
struct PolicyChecking {
  private let path: String
  private let jobsPath: String?
  private let isTable: Bool

  init(_ arguments: ParsedArguments, _ tool: Tool) throws {
    let paths = try PolicyCommand.operands(arguments, 0...1, options: ["--jobs"])
    let defaults = try ServeDefaults(arguments, isNeeded: paths.isEmpty, tool)
    path = try paths.first ?? defaults.value("the policy's FILE", \.policy)
    jobsPath = arguments.value("--jobs") ?? defaults.configuration?.serve.jobs
    isTable = arguments.value("--format") != "jsonl"
  }

  func run(_ tool: Tool) throws -> ExitStatus {
    let policy = try PolicyFile.read(path, Assembly.zones().catalogue)
    let jobs = try jobsPath.map { try PolicyJobNames.read($0) }
    let doubts = PolicyCheck.doubts(policy, jobs: jobs)
    for doubt in doubts { tell(doubt, tool) }
    let problemCount = doubts.count(where: \.isProblem)
    if isTable {
      tool.print(
        "\(policy.rules.count) rules, \(policy.roles.count) roles"
          + (jobs.map { ", \($0.count) jobs" } ?? "")
          + ": \(problemCount) problems, \(doubts.count - problemCount) holes; sha256 \(policy.sha256)"
      )
    }
    return problemCount > 0 ? .findings : .done
  }

  private func tell(_ doubt: PolicyCheck.Doubt, _ tool: Tool) {
    guard !isTable else {
      let place = doubt.place.map { ":\($0.line):\($0.column)" } ?? ""
      tool.print(TerminalText.escaped("\(path)\(place): \(doubt.kind.rawValue): \(doubt.text)"))
      return
    }
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("kind", doubt.kind.rawValue)
    writer.field("line", doubt.place?.line)
    writer.field("column", doubt.place?.column)
    writer.field("text", doubt.text)
    writer.field("problem", doubt.isProblem)
    writer.endObject()
    tool.print(bytes: writer.bytes)
  }
}

/// The names of all jobs, out of the file of jobs: the keys of its `jobs` object. What the jobs are is
/// the scheduler's to read.
enum PolicyJobNames {
  static func read(_ path: String) throws -> [String] {
    let bytes = try InputDescriptor.contents(
      ofPath: path, byteCountMax: JSON5Document.byteCountMax)
    func problem(_ place: JSON5Place, _ text: String) -> ConfigurationError {
      ConfigurationError(file: path, place: place, problem: text)
    }
    let document: JSON5Document
    do throws(JSON5Error) {
      document = try JSON5Document(bytes.span)
    } catch {
      throw problem(error.place, "found \(error.found): expected \(error.expected)")
    }
    guard case .object(let members) = document.root.content,
      let jobs = members.first(where: { $0.key == "jobs" })?.value
    else { throw problem(document.root.place, "found no \"jobs\": expected an object of jobs") }
    guard case .object(let named) = jobs.content else {
      throw problem(jobs.place, "\"jobs\": found \(jobs.kindText): expected an object of jobs")
    }
    return named.map(\.key)
  }
}

/// `vigil policy test`.
struct PolicyTesting {
  private let policyPath: String
  private let casesPath: String
  private let routes: ActionRoutes
  private let isTable: Bool

  init(_ arguments: ParsedArguments, _ tool: Tool) throws {
    let paths = try PolicyCommand.operands(arguments, 1...2, options: [])
    let defaults = try ServeDefaults(arguments, isNeeded: paths.count == 1, tool)
    policyPath = try paths.count == 2 ? paths[0] : defaults.value("the policy's FILE", \.policy)
    casesPath = paths[paths.count - 1]
    routes = defaults.configuration?.serve.routes ?? .standard
    isTable = arguments.value("--format") != "jsonl"
  }

  func run(_ tool: Tool) throws -> ExitStatus {
    let policy = try PolicyFile.read(policyPath, Assembly.zones().catalogue)
    let bytes = try InputDescriptor.contents(
      ofPath: casesPath, byteCountMax: JSON5Document.byteCountMax)
    let cases = try PolicyCases(bytes.span, file: casesPath, routes: routes).cases
    let answered = cases.map { ($0, policy.decide($0.question)) }
    let wrongCount = answered.count { !$0.0.isMet(by: $0.1) }
    if isTable {
      printTable(answered, tool)
      tool.print("\(cases.count) cases, \(wrongCount) differ")
    } else {
      for (each, decision) in answered { tool.print(bytes: json(each, decision)) }
    }
    return wrongCount > 0 ? .findings : .done
  }

  private func printTable(_ answered: [(PolicyCases.Case, AccessDecision)], _ tool: Tool) {
    var table = TextTable(columns: [
      .init(""), .init("line", isRightAligned: true), .init("case", isFlexible: true),
      .init("who"), .init("what", isFlexible: true), .init("expected"), .init("found"),
      .init("rule", isFlexible: true), .init("reason", isFlexible: true),
    ])
    for (each, decision) in answered {
      let isMet = each.isMet(by: decision)
      table.append([
        .init(isMet ? "ok" : "DIFFERS", isMet ? nil : .red), .init("\(each.place.line)"),
        .init(each.name), .init(each.account ?? "nobody"),
        .init(PolicyWish.text(each.question)),
        .init(each.effect.rawValue + (each.rule.map { " by \($0)" } ?? "")),
        .init(decision.effect.rawValue), .init(decision.rule), .init(decision.reason),
      ])
    }
    for line in table.lines(width: tool.outputWidth, style: tool.style) { tool.print(line) }
  }

  private func json(_ each: PolicyCases.Case, _ decision: AccessDecision) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("case", each.name)
    writer.field("line", each.place.line)
    writer.field("who", each.account)
    writer.field("action", each.question.action)
    writer.field("job", each.question.job)
    writer.field("expected", each.effect.rawValue)
    writer.field("expected_rule", each.rule)
    writer.field("found", decision.effect.rawValue)
    writer.field("rule", decision.rule)
    writer.field("reason", decision.reason)
    writer.field("met", each.isMet(by: decision))
    writer.endObject()
    return writer.bytes
  }
}

/// An action and its job, for tables.
enum PolicyWish {
  static func text(_ question: AccessQuestion) -> String {
    (question.action.isEmpty ? "nothing mapped" : question.action)
      + (question.job.map { " \($0)" } ?? "")
  }
}
