/// Routes by method and path pattern.
///
/// A pattern is `/` and segments: literal (`runs`) or a capture (`{id}`), which matches exactly one
/// segment that is not empty. At each segment a literal is preferred to a capture, whatever the
/// order of registration: `/runs/latest` wins over `/runs/{id}`. A path that no pattern matches is
/// answered with 404; one that only other methods match with 405 and `Allow`. HEAD goes to the GET
/// handler where it has none of its own.
package struct Router: Sendable {
  private struct Route: Sendable {
    let segments: [Segment]
    var handlers: [HTTPMethod: HTTPHandler]
  }

  private enum Segment: Sendable, Equatable {
    case literal(String)
    case capture(String)

    /// Captures are one shape: two routes that differ only in names would never tell themselves
    /// apart.
    func hasSameShape(as other: Segment) -> Bool {
      switch (self, other) {
      case (.literal(let left), .literal(let right)): left == right
      case (.capture, .capture): true
      default: false
      }
    }
  }

  private var routes: [Route] = []

  package init() {}

  /// Adds a route. Precondition: a well-formed pattern, each capture named once, and the same method
  /// not yet routed for this shape.
  package mutating func add(
    _ method: HTTPMethod, _ pattern: String, _ handler: @escaping HTTPHandler
  ) {
    let segments = Router.parse(pattern)
    let known = routes.firstIndex { route in
      route.segments.count == segments.count
        && zip(route.segments, segments).allSatisfy { $0.hasSameShape(as: $1) }
    }
    guard let known else {
      routes.append(Route(segments: segments, handlers: [method: handler]))
      return
    }
    precondition(routes[known].segments == segments, "\(pattern): other names for the same shape")
    precondition(
      routes[known].handlers[method] == nil, "\(method.rawValue) \(pattern): routed twice")
    routes[known].handlers[method] = handler
  }

  /// Answers with the route that matches, or 404, or 405.
  package func respond(to request: HTTPRequest) async -> HTTPResponse {
    let matching = routes.filter { Router.matches($0.segments, request.target.segments) }
    guard !matching.isEmpty else { return .text(.notFound, "not found") }
    let able = matching.filter { Router.handler(in: $0, for: request.method) != nil }
    guard let best = able.max(by: { Router.isLessSpecific($0.segments, $1.segments) }),
      let handler = Router.handler(in: best, for: request.method)
    else { return Router.methodNotAllowed(matching) }
    var routed = request
    for (segment, value) in zip(best.segments, request.target.segments) {
      if case .capture(let name) = segment { routed.parameters[name] = value }
    }
    return await handler(routed)
  }

  private static func parse(_ pattern: String) -> [Segment] {
    precondition(pattern.utf8.first == UInt8(ascii: "/"), "\(pattern): does not begin with a slash")
    guard pattern != "/" else { return [] }
    let segments = pattern.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
      .map { part -> Segment in
        guard part.first == "{" else {
          precondition(!part.contains("{") && !part.contains("}"), "\(pattern): a brace inside")
          return .literal(String(part))
        }
        precondition(part.last == "}" && part.count > 2, "\(pattern): a capture without a name")
        return .capture(String(part.dropFirst().dropLast()))
      }
    let names = segments.filter { if case .capture = $0 { true } else { false } }
    for name in names {
      precondition(names.count { $0 == name } == 1, "\(pattern): one name twice")
    }
    return segments
  }

  private static func matches(_ pattern: [Segment], _ path: [String]) -> Bool {
    pattern.count == path.count
      && zip(pattern, path).allSatisfy { segment, value in
        switch segment {
        case .literal(let text): text == value
        case .capture: !value.isEmpty
        }
      }
  }

  private static func handler(in route: Route, for method: HTTPMethod) -> HTTPHandler? {
    route.handlers[method] ?? (method == .head ? route.handlers[.get] : nil)
  }

  /// Of two patterns that match one path: whether the first segment in which they differ is a
  /// capture in `left`.
  private static func isLessSpecific(_ left: [Segment], _ right: [Segment]) -> Bool {
    for (mine, theirs) in zip(left, right) {
      switch (mine, theirs) {
      case (.capture, .literal): return true
      case (.literal, .capture): return false
      default: continue
      }
    }
    return false
  }

  private static func methodNotAllowed(_ routes: [Route]) -> HTTPResponse {
    var methods = Set(routes.flatMap { $0.handlers.keys.map(\.rawValue) })
    if methods.contains(HTTPMethod.get.rawValue) { methods.insert(HTTPMethod.head.rawValue) }
    var response = HTTPResponse.text(.methodNotAllowed, "method not allowed")
    response.headers.append("Allow", methods.sorted().joined(separator: ", "))
    return response
  }
}
