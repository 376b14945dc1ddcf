/// Upper tail of a count whose rate is itself uncertain: Poisson mixed over a gamma law.
///
/// P(K = k) = Γ(k + r) / (k! Γ(r)) (1 - q)^r q^k with q = mean / (mean + r). The predictive of a
/// Poisson count after gamma-distributed experience (Greenwood and Yule 1920).
package struct NegativeBinomial: Sendable, Equatable {
  /// Above 0.
  package let mean: Double
  /// The dispersion r, above 0; variance = mean + mean² / r.
  package let dispersion: Double

  /// The most terms that are summed; a tail that is longer is taken from its continued fraction.
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

  /// P(K ≥ k) in (0, 1]. Sums upwards from k, where the terms soon fall; cost: at most 20,000
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
      if term < sum * 1e-15 { return min(1, max(sum, 1e-300)) }
    }
    return min(1, max(incompleteBeta(k, q), 1e-300))
  }

  /// P(K ≥ k) = I_q(k, r), the regularised incomplete beta function (Johnson, Kemp and Kotz 2005,
  /// section 5.6); from the side on which its continued fraction converges in about √k steps.
  private func incompleteBeta(_ k: Int, _ q: Double) -> Double {
    let (a, b) = (Double(k), dispersion)
    let front = Elementary.exp(
      Elementary.logGamma(a + b) - Elementary.logGamma(a) - Elementary.logGamma(b)
        + a * Elementary.log(q) + b * Elementary.log1p(-q))
    if q < (a + 1) / (a + b + 2) {
      return front * NegativeBinomial.continuedFraction(a, b, q) / a
    }
    return 1 - front * NegativeBinomial.continuedFraction(b, a, 1 - q) / b
  }

  /// Abramowitz & Stegun 26.5.8, evaluated by Lentz's method.
  private static func continuedFraction(_ a: Double, _ b: Double, _ x: Double) -> Double {
    func kept(_ value: Double) -> Double { abs(value) < 1e-300 ? 1e-300 : value }
    var c = 1.0
    var d = 1 / kept(1 - (a + b) * x / (a + 1))
    var result = d
    for step in 1...termCountMax {
      let m = Double(step)
      for term in [
        m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
        -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
      ] {
        d = 1 / kept(1 + term * d)
        c = kept(1 + term / c)
        result *= d * c
      }
      if abs(d * c - 1) < 1e-14 { break }
    }
    return result
  }
}
