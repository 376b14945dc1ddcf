package import Ingest

/// Spends a number of alerts per day, or per thousand runs, over a stream of tests.
///
/// Level of a test = share · rate / tests per unit, where tests per unit is estimated before the
/// test. Per-test alpha spending alone would keep the expected number of alerts at the budget, so
/// that every second year would be over it. So what was said counts too: credit grows by the rate
/// with each unit, up to `horizon` units' worth, and each alert takes 1 from it;
///
///     share = credit / (rate · horizon), held between shareMin and 1
///
/// Guarantee: with honest p-values (P(p ≤ a) ≤ a given what came before) the expected number of
/// alerts in a stretch is at most rate times its length, times the ratio of tests made to tests
/// foreseen; independence is not needed. And by the credit, while p-values are wrong by less than a
/// factor of 1 / shareMin, the number said since the beginning stays below the rate times the time
/// but for chance of the order of the root of rate · horizon, whatever the length. It bounds how
/// many alerts there are, not which share of them is false. True anomalies take credit as well: a
/// loud evening makes the next days stricter, up to tenfold and no more, so that decoys cannot blind
/// the rules to what is strange enough.
package struct RateBudget: Sendable, Equatable, Codable {
  package enum Unit: String, Sendable, Codable {
    case day, thousandRuns

    /// Units for which credit is gathered, and after which the estimate of tests counts half.
    fileprivate var horizon: Double { self == .day ? 7 : 5 }
    /// Tests per unit assumed before any were seen: a quiet site must not alert at any p.
    fileprivate var testsFloor: Double { self == .day ? 40 : 1000 }
  }

  /// The lowest share of the plain level.
  static let shareMin = 0.1

  private let rate: Double
  private let unit: Unit
  private var last: Timestamp?
  private var tests: TestRate
  private var credit = 0.0

  package init(_ rate: Double, per unit: Unit) {
    self.rate = rate
    self.unit = unit
    tests = TestRate(halfLife: unit.horizon, floor: unit.testsFloor)
  }

  /// The level that the next test gets; then counts the test.
  package mutating func level(at now: Timestamp) -> Double {
    advance(to: now)
    let perUnit = tests.perUnit
    tests.count()
    guard rate > 0 else { return 0 }
    let share = min(1, max(RateBudget.shareMin, credit / (rate * unit.horizon)))
    return min(OnlineBudget.levelMax, share * rate / perUnit)
  }

  package mutating func countRun() {
    if unit == .thousandRuns { progress(by: 0.001) }
  }

  package mutating func countAlert(at now: Timestamp) {
    advance(to: now)
    credit -= 1
  }

  private mutating func advance(to now: Timestamp) {
    guard unit == .day else { return }
    progress(by: last.map { now.seconds(since: $0) / 86_400 } ?? 0)
    last = max(last ?? now, now)
  }

  private mutating func progress(by elapsed: Double) {
    guard elapsed > 0 else { return }
    tests.advance(by: elapsed)
    credit = min(rate * unit.horizon, credit + rate * elapsed)
  }
}
