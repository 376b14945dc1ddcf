import Detect
import GatewayAndScheduler
import Ingest

/// A syslog server, RFC 5424 over UDP, TCP or TLS.
struct SyslogSink: AlertSink {
  struct Settings: Sendable {
    let server: SyslogServer
    let facility: SyslogMessage.Facility
    /// As in the header; nil for this machine's name.
    let hostName: String?
    let element: String
    let byteCountMax: Int

    init(from reader: inout ConfigurationReader) throws(ConfigurationError) {
      let isInsecure = try reader.value("insecure", .boolean, default: false)
      let transport = try reader.value(
        "transport", .oneOf(SyslogServer.Transport.self), default: .tls)
      let address = try reader.server(defaultPort: Settings.port(transport))
      try reader.refusePlain(
        "transport", isPlain: transport != .tls, isLoopback: address.isLoopback,
        isAllowed: isInsecure)
      server = SyslogServer(address, transport, authorityFile: try reader.authorityFile())
      facility = try reader.value(
        "facility", .oneOf(SyslogMessage.Facility.self), default: .authpriv)
      byteCountMax = try reader.value(
        "message_bytes", .integer(in: SyslogMessage.byteCounts),
        default: SyslogMessage.byteCountStandard)
      element = try reader.value("element", .string, default: SyslogMessage.elementStandard)
      hostName = try reader.optional("host_name", .string)
      for (key, text, count) in [("element", element, 32), ("host_name", hostName ?? "-", 255)]
      where !SyslogMessage.isName(text, characterCountMax: count) {
        throw reader.error(
          key,
          "found \(Quotation.quoted(text)): expected 1 to \(count) printable characters "
            + "of ascii, none of them a blank, =, ] or \"")
      }
    }

    /// 514 and 6514 are IANA's; there is none for plain TCP but what servers are used to.
    private static func port(_ transport: SyslogServer.Transport) -> Int {
      switch transport {
      case .udp, .tcp: 514
      case .tls: 6514
      }
    }
  }

  let events: Set<AlertNotification.Event>
  private let server: SyslogServer
  private let format: SyslogMessage
  private let timeout: Duration
  private let now: @Sendable () -> Timestamp

  init(_ common: SinkSettings, _ settings: Settings, _ context: SinkContext) {
    events = common.events
    timeout = common.timeout
    server = settings.server
    now = context.surroundings.now
    format = SyslogMessage(
      facility: settings.facility, hostName: settings.hostName ?? context.hostName,
      element: settings.element, byteCountMax: settings.byteCountMax)
  }

  func deliver(_ notification: AlertNotification) async -> AlertOutcome {
    let message = format.bytes(notification, at: now())
    let bytes = server.transport == .udp ? message : SyslogMessage.counted(message)
    do throws(ConnectionFault) {
      try await SyslogClient.send(bytes, to: server, timeout: timeout)
      return .delivered
    } catch {
      return .retry(reason: "syslog: \(error)", after: nil)
    }
  }
}
