/// Upper tail of a count whose rate is itself uncertain: Poisson mixed over a gamma law.
///
/// P(K = k) = Γ(k + r) / (k! Γ(r)) (1 - q)^r q^k with q = mean / (mean + r). The predictive of a
/// Poisson count after gamma-distributed experience (Greenwood and Yule 1920).
package struct NegativeBinomial: Sendable, Equatable {
  /// Above 0.
  package let mean: Double
  /// The dispersion r, above 0; variance = mean + mean² / r.
  package let dispersion: Double

  /// The most terms that are summed before the tail is bounded by a geometric series.
  static let termCountMax = 10_000

  package init(mean: Double, dispersion: Double) {
    precondition(mean > 0 && dispersion > 0, "a count law needs positive parameters")
    self.mean = mean
    self.dispersion = dispersion
  }

  /// ln P(K = k).
  package func logProbability(_ k: Int) -> Double {
    let count = Double(k)
    let q = mean / (mean + dispersion)
    return Elementary.logGamma(count + dispersion) - Elementary.logGamma(count + 1)
      - Elementary.logGamma(dispersion) + dispersion * Elementary.log1p(-q)
      + count * Elementary.log(q)
  }

  /// P(K ≥ k) in (0, 1]. Sums upwards from k, where the terms soon fall; cost: at most 10,000
  /// steps.
  package func survival(_ k: Int) -> Double {
    guard k > 0 else { return 1 }
    let q = mean / (mean + dispersion)
    var term = Elementary.exp(logProbability(k))
    var sum = 0.0
    var index = Double(k)
    for _ in 0..<NegativeBinomial.termCountMax {
      sum += term
      let ratio = q * (index + dispersion) / (index + 1)
      term *= ratio
      index += 1
      if term < sum * 1e-15 { break }
    }
    return min(1, max(sum, 1e-300))
  }
}
