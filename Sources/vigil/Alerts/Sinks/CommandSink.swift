import Detect
import GatewayAndScheduler
import Ingest

/// A program that gets the JSON of a webhook on its standard input, and a line break.
///
/// Exit status 0 has it, 75 (EX_TEMPFAIL of sysexits.h) is asked again, every other one refuses. One that
/// is killed at its time limit is asked again; what it started meanwhile is killed too.
struct CommandSink: AlertSink {
  struct Settings: Sendable {
    /// Absolute path and arguments, as they are: no shell reads them.
    let words: [String]

    init(from reader: inout ConfigurationReader) throws(ConfigurationError) {
      words = try reader.required("command", .strings)
      guard let program = words.first, program.hasPrefix("/"), words.count <= 64,
        words.allSatisfy({ !$0.utf8.contains(0) && $0.utf8.count <= 4096 })
      else {
        throw reader.error(
          "command",
          "found \(words.count) words: expected an absolute path and up to 63 arguments, "
            + "as [\"/usr/local/bin/page\", \"--now\"]")
      }
    }
  }

  private static let exitStatusTemporary = 75

  let events: Set<AlertNotification.Event>
  private let words: [String]
  private let timeout: Duration

  init(_ common: SinkSettings, _ settings: Settings) {
    events = common.events
    timeout = common.timeout
    words = settings.words
  }

  func deliver(_ notification: AlertNotification) async -> AlertOutcome {
    // Nothing of our own environment, which may hold secrets.
    let environment = [
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8",
      "VIGIL_ALERT_KEY=\(notification.key)", "VIGIL_ALERT_EVENT=\(notification.event.rawValue)",
    ]
    let process = FedProcess(
      words, environment: environment, input: AlertPayload.bytes(notification) + [0x0A],
      timeMax: timeout)
    return CommandSink.outcome(await process.run(), timeout)
  }

  private static func outcome(_ end: FedProcess.End, _ timeout: Duration) -> AlertOutcome {
    switch end {
    case .exited(0): .delivered
    case .exited(exitStatusTemporary):
      .retry(reason: "command: exit status \(exitStatusTemporary)", after: nil)
    case .exited(let status): .refused(reason: "command: exit status \(status)")
    case .signalled(let signal): .retry(reason: "command: ended by signal \(signal)", after: nil)
    case .late: .retry(reason: "command: killed after \(timeout)", after: nil)
    case .cancelled: .retry(reason: "command: cancelled", after: nil)
    case .notStarted(let code):
      .retry(reason: "command: \(InputDescriptor.text(ofError: code))", after: nil)
    case .unknown(let code):
      .retry(
        reason: "command: how it ended is not known: \(InputDescriptor.text(ofError: code))",
        after: nil)
    }
  }
}
