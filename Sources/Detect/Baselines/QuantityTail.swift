/// The law by which one value of a job is judged: its own tail, the ranks of its own past, and the
/// law of all jobs, in one survival function.
///
///     own(x)  = exceedance * min(L(x), 2 A(x) / A(threshold))        beyond the threshold, else 1
///     past(x) = (own past values of at least 0.7 x) / (n + 1)
///     P(X ≥ x) = w max(own(x), past(x)) + (1 - w) A(x)
///
/// L is the Lomax law of the log-excess, A the survival among all jobs. The minimum says that a run
/// which no run of the site ever matched is rare even for a job of long runs (factor 2: two tests,
/// Bonferroni); the maximum that what a job did before it may do again; the mixture that n runs of
/// one kind do not rule out another kind of run: with 1 - w = e^(-n/2) a job of two runs is judged
/// mostly by all, one of twenty by itself.
package struct QuantityTail: Sendable, Equatable, Codable {
  /// Runs, days of m counting as √m, by which the weight of all jobs falls to 1/e.
  static let strangerRuns = 2.0
  /// Share of x from which a past value counts as as large.
  static let alikeShare = 0.7
  /// Largest past values kept.
  static let largestCountMax = 100

  /// The job's own tail; nil when it has no past.
  let own: LomaxTail?
  /// The job's largest past values, largest first.
  let largest: [Double]
  /// Past values behind `largest`.
  let count: Int
  /// w: weight of the job's own past, in [0, 1).
  let ownShare: Double
  let pool: PooledSurvival

  /// A job without a past: all jobs alone.
  package init(pool: PooledSurvival) {
    own = nil
    largest = []
    count = 0
    ownShare = 0
    self.pool = pool
  }

  /// - Parameters:
  ///   - size: own runs, days of m counting as √m.
  ///   - largest: own largest values, largest first.
  ///   - count: own values that `largest` was taken from.
  package init(own: LomaxTail, size: Double, largest: [Double], count: Int, pool: PooledSurvival) {
    self.own = own
    self.largest = largest
    self.count = count
    ownShare = 1 - Elementary.exp(-size / QuantityTail.strangerRuns)
    self.pool = pool
  }

  /// P(X ≥ x), in (0, 1]. Cost: `largestCountMax` comparisons.
  package func survival(_ x: Double) -> Double {
    let all = pool.survival(x)
    guard let own else { return all }
    return ownShare * max(ownSurvival(own, x), rank(x)) + (1 - ownShare) * all
  }

  /// Own past values of at least `alikeShare` of x.
  package func alikeCount(_ x: Double) -> Int {
    largest.prefix { $0 >= QuantityTail.alikeShare * x }.count
  }

  /// The least x, to nine digits, beyond which `survival` is at most p. Cost: 50 survivals.
  package func value(atSurvival p: Double) -> Double {
    var low = -30.0
    var high = 50.0
    for _ in 0..<50 {
      let middle = (low + high) / 2
      if survival(Elementary.exp(middle)) > p { low = middle } else { high = middle }
    }
    return Elementary.exp(high)
  }

  private func ownSurvival(_ own: LomaxTail, _ x: Double) -> Double {
    guard x > own.threshold else { return 1 }
    let among = 2 * pool.survival(x) / pool.survival(own.threshold)
    return min(own.survival(x), own.exceedance * among)
  }

  private func rank(_ x: Double) -> Double { Double(alikeCount(x)) / Double(count + 1) }
}

extension QuantityTail {
  /// The numbers from which a person recomputes the survival at x.
  func facts(at x: Double, unit: String) -> [Finding.Fact] {
    guard let own else { return [.init("all_jobs_survival", pool.survival(x))] }
    return own.facts(unit: unit) + [
      .init("past_alike", Double(alikeCount(x))), .init("own_share", ownShare),
      .init("all_jobs_survival", pool.survival(x)),
      .init("all_jobs_survival_at_threshold", pool.survival(own.threshold)),
    ]
  }
}
