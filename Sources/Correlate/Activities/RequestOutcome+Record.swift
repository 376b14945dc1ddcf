package import Ingest

extension RequestOutcome {
  /// Status 0 within this many seconds means that nothing took the request.
  ///
  /// Measured on Caddy 2.6.2: an unmatched host is logged after 5 to 6 microseconds, a client that
  /// went away after 87 ms and more; a handler that is reached at all takes longer than this.
  package static let unhandledSecondsMax = 0.001

  /// What the record alone says.
  package init(_ request: RequestRecord) {
    switch request.status {
    case .some(0):
      let isAtOnce = request.durationSeconds.map { $0 < RequestOutcome.unhandledSecondsMax }
      self = isAtOnce == true && (request.bytesOut ?? 0) == 0 ? .unhandled : .clientGone
    case .some(300...303), .some(307), .some(308):
      self = request.principal == nil ? .unauthenticated : .answered
    case .some(100...399): self = .answered
    case .some(401): self = .unauthenticated
    case .some(403): self = .denied
    case .some(400...499): self = .clientError
    case .some(502...504): self = .upstreamFailed
    case .some(500...599): self = .serverError
    default: self = .unstated
    }
  }
}

/// What the answer to a trigger means for its run.
enum TriggerAnswer: String, Sendable, Codable {
  /// 2xx: a run is to be expected.
  case accepted
  /// 401, 403, or an anonymous caller sent elsewhere: the gateway refused it.
  case denied
  /// Another 4xx, or a redirect of somebody known: the service did not take it.
  case refused
  /// 5xx, status 0 or none: nobody knows whether it arrived.
  case unanswered

  init(_ outcome: RequestOutcome, status: Int?) {
    switch outcome {
    case .answered: self = (200...299).contains(status ?? 0) ? .accepted : .refused
    case .unauthenticated, .denied: self = .denied
    case .clientError: self = .refused
    case .upstreamFailed, .serverError, .clientGone, .unhandled, .unstated: self = .unanswered
    }
  }
}
