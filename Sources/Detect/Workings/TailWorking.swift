/// Sums of the rules that judge a quantity by its past: runaway, resource_blowup, missed_schedule
/// and the silence of coverage_gap.
enum TailWorking {
  /// Groups of past values in the chart.
  static let groupCount = 14

  /// - Parameters:
  ///   - value: what was observed, in the quantity's unit.
  ///   - past: values that stood behind the judgement, oldest first.
  ///   - noun: what each past value is one of, as `run`.
  ///   - text: a value for people.
  static func working(
    _ value: Double, _ judgement: JobQuantities.Judgement, past: [QuantityBaseline.Sample],
    noun: String, text: (Double) -> String
  ) -> Working {
    var working = Working()
    working.history = history(judgement, past, noun, text)
    working.chart = chart(value, judgement, past, noun, text)
    working.quantity(judgement, of: value)
    return working
  }

  private static func history(
    _ judgement: JobQuantities.Judgement, _ past: [QuantityBaseline.Sample], _ noun: String,
    _ text: (Double) -> String
  ) -> [String] {
    let pool = judgement.tail.pool
    let all =
      "all jobs: \(noun)s of weight \(Legible.number(pool.total)), a day of m counting as √m"
    guard let own = judgement.past else { return ["no past of its own", all] }
    var lines = [
      "\(Legible.count(judgement.count, noun)) before, on "
        + "\(Legible.count(judgement.history.days, "day"))"
    ]
    let order = past.map(\.value).sorted()
    if let least = order.first, let most = order.last {
      let middle = order[order.count / 2]
      lines.append(
        "of the last \(Legible.count(order.count, noun)): least \(text(least)), median "
          + "\(text(middle)), most \(text(most))")
    }
    let unhealthy = past.count { !$0.isHealthy }
    if unhealthy > 0 { lines.append("\(unhealthy) of them failed or were killed") }
    let last = past.suffix(8).map { text($0.value) }
    if !last.isEmpty { lines.append("newest: \(last.joined(separator: ", "))") }
    lines.append(
      "the tail begins at \(text(own.tail.threshold)); to go beyond it was foreseen for "
        + "\(Legible.ratio(own.foreseen)) of them by their number alone, and is for "
        + "\(Legible.ratio(own.ofAnyone)) with what jobs like it did"
        + (own.principalRatio == 1
          ? "" : ", and \(Legible.ratio(own.principalRatio)) times that for who started it"))
    return lines + [all]
  }

  /// Past values in groups of equal ratio; those of all jobs where the job has none.
  private static func chart(
    _ claimed: Double, _ judgement: JobQuantities.Judgement, _ past: [QuantityBaseline.Sample],
    _ noun: String, _ text: (Double) -> String
  ) -> Working.Chart {
    let value = JobQuantities.bounded(claimed)
    let pool = judgement.tail.pool
    let entries =
      past.isEmpty ? pool.weights : past.map { (value: $0.value, weight: 1.0) }
    let threshold = judgement.past?.tail.threshold ?? value
    let least = min(entries.map(\.value).min() ?? value, threshold, value)
    let most = max(entries.map(\.value).max() ?? value, threshold, value)
    let width = max(Elementary.log(most / least), 1e-9) / Double(groupCount)
    func group(_ value: Double) -> Int {
      min(groupCount - 1, max(0, Int(Elementary.log(value / least) / width)))
    }
    var counts = [Double](repeating: 0, count: groupCount)
    for entry in entries { counts[group(entry.value)] += entry.weight }
    let observed = group(value)
    let tail = judgement.past.map { group($0.tail.threshold) }
    let bars = counts.indices.map { index in
      let start = least * Elementary.exp(width * Double(index))
      let mark = index == tail ? " (tail)" : ""
      return Working.Bar(
        label: "from \(text(start))\(mark)", value: counts[index], isObserved: index == observed)
    }
    let whose = past.isEmpty ? " of all jobs, by weight" : ""
    return Working.Chart(title: "past \(noun)s\(whose)", bars: bars)
  }
}

extension PooledSurvival {
  /// The weight of each bin, at the bin's middle.
  fileprivate var weights: [(value: Double, weight: Double)] {
    (0..<above.count - 1).map { index in
      let middle = (Double(firstBin + index) + 0.5) * PooledSurvival.binWidth
      return (Elementary.exp(middle), above[index] - above[index + 1])
    }
  }
}
