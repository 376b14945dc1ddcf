/// Sums of the rules that judge a count by a negative binomial: trigger_burst, denied_burst, and the
/// missing keys of coverage_gap.
enum CountWorking {
  static let groupCount = 14

  /// The tail of the law at the count, its surprise, and the rank of that.
  ///
  /// - Parameter offset: the law is of the count less this.
  static func working(
    count: Int, offset: Int, law: NegativeBinomial, rank: SurpriseScale.Rank, noun: String
  ) -> Working {
    var working = Working()
    let tail = working.step(
      "tail of the count",
      "tail = P(K >= count - \(offset)), K negative binomial (mean, dispersion)",
      [
        .init("count", Double(count)), .init("mean", law.mean), .init("dispersion", law.dispersion),
      ]
    ) { NegativeBinomial(mean: $0[1], dispersion: $0[2]).survival(Int($0[0]) - offset) }
    working.step("surprise", "surprise = -ln(tail)", [.init("tail", tail)]) {
      -Elementary.log($0[0])
    }
    working.rank(rank)
    working.chart = chart(count: count, offset: offset, law: law, noun: noun)
    return working
  }

  /// The law's probabilities up to the count, in groups.
  private static func chart(
    count: Int, offset: Int, law: NegativeBinomial, noun: String
  ) -> Working.Chart {
    let first = offset
    let size = max(1, (count - first + groupCount) / groupCount)
    var bars: [Working.Bar] = []
    for start in stride(from: first, through: count, by: size) {
      let end = start + size - 1
      let share = law.survival(start - offset) - law.survival(end + 1 - offset)
      bars.append(
        Working.Bar(
          label: size == 1 ? "\(start)" : "\(start) to \(end)", value: max(0, share),
          isObserved: (start...end).contains(count)))
    }
    return Working.Chart(title: "\(noun): how likely each number was", bars: bars)
  }
}
