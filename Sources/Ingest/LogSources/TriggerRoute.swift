/// A method and path by which a request triggers a job: `POST /jobs/{job}/runs`.
package struct TriggerRoute: Sendable, Equatable {
  /// The recipe's route.
  package static let standard = TriggerRoute(
    method: "POST", segments: [.literal("jobs"), .job, .literal("runs")])

  private enum Segment: Sendable, Equatable {
    case literal(String)
    case job
  }

  /// In capitals.
  package let method: String
  private let segments: [Segment]

  private init(method: String, segments: [Segment]) {
    self.method = method
    self.segments = segments
  }

  /// Reads `METHOD /path/{job}/path`: one `{job}`, no query. Nil for anything else.
  package init?(_ text: String) {
    let parts = text.split(separator: " ")
    guard parts.count == 2, parts[1].first == "/", !parts[1].contains("?") else { return nil }
    let pieces = parts[1].dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    method = parts[0].uppercased()
    segments = pieces.map { $0 == "{job}" ? .job : .literal(String($0)) }
    guard segments.filter({ $0 == .job }).count == 1 else { return nil }
  }

  /// The job that a request names, percent-decoded; nil when the route is another.
  ///
  /// - Parameter path: the request target without its query, as the client sent it.
  func job(method: String, path: String) -> String? {
    guard method == self.method, path.utf8.first == UInt8(ascii: "/") else { return nil }
    let pieces = path.utf8.dropFirst().split(
      separator: UInt8(ascii: "/"), maxSplits: segments.count, omittingEmptySubsequences: false)
    guard pieces.count == segments.count else { return nil }
    var job: String?
    for (segment, piece) in zip(segments, pieces) {
      let text = RequestTarget.percentDecoded(piece)
      switch segment {
      case .literal(let literal): if text != literal { return nil }
      case .job: job = text
      }
    }
    return job?.isEmpty == false ? job : nil
  }
}
