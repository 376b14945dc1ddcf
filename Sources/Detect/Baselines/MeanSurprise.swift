/// How surprising what was judged usually is, of one principal or of everyone.
///
/// The mean of past surprises is an estimate of the entropy of a habit: the length of the code in
/// which a person's hours are told. Each counts as `surpriseMax` at most, so that one odd night does
/// not excuse the next.
package struct MeanSurprise: Sendable, Equatable, Codable {
  /// The most that one hour counts: a little more than an hour of the uniform law, which has 4.
  static let surpriseMax = 5.0

  private(set) var sum = 0.0
  private(set) var weight = 0.0

  package init() {}

  /// Learns one surprise, of at most `surpriseMax`.
  package mutating func learn(_ surprise: Double) {
    sum += min(surprise, MeanSurprise.surpriseMax)
    weight += 1
  }

  /// Forgets: what was learnt times `factor`.
  package mutating func fade(by factor: Double) {
    sum *= factor
    weight *= factor
  }

  /// The mean, shrunk to `prior`, which counts as `strength` past surprises.
  package func mean(prior: Double, strength: Double) -> Double {
    (sum + strength * prior) / (weight + strength)
  }

  /// What goes beyond the surprise of the uniform law, measured by the squares of what is usual.
  package static func relative(_ surprise: Double, everyone: Double, usual: Double) -> Double {
    let uniform = OffHoursRule.uniformSurprise
    guard surprise > uniform else { return surprise }
    return uniform + (surprise - uniform) * (everyone / usual) * (everyone / usual)
  }
}
