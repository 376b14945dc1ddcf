/// The upper tail of a positive quantity: peaks over a threshold with a heavy predictive law.
///
/// For x beyond `threshold`, with y = ln(x / threshold):
///
///     P(X ≥ x) = exceedance * (1 + y / (shape * scale)) ^ -shape
///
/// y is exponential with an unknown rate whose uncertainty is a gamma law, so the predictive is
/// Lomax (Pareto II; Harris 1968): a generalised Pareto tail (Pickands 1975) of y with shape
/// 1/`shape` and scale `scale`. Invertible in closed form, which gives the instant at which a
/// running job's p crosses a level. Up to the threshold the law is not told: p is 1 there.
package struct LomaxTail: Sendable, Equatable, Codable {
  /// Where the tail starts, in the quantity's own unit; above 0.
  package let threshold: Double
  /// P(X > threshold), in (0, 1].
  package let exceedance: Double
  /// Above 0; small is heavy.
  package let shape: Double
  /// Mean-like size of ln(x / threshold); above 0.
  package let scale: Double

  package init(threshold: Double, exceedance: Double, shape: Double, scale: Double) {
    precondition(threshold > 0 && shape > 0 && scale > 0, "a tail needs positive parameters")
    self.threshold = threshold
    self.exceedance = min(1, max(exceedance, 1e-300))
    self.shape = shape
    self.scale = scale
  }

  /// P(X ≥ x); 1 up to and including the threshold, at which past values may have gathered.
  package func survival(_ x: Double) -> Double {
    guard x > threshold else { return 1 }
    let excess = Elementary.log(x / threshold)
    return max(1e-300, exceedance * Elementary.pow(1 + excess / (shape * scale), -shape))
  }

  /// The least x beyond which `survival` is at most p; the threshold for p at or above
  /// `exceedance`.
  package func value(atSurvival p: Double) -> Double {
    guard p < exceedance else { return threshold }
    let excess = shape * scale * (Elementary.pow(exceedance / p, 1 / shape) - 1)
    return threshold * Elementary.exp(min(excess, 600))
  }
}

extension LomaxTail {
  /// The four numbers from which a person recomputes p.
  func facts(unit: String) -> [Finding.Fact] {
    [
      .init("threshold_\(unit)", threshold), .init("exceedance", exceedance),
      .init("tail_shape", shape), .init("tail_scale", scale),
    ]
  }
}
