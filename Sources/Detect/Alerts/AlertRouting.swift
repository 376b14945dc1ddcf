package import Ingest

/// Hours in which a route holds its messages, by the clocks of a zone.
package struct QuietHours: Sendable, Equatable {
  package let hours: BusinessHours
  package let zone: TimeZoneRules

  package init(_ hours: BusinessHours, zone: TimeZoneRules) {
    self.hours = hours
    self.zone = zone
  }

  /// Whether the clocks show a quiet time: an hour that is shown twice is quiet twice.
  package func contains(_ instant: Timestamp) -> Bool {
    hours.contains(zone.localTime(at: instant))
  }
}

/// Which findings go to which sinks. Every condition that is stated must hold.
package struct AlertRoute: Sendable, Equatable {
  package var severityMin = Finding.Severity.informational
  /// Globs, one of which must match; an empty list asks for nothing.
  package var rules: [Glob] = []
  package var jobs: [Glob] = []
  package var owners: [Glob] = []
  package var principals: [Glob] = []
  package var sinks: [String]
  /// Whether the routes behind this one are asked too.
  package var goesOn = false
  package var quiet: QuietHours?

  package init(sinks: [String]) { self.sinks = sinks }

  package func takes(_ finding: Finding, owner: String?) -> Bool {
    finding.severity >= severityMin && AlertRoute.holds(rules, finding.rule)
      && AlertRoute.holds(jobs, finding.job) && AlertRoute.holds(owners, owner)
      && AlertRoute.holds(principals, finding.principal)
  }

  private static func holds(_ globs: [Glob], _ text: String?) -> Bool {
    guard !globs.isEmpty else { return true }
    guard let text else { return false }
    return globs.contains { $0.matches(text) }
  }
}

/// Routes in their order: the first that takes a finding has it, and those behind only where it goes on.
package struct AlertRouting: Sendable, Equatable {
  /// 100.
  package static let routeCountMax = 100

  package var routes: [AlertRoute]

  package init(_ routes: [AlertRoute]) { self.routes = routes }

  /// For each sink that a finding goes to, the routes that lead there, in their order.
  package func ways(_ finding: Finding, owner: String?) -> [String: [Int]] {
    var ways: [String: [Int]] = [:]
    for (number, route) in routes.enumerated() where route.takes(finding, owner: owner) {
      for sink in route.sinks { ways[sink, default: []].append(number) }
      if !route.goesOn { break }
    }
    return ways
  }

  /// Whether quiet hours hold a message back: all the routes that lead to its sink are quiet. Never for
  /// `critical`.
  package func isHeld(
    _ severity: Finding.Severity, by ways: [Int], at now: Timestamp
  ) -> Bool {
    guard severity != .critical, !ways.isEmpty else { return false }
    return ways.allSatisfy { routes[$0].quiet?.contains(now) ?? false }
  }
}
