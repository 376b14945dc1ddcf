internal import Ingest

/// What became of one line that a run sent.
enum RunEventVerdict: Equatable {
  /// Taken, durably.
  case accepted
  /// Taken before.
  case repeated
  /// Understood, and of no interest to an audit.
  case passedOver(String)
  /// No event: why, without secrets.
  case refused(reason: String, detail: String)
  /// It could not be taken; sent again, it may be.
  case unavailable

  var word: String {
    switch self {
    case .accepted: "accepted"
    case .repeated: "repeated"
    case .passedOver: "passed_over"
    case .refused: "refused"
    case .unavailable: "unavailable"
    }
  }

  /// The answer to a body: 503 when a line could not be taken, 422 when every line is refused, else 200.
  static func response(_ verdicts: [(line: Int, verdict: RunEventVerdict)]) -> HTTPResponse {
    let refused = verdicts.count { if case .refused = $0.verdict { true } else { false } }
    let isUnavailable = verdicts.contains { $0.verdict == .unavailable }
    let status: HTTPStatus =
      isUnavailable
      ? .serviceUnavailable
      : refused == verdicts.count ? .unprocessableContent : .ok
    return .json(status) { writer in
      writer.field("refused", refused)
      writer.objects("lines", verdicts) { entry, writer in
        writer.field("line", entry.line)
        writer.field("verdict", entry.verdict.word)
        if case .refused(let reason, let detail) = entry.verdict {
          writer.field("reason", reason)
          writer.field("detail", detail)
        }
      }
    }
  }
}
