/// What a job's past says about one positive quantity of its runs: seconds, bytes, a rate.
///
/// The last 2,000 values with the day they became known. The threshold of the tail is the larger of
/// the healthy runs' own 95th percentile, in which old days fade, and the 99th of everything kept,
/// which does not: what has happened before may happen again. A day of m runs weighs √m, not m.
struct QuantityBaseline: Sendable, Codable {
  struct Sample: Sendable, Codable {
    let value: Double
    let day: Int
    let isHealthy: Bool
  }

  /// A fitted tail, the distinct days behind it, and which jobs' experience it was shrunk to.
  struct Past: Sendable, Codable {
    private(set) var tail: LomaxTail
    /// What the exceedance was multiplied with for whoever started the run.
    private(set) var principalRatio = 1.0
    let days: Int
    let kind: TailPopulation.Kind
    /// Exceedance under exchangeability: one more run is as likely as any to be the next beyond.
    let foreseen: Double
    /// ln(threshold / median of the healthy values).
    let spread: Double
    /// Runs, days of m counting as √m.
    let size: Double
    /// The largest values kept, largest first, and how many they were taken from.
    let largest: [Double]
    let count: Int

    init(
      tail: LomaxTail, days: Int, kind: TailPopulation.Kind, foreseen: Double, spread: Double,
      size: Double, largest: [Double], count: Int
    ) {
      self.tail = tail
      self.days = days
      self.kind = kind
      self.foreseen = foreseen
      self.spread = spread
      self.size = size
      self.largest = largest
      self.count = count
    }

    /// Exceedance whoever starts the run.
    var ofAnyone: Double { min(1, tail.exceedance / principalRatio) }

    /// The same for a principal whose runs go beyond thresholds `ratio` times as often as foreseen.
    func scaled(by ratio: Double) -> Past {
      var past = self
      past.principalRatio = ratio
      past.tail = LomaxTail(
        threshold: tail.threshold, exceedance: tail.exceedance * ratio, shape: tail.shape,
        scale: tail.scale)
      return past
    }
  }

  private struct Exceeded: Sendable, Codable {
    var weight = 0.0
    var excess = 0.0
  }

  static let sampleCountMax = 2000
  /// Surplus that is laid to chance and to the anomalies themselves.
  static let surplusFree = 2.0
  /// Per active day: half after a fortnight of them.
  static let surplusFade = 0.952
  /// A fit is made again when this share of its samples is new.
  static let refitShare = 0.02

  private(set) var samples: [Sample] = []
  private var fitted: Past?
  private var newSinceFit = 0
  private(set) var count = 0
  /// Decayed weight by which exceedances of frozen thresholds outnumber those foreseen; at least 0.
  private var surplus = 0.0
  /// Decayed exceedances of frozen thresholds: weight, and weight times ln(x / threshold).
  private var exceeded = Exceeded()
  /// Values of the newest day: its next one weighs less to the population.
  private(set) var valuesOnLastDay = 0
  /// Median of the healthy values that are kept, as of the last fit.
  private(set) var healthyMedian: Double?
  private var shortRuns = ShortRuns()

  /// - Parameter leavesOutShort: a healthy value far below the usual does not count as one.
  mutating func learn(
    _ value: Double, day: Int, isHealthy: Bool, leavingOutShort leavesOutShort: Bool
  ) {
    guard value > 0, value.isFinite else { return }
    if samples.count >= 2 * QuantityBaseline.sampleCountMax {
      samples.removeFirst(samples.count - QuantityBaseline.sampleCountMax)
    }
    if let last = samples.last, last.day != day { fadeForecasts() }
    valuesOnLastDay = samples.last?.day == day ? valuesOnLastDay + 1 : 1
    let isTypical =
      !leavesOutShort || !isHealthy || shortRuns.isTypical(value, usual: healthyMedian)
    samples.append(Sample(value: value, day: day, isHealthy: isHealthy && isTypical))
    count += 1
    newSinceFit += 1
  }

  /// One value went beyond the threshold that was frozen for it, or stayed below. A job that drifts
  /// is not exchangeable with its past, and its own record of forecasts says so (prequential, Dawid
  /// 1984).
  mutating func noteForecast(exceedance: Double, excess: Double?, weight: Double) {
    surplus = max(0, surplus + weight * ((excess == nil ? 0 : 1) - exceedance))
    guard let excess else { return }
    exceeded.weight += weight
    exceeded.excess += weight * excess
  }

  private mutating func fadeForecasts() {
    surplus *= QuantityBaseline.surplusFade
    exceeded.weight *= QuantityBaseline.surplusFade
    exceeded.excess *= QuantityBaseline.surplusFade
  }

