import Correlate
import Ingest
import Report

/// `vigil activity`: who asked for what, what ran, how it ended.
enum ActivityCommand: Command {
  static let specification = CommandSpecification(
    name: "activity",
    summary: "list who asked for what, what ran and how it ended",
    synopsis:
      "--journal DIR [--since T] [--until T] [--job J] [--principal P] [--state S] "
      + "[--where FILTER] [--format F]",
    options: [
      .init("--journal", "DIR", "the journal to read"),
      .init("--since", "T", "only activities that began at T or later: RFC 3339, or a date in UTC"),
      .init("--until", "T", "only activities that began before T"),
      .init("--job", "J", "only this job"),
      .init("--principal", "P", "only this principal"),
      .init(
        "--state", "S", choices: Activity.State.allCases.map(\.rawValue),
        "only this state, or this missing piece beside another state"),
      .init("--where", "FILTER", "only what this filter asks for (Documentation/Query.md)"),
      .init("--now", "T", "what durations in the filter are counted back from; default: the clock"),
      .init("--format", "F", choices: ["table", "jsonl", "csv"], "how to print"),
      .init("--config", "FILE", "configuration in JSON5"),
    ],
    discussion: [
      "One activity is one intent and what came of it: request, decision, run, tasks. Rows come in "
        + "the order in which they began. Filters choose rows; joining always sees the whole journal."
    ])

  static func run(_ arguments: ParsedArguments, _ tool: Tool) throws -> ExitStatus {
    let filter = try ActivityFilter(arguments, tool)
    let configuration = try ConfigurationFile.load(arguments.value("--config"))
    var activities: [Activity] = []
    let analysis = try JournalAnalysis(arguments.required("--journal"), configuration, tool)
    _ = try analysis.correlate { event in
      if case .activity(let update) = event, update.change == .settled,
        filter.admits(update.activity)
      {
        activities.append(update.activity)
      }
    }
    activities.sort(by: ActivityFilter.inOrderOfBeginning)
    print(activities, as: arguments.value("--format") ?? "table", tool)
    return .done
  }

  private static func print(_ activities: [Activity], as format: String, _ tool: Tool) {
    switch format {
    case "jsonl":
      var writer = JSONWriter()
      for activity in activities {
        writer.removeAll()
        activity.encode(to: &writer)
        tool.print(bytes: writer.bytes)
      }
    case "csv":
      tool.write(CSVWriter.line(Activity.csvHeader))
      for activity in activities { tool.write(CSVWriter.line(activity.csvCells)) }
    default:
      var table = ActivityTable()
      for activity in activities { table.append(activity) }
      for line in table.lines(width: tool.outputWidth, style: tool.style) { tool.print(line) }
      if activities.isEmpty { tool.printError("no activity matches") }
    }
  }
}

/// Which activities to show.
struct ActivityFilter {
  private var since: Timestamp?
  private var until: Timestamp?
  private var job: String?
  private var principal: String?
  private var state: Activity.State?
  private var filter: Filter<Activity>?

  init(_ arguments: ParsedArguments, _ tool: Tool) throws(UsageError) {
    (since, until) = try Instant.period(arguments)
    job = arguments.value("--job")
    principal = arguments.value("--principal")
    state = arguments.value("--state").flatMap(Activity.State.init(rawValue:))
    if let text = arguments.value("--where") {
      filter = try Query.filter(text, try Instant.parse(arguments, "--now") ?? tool.now())
    }
  }

  func admits(_ activity: Activity) -> Bool {
    guard let began = activity.began else {
      return since == nil && until == nil && matches(activity)
    }
    if let since, began < since { return false }
    if let until, began >= until { return false }
    return matches(activity)
  }

  private func matches(_ activity: Activity) -> Bool {
    if let filter, !filter.matches(activity) { return false }
    if let job, activity.job != job { return false }
    if let principal, activity.principal != principal { return false }
    if let state, activity.state != state, activity.dangling != state { return false }
    return true
  }

  static func inOrderOfBeginning(_ left: Activity, _ right: Activity) -> Bool {
    let leftBegan = left.began ?? Timestamp.latest
    let rightBegan = right.began ?? Timestamp.latest
    return (leftBegan, left.activityID) < (rightBegan, right.activityID)
  }
}

extension Activity {
  /// The first instant known of it: asked for, queued, started or ended.
  var began: Timestamp? { requestedAt ?? queuedAt ?? startedAt ?? endedAt }
}

/// An instant on the command line.
enum Instant {
  /// `--since`, inclusive, and `--until`, exclusive; the first before the second.
  static func period(
    _ arguments: ParsedArguments
  ) throws(UsageError) -> (since: Timestamp?, until: Timestamp?) {
    let since = try parse(arguments, "--since")
    let until = try parse(arguments, "--until")
    if let since, let until, since >= until {
      throw UsageError("--since \(since.rfc3339) is not before --until \(until.rfc3339)")
    }
    return (since, until)
  }

  /// RFC 3339, or `YYYY-MM-DD` for midnight UTC; nil when the option was not given.
  static func parse(_ arguments: ParsedArguments, _ name: String) throws(UsageError) -> Timestamp? {
    guard let text = arguments.value(name) else { return nil }
    if let instant = Timestamp(rfc3339: text) { return instant }
    if text.utf8.count == 10, let midnight = Timestamp(rfc3339: text + "T00:00:00Z") {
      return midnight
    }
    throw UsageError(
      "\(name) \(Quotation.quoted(text)): expected RFC 3339 (2026-11-24T05:00:00Z) or a date (2026-11-24)"
    )
  }
}
