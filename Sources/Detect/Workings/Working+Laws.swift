/// The steps that several rules share.
extension Working {
  /// p of a value beyond a threshold, by the tail of `LomaxTail`.
  mutating func tail(_ tail: LomaxTail, of value: Double) {
    let excess = step(
      "log-excess over the threshold", "excess = ln(observed / threshold)",
      [.init("observed", value), .init("threshold", tail.threshold)]
    ) { Elementary.log($0[0] / $0[1]) }
    guard value > tail.threshold else {
      step("p", "p = 1 up to the threshold", [.init("excess", excess)]) { _ in 1 }
      return
    }
    step(
      "p", "p = exceedance * (1 + excess / (shape * scale)) ^ -shape, at least 1e-300",
      [
        .init("exceedance", tail.exceedance), .init("excess", excess), .init("shape", tail.shape),
        .init("scale", tail.scale),
      ]
    ) { max(1e-300, $0[0] * Elementary.pow(1 + $0[1] / ($0[2] * $0[3]), -$0[2])) }
  }

  /// p of a surprise by its rank among past ones, of `SurpriseScale`.
  mutating func rank(_ rank: SurpriseScale.Rank) {
    switch rank {
    case .counted(let atLeast, let size):
      step(
        "rank among the past", "p = (at_least_as_surprising + 1) / (past + 1), at most 1",
        [.init("at_least_as_surprising", atLeast), .init("past", size)]
      ) { min(1, ($0[0] + 1) / ($0[1] + 1)) }
    case .tail(let tail):
      let excess = step(
        "excess over the level that few past ones reached", "excess = surprise - start, at least 0",
        [.init("surprise", tail.surprise), .init("start", tail.start)]
      ) { max(0, $0[0] - $0[1]) }
      step(
        "rank beyond the past", "p = share * (scale / (scale + excess)) ^ shape, at least 1e-300",
        [
          .init("share", tail.share), .init("scale", tail.scale), .init("excess", excess),
          .init("shape", tail.shape),
        ]
      ) { max(1e-300, $0[0] * Elementary.pow($0[1] / ($0[1] + $0[2]), $0[3])) }
    }
  }

  /// p of a thing that is strange or not, by how often it was before (Krichevsky and Trofimov).
  @discardableResult
  mutating func share(_ rate: DeclaredRates.Rate, label: String = "p") -> Double {
    step(
      label, "share = (strange + 1/2) / (past + 1)",
      [.init("strange", rate.strange), .init("past", Double(rate.history.events))]
    ) { ($0[0] + 0.5) / ($0[1] + 1) }
  }

  /// Past ones that were usual and strange, this one among the strange.
  mutating func chart(_ rate: DeclaredRates.Rate, usual: String, strange: String) {
    let count = Double(rate.history.events)
    chart = Chart(
      title: "past, and this one",
      bars: [
        Bar(label: usual, value: count - rate.strange, isObserved: false),
        Bar(label: strange, value: rate.strange + 1, isObserved: true),
      ])
  }

  /// How many past surprises fell where, and where this one does.
  mutating func chart(_ scale: SurpriseScale, surprise: Double, of what: String) {
    let groups = scale.histogram(groupCount: 16, including: surprise)
    chart = Chart(
      title: "past \(what) by surprise",
      bars: groups.map { group in
        Bar(
          label:
            "\(Legible.number(group.range.lowerBound)) to \(Legible.number(group.range.upperBound))",
          value: group.count, isObserved: group.isObserved)
      })
  }
}
