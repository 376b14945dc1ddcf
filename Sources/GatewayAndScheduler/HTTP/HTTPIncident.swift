/// A request, or what a peer sent in the place of one, that no handler saw: refused for its form, or cut
/// off.
package struct HTTPIncident: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    /// Answered with an error status for what its head or its length is.
    case refused
    /// Cut: too slow, or more body than is read away.
    case cutOff = "cut_off"
    /// Bytes came that never became a request line.
    case noRequest = "no_request"
  }

  /// Bytes of a target that are kept.
  static let targetByteCountMax = 200

  package let kind: Kind
  package let peer: HTTPPeer
  /// As it was sent, up to the query and cut; nil where no request line was read. Hostile: to be escaped.
  package let path: String?
  /// What was answered; nil for nothing.
  package let status: HTTPStatus?
  /// What was wrong, in our own words.
  package let reason: String

  package init(
    _ kind: Kind, peer: HTTPPeer, target: [UInt8]?, status: HTTPStatus?, reason: String
  ) {
    self.kind = kind
    self.peer = peer
    // A query may carry secrets.
    path = target.map { target in
      let path = target.prefix { $0 != UInt8(ascii: "?") }
      return String(decoding: path.prefix(HTTPIncident.targetByteCountMax), as: UTF8.self)
    }
    self.status = status
    self.reason = reason
  }
}

/// Gets each incident, on the server's own thread: it must return at once.
package typealias HTTPIncidentHandler = @Sendable (HTTPIncident) -> Void
