/// Where a server listens. Nothing beyond this host can be named: what faces a network, and TLS, is
/// the gateway in front.
package enum HTTPEndpoint: Sendable, Hashable, CustomStringConvertible {
  /// 127.0.0.1; port 0 lets the kernel choose.
  case loopback(port: UInt16)
  /// ::1; port 0 lets the kernel choose.
  case loopbackIPv6(port: UInt16)
  /// A Unix socket with mode 0600; `<path>.lock` beside it is held while the server runs.
  case unixSocket(path: String)

  /// Bytes of the longest socket path (sun_path less its terminating zero).
  package static let pathByteCountMax = 107

  package var description: String {
    switch self {
    case .loopback(let port): "127.0.0.1:\(port)"
    case .loopbackIPv6(let port): "[::1]:\(port)"
    case .unixSocket(let path): "unix:\(path)"
    }
  }
}

/// Why a server could not start.
package enum HTTPServerError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Empty, too long, or with a zero byte.
  case invalidPath(String, byteCountMax: Int)
  /// Another server holds the lock, or answers on the socket.
  case inUse(HTTPEndpoint)
  /// Something that is no socket is at the socket's path; it is left alone.
  case notASocket(path: String)
  /// A system call failed.
  case systemCall(String, HTTPEndpoint, errno: Int32)
  /// libmicrohttpd did not start.
  case libraryRefused(HTTPEndpoint)

  package var description: String {
    switch self {
    case .invalidPath(let path, let limit):
      "listen on unix socket: path of \(path.utf8.count) bytes: expected 1 to \(limit), no zero byte"
    case .inUse(let endpoint): "listen on \(endpoint): in use by another process"
    case .notASocket(let path): "listen on unix:\(path): found a file that is no socket"
    case .systemCall(let call, let endpoint, let errno):
      "listen on \(endpoint): \(call): errno \(errno)"
    case .libraryRefused(let endpoint): "listen on \(endpoint): libmicrohttpd did not start"
    }
  }
}