  /// What the next value of that day weighs to the population: 1, then 1/√2, 1/√3 and so on.
  func weight(onDay day: Int) -> Double {
    guard let last = samples.last, last.day == day else { return 1 }
    return 1 / Double(valuesOnLastDay + 1).squareRoot()
  }

  /// The tail as of now and the distinct days behind it; nil without any past.
  mutating func past(
    _ population: TailPopulation, halfLifeDays: Double
  ) -> Past? {
    guard !samples.isEmpty else { return nil }
    let isFresh = Double(newSinceFit) <= QuantityBaseline.refitShare * Double(samples.count)
    if let fitted, isFresh { return fitted }
    fitted = fit(population, halfLifeDays: halfLifeDays)
    newSinceFit = 0
    return fitted
  }

  private mutating func fit(
    _ population: TailPopulation, halfLifeDays: Double
  ) -> Past {
    let kept = samples.suffix(QuantityBaseline.sampleCountMax).sorted { $0.day < $1.day }
    let (weights, ages, dayCount) = QuantityBaseline.dayWeights(kept)
    let order = QuantityBaseline.ascending(kept)
    let body = order.filter { kept[$0].isHealthy }
    healthyMedian = body.isEmpty ? nil : kept[body[body.count / 2]].value
    let top = kept[order[max(0, Int((0.99 * Double(order.count)).rounded(.up)) - 1)]].value
    let own = QuantityBaseline.quantile(0.95, body) { index in
      (kept[index].value, weights[index] * Elementary.pow(0.5, Double(ages[index]) / halfLifeDays))
    }
    let threshold = max(own ?? top, top)
    var total = 0.0
    var above = 0.0
    var excessSum = 0.0
    for index in order {
      let age = Double(ages[index]) / halfLifeDays
      let weight = weights[index] * Elementary.pow(0.5, age)
      total += weight
      guard kept[index].value > threshold else { continue }
      above += weight
      excessSum += weight * Elementary.log(kept[index].value / threshold)
    }
    let median = healthyMedian ?? threshold
    let spread = Elementary.log(threshold / median)
    let kind = TailPopulation.Kind(size: total, threshold: threshold, spread: spread)
    let drifting = surplus - QuantityBaseline.surplusFree
    if drifting > above, exceeded.weight > 0 {
      excessSum += (drifting - above) * exceeded.excess / exceeded.weight
      above = drifting
    }
    let foreseen = (above + 1) / (total + 1)
    let tail = population.tail(
      kind, threshold: threshold, foreseen: foreseen, above: above, excessSum: excessSum)
    return Past(
      tail: tail, days: dayCount, kind: kind, foreseen: foreseen, spread: spread,
      size: weights.reduce(0, +),
      largest: order.suffix(QuantityTail.largestCountMax).reversed().map { kept[$0].value },
      count: kept.count)
  }

  /// Places by value, then by place. Sorted as pairs: through the places it takes three times as long.
  private static func ascending(_ kept: [Sample]) -> [Int] {
    struct Place {
      let value: Double
      let index: Int
    }
    let places = kept.indices.map { Place(value: kept[$0].value, index: $0) }
    let sorted = places.sorted {
      $0.value == $1.value ? $0.index < $1.index : $0.value < $1.value
    }
    return sorted.map(\.index)
  }

  /// Weight m^-1/2 for each run of a day with m runs, and each run's age in active days.
  private static func dayWeights(
    _ kept: [Sample]
  ) -> (weights: [Double], ages: [Int], dayCount: Int) {
    var weights = [Double](repeating: 1, count: kept.count)
    var ages = [Int](repeating: 0, count: kept.count)
    var end = kept.count
    var age = 0
    while end > 0 {
      var start = end - 1
      while start > 0, kept[start - 1].day == kept[end - 1].day { start -= 1 }
      let weight = 1 / Double(end - start).squareRoot()
      for index in start..<end {
        weights[index] = weight
        ages[index] = age
      }
      age += 1
      end = start
    }
    return (weights, ages, age)
  }

  /// The smallest value at which the weight so far reaches the share; indices come in value order.
  private static func quantile(
    _ share: Double, _ order: [Int], _ entry: (Int) -> (value: Double, weight: Double)
  ) -> Double? {
    let total = order.reduce(0) { $0 + entry($1).weight }
    var sum = 0.0
    for index in order {
      let (value, weight) = entry(index)
      sum += weight
      if sum >= share * total { return value }
    }
    return nil
  }
}
