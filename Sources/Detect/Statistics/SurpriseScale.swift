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
  /// The least mean excess of the tail.
  private let meanExcessMin: Double
  private var growth = 1.0

  /// - Parameter halfLife: observations after which one counts half.
  package init(halfLife: Double) {
    fadePerObservation = Elementary.exp(Elementary.log(2) / halfLife)
    meanExcessMin = 0
  }

  /// Starts as if so many observations of the unit exponential law had been made: the surprises
  /// -ln p of an honest p. What follows corrects it; but where counts run out, p never falls faster
  /// than the law that it ranks.
  ///
  /// - Parameters:
  ///   - halfLife: observations after which one counts half.
  ///   - honest: pseudo-observations, at least 0.
  package init(halfLife: Double, honest: Double) {
    fadePerObservation = Elementary.exp(Elementary.log(2) / halfLife)
    meanExcessMin = 1
    let stay = Elementary.exp(-SurpriseScale.binWidth)
    var beyond = honest
    for index in counts.indices {
      counts[index] = beyond * (1 - stay)
      beyond *= stay
    }
    total = honest
  }

  /// Learns one observation; nil is one without any surprise. Cost: constant.
  package mutating func learn(_ surprise: Double?) {
    growth *= fadePerObservation
    if growth > 1e100 { rescale() }
    total += growth
    guard let surprise else { return }
    counts[SurpriseScale.bin(surprise)] += growth
  }

  /// Probability of a value at least this surprising, in (0, 1]. Cost: one pass over the bins.
  package func pValue(_ surprise: Double) -> Double { rank(surprise).pValue }

  /// The numbers behind `pValue`.
  func rank(_ surprise: Double) -> Rank {
    let bin = SurpriseScale.bin(surprise)
    let size = total / growth
    if let tail = tail(size: size), bin > tail.bin { return .tail(tail, surprise: surprise) }
    var above = 0.0
    var index = SurpriseScale.binCount - 1
    while index >= bin {
      above += counts[index]
      index -= 1
    }
    return .counted(atLeast: above / growth, size: size)
  }

  /// Where a surprise stands among the past.
  enum Rank: Sendable {
    /// Past observations, decayed, at least as surprising, and all.
    case counted(atLeast: Double, size: Double)
    /// The same as a finished share, from a frozen table.
    case tabled(share: Double)
    /// Beyond the level that few exceeded.
    case tail(SurpriseCurve.Tail, surprise: Double)

    var pValue: Double {
      switch self {
      case .counted(let atLeast, let size): min(1, (atLeast + 1) / (size + 1))
      case .tabled(let share): share
      case .tail(let tail, let surprise): tail.pValue(surprise)
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

  /// The scale as it stands, for later. Cost: one pass over the bins.
  package func frozen() -> SurpriseCurve {
    let size = total / growth
    let tail = tail(size: size)
    var ranks: [Double] = []
    var above = 0.0
    for index in (0..<SurpriseScale.binCount).reversed() {
      above += counts[index]
      guard above > 0 || index == 0 else { continue }
      if ranks.isEmpty, index + 1 < SurpriseScale.binCount { ranks.append(min(1, 1 / (size + 1))) }
      ranks.append(min(1, (above / growth + 1) / (size + 1)))
    }
    ranks.reverse()
    if let tail { ranks.removeLast(max(0, ranks.count - 1 - tail.bin)) }
    return SurpriseCurve(ranks: ranks, tail: tail)
  }

  /// The highest level that enough past values exceeded. Nil while there are too few.
  private func tail(size: Double) -> SurpriseCurve.Tail? {
    let wanted = max(SurpriseScale.tailCountMin, size * SurpriseScale.tailShare)
    var above = 0.0
    var weighted = 0.0
    var index = SurpriseScale.binCount
    while index > 1 {
      index -= 1
      above += counts[index] / growth
      weighted += counts[index] / growth * (Double(index) + 0.5) * SurpriseScale.binWidth
      if above >= wanted {
        let start = Double(index) * SurpriseScale.binWidth
        let shape = above + 2
        return SurpriseCurve.Tail(
          bin: index - 1, start: start, share: (above + 1) / (size + 1), shape: shape,
          scale: max(weighted - above * start + 2, meanExcessMin * shape))
      }
    }
    return nil
  }

  private mutating func rescale() {
    for index in counts.indices { counts[index] /= growth }
    total /= growth
    growth = 1
  }

  static func bin(_ surprise: Double) -> Int {
    guard surprise > 0 else { return 0 }
    return Int(min(surprise / binWidth, Double(binCount - 1)))
  }
}
