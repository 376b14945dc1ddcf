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
  package func pValue(_ surprise: Double) -> Double { rank(surprise).pValue }

  /// The numbers behind `pValue`.
  func rank(_ surprise: Double) -> Rank {
    let bin = SurpriseScale.bin(surprise)
    let size = total / growth
    guard let tail = tail(size: size), bin > tail.bin else {
      var above = 0.0
      for index in bin..<SurpriseScale.binCount { above += counts[index] }
      return .counted(atLeast: above / growth, size: size)
    }
    return .tail(
      Rank.Tail(
        surprise: surprise, start: Double(tail.bin + 1) * SurpriseScale.binWidth,
        share: tail.share, scale: tail.excessSum + 2, shape: tail.count + 2))
  }

  /// Where a surprise stands among the past.
  enum Rank: Sendable {
    /// Past observations, decayed, at least as surprising, and all.
    case counted(atLeast: Double, size: Double)
    /// Beyond the level that few exceeded.
    case tail(Tail)

    struct Tail: Sendable {
      let surprise: Double
      let start: Double
      let share: Double
      let scale: Double
      let shape: Double
    }

    var pValue: Double {
      switch self {
      case .counted(let atLeast, let size): return min(1, (atLeast + 1) / (size + 1))
      case .tail(let tail):
        let excess = max(0, tail.surprise - tail.start)
        return max(
          1e-300, tail.share * Elementary.pow(tail.scale / (tail.scale + excess), tail.shape))
      }
    }
  }

  /// Past observations in groups of equal width, from 0 to the most surprising one or `observed`.
  func histogram(
    groupCount: Int, including observed: Double
  ) -> [(range: Range<Double>, count: Double, isObserved: Bool)] {
    let place = SurpriseScale.bin(observed)
    let last = max(place, counts.lastIndex { $0 > 0 } ?? 0)
    let size = (last + groupCount) / groupCount
    return stride(from: 0, through: last, by: size).map { first in
      let bins = first..<min(first + size, SurpriseScale.binCount)
      return (
        Double(first) * SurpriseScale.binWidth..<Double(first + size) * SurpriseScale.binWidth,
        bins.reduce(0) { $0 + counts[$1] } / growth, bins.contains(place)
      )
    }
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
