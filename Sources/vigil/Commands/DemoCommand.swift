import Correlate
import Detect
import Ingest
import Report

/// `vigil demo`: the whole way on the fixtures, with nothing known beforehand.
enum DemoCommand: Command {
  static let specification = CommandSpecification(
    name: "demo",
    summary: "the whole way on the fixtures: logs, journal, activities, findings",
    synopsis: "[--fixtures DIR] [--journals DIR]",
    options: [
      .init("--fixtures", "DIR", "where the fixtures are; default: fixtures"),
      .init("--journals", "DIR", "keep the two journals here; default: a new temporary folder"),
    ],
    discussion: [
      "Two recorded minutes of the real Caddy and Luigi, and sixty days made from a seed, become two "
        + "journals. Both are verified, correlated and judged by the same code as any other journal; "
        + "take an incident out of the stream (fixtures/sixty-days/README.md) and its finding goes."
    ])

  static func run(_ arguments: ParsedArguments, _ tool: Tool) throws -> ExitStatus {
    let fixtures = arguments.value("--fixtures") ?? "fixtures"
    let journals = try arguments.value("--journals") ?? Assembly.temporaryDirectory()
    let demo = Demo(fixtures: fixtures, journals: journals, tool: tool)
    return try demo.run()
  }
}

/// The chapters of the story.
private struct Demo {
  let fixtures: String
  let journals: String
  let tool: Tool

  private var recorded: String { journals + "/recorded" }
  private var sixtyDays: String { journals + "/sixty-days" }
  private var configurationPath: String { fixtures + "/sixty-days/vigil.json5" }

  func run() throws -> ExitStatus {
    heading("1. Two minutes of the real stack: Caddy 2.6.2, a launcher, Luigi 3.8.1")
    let names = [
      "caddy-access-2026-11-23T23-39-35.969.log.gz", "caddy-access-2026-11-23T23-40-19.553.log.gz",
      "caddy-access.log", "caddy-runtime.log", "caddy.out", "trigger-events.jsonl",
      "luigi-events.jsonl",
    ]
    try ingest(names.map { "\(fixtures)/recorded/live-1/\($0)" }, recorded, nil)
    let first = try verify(recorded)
    _ = try judge(recorded, nil, showsLookAlikes: false)

    heading("2. Sixty days of a small site, with incidents and look-alikes")
    let stream = ["caddy-access.log.gz", "launcher.jsonl.gz", "luigi-events.jsonl.gz"]
    try ingest(stream.map { "\(fixtures)/sixty-days/\($0)" }, sixtyDays, configurationPath)
    let second = try verify(sixtyDays)
    _ = try judge(sixtyDays, configurationPath, showsLookAlikes: true)
    next()
    return first && second ? .done : .damaged
  }

  private func ingest(_ files: [String], _ directory: String, _ configuration: String?) throws {
    var words = ["--journal", directory, "--source", "pipelines-1", "--origin", "demo"]
    if let configuration { words += ["--config", configuration] }
    let arguments = try IngestCommand.specification.parse(words + files)
    _ = try IngestCommand.run(arguments, tool)
  }

  private func verify(_ directory: String) throws -> Bool {
    tool.print("")
    let storage = try JournalOpening.forReading(directory)
    let result = try JournalVerifier(storage).verify(now: tool.now())
    for line in VerificationText.lines(result, style: tool.style) { tool.print(line) }
    return result.hasPassed
  }

  private func judge(
    _ directory: String, _ path: String?, showsLookAlikes: Bool
  ) throws -> [Finding] {
    let configuration = try ConfigurationFile.load(path)
    let analysis = try JournalAnalysis(directory, configuration, tool)
    var judge = Judge(configuration.detection, configuration)
    var lookAlikes = LookAlikes(configuration.detection, zones: configuration.zones)
    let pump = try analysis.correlate { event in
      judge.observe(event)
      lookAlikes.observe(event)
    }
    let findings = judge.finish(at: pump.end)
    tool.print("")
    for line in CorrelationText.lines(pump.summary, style: tool.style) { wrapped(line, indent: 12) }
    tell(findings)
    if showsLookAlikes { tell(lookAlikes.lines(findings)) }
    return findings
  }

  private func tell(_ findings: [Finding]) {
    let episodes = FindingList.episodes(findings).count
    tool.print("")
    tool.print(tool.style("Findings: \(findings.count) in \(episodes) episodes", .bold))
    for line in FindingList(width: tool.outputWidth, style: tool.style).lines(findings) {
      tool.print(line)
    }
  }

  private func tell(_ lookAlikes: [String]) {
    tool.print("")
    tool.print(
      tool.style("Look-alikes that stayed quiet (what rules of thumb would have said)", .bold))
    for line in lookAlikes { wrapped("  " + line, indent: 4) }
  }

  private func wrapped(_ line: String, indent: Int) {
    let width = max(60, min(tool.outputWidth ?? 100, 120))
    let lead = String(line.prefix { $0 == " " })
    // Keep the label's own spacing; only the tail of a long line is wrapped.
    guard TerminalText.width(line) > width else { return tool.print(line) }
    let head = String(line.prefix(indent))
    let lines = TerminalText.wrapped(String(line.dropFirst(indent)), width: width - indent)
    for (index, text) in lines.enumerated() {
      tool.print(
        index == 0 ? head + text : lead + String(repeating: " ", count: indent - lead.count) + text)
    }
  }

  private func heading(_ text: String) {
    tool.print("")
    tool.print(tool.style(text, .bold))
    _ = tool.flush()
  }

  private func next() {
    heading("Try next (the journals are kept)")
    let vigil = Assembly.invocation
    for line in [
      "\(vigil) activity --journal \(recorded) --state denied",
      "\(vigil) detect --journal \(sixtyDays) --config \(configurationPath) --p-max 0.01",
      "\(vigil) detect --journal \(sixtyDays) --config \(configurationPath) --format jsonl | jq .explanation",
      "printf x | dd of=\(sixtyDays)/segments/000000000000.jsonl bs=1 seek=4242 conv=notrunc status=none; "
        + "\(vigil) verify --journal \(sixtyDays)",
    ] {
      tool.print("  " + line)
    }
  }
}
