import Detect
import Testing

@Suite struct CircularProfileTests {
  /// A profile of random weights, and the weights.
  private static func random(_ seed: UInt64) -> (CircularProfile, [Double]) {
    var random = SplitMix(seed: seed)
    var profile = CircularProfile()
    var weights = [Double](repeating: 0, count: CircularProfile.cellCount)
    for _ in 0..<60 {
      let cell = Int.random(in: 0..<CircularProfile.cellCount, using: &random)
      let weight = random.uniform()
      weights[cell] += weight
      profile.add(weight, cell: cell)
    }
    return (profile, weights)
  }

  /// The definition, cell by cell: every weight spreads over days, then over hours.
  private static func bruteForce(_ weights: [Double]) -> [Double] {
    let count = CircularProfile.cellCount
    var pooled = [Double](repeating: 0, count: count)
    for from in 0..<count {
      for to in 0..<count where to % 24 == from % 24 {
        let isSame = CircularProfile.isWeekend(from) == CircularProfile.isWeekend(to)
        let days = CircularProfile.isWeekend(to) ? 2.0 : 5.0
        let own = CircularProfile.ownDayShare
        let cross = CircularProfile.otherClassShare
        let share = isSame ? (1 - own - cross) / days + (from == to ? own : 0) : cross / days
        pooled[to] += share * weights[from]
      }
    }
    var smooth = [Double](repeating: 0, count: count)
    for from in 0..<count {
      for offset in -2...2 {
        let to = (from + offset + count) % count
        smooth[to] += CircularProfile.hourKernel[abs(offset)] * pooled[from]
      }
    }
    return smooth
  }

  @Test(
    "smoothing equals the definition, and keeps the total", arguments: 1...20 as ClosedRange<UInt64>
  )
  func smoothingEqualsDefinition(seed: UInt64) {
    let (profile, weights) = CircularProfileTests.random(seed)
    let expected = CircularProfileTests.bruteForce(weights)
    var sum = 0.0
    for cell in 0..<CircularProfile.cellCount {
      #expect(abs(profile.smoothed(at: cell) - expected[cell]) < 1e-12, "seed \(seed) cell \(cell)")
      sum += profile.smoothed(at: cell)
    }
    #expect(abs(sum - profile.total) < 1e-9, "seed \(seed)")
  }

  @Test("densities sum to 1, empty or not", arguments: 1...5 as ClosedRange<UInt64>)
  func densitiesSumToOne(seed: UInt64) {
    let (profile, _) = CircularProfileTests.random(seed)
    #expect(abs(profile.densities().reduce(0, +) - 1) < 1e-12)
    #expect(abs(CircularProfile().densities().reduce(0, +) - 1) < 1e-12)
  }

  @Test(
    "a night belongs to the day before",
    arguments: [
      (0, true), (4, true), (5, false), (100, false), (4 * 24 + 23, false), (5 * 24 + 4, false),
      (5 * 24 + 5, true), (6 * 24 + 23, true),
    ])
  func nightBelongsToDayBefore(cell: Int, isWeekend: Bool) {
    #expect(CircularProfile.isWeekend(cell) == isWeekend)
  }

  @Test("weight near a cell counts its class of day and circular hours alone")
  func weightNear() {
    var profile = CircularProfile()
    profile.add(1, cell: 23)  // Monday 23:00
    profile.add(2, cell: 2 * 24 + 0)  // Wednesday 00:00
    profile.add(4, cell: 6 * 24 + 23)  // Sunday 23:00
    #expect(profile.weight(near: 3 * 24 + 23, hours: 0) == 1)
    #expect(profile.weight(near: 3 * 24 + 23, hours: 1) == 3)
    #expect(profile.weight(near: 5 * 24 + 23, hours: 1) == 4)
  }

  @Test("fading scales every weight and the total")
  func fading() {
    var (profile, weights) = CircularProfileTests.random(3)
    profile.fade(by: 0.25)
    for cell in weights.indices { #expect(abs(profile.weights[cell] - weights[cell] / 4) < 1e-15) }
    #expect(abs(profile.total - weights.reduce(0, +) / 4) < 1e-12)
  }
}
