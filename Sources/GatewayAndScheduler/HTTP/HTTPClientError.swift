/// Why there is no response. Says where, never what was sent: paths, queries and headers may carry
/// tokens. `origin` is `scheme://host[:port]`.
package enum HTTPClientError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong with a URL.
  package enum URLFault: String, Sendable {
    case notPrintableASCII = "longer than 8192 bytes, or a byte that is not printable ASCII"
    case scheme = "scheme: expected http or https"
    case userInformation = "user information in front of the host: expected a header instead"
    case host = "no host"
  }

  /// Why a server is not to be trusted with the request.
  package enum TLSFault: Hashable, Sendable {
    /// No common protocol, or the other side speaks no TLS.
    case handshake
    /// The certificate leads to no trusted authority, has expired, and so on: OpenSSL's X509_V_ERR
    /// number.
    case certificate(verification: Int)
    /// A trusted certificate, but not for this host.
    case hostName
  }

  case invalidURL(URLFault)
  /// A name or value that cannot be written, or a field that the body decides.
  case invalidHeader(name: String)
  /// A file or socket path that is empty, too long, or holds a zero byte.
  case invalidPath
  case couldNotResolve(_ origin: String)
  case couldNotConnect(_ origin: String)
  case insecure(_ origin: String, TLSFault)
  /// The file of authorities cannot be read.
  case authorityFile(path: String)
  case timedOut(_ origin: String, after: Duration)
  /// More body, or more headers, than taken.
  case responseTooLarge(_ origin: String, byteCountMax: Int)
  /// What came is no HTTP response.
  case malformedResponse(_ origin: String)
  /// The connection broke before the response was complete.
  case connectionLost(_ origin: String)
  case cancelled
  /// Too many requests wait already.
  case busy(waiting: Int)
  /// Anything else, by libcurl's number.
  case failed(_ origin: String, code: UInt32)

  package var description: String {
    switch self {
    case .invalidURL(let fault): "request: url: \(fault.rawValue)"
    case .invalidHeader(let name):
      "request: header \(name.prefix(64).debugDescription): not sendable"
    case .invalidPath: "request: path: empty, too long, or with a zero byte"
    case .couldNotResolve(let origin): "request to \(origin): host name not resolved"
    case .couldNotConnect(let origin): "request to \(origin): not connected"
    case .insecure(let origin, .handshake): "request to \(origin): tls: handshake failed"
    case .insecure(let origin, .hostName):
      "request to \(origin): tls: certificate is for another host"
    case .insecure(let origin, .certificate(let verification)):
      "request to \(origin): tls: certificate refused: x509 error \(verification)"
    case .authorityFile(let path): "request: authority file \(path.prefix(256)): not readable"
    case .timedOut(let origin, let after): "request to \(origin): no response within \(after)"
    case .responseTooLarge(let origin, let limit):
      "request to \(origin): response too large: expected at most \(limit) bytes"
    case .malformedResponse(let origin): "request to \(origin): response is not http"
    case .connectionLost(let origin): "request to \(origin): connection lost"
    case .cancelled: "request: cancelled"
    case .busy(let waiting): "request: \(waiting) requests are waiting already"
    case .failed(let origin, let code): "request to \(origin): libcurl error \(code)"
    }
  }
}
