/// Sums of off_hours: a cell of a circular profile, shrunk to the peers', ranked.
struct OffHoursWorking {
  let sums: OffHoursSums
  let rank: SurpriseScale.Rank
  /// Person-days of a site too young for rarer words; nil for an older site.
  let personDays: Int?

  private var habit: Habit { sums.habit }

  func working() -> Working {
    var working = Working()
    working.history = history
    let alone = alone(&working)
    let usual = working.step(
      "usual surprise of the principal", "usual = (past + 10 * everyone) / (hours + 10)",
      [
        .init("past", habit.usual.sum), .init("everyone", sums.everyone),
        .init("hours", habit.usual.weight),
      ]
    ) { ($0[0] + Habit.usualPrior * $0[1]) / ($0[2] + Habit.usualPrior) }
    let relative = working.step(
      "beyond the uniform law, set against what is usual",
      "relative = 4 + (surprise - 4) * (everyone / usual)^2, or surprise up to 4",
      [.init("surprise", alone), .init("everyone", sums.everyone), .init("usual", usual)]
    ) { MeanSurprise.relative($0[0], everyone: $0[1], usual: $0[2]) }
    if let continued = sums.continued {
      working.step(
        "work that goes on is no new beginning", "surprise = min(relative, going_on)",
        [.init("relative", relative), .init("going_on", continued)]
      ) { min($0[0], $0[1]) }
    }
    working.rank(rank)
    if let personDays {
      working.step(
        "no rarer than one in the site's person-days", "p = max(rank, 1 / (1 + person_days))",
        [.init("rank", working.pValue), .init("person_days", Double(personDays))]
      ) { max($0[0], 1 / (1 + $0[1])) }
    }
    working.chart = chart(sums.strength)
    return working
  }

  /// The surprise of the hour by the profile alone.
  private func alone(_ working: inout Working) -> Double {
    let strength = working.step(
      "weight of the peers", "k = kappa + per_isolated_hour * isolated_hours",
      [
        .init("kappa", sums.kappa), .init("per_isolated_hour", sums.kappaPerIsolatedHour),
        .init("isolated_hours", habit.isolatedHours),
      ]
    ) { $0[0] + $0[1] * $0[2] }
    let density = working.step(
      "density of the hour", "f = (own_at_hour + k * peers_at_hour) / (own + k)",
      [
        .init("own_at_hour", habit.profile.smoothed(at: sums.cell)), .init("k", strength),
        .init("peers_at_hour", sums.peers[sums.cell]), .init("own", habit.profile.total),
      ]
    ) { ($0[0] + $0[1] * $0[2]) / ($0[3] + $0[1]) }
    return working.step(
      "surprise", "surprise = 4 - ln(168 * f), at least 0", [.init("f", density)]
    ) { max(0, 4 - Elementary.log($0[0] * Double(CircularProfile.cellCount))) }
  }

  private var history: [String] {
    var lines = [
      "\(Legible.count(habit.dayCount, "active day")) learnt from, "
        + "\(Legible.count(habit.eventCount - 1, "trigger")), which weigh "
        + Legible.ratio(habit.profile.total) + " day-hours by now",
      "\(Legible.count(sums.peerCount, "principal")) of like regularity are the peers",
    ]
    let busiest = habit.profile.weights.indices
      .filter { habit.profile.weights[$0] > 0 }
      .sorted { (habit.profile.weights[$1], $0) < (habit.profile.weights[$0], $1) }.prefix(6)
    if !busiest.isEmpty {
      lines.append(
        "most often active: "
          + busiest.map {
            "\(OffHoursWorking.name($0)) (\(Legible.ratio(habit.profile.weights[$0])))"
          }
          .joined(separator: ", "))
    }
    if let nearest = habit.hoursToNearest(sums.cell) {
      lines.append("nearest learnt hour on such days: \(Legible.count(nearest, "hour")) away")
    }
    return lines
  }

  /// The density at each hour of that weekday.
  private func chart(_ strength: Double) -> Working.Chart {
    let day = sums.cell / 24
    let bars = (0..<24).map { hour in
      let other = day * 24 + hour
      let density =
        (habit.profile.smoothed(at: other) + strength * sums.peers[other])
        / (habit.profile.total + strength)
      return Working.Bar(
        label: OffHoursWorking.clock(hour), value: density, isObserved: other == sums.cell)
    }
    return Working.Chart(
      title: "density of each hour on a \(LocalHour.weekdayNames[day])", bars: bars)
  }

  private static func clock(_ hour: Int) -> String { hour < 10 ? "0\(hour):00" : "\(hour):00" }

  private static func name(_ cell: Int) -> String {
    "\(LocalHour.weekdayNames[cell / 24].prefix(3)) \(clock(cell % 24))"
  }
}
