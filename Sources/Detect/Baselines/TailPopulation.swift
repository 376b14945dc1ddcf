/// How far beyond their thresholds the runs of all jobs went: what a job's own tail is shrunk to.
///
/// Empirical Bayes by kind of job: jobs with as much history, a threshold of the same order and a body
/// as tight. A job seen twice for seconds that then runs for hours is common; one seen two hundred
/// times is not: the table has learnt both. A kind is itself shrunk to all kinds.
struct TailPopulation: Sendable, Equatable {
  /// The kind of a job, as a cell of the table.
  struct Kind: Sendable, Equatable {
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

  private struct Experience: Sendable, Equatable {
    var trials = 0.0
    var exceedances = 0.0
    var excessSum = 0.0

    mutating func learn(excess: Double?, weight: Double) {
      let fade = 1 - 0.0005 * weight
      trials = trials * fade + weight
      exceedances *= fade
      excessSum *= fade
      guard let excess else { return }
      exceedances += weight
      excessSum += weight * excess
    }
  }

  /// Weight of the kind's scale and rate against the job's own.
  static let scalePrior = 6.0
  static let ratePrior = 4.0
  /// Weight of all kinds against one kind.
  static let kindPrior = 20.0
  static let shape = 4.0

  /// Starts as twenty exceedances of mean log-excess 0.5 in 400 runs.
  private var all = Experience(trials: 400, exceedances: 20, excessSum: 10)
  private var kinds = [Experience](repeating: Experience(), count: Kind.count)

  init() {}

  /// Learns one run that was judged by a frozen threshold; `excess` = ln(x / threshold), nil below.
  mutating func learn(_ kind: Kind, excess: Double?, weight: Double) {
    all.learn(excess: excess, weight: weight)
    kinds[kind.cell].learn(excess: excess, weight: weight)
  }

  func tail(
    _ kind: Kind, threshold: Double, above: Double, total: Double, excessSum: Double
  ) -> LomaxTail {
    let known = kinds[kind.cell]
    let prior = TailPopulation.kindPrior
    let rate =
      (known.exceedances + 0.5 + prior * all.exceedances / all.trials) / (known.trials + 1 + prior)
    let mean =
      (known.excessSum + prior * all.excessSum / all.exceedances) / (known.exceedances + prior)
    let scale =
      (excessSum + TailPopulation.scalePrior * mean) / (above + TailPopulation.scalePrior)
    return LomaxTail(
      threshold: threshold,
      exceedance: (above + TailPopulation.ratePrior * rate) / (total + TailPopulation.ratePrior),
      shape: TailPopulation.shape, scale: max(scale, 0.02))
  }
}
