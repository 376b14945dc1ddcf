package import Detect
import GatewayAndScheduler
package import Ingest

/// One entry of `sinks` in the `alerts` object of a configuration: a way out for notifications.
///
/// What each type takes is in Documentation/AlertSinks.md. Secrets are references; a literal in their
/// place is refused and not shown.
package struct SinkSettings: Sendable {
  /// Which events the sink takes; samples always.
  package let events: Set<AlertNotification.Event>
  /// Longest attempt, a second try with a renewed secret included.
  let timeout: Duration
  let kind: Kind

  enum Kind: Sendable {
    case webhook(WebhookSink.Settings)
    case slack(HTTPSinkSettings)
    case alertmanager(AlertmanagerSink.Settings)
    case pagerDuty(PagerDutySink.Settings)
    case mail(MailSink.Settings)
    case syslog(SyslogSink.Settings)
    case command(CommandSink.Settings)
    case file(FileSink.Settings)
  }

  /// The words of `type`.
  private enum KindName: String, CaseIterable {
    case webhook, slack, alertmanager, pagerduty, smtp, syslog, command, file
  }

  /// The words of `events`: samples are not to be left out.
  private enum EventName: String, CaseIterable {
    case raised, acknowledged, resolved
  }

  /// Reads one sink's object; unknown keys are refused by whoever lent the reader.
  package init(from reader: inout ConfigurationReader) throws(ConfigurationError) {
    let name = try reader.required("type", .oneOf(KindName.self))
    // A mail server may look through a mail before it takes it: RFC 5321 section 4.5.3.2.6 allows ten
    // minutes. One that is left sooner has the mail, and gets it again.
    let isMail = name == .smtp
    let range = Duration.seconds(1)...Duration.seconds(isMail ? 600 : 120)
    timeout = try reader.value(
      "timeout", .duration(in: range), default: .seconds(isMail ? 60 : 10))
    kind = try SinkSettings.kind(name, &reader)
    // Alertmanager has no acknowledgement: silences are made over there.
    let standard: [EventName] = name == .alertmanager ? [.raised, .resolved] : EventName.allCases
    events = try SinkSettings.events(standard, &reader)
  }

  private static func kind(
    _ name: KindName, _ reader: inout ConfigurationReader
  ) throws(ConfigurationError) -> Kind {
    switch name {
    case .webhook: .webhook(try WebhookSink.Settings(from: &reader))
    case .slack: .slack(try HTTPSinkSettings(secretIn: &reader))
    case .alertmanager: .alertmanager(try AlertmanagerSink.Settings(from: &reader))
    case .pagerduty: .pagerDuty(try PagerDutySink.Settings(from: &reader))
    case .smtp: .mail(try MailSink.Settings(from: &reader))
    case .syslog: .syslog(try SyslogSink.Settings(from: &reader))
    case .command: .command(try CommandSink.Settings(from: &reader))
    case .file: .file(try FileSink.Settings(from: &reader))
    }
  }

  private static func events(
    _ standard: [EventName], _ reader: inout ConfigurationReader
  ) throws(ConfigurationError) -> Set<AlertNotification.Event> {
    let words = try reader.value("events", .strings, default: standard.map(\.rawValue))
    var events: Set<AlertNotification.Event> = [.test]
    for word in words {
      guard EventName(rawValue: word) != nil, let event = AlertNotification.Event(rawValue: word)
      else {
        let expected = EventName.allCases.map(\.rawValue).joined(separator: ", ")
        throw reader.error(
          "events", "found \(Quotation.quoted(word)): expected some of \(expected)")
      }
      events.insert(event)
    }
    guard events.count > 1 else {
      throw reader.error("events", "found none: expected at least one")
    }
    return events
  }
}

extension ConfigurationReader {
  /// A path of the configuration, from the folder of its file.
  func resolved(_ path: String) -> String {
    let folder = file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
    return path.hasPrefix("/") ? path : folder + path
  }

  /// `authority_file`, resolved.
  mutating func authorityFile() throws(ConfigurationError) -> String? {
    try optional("authority_file", .string).map { resolved($0) }
  }

  /// `host` and `port`.
  mutating func server(defaultPort: Int) throws(ConfigurationError) -> ServerAddress {
    let host = try required("host", .string)
    let port = try value("port", .integer(in: 1...65_535), default: defaultPort)
    guard let address = ServerAddress(host: host, port: UInt16(port)) else {
      throw error("host", "found \(Quotation.quoted(host)): expected a name or an address")
    }
    return address
  }

  /// Refuses what would travel readable off this machine, unless `insecure` says that it may.
  func refusePlain(
    _ key: String, isPlain: Bool, isLoopback: Bool, isAllowed: Bool
  ) throws(ConfigurationError) {
    guard isPlain, !isLoopback, !isAllowed else { return }
    throw error(
      key, "found a connection off this host without tls: expected tls, or \"insecure\": true")
  }
}
