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
  /// What this host calls itself in EHLO, as `helloName(_:)` has it.
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

extension MailRequest {
  /// A host's name or address as it stands behind EHLO (RFC 5321 section 4.1.3), addresses in brackets;
  /// nil for what is neither.
  package static func helloName(_ host: String) -> String? {
    guard let address = ServerAddress(host: host, port: 25), !host.contains("_") else { return nil }
    if host.contains(":") { return "[IPv6:\(address.host)]" }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    let isNumber = parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    return isNumber ? "[\(host)]" : host
  }
}

/// Why a server did not take a mail.
package enum MailError: Error, Hashable, Sendable, CustomStringConvertible {
  case connection(ConnectionFault)
  /// The server offers no STARTTLS: nothing was sent.
  case noTLS(_ server: String)
  /// The server does not take name and password.
  case credentials(_ server: String, reply: Int)
  /// A reply of 400 to 599 to a recipient or the message (RFC 5321 section 4.2).
  case reply(_ server: String, Int)
  /// The same before the server had heard of a recipient: to the connection, EHLO, AUTH or the sender.
  case unserved(_ server: String, reply: Int)

  /// Whether the same mail may pass later: RFC 5321 calls replies from 500 on permanent.
  ///
  /// What is wrong with the connection or the password says nothing of the mail: whoever strips STARTTLS
  /// from it, or greets us with 554, is not to make us throw mails away. Nor do the replies by which a
  /// server takes no mail at all (521) or wants another AUTH (530, 534, 535, 538), wherever they come.
  package var isTransient: Bool {
    switch self {
    case .connection, .noTLS, .credentials, .unserved: true
    case .reply(_, let reply): reply < 500 || [521, 530, 534, 535, 538].contains(reply)
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
    case .unserved(let server, let reply):
      "mail to \(server): not served: reply \(reply) before any recipient"
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
    var (code, isUnderWay) = (configure(mail, exchange), false)
    if code == CURLE_OK { (code, isUnderWay) = exchange.send(mail) }
    if code == CURLE_OK { return .success(()) }
    let reply = exchange.replyCode
    if exchange.isCancelled { return .failure(.connection(.cancelled)) }
    if code == CURLE_USE_SSL_FAILED { return .failure(.noTLS(server)) }
    if code == CURLE_LOGIN_DENIED { return .failure(.credentials(server, reply: reply)) }
    let isReply = [CURLE_SEND_ERROR, CURLE_WEIRD_SERVER_REPLY, CURLE_REMOTE_ACCESS_DENIED]
    if isReply.contains(code), (400...599).contains(reply) {
      return .failure(isUnderWay ? .reply(server, reply) : .unserved(server, reply: reply))
    }
    return .failure(
      .connection(
        exchange.fault(code, server, mail.timeout, authorityFile: mail.authorityFile)))
  }

  private static func configure(_ mail: MailRequest, _ exchange: CurlExchange) -> CURLcode {
    let scheme = mail.security == .implicitTLS ? "smtps" : "smtp"
    let isPlain = mail.security == .none
    // Where a path would be in other URLs.
    let helloName = mail.helloName.replacing("[", with: "%5B").replacing("]", with: "%5D")
    var codes = [
      exchange.configure(
        "\(scheme)://\(mail.server)/\(helloName)", protocols: "smtp,smtps",
        authorityFile: mail.authorityFile, timeout: mail.timeout),
      exchange.set(CURLOPT_USE_SSL, Int((isPlain ? CURLUSESSL_NONE : CURLUSESSL_ALL).rawValue)),
      exchange.set(CURLOPT_UPLOAD, 1), exchange.set(CURLOPT_MAIL_FROM, mail.from),
      exchange.set(CURLOPT_MAIL_RCPT_ALLLOWFAILS, 0),
    ]
    if let (user, password) = mail.credentials {
      guard let text = password.revealText() else { return CURLE_LOGIN_DENIED }
      codes += [
        exchange.set(CURLOPT_USERNAME, user), exchange.set(CURLOPT_PASSWORD, text),
        // These alone: libcurl would rather try Kerberos or NTLM for a name that looks like theirs, and
        // end when that fails. Over TLS nothing is lost by it.
        exchange.set(
          CURLOPT_LOGIN_OPTIONS, (isPlain ? "AUTH=CRAM-MD5;" : "") + "AUTH=PLAIN;AUTH=LOGIN"),
      ]
    }
    return codes.first { $0 != CURLE_OK } ?? CURLE_OK
  }
}
