/// One request, complete: a handler never sees a part of one.
package struct HTTPRequest: Sendable, Equatable {
  package let method: HTTPMethod
  package let target: HTTPTarget
  package let headers: HTTPHeaders
  /// At most `HTTPLimits.bodyByteCountMax` bytes, transfer coding removed.
  package let body: [UInt8]
  package let peer: HTTPPeer
  /// What the captures of the route's pattern matched; set by `Router`.
  package var parameters: [String: String] = [:]

  package init(
    method: HTTPMethod, target: HTTPTarget, headers: HTTPHeaders = [:], body: [UInt8] = [],
    peer: HTTPPeer
  ) {
    self.method = method
    self.target = target
    self.headers = headers
    self.body = body
    self.peer = peer
  }
}

/// Who is at the other end of the connection.
package enum HTTPPeer: Sendable, Hashable {
  /// A TCP connection from this host; anyone on it can be behind.
  case loopback(port: UInt16)
  /// A Unix socket: the process that called connect, as the kernel vouches for it (SO_PEERCRED).
  case process(id: Int32, user: UInt32, group: UInt32)
  /// The kernel did not tell.
  case unnamed
}
