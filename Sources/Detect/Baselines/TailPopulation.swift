/// How far beyond their thresholds the runs of all jobs went: what a job's own tail is shrunk to.
///
/// Empirical Bayes by kind of job: jobs with as much history, a threshold of the same order and a
/// body as tight. A job seen twice for seconds that then runs for hours is common; one seen two
/// hundred times is not: the table has learnt both. A kind is itself shrunk to all kinds.
struct TailPopulation: Sendable, Equatable, Codable {
  /// The kind of a job, as a cell of the table.
  struct Kind: Sendable, Equatable, Codable {
    let cell: Int

    /// - Parameters:
    ///   - size: effective number of runs, days of m counting as √m.
    ///   - threshold: in the quantity's unit.
    ///   - spread: ln(threshold / median).
    init(size: Double, threshold: Double, spread: Double) {
      let age = Kind.place(size, Kind.sizes)
      let order = Kind.place(threshold, Kind.thresholds)
      let looseness = Kind.place(spread, Kind.spreads)
      cell = (age * (Kind.thresholds.count + 1) + order) * (Kind.spreads.count + 1) + looseness
    }

    static let sizes: [Double] = [2, 5, 10, 20, 40, 80]
    static let thresholds: [Double] = [60, 600, 3600, 14_400]
    static let spreads: [Double] = [0.3, 0.8, 1.6]
    static let count = (sizes.count + 1) * (thresholds.count + 1) * (spreads.count + 1)

    private static func place(_ value: Double, _ edges: [Double]) -> Int {
      edges.firstIndex { value < $0 } ?? edges.count
    }
  }

  private struct Experience: Sendable, Equatable, Codable {
    /// Sum of the exceedances that exchangeability foresaw.
    var foreseen = 0.0
    var exceedances = 0.0
    var excessSum = 0.0
    var squareSum = 0.0

    mutating func learn(foreseen share: Double, excess: Double?, weight: Double) {
      let fade = 1 - 0.0005 * weight
      foreseen = foreseen * fade + weight * share
      exceedances *= fade
      excessSum *= fade
      squareSum *= fade
      guard let excess else { return }
      exceedances += weight
      excessSum += weight * excess
      squareSum += weight * excess * excess
    }
  }

  /// Weight of the kind's scale against the job's own, in exceedances.
  static let scalePrior = 6.0
  /// Weight of all kinds against one kind, in exceedances.
  static let kindPrior = 8.0
  /// Largest log-excess that is learnt, a ratio of 160,000: one forged number of one job must not
  /// make the tails of all others heavy.
  static let excessMax = 12.0
  /// Shapes that are believed: below 1.6 the mean would hardly exist, above 6 the tail is
  /// exponential.
  static let shapes = 1.6...6.0

  /// Starts as twenty exceedances of mean log-excess 0.5 where twenty were foreseen.
  private var all = Experience(foreseen: 20, exceedances: 20, excessSum: 10, squareSum: 13.3)
  private var kinds = [Experience](repeating: Experience(), count: Kind.count)

  init() {}

  /// Learns one run that was judged by a frozen threshold.
  ///
  /// - Parameters:
  ///   - foreseen: the exceedance that exchangeability gave it.
  ///   - excess: ln(x / threshold); nil when it stayed below.
  mutating func learn(_ kind: Kind, foreseen: Double, excess: Double?, weight: Double) {
    all.learn(foreseen: foreseen, excess: excess, weight: weight)
    kinds[kind.cell].learn(foreseen: foreseen, excess: excess, weight: weight)
  }

  /// The tail of a job of that kind: its foreseen exceedance times how often such jobs' runs went
  /// beyond their thresholds for each time that was foreseen, and its own scale shrunk to theirs.
  func tail(
    _ kind: Kind, threshold: Double, foreseen: Double, above: Double, excessSum: Double
  ) -> LomaxTail {
    let known = kinds[kind.cell]
    let prior = TailPopulation.kindPrior
    let ratio =
      (known.exceedances + prior * all.exceedances / all.foreseen) / (known.foreseen + prior)
    let weight = known.exceedances + prior
    let mean = (known.excessSum + prior * all.excessSum / all.exceedances) / weight
    let square = (known.squareSum + prior * all.squareSum / all.exceedances) / weight
    let shape = TailPopulation.shape(mean: mean, square: square)
    let own = (excessSum + TailPopulation.scalePrior * mean) / (above + TailPopulation.scalePrior)
    return LomaxTail(
      threshold: threshold, exceedance: min(1, ratio * foreseen), shape: shape,
      scale: max(own * (shape - 1) / shape, 0.02))
  }

  /// By moments: E y² / (E y)² = 2 (a - 1) / (a - 2) for a Lomax law of shape a.
  private static func shape(mean: Double, square: Double) -> Double {
    let ratio = square / (mean * mean)
    guard ratio > 2 else { return shapes.upperBound }
    return min(shapes.upperBound, max(shapes.lowerBound, 2 * (ratio - 1) / (ratio - 2)))
  }
}
