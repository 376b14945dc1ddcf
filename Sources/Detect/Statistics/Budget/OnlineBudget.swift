package import Ingest

/// Gives every statistical test its level, in the order of time, from one budget for all rules.
///
/// A test is counted when it asks, which for a run is its start; what comes of it is told when it is
/// known. Deterministic: the levels follow from the instants of tests, runs and alerts alone.
package struct OnlineBudget: Sendable, Equatable, Codable {
  /// The highest level of any test: what happens once in a hundred times is no alert, however much
  /// budget is left.
  package static let levelMax = 0.01

  private enum Policy: Sendable, Equatable, Codable {
    case rate(RateBudget)
    case discoveries(DiscoveryBudget)
  }

  private var policy: Policy

  package init(_ budget: AlertBudget) {
    policy =
      switch budget {
      case .alertsPerDay(let rate): .rate(RateBudget(rate, per: .day))
      case .alertsPerThousandRuns(let rate): .rate(RateBudget(rate, per: .thousandRuns))
      case .falseDiscoveryRate(let share): .discoveries(DiscoveryBudget(share))
      }
  }

  /// The level that the next test at `now` gets, in [0, `levelMax`]; then counts the test.
  package mutating func level(at now: Timestamp) -> Double {
    let level: Double
    switch policy {
    case .rate(var budget):
      level = budget.level(at: now)
      policy = .rate(budget)
    case .discoveries(var budget):
      level = budget.level(at: now)
      policy = .discoveries(budget)
    }
    return level
  }

  /// One more run has started.
  package mutating func countRun() {
    guard case .rate(var budget) = policy else { return }
    budget.countRun()
    policy = .rate(budget)
  }

  /// An alert was told: the first finding of an episode.
  package mutating func countAlert(at now: Timestamp) {
    switch policy {
    case .rate(var budget):
      budget.countAlert(at: now)
      policy = .rate(budget)
    case .discoveries(var budget):
      budget.countAlert(at: now)
      policy = .discoveries(budget)
    }
  }
}
