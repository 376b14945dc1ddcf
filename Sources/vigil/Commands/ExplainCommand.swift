import Detect
import Ingest
import Report

/// `vigil explain`: the sums behind a finding, made again from the journal.
enum ExplainCommand: Command {
  static let specification = CommandSpecification(
    name: "explain",
    summary: "reprint the sums behind a finding, from the journal",
    synopsis: "--journal DIR [--config FILE] [--rule R]… [--p-max P] [--format F] ID…",
    options: [
      .init("--journal", "DIR", "the journal to read"),
      .init("--format", "F", choices: ["text", "json"], "how to print"),
    ] + DetectionOptions.options.filter { ["--config", "--rule", "--p-max"].contains($0.name) },
    operand: "ID", operandIsRequired: true,
    discussion: [
      "ID is a finding's id as detect prints it, or a beginning of it of four digits or more. The "
        + "journal is read from its first entry with the same settings as detect had, and the rule "
        + "hands over its working when it says the finding again: the history, the profile or tail "
        + "as a chart with the observation marked, and each step with its operands.",
      "The p of the last step is computed from what is shown. Exit status 1 when it is not the "
        + "finding's to the last digit, or when an alert record in the journal keeps other numbers; "
        + "2 when no finding has the id, or more than one.",
    ])

  static func run(_ arguments: ParsedArguments, _ tool: Tool) throws -> ExitStatus {
    let ids = try arguments.operands.map(identifier)
    let configuration = try ConfigurationFile.load(arguments.value("--config"))
    let options = try DetectionOptions(arguments, configuration)
    let analysis = try JournalAnalysis(arguments.required("--journal"), configuration, tool)
    let (explained, alerts) = try analysis.explain(options.detection, ids)
    let asked = try ids.map { try only($0, explained) }
    var isSound = true
    for (place, one) in asked.enumerated() {
      let stored = alerts.filter { $0.id == one.finding.findingID }.map {
        StoredFinding(index: $0.index, stored: $0.finding, recomputed: one.finding)
      }
      isSound = isSound && one.isExact && stored.allSatisfy(\.isEqual)
      print(one, stored, arguments.value("--format") ?? "text", isFirst: place == 0, tool)
    }
    return isSound ? .done : .damaged
  }

  private static func print(
    _ one: ExplainedFinding, _ stored: [StoredFinding], _ format: String, isFirst: Bool,
    _ tool: Tool
  ) {
    if format == "json" {
      var writer = JSONWriter()
      one.encode(to: &writer, stored: stored)
      return tool.print(bytes: writer.bytes)
    }
    if !isFirst { tool.print("") }
    let text = WorkingText(width: tool.outputWidth, style: tool.style)
    for line in text.lines(one, stored: stored) { tool.print(line) }
  }

  private static func identifier(_ text: String) throws(UsageError) -> String {
    let isHexadecimal = text.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) }
    guard isHexadecimal, (4...32).contains(text.utf8.count) else {
      throw UsageError(
        "finding \(Quotation.quoted(text)): expected 4 to 32 digits of 0 to 9 and a to f")
    }
    return text
  }

  private static func only(
    _ id: String, _ explained: [ExplainedFinding]
  ) throws(UsageError) -> ExplainedFinding {
    let found = explained.filter { $0.finding.findingID.hasPrefix(id) }
    guard let first = found.first else {
      throw UsageError(
        "finding \(id): found none: expected the id of a finding that vigil detect says with the "
          + "same --config, --rule and --p-max")
    }
    let ids = Set(found.map(\.finding.findingID))
    guard ids.count == 1 else {
      let shown = ids.sorted().prefix(4).joined(separator: ", ")
      throw UsageError("finding \(id): found \(ids.count), as \(shown): expected one")
    }
    return first
  }
}

/// A finding that an alert record keeps.
struct KeptAlert {
  let index: Int
  let id: String
  let finding: [UInt8]
}

extension JournalAnalysis {
  /// The findings whose id begins with one of `prefixes`, with their sums, and the alert records
  /// that keep them; both in the order in which they came.
  func explain(
    _ detection: DetectionConfiguration, _ prefixes: [String]
  ) throws -> (explained: [ExplainedFinding], alerts: [KeptAlert]) {
    var analysis = blank(detection)
    analysis.explain(prefixes: prefixes)
    var explained: [ExplainedFinding] = []
    var alerts: [KeptAlert] = []
    try forEachRecord { record in
      _ = analysis.add(record)
      explained += analysis.takeExplained()
      guard case .alert(let alert) = record.record.body, let id = alert.findingID,
        let finding = alert.finding, prefixes.contains(where: { id.hasPrefix($0) })
      else { return }
      alerts.append(KeptAlert(index: record.index, id: id, finding: finding))
    }
    _ = analysis.finish()
    explained += analysis.takeExplained()
    return (explained, alerts)
  }
}
