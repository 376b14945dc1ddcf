/// A SurpriseScale as it stood at one instant: compact, and invertible.
///
/// What must be judged later by what was known at a start keeps this. `pValue` gives bit for bit
/// what the scale gave.
package struct SurpriseCurve: Sendable, Equatable, Codable {
  /// Where counts run out: beyond `start` the law is p = share * (scale / (scale + excess)) ^ shape.
  package struct Tail: Sendable, Equatable, Codable {
    /// Last bin that is judged by its rank.
    let bin: Int
    /// Surprise from which the excess is measured.
    package let start: Double
    /// Share of past values beyond `start`, the pseudo-observation included.
    package let share: Double
    /// Past values beyond `start`, plus 2.
    package let shape: Double
    /// Sum of their excesses, plus 2.
    package let scale: Double

    /// Probability of a value at least this surprising.
    func pValue(_ surprise: Double) -> Double {
      let excess = max(0, surprise - start)
      return max(1e-300, share * Elementary.pow(scale / (scale + excess), shape))
    }

    /// The least surprise at which `pValue` is at most p.
    func surprise(atPValue p: Double) -> Double {
      guard p < share else { return start }
      return start + scale * (Elementary.pow(share / p, 1 / shape) - 1)
    }
  }

  /// p by rank of the bins up to the tail, or of all bins up to the last that was ever hit and one
  /// more.
  let ranks: [Double]
  package let tail: Tail?

  /// Nothing known: p is 1 whatever happens.
  package static let unknown = SurpriseCurve(ranks: [1], tail: nil)

  /// Probability of a value at least this surprising, in (0, 1]. Cost: constant.
  package func pValue(_ surprise: Double) -> Double { rank(surprise).pValue }

  /// The numbers behind `pValue`.
  func rank(_ surprise: Double) -> SurpriseScale.Rank {
    let bin = SurpriseScale.bin(surprise)
    if let tail, bin > tail.bin { return .tail(tail, surprise: surprise) }
    return .tabled(share: ranks[min(bin, ranks.count - 1)])
  }

  /// The least surprise at which p is at most the level; nil when nothing is that rare.
  ///
  /// Cost: logarithmic in the number of bins.
  package func surprise(atPValue level: Double) -> Double? {
    var low = 0
    var high = ranks.count
    while low < high {
      let middle = (low + high) / 2
      if ranks[middle] <= level { high = middle } else { low = middle + 1 }
    }
    if low < ranks.count, tail.map({ low <= $0.bin }) ?? true {
      // A hair inside the bin, so that rounding on the way back does not fall out of it.
      return Double(low) * SurpriseScale.binWidth + (low > 0 ? 1e-9 : 0)
    }
    return tail?.surprise(atPValue: level)
  }
}
