import Correlate
import Detect
import Ingest
import Report

/// `vigil timeline`: everything that touches a person, a run, a job, an address or a request.
enum TimelineCommand: Command {
  static let specification = CommandSpecification(
    name: "timeline",
    summary: "everything that touches a principal, run, job, address or request",
    synopsis:
      "--journal DIR (--principal P | --run R | --job J | --ip A | --request Q) [--since T] "
      + "[--until T] [--where FILTER] [--limit N] [--format F] [--config FILE]",
    options: [
      .init("--journal", "DIR", "the journal to read"),
      .init("--principal", "P", "a person or service account"),
      .init("--run", "R", "a run's id"),
      .init("--job", "J", "a job's name"),
      .init("--ip", "A", "an address that requests came from"),
      .init("--request", "Q", "a request's id"),
      .init("--since", "T", "only what happened at T or later: RFC 3339, or a date in UTC"),
      .init("--until", "T", "only what happened before T"),
      .init("--where", "FILTER", "only records that this filter asks for (Documentation/Query.md)"),
      .init("--now", "T", "what durations in the filter are counted back from; default: the clock"),
      .init("--limit", "N", "at most N records, 1 to 100,000; default 5,000"),
      .init(
        "--format", "F", choices: ["table", "jsonl", "html"],
        "how to print; html is one file that needs no network"),
    ] + DetectionOptions.options.filter { ["--config", "--rule", "--p-max"].contains($0.name) },
    discussion: [
      "Records that name the subject, those of its runs and requests, and findings about any of them, "
        + "in the order of the journal, each with the time its source gave it. Clock differences "
        + "between the sources are those that correlation measured. What was left out is said.",
      "The page opens at a filter and a stretch of time by its address: #filter=WORDS&from=T&to=T.",
    ])

  private static let limitMax = 100_000

  static func run(_ arguments: ParsedArguments, _ tool: Tool) throws -> ExitStatus {
    let subject = try subject(arguments)
    let (since, until) = try Instant.period(arguments)
    let filter: RecordFilter? = try arguments.value("--where").map { text throws in
      try Query.filter(text, try Instant.parse(arguments, "--now") ?? tool.now())
    }
    var limits = TimelineBuilder.Limits()
    if let limit = try CountOption.parse(arguments, "--limit", in: 1...limitMax) {
      limits.recordCountMax = limit
    }
    let configuration = try ConfigurationFile.load(arguments.value("--config"))
    let options = try DetectionOptions(arguments, configuration)
    let analysis = try JournalAnalysis(arguments.required("--journal"), configuration, tool)
    let timeline = try analysis.timeline(
      TimelineBuilder(subject, since: since, until: until, limits), filter, options.detection)
    print(timeline, arguments.value("--format") ?? "table", analysis.reader, tool)
    return .done
  }

  private static func subject(_ arguments: ParsedArguments) throws(UsageError) -> TimelineSubject {
    let makers: [(String, (String) -> TimelineSubject)] = [
      ("--principal", TimelineSubject.principal), ("--run", TimelineSubject.run),
      ("--job", TimelineSubject.job), ("--ip", TimelineSubject.address),
      ("--request", TimelineSubject.request),
    ]
    let given = makers.filter { arguments.has($0.0) }
    guard given.count == 1, let (name, make) = given.first, let value = arguments.value(name) else {
      throw UsageError(
        "\(given.count) subjects: expected one of " + makers.map(\.0).joined(separator: ", "))
    }
    return make(value)
  }

  private static func print(
    _ timeline: Timeline, _ format: String, _ reader: JournalReader, _ tool: Tool
  ) {
    switch format {
    case "html":
      let origin = TimelinePage.Origin(
        journal: reader.identity.origin, entryCount: reader.entryCount, madeAt: tool.now(),
        program: "vigil \(Assembly.version)")
      tool.write(TimelinePage(timeline, origin).html)
    case "jsonl": TimelineText.forEachObject(timeline) { tool.print(bytes: $0) }
    default:
      let lines = TimelineText.lines(timeline, width: tool.outputWidth, style: tool.style)
      for line in lines { tool.print(line) }
    }
    if timeline.rows.isEmpty {
      tool.printError(
        "nothing touches \(timeline.subject.word) \(Quotation.quoted(timeline.subject.name))")
    }
  }
}

extension JournalAnalysis {
  /// Two walks: one in event order, joined and judged; one in the order of the journal.
  fileprivate func timeline(
    _ start: TimelineBuilder, _ filter: RecordFilter?, _ detection: DetectionConfiguration
  ) throws -> Timeline {
    var builder = start
    var analysis = blank(detection)
    var findings: [Finding] = []
    try forEachRecord(columns: .analysis) { record in
      findings += analysis.add(record) { builder.see($0) }
    }
    findings += analysis.finish { builder.see($0) }
    for finding in findings { builder.take(finding) }
    let linked = builder
    var scan = try JournalScan(reader, JournalScan.Bounds()) { record in
      linked.touches(record) && filter?.matches(record) ?? true
    }
    while let batch = try scan.next() {
      for record in batch.records { builder.take(record) }
    }
    return builder.finish(clocks: analysis.summary.clockOffsets)
  }
}

/// A whole number on the command line.
enum CountOption {
  /// Nil when the option was not given.
  static func parse(
    _ arguments: ParsedArguments, _ name: String, in range: ClosedRange<Int>
  ) throws(UsageError) -> Int? {
    guard let text = arguments.value(name) else { return nil }
    guard let count = Int(text), range.contains(count) else {
      throw UsageError(
        "\(name) \(Quotation.quoted(text)): expected a whole number from "
          + "\(Quantity.count(range.lowerBound)) to \(Quantity.count(range.upperBound))")
    }
    return count
  }
}
