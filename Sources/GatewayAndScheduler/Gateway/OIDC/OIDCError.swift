/// Why something that needs the provider did not come about. Holds no secret, no token, no code.
package enum OIDCError: Error, Sendable, Equatable, CustomStringConvertible {
  /// No answer, or a server error: later it may work.
  case unreachable(_ what: String, _ detail: String)
  /// An answer that the protocol does not know.
  case malformed(_ what: String, _ detail: String)
  /// The provider said no: its status and `error` code (RFC 6749 section 5.2).
  case refused(_ what: String, status: Int, code: String)
  /// A token of the answer does not count.
  case token(CredentialRefusal)
  /// The client's secret could not be read.
  case secretUnavailable
  /// The system's random source gave nothing.
  case noRandomness

  package var description: String {
    switch self {
    case .unreachable(let what, let detail): "\(what): unreachable: \(detail)"
    case .malformed(let what, let detail): "\(what): malformed answer: \(detail)"
    case .refused(let what, let status, let code): "\(what): refused with \(status) \(code)"
    case .token(let refusal): "token: \(refusal.reason): \(refusal.detail ?? "")"
    case .secretUnavailable: "client secret: not available"
    case .noRandomness: "random source: nothing to be had"
    }
  }

  /// As a reason to count by.
  package var refusal: CredentialRefusal {
    switch self {
    case .token(let refusal): refusal
    case .refused: .token("unknown", description)
    case .unreachable, .malformed, .secretUnavailable, .noRandomness:
      .token("provider_unreachable", description)
    }
  }

  /// Whether the provider has taken back a login, rather than being away or refusing us. Glewlwyd
  /// answers a refresh token that it does not know with a bare 400.
  var endsLogin: Bool {
    switch self {
    case .refused(_, 400, let code):
      ![
        "invalid_client", "unauthorized_client", "unsupported_grant_type",
        "temporarily_unavailable",
      ].contains(code)
    // A key that is not published yet, or a clock that is ahead, says nothing about the login.
    case .token(let refusal):
      !["provider_unreachable", "unknown_key", "not_yet_valid"].contains(refusal.reason)
    default: false
    }
  }
}
