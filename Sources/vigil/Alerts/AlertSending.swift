import Detect
import GatewayAndScheduler
import Ingest
import Report

/// `vigil alerts test` and `deliver`: what goes out of the house from the command line.
struct AlertSending {
  private static let pollMilliseconds: Int32 = 200

  private let arguments: ParsedArguments
  private let configuration: ConfigurationFile
  private let settings: AlertSettings
  private let sinks: [String: any AlertSink]
  private let reports = BackgroundReports()
  private let tool: Tool

  init(_ arguments: ParsedArguments, _ tool: Tool) throws {
    self.arguments = arguments
    self.tool = tool
    let path = try arguments.required("--config")
    configuration = try ConfigurationFile.load(path)
    guard let settings = configuration.alerts else {
      throw UsageError("--config \(Quotation.quoted(path)): found no key \"alerts\": expected it")
    }
    self.settings = settings
    sinks = try AlertAssembly.sinks(configuration) { [reports] in reports.add($0) }
  }

  // MARK: test

  /// Sends a sample to every sink at once, and prints what came of each.
  func test() throws -> ExitStatus {
    let names = arguments.all("--sink").isEmpty ? settings.sinkNames : arguments.all("--sink")
    for name in names where !settings.sinkNames.contains(name) {
      throw UsageError(
        "--sink \(Quotation.quoted(name)): expected one of "
          + settings.sinkNames.joined(separator: ", "))
    }
    guard !names.isEmpty else { throw UsageError("alerts: found no sinks: expected some") }
    let sample = AlertSending.sample(at: tool.now())
    let chosen = names.map { name in (name, sinks[name]) }
    let threads = DeliveryThreads()
    let outcomes = Blocking.wait {
      await withTaskGroup(of: (Int, AlertOutcome).self) { group in
        for (place, (name, sink)) in chosen.enumerated() {
          let notification = AlertSending.notification(sample, for: name)
          group.addTask(executorPreference: threads) {
            let missing = AlertOutcome.refused(reason: "no sink of this name was made")
            return (place, await sink?.deliver(notification) ?? missing)
          }
        }
        return await group.reduce(into: [Int: AlertOutcome]()) { $0[$1.0] = $1.1 }
      }
    }
    show(reports)
    for (place, name) in names.enumerated() {
      tool.print(TerminalText.escaped("\(name): \(AlertSending.words(outcomes[place]))"))
    }
    return outcomes.values.allSatisfy { $0 == .delivered } ? .done : .unwritable
  }

  private static func words(_ outcome: AlertOutcome?) -> String {
    switch outcome {
    case .delivered: "delivered"
    case .retry(let reason, _): "not reached: \(reason)"
    case .refused(let reason): "refused: \(reason)"
    case nil: "no word"
    }
  }

  private static func notification(_ sample: Finding, for sink: String) -> AlertNotification {
    AlertNotification(
      key: AlertNotification.key(sink, "test", [sample.findingID]), sink: sink, event: .test,
      groupID: sample.findingID, findings: [sample], raisedAt: sample.timestamp)
  }

  private static func sample(at now: Timestamp) -> Finding {
    let id = Identifier.hash("vigil alerts test \(now.microseconds)")
    return Finding(
      findingID: id, rule: "test", timestamp: now, severity: .informational, pValue: 1,
      principal: "alice", job: "sample", observed: [.init("sample", "yes")], expected: [],
      history: .init(events: 0, days: 0),
      explanation: "This is a sample from vigil alerts test: nothing has happened.", evidence: [],
      score: 0)
  }

  // MARK: deliver

  func deliver() throws -> ExitStatus {
    guard !(arguments.has("--once") && arguments.has("--follow")) else {
      throw UsageError("--once and --follow: expected one of them")
    }
    let directory = try arguments.required("--journal")
    let lock = try AlertAssembly.lock(directory)
    defer { withExtendedLifetime(lock) {} }
    let now = Assembly.surroundings().now
    var settings = settings
    // Who runs this once, by cron, does not wait for more findings of an episode.
    if !arguments.has("--follow") { settings.groupWaitSeconds = 0 }
    let delivery = AlertDelivery(
      directory, settings, sinks,
      AlertSurroundings(
        now: now, draw: AlertAssembly.draw,
        append: AlertDelivery.appending(toJournal: directory, now: now),
        report: { [reports] in reports.add($0) }))
    if arguments.has("--follow") { return follow(delivery, reports) }
    let outcome = try Blocking.wait { try await delivery.run(.whileThereIsSomethingToDo) }
    show(reports)
    tool.printError(
      "\(Quantity.count(outcome.endedCount - outcome.failedCount)) messages delivered, "
        + "\(Quantity.count(outcome.failedCount)) attempts failed")
    return outcome.failedCount == 0 ? .done : .unwritable
  }

  private func follow(_ delivery: AlertDelivery, _ reports: BackgroundReports) -> ExitStatus {
    StopSignal.install()
    delivery.start()
    while !StopSignal.wasReceived {
      StopSignal.sleep(milliseconds: AlertSending.pollMilliseconds)
      show(reports)
    }
    delivery.stop()
    show(reports)
    return .done
  }

  private func show(_ reports: BackgroundReports) {
    for line in reports.takeAll() {
      tool.printError("vigil alerts: \(TerminalText.escaped(line))")
    }
  }
}
