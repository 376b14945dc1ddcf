import Detect
import Ingest
import Report

/// `vigil query`: the records that a filter asks for.
enum QueryCommand: Command {
  static let specification = CommandSpecification(
    name: "query",
    summary: "find the records that a filter asks for",
    synopsis:
      "--journal DIR [FILTER] [--format F | --count | --histogram U] [--limit N] [--now T] "
      + "[--zone Z] [--config FILE] [--case DIR]",
    options: [
      .init("--journal", "DIR", "the journal to read"),
      .init("--format", "F", choices: ["table", "jsonl", "csv"], "how to print"),
      .init("--count", "print only how many there are"),
      .init(
        "--histogram", "U", choices: TimeHistogram.Unit.allCases.map(\.rawValue),
        "print how many each hour or day had, by event time"),
      .init("--zone", "Z", "zone of the histogram's hours and days; default: the configured one"),
      .init("--limit", "N", "print at most N; default: 10,000 for a table, all otherwise"),
      .init(
        "--now", "T",
        "what durations are counted back from (RFC 3339, or a date); default: the clock"),
      .init("--config", "FILE", "configuration in JSON5, for its zone"),
      .init("--case", "DIR", "write the query and its count into this case (vigil case)"),
      .init("--by", "NAME", "who asks, for the case; default: the login name"),
    ],
    operand: "filter",
    discussion: [
      "A filter compares fields of Documentation/Records.md: job=etl and status>=500 and since=2d; "
        + "operators = != < <= > >= ~ (glob) !~, joined by and, or, not and parentheses. The whole "
        + "language is Documentation/Query.md. Without a filter every record is printed.",
      "Records come in the order of the journal. jsonl prints the entries' own bytes: their hashes are "
        + "the journal's leaves.",
    ])

  static func run(_ arguments: ParsedArguments, _ tool: Tool) throws -> ExitStatus {
    let query = try Query(arguments, tool)
    let configuration = try ConfigurationFile.load(arguments.value("--config"))
    let zone = try zone(arguments, configuration)
    let directory = try arguments.required("--journal")
    let reader = try JournalReader(try JournalOpening.forReading(directory))
    var output = try QueryOutput(arguments, zone, tool)
    let folder = try arguments.value("--case").map { try CaseFolder($0, tool) }
    let person = folder == nil ? "" : try Person.named(arguments)
    var indexes = QueryIndexes()
    _ = try query.run(reader, tool) { scan, batch in
      if folder != nil { indexes.take(batch) }
      return try output.take(batch, scan)
    }
    output.finish()
    try folder?.append([indexes.event(query, reader, by: person, at: tool.now())])
    if reader.prunedEntryCount > 0 {
      tool.printError(
        "\(Quantity.count(reader.prunedEntryCount)) pruned entries are not there to be read")
    }
    return .done
  }

  private static func zone(
    _ arguments: ParsedArguments, _ configuration: ConfigurationFile
  ) throws -> TimeZoneRules {
    let name = arguments.value("--zone") ?? configuration.detection.siteZone
    do { return try configuration.zones.catalogue.rules(of: name) } catch {
      throw UsageError(
        "--zone \(Quotation.quoted(name)): expected an IANA time zone of this system")
    }
  }
}

/// A filter from the command line, and the walk that answers it.
struct Query {
  /// Nil asks for everything.
  let filter: RecordFilter?
  let now: Timestamp

  init(filter: RecordFilter?, now: Timestamp) {
    self.filter = filter
    self.now = now
  }

  /// The operands are one filter; spaces between them were the shell's.
  init(_ arguments: ParsedArguments, _ tool: Tool) throws {
    now = try Instant.parse(arguments, "--now") ?? tool.now()
    let text = arguments.operands.joined(separator: " ")
    filter = text.isEmpty ? nil : try Query.filter(text, now)
  }

  /// Reads a filter; its error becomes wrong usage.
  static func filter<Subject: FilterSubject>(
    _ text: String, _ now: Timestamp
  ) throws(UsageError) -> Filter<Subject> {
    do { return try Filter<Subject>(text, now: now) } catch {
      throw UsageError("\(error)")
    }
  }

