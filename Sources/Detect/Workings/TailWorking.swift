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
    let tail = judgement.past.tail
    working.history = history(judgement, past, noun, text)
    working.chart = chart(value, tail, past, noun, text)
    working.tail(tail, of: value)
    return working
  }

  private static func history(
    _ judgement: JobQuantities.Judgement, _ past: [QuantityBaseline.Sample], _ noun: String,
    _ text: (Double) -> String
  ) -> [String] {
    var lines = [
      judgement.isJudgedByAll
        ? "no past of its own: \(Legible.count(past.count, noun)) of all jobs"
        : "\(Legible.count(judgement.count, noun)) before, on "
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
    let tail = judgement.past.tail
    lines.append(
      "the tail begins at \(text(tail.threshold)); to go beyond it was foreseen for "
        + "\(Legible.ratio(judgement.past.foreseen)) of them by their number alone, and is for "
        + "\(Legible.ratio(tail.exceedance)) with what jobs like it did")
    return lines
  }

  /// Past values in groups of equal ratio; where nothing is known, the tail alone.
  private static func chart(
    _ value: Double, _ tail: LomaxTail, _ past: [QuantityBaseline.Sample], _ noun: String,
    _ text: (Double) -> String
  ) -> Working.Chart {
    let values = past.map(\.value)
    let least = min(values.min() ?? tail.threshold, tail.threshold, value)
    let most = max(values.max() ?? tail.threshold, tail.threshold, value)
    let width = max(Elementary.log(most / least), 1e-9) / Double(groupCount)
    func group(_ value: Double) -> Int {
      min(groupCount - 1, max(0, Int(Elementary.log(value / least) / width)))
    }
    var counts = [Double](repeating: 0, count: groupCount)
    for value in values { counts[group(value)] += 1 }
    let observed = group(value)
    let threshold = group(tail.threshold)
    let bars = counts.indices.map { index in
      let start = least * Elementary.exp(width * Double(index))
      let mark = index == threshold ? " (tail)" : ""
      return Working.Bar(
        label: "from \(text(start))\(mark)", value: counts[index], isObserved: index == observed)
    }
    return Working.Chart(title: "past \(noun)s", bars: bars)
  }
}
