import Detect
import Ingest
import Report

/// `vigil detect`: what is strange in a journal, with the sums.
enum DetectCommand: Command {
  static let specification = CommandSpecification(
    name: "detect",
    summary: "say what is strange in a journal, and why",
    synopsis:
      "--journal DIR [--new] [--raise] [--config FILE] [--rule R]… [--p-max P] [--fail-on SEVERITY] "
      + "[--format F]",
    options: [
      .init("--journal", "DIR", "the journal to read"),
      .init("--new", "only what the last run with these settings has not said"),
      .init("--raise", "raise an alert for each finding that has none yet (vigil alerts)"),
      .init(
        "--raise-since", "T",
        "raise only findings about this instant or later (RFC 3339, or a date); default: a week ago"
      ),
    ] + DetectionOptions.options,
    discussion: DetectionOptions.discussion + [
      "What was learnt is saved in baselines/ beside the journal, for each configuration, with the "
        + "index up to which it has learnt. --new goes on from there, in the time of the entries "
        + "since and of the last hour before. A baseline that is missing, damaged, of another "
        + "version, configuration or journal is made anew from the first entry; so it is when "
        + "entries came that belong more than an hour before the newest. The answer is the same.",
      "--raise is for those who run no vigil serve: call it by cron, and vigil alerts deliver behind it. "
        + "Owners of jobs come from the file of jobs that the configuration's key serve names.",
    ])

  static func run(_ arguments: ParsedArguments, _ tool: Tool) throws -> ExitStatus {
    if arguments.has("--raise-since"), !arguments.has("--raise") {
      throw UsageError("--raise-since without --raise: expected both")
    }
    let configuration = try ConfigurationFile.load(arguments.value("--config"))
    let options = try DetectionOptions(arguments, configuration)
    let analysis = try JournalAnalysis(arguments.required("--journal"), configuration, tool)
    let raising =
      arguments.has("--raise") ? try AlertRaising(arguments, configuration, tool) : nil
    let findings = try analysis.detect(
      options.detection, onlyNew: arguments.has("--new"), raise: raising.map { $0.raise })
    options.print(findings, tool)
    return options.status(findings)
  }
}

/// What `detect` and `scan` share: which rules, how much, how to print, when to fail.
struct DetectionOptions {
  let detection: DetectionConfiguration
  private let failOn: Finding.Severity?
  private let format: String

  static let options: [CommandSpecification.Option] = [
    .init("--config", "FILE", "configuration in JSON5 (Documentation/Configuration.md)"),
    .init(
      "--rule", "R", isRepeatable: true, choices: DetectionPipeline.ruleNames,
      "only this rule"),
    .init(
      "--p-max", "P",
      "report everything with p at or below P, in (0, 1], and spend no budget: for backtests"),
    .init(
      "--fail-on", "SEVERITY", choices: Finding.Severity.allCases.map(\.rawValue),
      "exit status 3 when a finding is at least this severe"),
    .init("--format", "F", choices: ["table", "jsonl"], "how to print"),
  ]

  static let discussion = [
    "Without --p-max a budget decides how strange is strange enough: two alerts a day over all "
      + "statistical rules, unless the configuration says otherwise. Findings of declared rules (a "
      + "run without a request) are always told.",
    "p is how often the subject's own past, and that of its peers, would look at least this strange.",
  ]

  init(_ arguments: ParsedArguments, _ configuration: ConfigurationFile) throws(UsageError) {
    var detection = configuration.detection
    let rules = arguments.all("--rule")
    if !rules.isEmpty { detection.enabledRules = Set(rules) }
    if let text = arguments.value("--p-max") {
      guard let pMax = Double(text), pMax > 0, pMax <= 1 else {
        throw UsageError("--p-max \(Quotation.quoted(text)): expected a number in (0, 1]")
      }
      detection.pMax = pMax
    }
    self.detection = detection
    failOn = arguments.value("--fail-on").flatMap(Finding.Severity.init(rawValue:))
    format = arguments.value("--format") ?? "table"
  }

  func print(_ findings: [Finding], _ tool: Tool) {
    if format == "jsonl" {
      var writer = JSONWriter()
      for finding in findings {
        writer.removeAll()
        finding.encode(to: &writer)
        tool.print(bytes: writer.bytes)
      }
      return
    }
    let list = FindingList(width: tool.outputWidth, style: tool.style)
    for line in list.lines(findings) { tool.print(line) }
    if findings.isEmpty { tool.printError("no findings") }
  }

  func status(_ findings: [Finding]) -> ExitStatus {
    guard let failOn else { return .done }
    return findings.contains { $0.severity >= failOn } ? .findings : .done
  }
}
