/// Sums of retry_storm: a streak under the job's own record of failing.
enum StormWorking {
  static let barCountMax = 14

  static func working(
    streak: Int, afterGood: Double, afterAbortive: Double, rank: SurpriseScale.Rank, ended: Int,
    days: Int
  ) -> Working {
    var working = Working()
    working.history = [
      "\(Legible.count(ended, "run")) of the job had ended before, on \(Legible.count(days, "day"))"
    ]
    working.step(
      "surprise of the streak", "surprise = -ln(after_good) - (streak - 1) * ln(after_abortive)",
      [
        .init("after_good", afterGood), .init("after_abortive", afterAbortive),
        .init("streak", Double(streak)),
      ]
    ) { -Elementary.log($0[0]) - ($0[2] - 1) * Elementary.log($0[1]) }
    working.rank(rank)
    let first = max(1, streak - barCountMax + 1)
    working.chart = Working.Chart(
      title: "chance that a streak gets this long",
      bars: (first...streak).map { length in
        Working.Bar(
          label: "\(length)",
          value: afterGood * Elementary.pow(afterAbortive, Double(length - 1)),
          isObserved: length == streak)
      })
    return working
  }
}
