/// Why a server could not be talked to. `server` is `host:port`; nothing that was sent is in it.
package enum ConnectionFault: Error, Hashable, Sendable, CustomStringConvertible {
  case couldNotResolve(_ server: String)
  case couldNotConnect(_ server: String)
  case insecure(_ server: String, HTTPClientError.TLSFault)
  /// The file of authorities cannot be read.
  case authorityFile(path: String)
  case timedOut(_ server: String, after: Duration)
  /// The connection broke, or the other side does not speak the protocol.
  case lost(_ server: String)
  case cancelled
  /// Anything else, by libcurl's number.
  case failed(_ server: String, code: UInt32)

  package var description: String {
    switch self {
    case .couldNotResolve(let server): "\(server): host name not resolved"
    case .couldNotConnect(let server): "\(server): not connected"
    case .insecure(let server, .handshake): "\(server): tls: handshake failed"
    case .insecure(let server, .hostName): "\(server): tls: certificate is for another host"
    case .insecure(let server, .certificate(let verification)):
      "\(server): tls: certificate refused: x509 error \(verification)"
    case .authorityFile(let path): "authority file \(path.prefix(256)): not readable"
    case .timedOut(let server, let after): "\(server): no answer within \(after)"
    case .lost(let server): "\(server): connection lost"
    case .cancelled: "cancelled"
    case .failed(let server, let code): "\(server): libcurl error \(code)"
    }
  }
}

/// A host and a port, as messages and URLs show them.
package struct ServerAddress: Hashable, Sendable, CustomStringConvertible {
  /// A name, an IPv4 or an IPv6 address, the latter without brackets.
  package let host: String
  package let port: UInt16

  /// Nil for what is neither a name nor an address: other characters than those, or over 253 bytes.
  package init?(host: String, port: UInt16) {
    let isPlain = host.utf8.allSatisfy { byte in
      (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10
        || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ":")
        || byte == UInt8(ascii: "_")
    }
    guard isPlain, (1...253).contains(host.utf8.count), port > 0 else { return nil }
    self.host = host
    self.port = port
  }

  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// Whether it is this host: `localhost`, 127.0.0.0/8 as numbers, `::1`.
  package var isLoopback: Bool { ServerAddress.isLoopback(host) }

  /// The same of a name or an address alone, an IPv6 address with or without brackets.
  package static func isLoopback(_ host: String) -> Bool {
    if ["localhost", "::1", "[::1]"].contains(host.lowercased()) { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}
