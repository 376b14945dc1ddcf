import Correlate
import Detect
import Ingest
import Report

/// `vigil scan`: activities and findings straight from files; no journal is kept.
enum ScanCommand: Command {
  static let specification = CommandSpecification(
    name: "scan",
    summary: "findings straight from files, no journal kept",
    synopsis:
      "[--format-in F] [--source NAME] [OPTIONS] FILE… | - | --question Q [--out FILE] GATEWAY RUNS",
    options: [
      .init(
        "--format-in", "F", choices: LogFormat.allCases.map(\.rawValue),
        "shape of the lines; auto recognises each line by its shape"),
      .init("--source", "NAME", "where lines come from that do not say so"),
      .init("--activities", "print the activities too, before the findings"),
      .init(
        "--question", "Q", choices: ["common"],
        "answer one question from an access log and a launcher's events, instead of all rules"),
      .init("--out", "FILE", "with --question: the answer goes there, its counts to the output"),
    ] + DetectionOptions.options,
    operand: "FILE", operandIsRequired: true,
    discussion: [
      "Lines are read once, merged by event time, correlated and judged in memory that is bounded by "
        + "what is open. Evidence counts records in the order in which they were read. Repeated lines "
        + "are not recognised: that is the journal's work (vigil ingest).",
      "--question common: triggers at hours at which their principal hardly ever comes, and runs far "
        + "longer than their job takes, as lines of offhours or runaway, run id, job and principal with "
        + "tabs between (Documentation/Benchmarks.md). Both files are read once, on all processors.",
    ] + DetectionOptions.discussion)

  static func run(_ arguments: ParsedArguments, _ tool: Tool) throws -> ExitStatus {
    if arguments.has("--question") {
      try QuestionRun(arguments).run(tool)
      return .done
    }
    if arguments.has("--out") { throw UsageError("--out without --question: expected both") }
    let configuration = try ConfigurationFile.load(arguments.value("--config"))
    let options = try DetectionOptions(arguments, configuration)
    let inputs = try InputPlanning.plans(
      arguments.operands, format: arguments.value("--format-in"),
      source: arguments.value("--source"), configuration)
    var scan = Scan(inputs, options, configuration, tool)
    try scan.run(showsActivities: arguments.has("--activities"))
    for line in IngestSummary.lines(
      scan.reports, showsJournal: false, width: tool.outputWidth, style: tool.errorStyle)
    {
      tool.printError(line)
    }
    options.print(scan.findings, tool)
    if scan.reports.contains(where: { $0.failure != nil }) { return .usage }
    return options.status(scan.findings)
  }
}

/// One pass over the inputs.
private struct Scan {
  private let stream: RecordStream
  private var pump: EventPump
  private var judge: Judge
  private let tool: Tool
  private(set) var findings: [Finding] = []

  init(
    _ inputs: [InputPlan], _ options: DetectionOptions, _ configuration: ConfigurationFile,
    _ tool: Tool
  ) {
    // No journal, no secret: keyed hashes of lines go nowhere here.
    stream = RecordStream(inputs: inputs, secret: [UInt8](repeating: 0, count: 32)) { _, _ in }
    pump = EventPump(configuration.joinWindow)
    judge = Judge(options.detection, configuration)
    self.tool = tool
  }

  var reports: [InputReport] { stream.reports }

  mutating func run(showsActivities: Bool) throws {
    var progress = Progress("scanning", tool)
    var table = ActivityTable()
    func take(_ event: CorrelatedEvent) {
      judge.observe(event)
      if showsActivities, case .activity(let update) = event, update.change == .settled {
        table.append(update.activity)
      }
    }
    var index = 0
    while let streamed = try stream.next() {
      pump.add(IndexedRecord(index: index, record: streamed.record), take)
      index += 1
      progress.step(index)
    }
    pump.finish(take)
    progress.end()
    findings = judge.finish(at: pump.end)
    guard showsActivities else { return }
    for line in table.lines(width: tool.outputWidth, style: tool.style) { tool.print(line) }
    tool.print("")
  }
}
