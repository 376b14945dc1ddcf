internal import CCurl
internal import CPlatform

/// A syslog server and how to reach it.
package struct SyslogServer: Hashable, Sendable {
  package enum Transport: String, Sendable, CaseIterable {
    /// One datagram a message (RFC 5426).
    case udp
    /// Octet counting over TCP (RFC 6587 section 3.4.1).
    case tcp
    /// The same over TLS (RFC 5425).
    case tls
  }

  package var address: ServerAddress
  package var transport: Transport
  /// PEM file of the authorities to trust, in place of the system's.
  package var authorityFile: String?

  package init(_ address: ServerAddress, _ transport: Transport, authorityFile: String? = nil) {
    self.address = address
    self.transport = transport
    self.authorityFile = authorityFile
  }
}

/// Sends syslog messages, one connection for each.
///
/// Syslog has no word for "I have it". Over TCP and TLS `send` returns when the server's system has
/// acknowledged every byte and the server has not hung up in the moment behind; over UDP when the
/// datagram has left, and this host knows of nobody who refused it.
package enum SyslogClient {
  /// - Parameter bytes: one message; over TCP and TLS with its length before it.
  package static func send(
    _ bytes: [UInt8], to server: SyslogServer, timeout: Duration
  ) async throws(ConnectionFault) {
    if server.transport == .udp {
      return try await Datagram.send(bytes, to: server.address, timeout: timeout)
    }
    let result = await CurlExchange.perform { exchange in
      run(bytes, server, timeout, exchange)
    }
    try result.get()
  }

  private static func run(
    _ bytes: [UInt8], _ server: SyslogServer, _ timeout: Duration, _ exchange: CurlExchange
  ) -> Result<Void, ConnectionFault> {
    let (seconds, attoseconds) = timeout.components
    let deadline =
      vigil_steady_microseconds() + min(seconds, 100_000) * 1_000_000
      + attoseconds / 1_000_000_000_000
    // Connecting only: nothing of HTTP is spoken, the scheme says whether there is TLS.
    let scheme = server.transport == .tls ? "https" : "http"
    var code = exchange.configure(
      "\(scheme)://\(server.address)/", protocols: "http,https",
      authorityFile: server.authorityFile, timeout: timeout)
    for (option, value) in [(CURLOPT_CONNECT_ONLY, 1), (CURLOPT_SSL_ENABLE_ALPN, 0)]
    where code == CURLE_OK {
      code = exchange.set(option, value)
    }
    if code == CURLE_OK { code = exchange.transfer() }
    if code == CURLE_OK { code = exchange.stream(bytes, until: deadline) }
    if code == CURLE_OK { return .success(()) }
    return .failure(
      exchange.fault(code, "\(server.address)", timeout, authorityFile: server.authorityFile))
  }
}

/// One datagram over UDP.
enum Datagram {
  /// Whoever is first: the send, the deadline, or the task's cancellation. A resolver that still works
  /// behind the deadline ends by itself.
  static func send(
    _ bytes: [UInt8], to address: ServerAddress, timeout: Duration
  ) async throws(ConnectionFault) {
    let answer = FirstAnswer<ConnectionFault?>()
    OwnThread.start("datagram") { answer.give(sendNow(bytes, address)) }
    let fault = await answer.value(
      within: timeout, late: .timedOut("\(address)", after: timeout), cancelled: .cancelled)
    if let fault { throw fault }
  }

  private static func sendNow(_ bytes: [UInt8], _ address: ServerAddress) -> ConnectionFault? {
    // SAFETY: both texts and the bytes outlive the call, and their length is stated.
    let code = unsafe bytes.withUnsafeBytes { raw in
      unsafe vigil_datagram_send(address.host, "\(address.port)", raw.baseAddress, raw.count)
    }
    switch code {
    case 0: return nil
    case -1: return .couldNotResolve("\(address)")
    default: return .couldNotConnect("\(address)")
    }
  }
}
