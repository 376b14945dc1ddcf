internal import CCurl

/// One mail to hand to a server.
package struct MailRequest: Sendable {
  /// How the connection is made private.
  package enum Security: String, Sendable, CaseIterable {
    /// Plain at first; a server that does not offer STARTTLS gets nothing.
    case startTLS = "starttls"
    /// TLS from the first byte.
    case implicitTLS = "implicit"
    case none
  }

  package var server: ServerAddress
  package var security: Security
  /// Name and password for AUTH, sent over TLS only unless `security` says otherwise.
  package var credentials: (user: String, password: Secret)?
  /// Addresses without angle brackets, of printable ASCII.
  package var from: String
  package var to: [String]
  /// The whole message, lines ended by CR LF; dots at their start are doubled on the way.
  package var message: [UInt8]
  /// Longest time from the start to the server's last reply.
  package var timeout: Duration
  /// PEM file of the authorities to trust, in place of the system's.
  package var authorityFile: String?
  /// What this host calls itself in EHLO.
  package var helloName: String

  package init(
    to server: ServerAddress, _ security: Security, from: String, to recipients: [String],
    message: [UInt8], timeout: Duration, helloName: String
  ) {
    self.server = server
    self.security = security
    self.from = from
    to = recipients
    self.message = message
    self.timeout = timeout
    self.helloName = helloName
  }
}

/// Why a server did not take a mail.
package enum MailError: Error, Hashable, Sendable, CustomStringConvertible {
  case connection(ConnectionFault)
  /// The server offers no STARTTLS: nothing was sent.
  case noTLS(_ server: String)
  /// The server does not take name and password.
  case credentials(_ server: String, reply: Int)
  /// A reply of 400 to 599 to sender, recipient or message (RFC 5321 section 4.2).
  case reply(_ server: String, Int)

  /// Whether the same mail may pass later: RFC 5321 calls replies from 500 on permanent.
  ///
  /// What is wrong with the connection or the password says nothing of the mail: whoever strips STARTTLS
  /// from it is not to make us throw mails away.
  package var isTransient: Bool {
    switch self {
    case .connection, .noTLS, .credentials: true
    case .reply(_, let reply): reply < 500
    }
  }

  package var description: String {
    switch self {
    case .connection(.cancelled): "mail: cancelled"
    case .connection(let fault): "mail to \(fault)"
    case .noTLS(let server):
      "mail to \(server): tls: found no STARTTLS: expected it, nothing was sent"
    case .credentials(let server, let reply):
      "mail to \(server): name and password refused: reply \(reply)"
    case .reply(let server, let reply): "mail to \(server): reply \(reply)"
    }
  }
}

/// A client for SMTP (RFC 5321) with STARTTLS or TLS, one connection for each mail.
package enum MailClient {
  /// Hands the mail over; returns when the server has said that it has it.
  ///
  /// All recipients or none: one that is refused ends it. Cancelling the task ends it at once.
  package static func send(_ mail: MailRequest) async throws(MailError) {
    let result = await CurlExchange.perform { exchange in run(mail, exchange) }
    try result.get()
  }

  private static func run(_ mail: MailRequest, _ exchange: CurlExchange) -> Result<Void, MailError>
  {
    let server = "\(mail.server)"
    var code = configure(mail, exchange)
    if code == CURLE_OK { code = exchange.send(mail) }
    if code == CURLE_OK { return .success(()) }
    let reply = exchange.replyCode
    if exchange.isCancelled { return .failure(.connection(.cancelled)) }
    if code == CURLE_USE_SSL_FAILED { return .failure(.noTLS(server)) }
    if code == CURLE_LOGIN_DENIED { return .failure(.credentials(server, reply: reply)) }
    let isReply = [CURLE_SEND_ERROR, CURLE_WEIRD_SERVER_REPLY, CURLE_REMOTE_ACCESS_DENIED]
    if isReply.contains(code), (400...599).contains(reply) {
      return .failure(.reply(server, reply))
    }
    return .failure(
      .connection(
        exchange.fault(code, server, mail.timeout, authorityFile: mail.authorityFile)))
  }

  private static func configure(_ mail: MailRequest, _ exchange: CurlExchange) -> CURLcode {
    let scheme = mail.security == .implicitTLS ? "smtps" : "smtp"
    let isPlain = mail.security == .none
    var codes = [
      exchange.configure(
        "\(scheme)://\(mail.server)/\(mail.helloName)", protocols: "smtp,smtps",
        authorityFile: mail.authorityFile, timeout: mail.timeout),
      exchange.set(CURLOPT_USE_SSL, Int((isPlain ? CURLUSESSL_NONE : CURLUSESSL_ALL).rawValue)),
      exchange.set(CURLOPT_UPLOAD, 1), exchange.set(CURLOPT_MAIL_FROM, mail.from),
      exchange.set(CURLOPT_MAIL_RCPT_ALLLOWFAILS, 0),
    ]
    if let (user, password) = mail.credentials {
      guard let text = password.revealText() else { return CURLE_LOGIN_DENIED }
      codes += [exchange.set(CURLOPT_USERNAME, user), exchange.set(CURLOPT_PASSWORD, text)]
    }
    return codes.first { $0 != CURLE_OK } ?? CURLE_OK
  }
}
