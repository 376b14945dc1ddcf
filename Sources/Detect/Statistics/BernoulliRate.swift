/// A share of yes among trials, with forgetting and a half-count prior.
package struct BernoulliRate: Sendable, Equatable, Codable {
  /// Decayed counts.
  package private(set) var yes = 0.0
  package private(set) var trials = 0.0

  package init() {}

  package mutating func learn(_ isYes: Bool, weight: Double = 1) {
    if isYes { yes += weight }
    trials += weight
  }

  package mutating func fade(by factor: Double) {
    yes *= factor
    trials *= factor
  }

  /// (yes + 1/2) / (trials + 1): the sequential estimate of Krichevsky and Trofimov (1981).
  package var krichevskyTrofimov: Double { (yes + 0.5) / (trials + 1) }

  /// Shrunk to `prior`, which counts as `strength` trials.
  package func shrunk(to prior: Double, strength: Double) -> Double {
    (yes + strength * prior) / (trials + strength)
  }
}
