/// The hours of everyone, and of people of similar regularity: what little history is shrunk to.
///
/// Regularity is the share of a principal's hours outside the site's busy hours (the fewest hours
/// that hold four fifths of the site's activity). Rebuilt once a day from the habits.
struct PeerHabits: Sendable, Codable {
  /// Upper edges of the share outside busy hours; each class holds people alike.
  static let edges: [Double] = [0.03, 0.06, 0.12, 0.25, 0.5, 1.01]
  static let busyShare = 0.8
  /// The most that one principal weighs, in day-hours: the busiest must not be everyone's peer.
  static let weightMax = 40.0
  /// Day-hours of the site's profile in every class.
  static let classPrior = 60.0
  /// Share of the uniform law in every density, so that nothing is impossible.
  static let uniformShare = 0.02
  /// Day-hours of the site's mean share in a principal's regularity.
  static let regularityPrior = 8.0

  private(set) var builtOn: Int?
  private var isBusy = [Bool](repeating: true, count: CircularProfile.cellCount)
  private var meanOutside = 1 - PeerHabits.busyShare
  private var densities: [[Double]]
  /// Principals behind each class.
  private(set) var counts: [Int]

  init() {
    let uniform = CircularProfile().densities()
    densities = PeerHabits.edges.map { _ in uniform }
    counts = PeerHabits.edges.map { _ in 0 }
  }

  /// Density per cell of the peers of such a profile, summing to 1, and how many they are.
  func peers(of profile: CircularProfile) -> (density: [Double], count: Int) {
    let index = peerClass(profile)
    return (densities[index], counts[index])
  }

  /// Cost: 168 steps per habit. Sums run in the habits' order, which is that of first appearance.
  mutating func rebuild(_ habits: [Habit], day: Int) {
    builtOn = day
    var site = CircularProfile()
    for habit in habits { site.add(habit.profile, scale: PeerHabits.scale(habit, day: day)) }
    guard site.total > 0 else { return }
    markBusy(site)
    var classes = PeerHabits.edges.map { _ in CircularProfile() }
    counts = PeerHabits.edges.map { _ in 0 }
    for habit in habits where habit.profile.total > 0 {
      let index = peerClass(habit.profile)
      classes[index].add(habit.profile, scale: PeerHabits.scale(habit, day: day))
      counts[index] += 1
    }
    for index in classes.indices {
      classes[index].add(site, scale: PeerHabits.classPrior / site.total)
      densities[index] = classes[index].densities().map {
        (1 - PeerHabits.uniformShare) * $0
          + PeerHabits.uniformShare / Double(CircularProfile.cellCount)
      }
    }
  }

  private mutating func markBusy(_ site: CircularProfile) {
    let density = site.densities()
    let order = density.indices.sorted { (density[$1], $0) < (density[$0], $1) }
    var sum = 0.0
    for cell in order {
      isBusy[cell] = sum < PeerHabits.busyShare
      sum += density[cell]
    }
    meanOutside = outside(site) / site.total
  }

  private func outside(_ profile: CircularProfile) -> Double {
    var sum = 0.0
    for cell in isBusy.indices where !isBusy[cell] { sum += profile.weights[cell] }
    return sum
  }

  private func peerClass(_ profile: CircularProfile) -> Int {
    let share =
      (outside(profile) + PeerHabits.regularityPrior * meanOutside)
      / (profile.total + PeerHabits.regularityPrior)
    return PeerHabits.edges.firstIndex { share <= $0 } ?? PeerHabits.edges.count - 1
  }

  /// Fades with two idle months, and caps the busiest.
  private static func scale(_ habit: Habit, day: Int) -> Double {
    guard habit.profile.total > 0, let last = habit.lastDay else { return 0 }
    let idle = Double(max(0, day - last)) / 60
    return min(1, weightMax / habit.profile.total) * Elementary.exp(-Elementary.log(2) * idle)
  }
}
