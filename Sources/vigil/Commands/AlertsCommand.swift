import Detect
import Ingest
import Report

/// `vigil alerts`: what was raised, who was told, and what people say about it.
enum AlertsCommand: Command {
  static let specification = CommandSpecification(
    name: "alerts",
    summary: "list, acknowledge, resolve and suppress alerts, and deliver them",
    synopsis:
      "list | show ID | ack ID… | resolve ID… | suppress [ID] --reason TEXT (--for 7d | --until T) "
      + "[--rule G] … | lift ID | suppressions  (--journal DIR), test --config FILE [--sink NAME], or "
      + "deliver --journal DIR --config FILE [--once | --follow]",
    options: [
      .init("--journal", "DIR", "the journal; it must be there"),
      .init("--config", "FILE", "test, deliver: configuration in JSON5 with the key alerts"),
      .init(
        "--where", "FILTER",
        "list, ack, resolve: the alerts that this asks for (Documentation/Alerts.md)"),
      .init("--all", "list: resolved and suppressed ones too; suppressions: ended ones too"),
      .init("--limit", "N", "list: print the newest N; default: 1,000 for a table, all otherwise"),
      .init(
        "--format", "F", choices: ["table", "jsonl"], "list, show, suppressions: how to print"),
      .init("--now", "T", "what durations in the filter are counted back from; default: the clock"),
      .init("--by", "NAME", "who does this; default: the login name"),
      .init("--reason", "TEXT", "why; a suppression must have one"),
      .init("--for", "D", "suppress: for how long, as 90m, 12h, 7d; a year at most"),
      .init("--until", "T", "suppress: until when (RFC 3339, or a date)"),
      .init("--owner", "NAME", "suppress: whose it is; default: whoever makes it"),
      .init("--rule", "GLOB", "suppress: findings of these rules"),
      .init("--job", "GLOB", "suppress: findings about these jobs"),
      .init("--principal", "GLOB", "suppress: findings about these principals"),
      .init("--job-owner", "GLOB", "suppress: findings about jobs of these owners"),
      .init("--sink", "NAME", isRepeatable: true, "test: only this sink"),
      .init("--once", "deliver: what is due now, and end; this is the default"),
      .init("--follow", "deliver: until a signal comes"),
    ],
    operand: "list, show, ack, resolve, suppress, lift, suppressions, test or deliver",
    operandIsRequired: true,
    discussion: [
      "An alert is raised by vigil serve, or by vigil detect --raise; then delivered, acknowledged and "
        + "resolved, or suppressed. All of it is records in the journal; while a writer runs they are "
        + "handed to it. An ID may be cut to a beginning that only one alert has.",
      "suppress withholds one finding, or all that match every glob given (* is any text), from now "
        + "until its end; those that were raised and not told yet as well. A critical finding is withheld "
        + "by its own ID or by a --rule that is its rule's whole name. What was withheld is not told "
        + "when it ends. lift ends one early.",
      "deliver is for those who run no vigil serve: it tells what is due to the sinks of the "
        + "configuration, and goes on where it was ended or killed. Exit status 4 when an attempt failed; "
        + "it is made again by the next deliver. test sends a sample to each sink, and ends with 4 when one "
        + "did not take it.",
    ])

  private static let options: [String: Set<String>] = [
    "list": ["--journal", "--where", "--all", "--limit", "--format", "--now"],
    "show": ["--journal", "--format"],
    "ack": ["--journal", "--where", "--now", "--by", "--reason"],
    "resolve": ["--journal", "--where", "--now", "--by", "--reason"],
    "suppress": [
      "--journal", "--by", "--reason", "--for", "--until", "--owner", "--rule", "--job",
      "--principal", "--job-owner",
    ],
    "lift": ["--journal", "--by", "--reason"],
    "suppressions": ["--journal", "--all", "--format"],
    "test": ["--config", "--sink"],
    "deliver": ["--journal", "--config", "--once", "--follow"],
  ]

  static func run(_ arguments: ParsedArguments, _ tool: Tool) throws -> ExitStatus {
    let verb = arguments.operands[0]
    guard let known = options[verb] else {
      throw UsageError(
        "\(Quotation.quoted(verb)): expected \(specification.operand ?? "a verb")")
    }
    for option in specification.options.map(\.name)
    where !known.contains(option) && arguments.has(option) {
      throw UsageError("\(option) with \(verb): expected none")
    }
    let rest = Array(arguments.operands.dropFirst())
    let counts: ClosedRange<Int> =
      switch verb {
      case "show", "lift": 1...1
      case "suppress": 0...1
      case "ack", "resolve": 0...AlertWords.countMax
      default: 0...0
      }
    guard counts.contains(rest.count) else {
      throw UsageError(
        "\(rest.count) operands after \(verb): expected "
          + (counts.upperBound == 0 ? "none" : counts.lowerBound == 1 ? "an ID" : "IDs"))
    }
    switch verb {
    case "list": return try AlertListing(arguments, tool).list()
    case "show": return try AlertListing(arguments, tool).show(rest[0])
    case "suppressions": return try AlertListing(arguments, tool).suppressions()
    case "test": return try AlertSending(arguments, tool).test()
    case "deliver": return try AlertSending(arguments, tool).deliver()
    default: return try AlertWords(arguments, tool).run(verb, rest)
    }
  }
}

/// A journal's alerts as they stand, and the ids that people type.
struct StandingAlerts {
  let book: AlertBook

  /// Cost: a scan for the journal's alert records.
  ///
  /// What cannot be read is told on standard error.
  ///
  /// - Parameter body: gets each of them.
  init(
    _ directory: String, _ tool: Tool, _ body: (IndexedRecord) -> Void = { _ in }
  ) throws {
    let feed = try AlertFeed(try JournalOpening.forReading(directory)) { damage in
      tool.printError("vigil alerts: \(TerminalText.escaped(damage)): passed over")
    }
    var book = AlertBook(limits: .none)
    while let batch = try feed.next() {
      for indexed in batch {
        book.take(indexed.record, index: indexed.index)
        body(indexed)
      }
    }
    self.book = book
  }

  /// The one alert whose id begins so.
  func entry(_ text: String) throws(UsageError) -> AlertEntry {
    if let entry = book.entries[text] { return entry }
    let found = book.inOrder.filter { $0.finding.findingID.hasPrefix(text) }
    guard let first = found.first, found.count == 1, !text.isEmpty else {
      throw UsageError(
        "ID \(Quotation.quoted(text)): \(found.isEmpty ? "no alert" : "\(found.count) alerts") "
          + "begin so: expected one")
    }
    return first
  }

  /// The one suppression whose id begins so.
  func suppression(_ text: String) throws(UsageError) -> AlertSuppression {
    let found = book.suppressions.filter { $0.id == text || $0.id.hasPrefix(text) }
    guard let first = found.first, found.count == 1, !text.isEmpty else {
      throw UsageError(
        "ID \(Quotation.quoted(text)): \(found.count) suppressions begin so: expected one "
          + "(vigil alerts suppressions lists them)")
    }
    return first
  }

  /// Those that a filter asks for, in the order in which they were raised.
  func entries(_ arguments: ParsedArguments, _ tool: Tool) throws -> [AlertEntry] {
    guard let text = arguments.value("--where") else { return book.inOrder }
    let now = try Instant.parse(arguments, "--now") ?? tool.now()
    let filter: Filter<AlertEntry> = try Query.filter(text, now)
    return book.inOrder.filter { filter.matches($0) }
  }
}
