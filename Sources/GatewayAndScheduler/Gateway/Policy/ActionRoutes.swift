package import Ingest

/// Which action a request is, by its method and path: the one table that gateway and API share.
///
/// Patterns are like `Router`'s: literal segments and captures, the most specific one wins, and a
/// `{job}` capture names the job. Literals are compared with the bytes as they were sent, so that no
/// spelling but the plain one reaches an action. What a backend might read in another way than we do
/// is refused as ambiguous, before any pattern is looked at.
package struct ActionRoutes: Sendable {
  /// Most routes.
  package static let countMax = 1000

  /// What a method and path mean.
  package enum Answer: Sendable, Equatable {
    case action(Match)
    /// No pattern: there is no action, and so no permission.
    case unmapped
    /// A path that two programs may read in two ways; the text says why.
    case ambiguous(String)
  }

  /// A pattern that matched.
  package struct Match: Sendable, Equatable {
    package var action: String
    /// What the `{job}` capture matched.
    package var job: String?
    /// Put it into the question: the route is our API's own, names no job, and asks again with one.
    package var jobIsOpen: Bool
    /// All captures by name, decoded.
    package var captures: [String: String]
    /// `POST /jobs/{job}/runs`, for records and metrics.
    package var pattern: String
  }

  private struct Route: Sendable {
    let method: String
    let segments: [Segment]
    let action: String
    let pattern: String
    let isOwn: Bool
  }

  private enum Segment: Sendable, Equatable {
    case literal(String)
    case capture(String)
    /// One or more segments; the last of a pattern.
    case rest
  }

  private var routes: [Route] = []

  /// The routes of our own API.
  package static let standard: ActionRoutes = {
    var routes = ActionRoutes()
    for (pattern, action) in own {
      precondition(routes.add(pattern, action, isOwn: true) == nil, "\(pattern): no route")
    }
    return routes
  }()

  private static let own = [
    ("POST /jobs/{job}/runs", AccessAction.trigger),
    ("GET /jobs", "job:view"), ("GET /jobs/{job}", "job:view"),
    ("GET /runs", "run:view"), ("GET /runs/{run_id}", "run:view"),
    ("POST /runs/{run_id}/kill", "run:kill"),
    ("GET /approvals", "approval:view"), ("POST /approvals/{approval_id}", "approval:give"),
    ("GET /openapi.json", AccessAction.public), ("GET /healthz", AccessAction.public),
  ]

  init() {}

  /// Adds `METHOD /path`: segments are literals of unreserved characters (RFC 3986 section 2.3) and
  /// `@:$!+,=~`, captures `{name}`, or a last `*` for one or more. The action is `public` or one that
  /// our own API does not have.
  ///
  /// - Returns: what is wrong with it; nil when it was added.
  package mutating func add(_ pattern: String, _ action: String) -> String? {
    // Whoever else serves them keeps no hold and asks no scheduler.
    if AccessAction.own.contains(action) {
      return "found action \(action), which is of Vigil's own routes alone: expected another one"
    }
    return add(pattern, action, isOwn: false)
  }

  private mutating func add(_ pattern: String, _ action: String, isOwn: Bool) -> String? {
    guard routes.count < ActionRoutes.countMax else {
      return "found more than \(ActionRoutes.countMax) routes"
    }
    let parts = pattern.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 2, let method = HTTPMethod(rawValue: String(parts[0])), method != .head,
      let segments = ActionRoutes.segments(parts[1])
    else { return "expected METHOD /path/{job}, as \"GET /luigi/api/task_list\"" }
    guard action == AccessAction.public || ActionRoutes.isAction(action) else {
      return "found action \(PolicyText.quoted(action)): expected one such as \"luigi:view\""
    }
    let clash = routes.first {
      $0.method == method.rawValue && ActionRoutes.haveSameShape($0.segments, segments)
    }
    if let clash {
      return "\(PolicyText.shown(clash.pattern)) is mapped to \(clash.action) already"
    }
    routes.append(
      Route(
        method: method.rawValue, segments: segments, action: action, pattern: pattern, isOwn: isOwn)
    )
    return nil
  }

  /// What a request means, from the method and the request target as the client sent them.
  package func resolve(method: String, target: String) -> Answer {
    guard target.utf8.first == UInt8(ascii: "/") else {
      return .ambiguous("the target does not begin with a slash")
    }
    do throws(HTTPTargetError) {
      return resolve(method: method, try HTTPTarget(Array(target.utf8)))
    } catch {
      return .ambiguous("the target is refused: \(error)")
    }
  }

  /// The same for a target that was read already. HEAD is what GET is.
  package func resolve(method: String, _ target: HTTPTarget) -> Answer {
    guard target.text.utf8.first == UInt8(ascii: "/") else {
      return .ambiguous("the target does not begin with a slash")
    }
    let path = target.text.utf8.prefix { $0 != UInt8(ascii: "?") }.dropFirst()
    let raw =
      path.isEmpty
      ? []
      : path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        .map { String(decoding: Array($0), as: UTF8.self) }
    for (sent, decoded) in zip(raw, target.segments) {
      if let why = ActionRoutes.ambiguity(sent, decoded) { return .ambiguous(why) }
    }
    let wanted = method == "HEAD" ? "GET" : method
    let matching = routes.filter { $0.method == wanted && ActionRoutes.matches($0.segments, raw) }
    let best = matching.max { ActionRoutes.isLessSpecific($0.segments, $1.segments) }
    guard let best else { return .unmapped }
    return .action(ActionRoutes.match(best, target.segments))
  }

  /// Why some program may read this segment in another way; nil when none does.
  private static func ambiguity(_ sent: String, _ decoded: String) -> String? {
    if decoded.isEmpty { return "a doubled slash, or one at the end" }
    for scalar in decoded.unicodeScalars {
      switch scalar {
      case ";": return "a semicolon, behind which some read parameters"
      case "%": return "an escaped percent sign, which some decode again"
      case "/", "\\": return "a slash within a segment"
      default: break
      }
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
        .unassigned:
        return "a character that cannot be seen"
      default: break
      }
    }
    // `.`, `..` and `...` are names to some and a way to others; so is what ends in a dot or blank.
    if decoded.allSatisfy({ $0 == "." }) { return "a segment of dots" }
    if decoded.first == " " || decoded.last == " " || decoded.last == "." {
      return "a segment that ends in a dot or has a blank at an end"
    }
    return nil
  }

  private static func matches(_ pattern: [Segment], _ raw: [String]) -> Bool {
    if pattern.last == .rest {
      guard raw.count >= pattern.count else { return false }
    } else {
      guard raw.count == pattern.count else { return false }
    }
    return zip(pattern, raw).allSatisfy { segment, sent in
      // By the bytes as sent: an escaped spelling of a literal is another path.
      if case .literal(let text) = segment {
        text == sent && text.utf8.count == sent.utf8.count
      } else {
        true
      }
    }
  }

  private static func match(_ route: Route, _ segments: [String]) -> Match {
    var captures: [String: String] = [:]
    for (segment, value) in zip(route.segments, segments) {
      if case .capture(let name) = segment { captures[name] = value }
    }
    let job = captures["job"]
    let isOpen = route.isOwn && job == nil && route.action != AccessAction.public
    return Match(
      action: route.action, job: job, jobIsOpen: isOpen, captures: captures,
      pattern: route.pattern)
  }

  /// Of two patterns that match one path: whether the first segment in which they differ is the
  /// wider one in `left`.
  private static func isLessSpecific(_ left: [Segment], _ right: [Segment]) -> Bool {
    func width(_ segment: Segment) -> Int {
      switch segment {
      case .literal: 0
      case .capture: 1
      case .rest: 2
      }
    }
    for (mine, theirs) in zip(left, right) where width(mine) != width(theirs) {
      return width(mine) > width(theirs)
    }
    return false
  }

  private static func haveSameShape(_ left: [Segment], _ right: [Segment]) -> Bool {
    left.count == right.count
      && zip(left, right).allSatisfy { mine, theirs in
        if case .capture = mine, case .capture = theirs { return true }
        return mine == theirs
      }
  }

  private static func segments(_ path: Substring) -> [Segment]? {
    guard path.utf8.first == UInt8(ascii: "/"), path.utf8.count <= 1024 else { return nil }
    guard path != "/" else { return [] }
    let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= HTTPTarget.partCountMax else { return nil }
    var segments: [Segment] = []
    for (index, part) in parts.enumerated() {
      if part == "*" {
        guard index == parts.count - 1 else { return nil }
        segments.append(.rest)
      } else if part.first == "{", part.last == "}" {
        let name = String(part.dropFirst().dropLast())
        guard isName(name), !segments.contains(.capture(name)) else { return nil }
        segments.append(.capture(name))
      } else {
        guard !part.isEmpty, part.last != ".", part.utf8.allSatisfy(isLiteral) else { return nil }
        segments.append(.literal(String(part)))
      }
    }
    return segments
  }

  private static func isLiteral(_ byte: UInt8) -> Bool {
    isNameByte(byte) || "-.~@:$!+,=".utf8.contains(byte)
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10
      || byte == UInt8(ascii: "_")
  }

  private static func isName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy(isNameByte)
  }

  private static func isAction(_ text: String) -> Bool {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    return text.utf8.count <= 64 && parts.count == 2
      && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { isNameByte($0) || $0 == 0x2D } }
  }
}

extension ActionRoutes {
  /// The standard routes and those of the key `routes`: `[{ route: "GET /luigi/api/task_list",
  /// action: "luigi:view" }]`. Throws for one that is none, or that maps what is mapped already.
  package init(from reader: inout ConfigurationReader) throws(ConfigurationError) {
    var result = ActionRoutes.standard
    _ = try reader.objects("routes") { (reader) throws(ConfigurationError) in
      let route = try reader.required("route", .string)
      let action = try reader.required("action", .string)
      if let problem = result.add(route, action) {
        throw reader.error("route", "\(PolicyText.quoted(route)): \(problem)")
      }
    }
    self = result
  }
}
