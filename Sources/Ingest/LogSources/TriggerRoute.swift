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
    var rest = path.utf8.dropFirst()
    var job: String?
    for (number, segment) in segments.enumerated() {
      let piece = rest.prefix { $0 != UInt8(ascii: "/") }
      let isLast = number == segments.count - 1
      guard isLast == (piece.endIndex == rest.endIndex) else { return nil }
      switch segment {
      case .literal(let literal):
        guard
          !piece.contains(UInt8(ascii: "%")) && piece.elementsEqual(literal.utf8)
            || RequestTarget.percentDecoded(piece) == literal
        else { return nil }
      case .job: job = RequestTarget.percentDecoded(piece)
      }
      if !isLast { rest = rest[piece.endIndex...].dropFirst() }
    }
    return job?.isEmpty == false ? job : nil
  }

  /// The same over bytes. Precondition: a path without `%`, for which nothing is decoded.
  func job(method: Span<UInt8>, path: Span<UInt8>) -> Range<Int>? {
    guard method.equals(self.method.utf8Span.span), !path.isEmpty, path[0] == UInt8(ascii: "/")
    else { return nil }
    var start = 1
    var job: Range<Int>?
    for (number, segment) in segments.enumerated() {
      var end = start
      while end < path.count, path[end] != UInt8(ascii: "/") { end += 1 }
      guard (number == segments.count - 1) == (end == path.count) else { return nil }
      switch segment {
      case .literal(let literal):
        guard path.extracting(start..<end).equals(literal.utf8Span.span) else { return nil }
      case .job: job = start..<end
      }
      start = min(end + 1, path.count)
    }
    return job?.isEmpty == false ? job : nil
  }
}
