import Detect
import GatewayAndScheduler
import Ingest

/// A mail to one server, for all recipients.
struct MailSink: AlertSink {
  struct Settings: Sendable {
    let server: ServerAddress
    let security: MailRequest.Security
    let user: String?
    let password: SecretReference?
    let from: String
    let to: [String]
    let authorityFile: String?
    /// What this host calls itself; nil for its name.
    let helloName: String?

    /// Most recipients: a list on the mail server takes more.
    private static let recipientCountMax = 20

    init(from reader: inout ConfigurationReader) throws(ConfigurationError) {
      let isInsecure = try reader.value("insecure", .boolean, default: false)
      security = try reader.value(
        "tls", .oneOf(MailRequest.Security.self), default: .startTLS)
      server = try reader.server(defaultPort: security == .implicitTLS ? 465 : 587)
      try reader.refusePlain(
        "tls", isPlain: security == .none, isLoopback: server.isLoopback, isAllowed: isInsecure)
      authorityFile = try reader.authorityFile()
      user = try reader.optional("user", .string)
      password = try reader.secret("password")
      from = try reader.required("from", .string)
      to = try reader.required("to", .strings)
      helloName = try reader.optional("hello", .string)
      try check(reader)
    }

    private func check(_ reader: ConfigurationReader) throws(ConfigurationError) {
      guard (user == nil) == (password == nil) else {
        throw reader.error("user", "found one of \"user\" and \"password\": expected both or none")
      }
      for (key, addresses) in [("from", [from]), ("to", to)] {
        if let wrong = addresses.first(where: { !MailMessage.isAddress($0) }) {
          throw reader.error(
            key, "found \(Quotation.quoted(wrong)): expected an address as vigil@example.org")
        }
      }
      guard (1...Settings.recipientCountMax).contains(to.count) else {
        throw reader.error(
          "to", "found \(to.count) addresses: expected 1 to \(Settings.recipientCountMax)")
      }
      if let helloName, MailRequest.helloName(helloName) == nil {
        throw reader.error(
          "hello", "found \(Quotation.quoted(helloName)): expected a host name or an address")
      }
    }
  }

  let events: Set<AlertNotification.Event>
  private let settings: Settings
  private let timeout: Duration
  private let context: SinkContext
  private let password: RotatingSecret?

  init(_ common: SinkSettings, _ settings: Settings, _ context: SinkContext) {
    events = common.events
    timeout = common.timeout
    self.settings = settings
    self.context = context
    password = settings.password.map { context.secret($0) }
  }

  func deliver(_ notification: AlertNotification) async -> AlertOutcome {
    let now = context.surroundings.now()
    let message = MailMessage(from: settings.from, to: settings.to)
      .bytes(notification, at: now)
    do {
      let secret = try await password?.secret(at: now)
      let outcome = await send(message, secret, within: timeout)
      guard case .failure(.credentials) = outcome, let password, let secret,
        let fresh = try await password.refreshed(after: secret, at: now)
      else { return MailSink.outcome(outcome) }
      let left = timeout.left(since: now, at: context.surroundings.now())
      return MailSink.outcome(await send(message, fresh, within: left))
    } catch {
      return .retry(reason: AlertOutcome.shortened("\(error)", hiding: []), after: nil)
    }
  }

  private func send(
    _ message: [UInt8], _ password: Secret?, within timeout: Duration
  ) async -> Result<Void, MailError> {
    var request = MailRequest(
      to: settings.server, settings.security, from: settings.from, to: settings.to,
      message: message, timeout: timeout, helloName: helloName)
    request.authorityFile = settings.authorityFile
    if let user = settings.user, let password { request.credentials = (user, password) }
    do throws(MailError) {
      return .success(try await MailClient.send(request))
    } catch {
      return .failure(error)
    }
  }

  /// A machine's name that is none for EHLO is not told.
  private var helloName: String {
    MailRequest.helloName(settings.helloName ?? context.hostName) ?? "localhost"
  }

  private static func outcome(_ result: Result<Void, MailError>) -> AlertOutcome {
    switch result {
    case .success: .delivered
    case .failure(let error) where error.isTransient: .retry(reason: "\(error)", after: nil)
    case .failure(let error): .refused(reason: "\(error)")
    }
  }
}
