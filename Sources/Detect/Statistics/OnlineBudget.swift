package import Ingest

/// Spends a rate of alerts over a stream of tests: the level of each test is the budget per day
/// divided by the number of tests per day, as estimated before it.
///
/// Guarantee (per-test alpha spending): if the p-values are honest (P(p ≤ a) ≤ a, given what came
/// before) the expected number of alerts over any stretch is at most the sum of the levels in it:
/// the budget times the ratio of tests made to tests foreseen. Independence is not needed. It
/// bounds the rate of alerts, not the false discovery rate. The estimate of tests per day fades
/// with a half-life of a week, counts the test at hand, and is at least `testsPerDayFloor`, so that
/// a young or quiet site does not alert at any p; no level is above `levelMax`: what happens once in
/// a hundred times is no alert, however much budget is left. A burst of n tests
/// overspends by no more than the logarithm of n times the budget of a day, for each of them lowers
/// the next level.
package struct OnlineBudget: Sendable, Equatable, Codable {
  /// Tests per day assumed before any were seen.
  static let testsPerDayFloor = 40.0
  static let halfLifeDays = 7.0
  /// The highest level of any test.
  package static let levelMax = 0.01

  /// Alerts per day that may be spent, over all rules.
  package let alertsPerDay: Double
  private var last: Timestamp?
  /// Decayed tests and decayed days.
  private var tests = 0.0
  private var days = 0.0

  package init(alertsPerDay: Double) { self.alertsPerDay = alertsPerDay }

  /// The level that the next test at `now` gets, in (0, `levelMax`]; then counts the test.
  package mutating func level(at now: Timestamp) -> Double {
    advance(to: now)
    let perDay = max(OnlineBudget.testsPerDayFloor, tests / max(days, 1))
    tests += 1
    return min(OnlineBudget.levelMax, alertsPerDay / perDay)
  }

  private mutating func advance(to now: Timestamp) {
    guard let previous = last else {
      last = now
      return
    }
    let elapsed = now.seconds(since: previous) / 86_400
    guard elapsed > 0 else { return }
    let factor = Elementary.exp(-Elementary.log(2) * elapsed / OnlineBudget.halfLifeDays)
    tests *= factor
    // The integral of the fading weight over the elapsed time.
    days = days * factor + (1 - factor) * OnlineBudget.halfLifeDays / Elementary.log(2)
    last = now
  }
}
