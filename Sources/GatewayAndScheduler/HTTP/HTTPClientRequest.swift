/// One request to send.
package struct HTTPClientRequest: Sendable, Equatable {
  package var method: HTTPMethod
  /// Absolute, `http` or `https`, ASCII, at most 8,192 bytes, no user and password in it.
  package var url: String
  /// `Content-Length` and `Transfer-Encoding` are not taken: the body decides them.
  package var headers: HTTPHeaders
  package var body: [UInt8]
  /// Longest time from the start, a wait for a lane included, to the last byte of the response; at least
  /// 1 ms.
  package var timeout: Duration
  /// Bytes of the longest response body taken.
  package var responseByteCountMax: Int
  /// Whether the response's head is all that counts: a body that is too long, breaks off or does not end
  /// in time is then cut where it was, and no error. False by default.
  package var takesCutBody = false
  /// PEM file of the authorities to trust, in place of the system's.
  package var authorityFile: String?
  /// Unix socket to connect to, whatever host the URL names.
  package var socketPath: String?

  package init(
    _ method: HTTPMethod, _ url: String, headers: HTTPHeaders = [:], body: [UInt8] = [],
    timeout: Duration = .seconds(30), responseByteCountMax: Int = 1 << 20,
    authorityFile: String? = nil, socketPath: String? = nil
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.timeout = timeout
    self.responseByteCountMax = responseByteCountMax
    self.authorityFile = authorityFile
    self.socketPath = socketPath
  }

  /// Checks what libcurl would take too kindly; the URL's scheme, host and port.
  func checked() throws(HTTPClientError) -> String {
    let origin = try HTTPClientRequest.origin(of: url)
    if let field = headers.firstUnsendable { throw .invalidHeader(name: field.name) }
    for name in ["Content-Length", "Transfer-Encoding"] where headers[name] != nil {
      throw .invalidHeader(name: name)
    }
    if let path = authorityFile, path.isEmpty || path.utf8.contains(0) { throw .invalidPath }
    if let path = socketPath {
      let isPath = (1...HTTPEndpoint.pathByteCountMax).contains(path.utf8.count)
      guard isPath, !path.utf8.contains(0) else { throw .invalidPath }
    }
    return origin
  }

  /// `scheme://host[:port]`: all of a URL that an error may repeat, since paths and queries carry
  /// tokens.
  private static func origin(of url: String) throws(HTTPClientError) -> String {
    let bytes = Array(url.utf8)
    guard bytes.count <= HTTPTarget.byteCountMax, bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else { throw .invalidURL(.notPrintableASCII) }
    let lowered = bytes.map(HTTPSyntax.lowered)
    guard let scheme = ["http://", "https://"].first(where: { lowered.starts(with: $0.utf8) })
    else { throw .invalidURL(.scheme) }
    let authority = bytes.dropFirst(scheme.utf8.count).prefix {
      $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#")
    }
    guard !authority.contains(UInt8(ascii: "@")) else { throw .invalidURL(.userInformation) }
    guard let first = authority.first, first != UInt8(ascii: ":"),
      !authority.contains(UInt8(ascii: "\\"))
    else { throw .invalidURL(.host) }
    return scheme + String(decoding: authority, as: UTF8.self)
  }
}

/// What a server answered.
package struct HTTPClientResponse: Sendable, Equatable {
  package let status: HTTPStatus
  package let headers: HTTPHeaders
  package let body: [UInt8]

  package init(status: HTTPStatus, headers: HTTPHeaders, body: [UInt8]) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}
