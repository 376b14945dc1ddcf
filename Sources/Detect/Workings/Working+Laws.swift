/// The steps that several rules share.
extension Working {
  /// p of a surprise by its rank among past ones, of `SurpriseScale`.
  mutating func rank(_ rank: SurpriseScale.Rank) {
    switch rank {
    case .counted(let atLeast, let size):
      step(
        "rank among the past", "p = (at_least_as_surprising + 1) / (past + 1), at most 1",
        [.init("at_least_as_surprising", atLeast), .init("past", size)]
      ) { min(1, ($0[0] + 1) / ($0[1] + 1)) }
    case .tabled(let share):
      step(
        "rank among the past, as it stood",
        "p = share of the past (and one more) at least as surprising", [.init("share", share)]
      ) { $0[0] }
    case .tail(let tail, let surprise):
      let excess = step(
        "excess over the level that few past ones reached", "excess = surprise - start, at least 0",
        [.init("surprise", surprise), .init("start", tail.start)]
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
