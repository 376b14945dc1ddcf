/// Turns a surprise (larger is stranger) into a p-value by its rank among past surprises.
///
/// The share of past observations at least as surprising, counted in bins of 0.1, with one
/// pseudo-observation at the top so that p never reaches 0 (the conformal p-value of Vovk,
/// Gammerman and Shafer 2005, section 2.2). Above the level that about one in fifty past values
/// exceeded, where counts run out, the tail is exponential in the surprise with the mean excess of
/// the past values there: peaks over threshold with shape 0 (Pickands 1975), as a Lomax predictive,
/// which is wider while few were seen. Monotone by construction: ranking by p is ranking by
/// surprise.
///
/// Memory: 512 counts. Old counts fade with a half-life in observations.
package struct SurpriseScale: Sendable, Equatable, Codable {
  static let binWidth = 0.1
  static let binCount = 512
  static let tailShare = 0.02
  static let tailCountMin = 20.0

  private var counts = [Double](repeating: 0, count: SurpriseScale.binCount)
  /// Decayed number of observations, surprising or not.
  package private(set) var total = 0.0
  private let fadePerObservation: Double
  private var growth = 1.0

  /// - Parameter halfLife: observations after which one counts half.
  package init(halfLife: Double) {
    fadePerObservation = Elementary.exp(Elementary.log(2) / halfLife)
  }

  /// Learns one observation; nil is one without any surprise. Cost: constant.
  package mutating func learn(_ surprise: Double?) {
    growth *= fadePerObservation
    if growth > 1e100 { rescale() }
    total += growth
    guard let surprise else { return }
    counts[SurpriseScale.bin(surprise)] += growth
  }

  /// Probability of a value at least this surprising, in (0, 1].
  package func pValue(_ surprise: Double) -> Double {
    let bin = SurpriseScale.bin(surprise)
    let size = total / growth
    guard let tail = tail(size: size), bin > tail.bin else {
      var above = 0.0
      for index in bin..<SurpriseScale.binCount { above += counts[index] }
      return min(1, (above / growth + 1) / (size + 1))
    }
    let start = Double(tail.bin + 1) * SurpriseScale.binWidth
    let excess = max(0, surprise - start)
    let shape = tail.count + 2
    let scale = tail.excessSum + 2
    return max(1e-300, tail.share * Elementary.pow(scale / (scale + excess), shape))
  }

  private struct Tail {
    let bin: Int
    let count: Double
    let share: Double
    let excessSum: Double
  }

  /// The highest level that enough past values exceeded. Nil while there are too few.
  private func tail(size: Double) -> Tail? {
    let wanted = max(SurpriseScale.tailCountMin, size * SurpriseScale.tailShare)
    var above = 0.0
    var weighted = 0.0
    for index in stride(from: SurpriseScale.binCount - 1, through: 1, by: -1) {
      above += counts[index] / growth
      weighted += counts[index] / growth * (Double(index) + 0.5) * SurpriseScale.binWidth
      if above >= wanted {
        let start = Double(index) * SurpriseScale.binWidth
        return Tail(
          bin: index - 1, count: above, share: (above + 1) / (size + 1),
          excessSum: weighted - above * start)
      }
    }
    return nil
  }

  private mutating func rescale() {
    for index in counts.indices { counts[index] /= growth }
    total /= growth
    growth = 1
  }

  private static func bin(_ surprise: Double) -> Int {
    guard surprise > 0 else { return 0 }
    return Int(min(surprise / binWidth, Double(binCount - 1)))
  }
}
