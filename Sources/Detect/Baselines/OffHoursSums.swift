/// What one trigger's hour comes to, from the habit, the peers and what is usual: up to the surprise
/// that is ranked.
struct OffHoursSums {
  let habit: Habit
  let cell: Int
  /// Density per cell of the peers, and how many they are.
  let peers: [Double]
  let peerCount: Int
  let kappa: Double
  let kappaPerIsolatedHour: Double
  /// Everyone's usual surprise.
  let everyone: Double
  /// Surprise of going on with earlier work; nil when there was none.
  let continued: Double?

  /// Weight of the peers, in day-hours.
  var strength: Double { kappa + kappaPerIsolatedHour * habit.isolatedHours }

  /// The principal's usual surprise, shrunk to everyone's.
  var usual: Double { habit.usual.mean(prior: everyone, strength: Habit.usualPrior) }

  /// -ln of the density, relative to the uniform law, shifted so that nothing common is below 0.
  var alone: Double {
    let density =
      (habit.profile.smoothed(at: cell) + strength * peers[cell])
      / (habit.profile.total + strength)
    return max(0, 4 - Elementary.log(density * Double(CircularProfile.cellCount)))
  }

  /// What is ranked.
  var surprise: Double {
    let relative = MeanSurprise.relative(alone, everyone: everyone, usual: usual)
    return min(relative, continued ?? relative)
  }

  func working(rank: SurpriseScale.Rank, personDays: Int?) -> Working {
    OffHoursWorking(sums: self, rank: rank, personDays: personDays).working()
  }
}
