package import Ingest

/// Spends a false discovery rate: of the alerts of the last weeks, at most this share is false.
///
/// LORD++ (Ramdas, Yang, Wainwright and Jordan, "Online control of the false discovery rate with
/// decaying memory", 2017) in its form with memory, as generalised alpha-investing: with S the sum
/// of the levels given and R the number of alerts, both fading by half in `halfLifeDays` of event
/// time,
///
///     level = eagerness · (α · max(1, R) - S) / n,   n = tests foreseen in that time
///
/// so that S ≤ α · max(1, R) after every test. What the paper's sequence γ spends by the tests since
/// each discovery is here a fixed share of what is left: one number of state, and no test before
/// which the level dies out.
///
/// Guarantee: if every null p-value is super-uniform given what was decided before its level was
/// fixed, then E(false alerts) ≤ E(S) ≤ α · E(max(1, R)), with fading weights: the marginal false
/// discovery rate over the memory is at most α. Dependence between p-values beyond that is not
/// allowed for; rank-based p-values of one rule share their ranks and are super-uniform only nearly.
/// A level is fixed when a test begins and what comes of it may be known much later; until then it
/// counts as spent and earns nothing (asynchronous testing: Zrnic, Ramdas and Jordan, "Asynchronous
/// online testing of multiple hypotheses", 2021). Only an episode's first finding earns, which can
/// only lower levels. With no alerts at all the chance of a false one is at most α per memory.
package struct DiscoveryBudget: Sendable, Equatable, Codable {
  /// Days of event time after which levels and alerts count half.
  package static let halfLifeDays = 28.0
  /// The larger, the sooner what was earned is spent; at 1 a steady stream spends 1 / (1 + ln 2) of α.
  static let eagerness = 1.0

  private let share: Double
  private var last: Timestamp?
  private var tests = TestRate(halfLife: 7, floor: 40)
  /// Decayed levels given, and decayed alerts.
  package private(set) var spent = 0.0
  package private(set) var alerts = 0.0

  /// - Parameter share: α, in (0, 1).
  package init(_ share: Double) { self.share = share }

  /// The level that the next test gets; then counts the test.
  package mutating func level(at now: Timestamp) -> Double {
    advance(to: now)
    let foreseen = tests.perUnit * DiscoveryBudget.halfLifeDays
    tests.count()
    let left = max(0, share * max(1, alerts) - spent)
    let level = min(OnlineBudget.levelMax, left * min(1, DiscoveryBudget.eagerness / foreseen))
    spent += level
    return level
  }

  package mutating func countAlert(at now: Timestamp) {
    advance(to: now)
    alerts += 1
  }

  private mutating func advance(to now: Timestamp) {
    let elapsed = last.map { now.seconds(since: $0) / 86_400 } ?? 0
    last = max(last ?? now, now)
    guard elapsed > 0 else { return }
    tests.advance(by: elapsed)
    let factor = Elementary.exp(
      -Elementary.log(2) * elapsed / DiscoveryBudget.halfLifeDays)
    spent *= factor
    alerts *= factor
  }
}
