import Detect
import Ingest
import Report

/// `vigil backtest`: what each of several configurations would have said, and the difference.
enum BacktestCommand: Command {
  static let specification = CommandSpecification(
    name: "backtest",
    summary: "what other configurations would have said, and the difference",
    synopsis:
      "--journal DIR --rules FILE --rules FILE… [--from T] [--to T] [--rule R]… [--p-max P] "
      + "[--format F]",
    options: [
      .init("--journal", "DIR", "the journal to read"),
      .init(
        "--rules", "FILE", isRepeatable: true,
        "a configuration in JSON5; the first is what the others are held against"),
      .init("--from", "T", "count what is said from here on (RFC 3339, or a date)"),
      .init("--to", "T", "read up to here, exclusive"),
      .init("--format", "F", choices: ["table", "json"], "how to print"),
    ] + DetectionOptions.options.filter { ["--rule", "--p-max"].contains($0.name) },
    discussion: [
      "The journal is read once, for all configurations; each learns from the first entry on, and "
        + "what it says counts from --from on. Printed are findings, alerts (episodes) and alerts "
        + "per 1,000 runs by rule, then every finding of either with the p of each. Nothing is saved.",
      "Without --p-max each configuration spends its own budget, as it would have; with it, "
        + "everything with p at or below P is said, which compares the rules and not the budgets.",
    ])

  /// Each holds a whole analysis in memory.
  private static let configurationCountMax = 16

  static func run(_ arguments: ParsedArguments, _ tool: Tool) throws -> ExitStatus {
    let paths = arguments.all("--rules")
    guard !paths.isEmpty else { throw UsageError("--rules is missing") }
    guard paths.count >= 2 else {
      throw UsageError("\(paths.count) --rules: expected two or more to compare")
    }
    guard paths.count <= configurationCountMax else {
      throw UsageError("\(paths.count) --rules: expected \(configurationCountMax) or fewer")
    }
    let from = try Instant.parse(arguments, "--from")
    let to = try Instant.parse(arguments, "--to")
    if let from, let to, from >= to {
      throw UsageError("--from \(from.rfc3339) is not before --to \(to.rfc3339)")
    }
    let directory = try arguments.required("--journal")
    var sides: [Backtest.Side] = []
    for path in paths {
      let configuration = try ConfigurationFile.load(path)
      let options = try DetectionOptions(arguments, configuration)
      let analysis = try JournalAnalysis(directory, configuration, tool)
      sides.append(Backtest.Side(name: path, analysis: analysis.blank(options.detection)))
    }
    var backtest = Backtest(sides, from: from, to: to)
    let reader = try JournalAnalysis(directory, try ConfigurationFile.load(nil), tool)
    try reader.forEachRecord(until: to) { backtest.add($0) }
    backtest.finish()
    print(backtest, arguments.value("--format") ?? "table", tool)
    return .done
  }

  private static func print(_ backtest: Backtest, _ format: String, _ tool: Tool) {
    if format == "json" {
      var writer = JSONWriter()
      backtest.encode(to: &writer)
      return tool.print(bytes: writer.bytes)
    }
    for line in BacktestText.lines(backtest, width: tool.outputWidth, style: tool.style) {
      tool.print(line)
    }
  }
}