  /// Hands over the matching records, batch by batch, in the order of the journal; gives their count.
  func run(
    _ reader: JournalReader, _ tool: Tool,
    _ body: (JournalScan, JournalScan.Batch) throws -> Bool
  ) throws -> Int {
    var bounds = JournalScan.Bounds()
    if let filter {
      (bounds.since, bounds.until) = filter.bounds
      bounds.kinds = filter.kinds
    }
    let filter = filter
    var scan = try JournalScan(reader, bounds) { record in filter?.matches(record) ?? true }
    var count = 0
    var progress = Progress("reading", tool)
    while let batch = try scan.next() {
      count += batch.records.count
      if let last = batch.records.last { progress.step(last.index) }
      guard try body(scan, batch) else { break }
    }
    progress.end()
    return count
  }
}

/// What is made of the records that were found.
private struct QueryOutput {
  private enum Form {
    case table(RecordTable)
    case jsonLines
    case csv
    case count
    case histogram(TimeHistogram)
  }

  private static let tableCountMax = 10_000

  private var form: Form
  private let limit: Int
  private let tool: Tool
  private var shown = 0
  private var count = 0

  init(_ arguments: ParsedArguments, _ zone: TimeZoneRules, _ tool: Tool) throws(UsageError) {
    self.tool = tool
    let asked = ["--format", "--count", "--histogram"].filter { arguments.has($0) }
    guard asked.count <= 1 else {
      throw UsageError("\(asked.joined(separator: " and ")): expected one of them")
    }
    let format = arguments.value("--format") ?? "table"
    if arguments.has("--count") {
      form = .count
    } else if let unit = arguments.value("--histogram").flatMap(TimeHistogram.Unit.init) {
      form = .histogram(TimeHistogram(unit, zone: zone))
    } else {
      form = format == "jsonl" ? .jsonLines : format == "csv" ? .csv : .table(RecordTable())
    }
    let isTable = if case .table = form { true } else { false }
    limit =
      try CountOption.parse(arguments, "--limit", in: 0...Int.max)
      ?? (isTable ? QueryOutput.tableCountMax : Int.max)
    if case .csv = form { tool.write(CSVWriter.line(RecordTable.csvHeader)) }
  }

  /// False once no more is wanted.
  mutating func take(_ batch: JournalScan.Batch, _ scan: JournalScan) throws -> Bool {
    count += batch.records.count
    switch form {
    case .count: break
    case .histogram(var histogram):
      form = .count
      for record in batch.records { histogram.add(record.record.header.timestamp) }
      form = .histogram(histogram)
    case .table(var table):
      form = .count
      for record in batch.records.prefix(limit - shown) { table.append(record) }
      form = .table(table)
      shown += min(batch.records.count, limit - shown)
    case .csv:
      for record in batch.records.prefix(limit - shown) {
        tool.write(CSVWriter.line(RecordTable.csvCells(record)))
      }
      shown += min(batch.records.count, limit - shown)
    case .jsonLines:
      var rest = limit - shown
      var bytes: [UInt8] = []
      try scan.forEachEntry(of: batch) { _, entry in
        guard rest > 0 else { return }
        rest -= 1
        bytes.append(copying: entry)
        bytes.append(0x0A)
      }
      tool.write(bytes: bytes)
      shown = limit - rest
    }
    return true
  }

  func finish() {
    switch form {
    case .count: tool.print("\(count)")
    case .histogram(let histogram):
      for line in histogram.lines(width: tool.outputWidth, style: tool.style) { tool.print(line) }
    case .table(let table):
      for line in table.lines(width: tool.outputWidth, style: tool.style) { tool.print(line) }
    case .csv, .jsonLines: break
    }
    let isCut =
      if case .count = form { false } else if case .histogram = form { false } else { true }
    if count == 0 { return tool.printError("no record matches") }
    if isCut, shown < count {
      tool.printError(
        "\(Quantity.count(count - shown)) more match: --limit \(limit) printed the first "
          + Quantity.count(shown))
    }
  }
}
