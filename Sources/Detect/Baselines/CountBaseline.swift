/// Counts of one subject in the windows in which it was active, and what the next may be.
///
/// Moments fade by window. The law of the next count is a negative binomial over the count less one
/// (an active window has at least one), its mean and spread shrunk to everyone's.
struct CountBaseline: Sendable, Equatable, Codable {
  /// Windows after which one counts half.
  static let halfLifeWindows = 200.0
  /// Windows of everyone's that a subject starts with.
  static let prior = 5.0

  private(set) var windows = 0.0
  private var sum = 0.0
  private var squares = 0.0
  private(set) var seen = 0

  mutating func learn(_ count: Int) {
    let fade = Elementary.exp(-Elementary.log(2) / CountBaseline.halfLifeWindows)
    let excess = Double(count - 1)
    windows = windows * fade + 1
    sum = sum * fade + excess
    squares = squares * fade + excess * excess
    seen += 1
  }

  /// Law of count - 1 in the next active window.
  func law(_ everyone: CountBaseline) -> NegativeBinomial {
    let weight = windows + CountBaseline.prior
    let site = everyone.moments
    let mean = max(0.01, (sum + CountBaseline.prior * site.mean) / weight)
    let square = (squares + CountBaseline.prior * site.square) / weight
    let variance = max(square - mean * mean, mean * 1.01)
    return NegativeBinomial(mean: mean, dispersion: mean * mean / (variance - mean))
  }

  private var moments: (mean: Double, square: Double) {
    ((sum + 0.5) / (windows + 1), (squares + 1) / (windows + 1))
  }
}
