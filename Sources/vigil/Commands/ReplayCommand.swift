import Correlate
import Detect
import Ingest
import Report

/// `vigil replay`: the state as it was, the period over again, or the period under other rules.
enum ReplayCommand: Command {
  static let specification = CommandSpecification(
    name: "replay",
    summary: "the state as it was at any entry, a period over again, or under other rules",
    synopsis:
      "--journal DIR [--at T|INDEX | [--speed X] [--where FILTER] | --rules FILE] [--since T] "
      + "[--until T] [--config FILE] [--format F]",
    options: [
      .init("--journal", "DIR", "the journal to read; it is not changed"),
      .init(
        "--at", "T|INDEX",
        "print the state after this entry, or after everything that happened up to this time"),
      .init("--since", "T", "say only what could be said at T or later (RFC 3339, or a date)"),
      .init("--until", "T", "read up to T, exclusive"),
      .init(
        "--speed", "X",
        "1x for recorded time, 60x for a minute a second, max (default) without waits"),
      .init("--where", "FILTER", "print the records that this asks for too, as they come"),
      .init("--now", "T", "what durations in the filter are counted back from; default: the clock"),
      .init(
        "--rules", "FILE",
        "another configuration: print only how its findings differ from those of --config"),
      .init("--format", "F", choices: ["table", "jsonl"], "how to print"),
    ] + DetectionOptions.options.filter { ["--config", "--rule", "--p-max"].contains($0.name) },
    discussion: [
      "The records go through the pipeline of detect in event order, learning from the first entry on: "
        + "jsonl prints the bytes that vigil detect prints. Nothing is written, and nothing saved.",
      "With --at the answer is that of the journal as it was when the entry had come in, whatever came "
        + "later: runs, queue, held runs, pending approvals, tokens, policy and configuration, alerts, "
        + "groups, and how much had been learnt.",
    ])

  static func run(_ arguments: ParsedArguments, _ tool: Tool) throws -> ExitStatus {
    let modes = ["--at", "--speed", "--rules"].filter { arguments.has($0) }
    guard modes.count <= 1 else {
      throw UsageError("\(modes.joined(separator: " and ")): expected one of them")
    }
    let period = try ReplayPeriod(arguments)
    let configuration = try ConfigurationFile.load(arguments.value("--config"))
    let options = try DetectionOptions(arguments, configuration)
    let analysis = try JournalAnalysis(arguments.required("--journal"), configuration, tool)
    if let text = arguments.value("--at") {
      guard period.isWhole, !arguments.has("--where") else {
        throw UsageError("--at with --since, --until or --where: expected --at alone")
      }
      let instant = try ReplayInstant(text)
      return try state(analysis, options.detection, configuration, instant, arguments, tool)
    }
    if let path = arguments.value("--rules") {
      guard !arguments.has("--where") else {
        throw UsageError("--where with --rules: expected one of them")
      }
      return try changes(analysis, options.detection, path, period, arguments, tool)
    }
    return try stream(analysis, options.detection, period, arguments, tool)
  }

  private static func state(
    _ analysis: JournalAnalysis, _ detection: DetectionConfiguration,
    _ configuration: ConfigurationFile, _ instant: ReplayInstant, _ arguments: ParsedArguments,
    _ tool: Tool
  ) throws -> ExitStatus {
    if case .entry(let index) = instant, index >= analysis.reader.entryCount {
      throw UsageError(
        "--at \(index): expected an entry before \(analysis.reader.entryCount), or an instant")
    }
    var replay = Replay(
      analysis.blank(detection), window: configuration.joinWindow, identify: Identifier.hash)
    try analysis.forEachRecord(until: instant.until) { record in
      if instant.holds(record) { replay.add(record) }
    }
    let state = try replay.state(at: instant.clock)
    if arguments.value("--format") == "jsonl" {
      var writer = JSONWriter()
      state.encode(to: &writer)
      tool.print(bytes: writer.bytes)
    } else {
      let text = ReplayStateText(width: tool.outputWidth, style: tool.style)
      for line in text.lines(state, heading: instant.heading) { tool.print(line) }
    }
    return .done
  }

  private static func changes(
    _ analysis: JournalAnalysis, _ detection: DetectionConfiguration, _ path: String,
    _ period: ReplayPeriod, _ arguments: ParsedArguments, _ tool: Tool
  ) throws -> ExitStatus {
    let other = try ConfigurationFile.load(path)
    let otherOptions = try DetectionOptions(arguments, other)
    let after = try JournalAnalysis(arguments.required("--journal"), other, tool)
    var backtest = Backtest(
      [
        Backtest.Side(name: "before", analysis: analysis.blank(detection)),
        Backtest.Side(name: "after", analysis: after.blank(otherOptions.detection)),
      ], from: period.since, to: period.until)
    try analysis.forEachRecord(until: period.until, columns: .analysis) { backtest.add($0) }
    backtest.finish()
    let changes = RuleChanges(before: backtest.sides[0], after: backtest.sides[1])
    if arguments.value("--format") == "jsonl" {
      changes.forEachObject { tool.print(bytes: $0) }
    } else {
      for line in changes.lines(width: tool.outputWidth, style: tool.style) { tool.print(line) }
    }
    return .done
  }

