import Detect
import Ingest
import Testing

@Suite struct OnlineBudgetTests {
  private static let start = Timestamp(rfc3339: "2026-03-01T00:00:00Z") ?? .earliest

  /// Alerts per day of a stream of honest p-values, `testsPerDay` on average with weekly rhythm.
  private static func rate(seed: UInt64, testsPerDay: Double, days: Int) -> Double {
    var random = SplitMix(seed: seed)
    var budget = OnlineBudget(alertsPerDay: 2)
    var alerts = 0
    var seconds = 0.0
    while seconds < Double(days) * 86_400 {
      let isWeekend = Int(seconds / 86_400) % 7 >= 5
      seconds += random.exponential() * 86_400 / (testsPerDay * (isWeekend ? 0.3 : 1.28))
      let level = budget.level(at: start.advanced(bySeconds: seconds))
      if random.uniform() <= level { alerts += 1 }
    }
    return Double(alerts) / Double(days)
  }

  @Test("the measured rate stays within the budget in at least 95 of 100 seeds")
  func rateStaysWithinBudget() {
    var over: [UInt64] = []
    for seed in 1...100 as ClosedRange<UInt64> {
      // Four standard deviations of a Poisson count of 2 a day over 120 days are 0.5.
      if OnlineBudgetTests.rate(seed: seed, testsPerDay: 300, days: 120) > 2 + 0.26 {
        over.append(seed)
      }
    }
    #expect(over.count <= 5, "seeds over budget: \(over)")
  }

  @Test("a quiet stream is not alerted at any p")
  func quietStream() {
    var budget = OnlineBudget(alertsPerDay: 2)
    var last = 1.0
    for day in 0..<30 {
      last = budget.level(at: OnlineBudgetTests.start.advanced(bySeconds: Double(day) * 86_400))
    }
    #expect(last <= OnlineBudget.levelMax)
  }

  @Test("a burst of tests lowers the level while it lasts")
  func burst() {
    var budget = OnlineBudget(alertsPerDay: 2)
    let first = budget.level(at: OnlineBudgetTests.start)
    var last = first
    for index in 0..<10_000 {
      last = budget.level(at: OnlineBudgetTests.start.advanced(bySeconds: Double(index)))
    }
    #expect(first <= OnlineBudget.levelMax)
    #expect(last < first / 40)
  }
}