  private static func stream(
    _ analysis: JournalAnalysis, _ detection: DetectionConfiguration, _ period: ReplayPeriod,
    _ arguments: ParsedArguments, _ tool: Tool
  ) throws -> ExitStatus {
    let text = arguments.value("--speed") ?? "max"
    guard let pacer = ReplayPacer(text) else {
      throw UsageError(
        "--speed \(Quotation.quoted(text)): expected 1x, 60x, 0.001x to 1000000x, or max")
    }
    let filter: RecordFilter? = try arguments.value("--where").map { text throws in
      try Query.filter(text, try Instant.parse(arguments, "--now") ?? tool.now())
    }
    var stream = ReplayStream(
      analysis: analysis.blank(detection), pacer: pacer, period: period, filter: filter,
      isJSON: arguments.value("--format") == "jsonl", tool: tool)
    let columns: ColumnUse = filter == nil ? .analysis : .whole
    try analysis.forEachRecord(until: period.until, columns: columns) { stream.take($0) }
    stream.finish()
    return .done
  }
}

/// Event times that are wanted.
private struct ReplayPeriod {
  let since: Timestamp?
  let until: Timestamp?

  init(_ arguments: ParsedArguments) throws(UsageError) {
    (since, until) = try Instant.period(arguments)
  }

  var isWhole: Bool { since == nil && until == nil }

  func contains(_ instant: Timestamp) -> Bool {
    since.map { instant >= $0 } ?? true && until.map { instant < $0 } ?? true
  }
}

/// What `--at` names.
private enum ReplayInstant {
  case entry(Int)
  case time(Timestamp)

  init(_ text: String) throws(UsageError) {
    if let index = Int(text), index >= 0, String(index) == text {
      self = .entry(index)
    } else if let instant = Timestamp(rfc3339: text) {
      self = .time(instant)
    } else if text.utf8.count == 10, let midnight = Timestamp(rfc3339: text + "T00:00:00Z") {
      self = .time(midnight)
    } else {
      throw UsageError(
        "--at \(Quotation.quoted(text)): expected an entry's index, RFC 3339 or a date")
    }
  }

  func holds(_ record: IndexedRecord) -> Bool {
    switch self {
    case .entry(let index): record.index <= index
    case .time: true
    }
  }

  /// The first event time that is not read.
  var until: Timestamp? {
    switch self {
    case .entry: nil
    case .time(let instant): instant.advanced(bySeconds: 1e-6)
    }
  }

  var clock: Timestamp? {
    switch self {
    case .entry: nil
    case .time(let instant): instant
    }
  }

  var heading: String {
    switch self {
    case .entry(let index): "After entry \(index)"
    case .time(let instant): "At \(instant.rfc3339)"
    }
  }
}

/// The records of a period in time, and what is said of them as it can be said.
private struct ReplayStream {
  var analysis: Analysis
  var pacer: ReplayPacer
  let period: ReplayPeriod
  let filter: RecordFilter?
  let isJSON: Bool
  let tool: Tool

  /// Longest single sleep, so that a signal is heard: a quarter of a second.
  private static let sleepMilliseconds = 250.0

  mutating func take(_ record: IndexedRecord) {
    let isShown = period.contains(record.record.header.timestamp)
    if isShown { wait(for: record.record.header.timestamp) }
    if isShown, let filter, filter.matches(record) { show(record) }
    // Not as an argument of show: self would be copied before, and all that was learnt with it.
    let said = analysis.add(record)
    show(said)
  }

  mutating func finish() {
    let said = analysis.finish()
    show(said)
  }

  private mutating func wait(for event: Timestamp) {
    var left = pacer.wait(for: event, clock: tool.now())
    guard left > 0 else { return }
    // What has been said is seen before the wait.
    _ = tool.flush()
    while left > 0 {
      StopSignal.sleep(
        milliseconds: Int32(max(1, min(ReplayStream.sleepMilliseconds, left * 1000))))
      left = pacer.wait(for: event, clock: tool.now())
    }
  }

  private func show(_ record: IndexedRecord) {
    if isJSON { return tool.print(bytes: record.record.encoded()) }
    let words = [
      record.record.header.timestamp.rfc3339, "\(record.index)", record.record.header.source,
      record.record.kind.rawValue, RecordWords.principal(record.record) ?? "-",
      RecordWords.job(record.record) ?? "-", RecordWords.what(record.record),
    ]
    tool.print(tool.style(TerminalText.escaped(words.joined(separator: "  ")), .dim))
  }

  private func show(_ findings: [Finding]) {
    for finding in findings where period.contains(finding.timestamp) {
      if isJSON {
        tool.print(bytes: finding.encoded())
      } else {
        let list = FindingList(width: tool.outputWidth, style: tool.style)
        for line in list.lines([finding]) { tool.print(line) }
      }
    }
  }
}
