import Detect
import Ingest
import Testing

/// Streams of honest p-values: exponential gaps with a weekly rhythm, bursts now and then.
private struct TestStream {
  static let start = Timestamp(rfc3339: "2026-03-01T00:00:00Z") ?? .earliest

  var random: SplitMix
  let testsPerDay: Double
  var seconds = 0.0
  private var burst = 0

  init(seed: UInt64, testsPerDay: Double) {
    random = SplitMix(seed: seed)
    self.testsPerDay = testsPerDay
  }

  /// The instant of the next test.
  mutating func next() -> Timestamp {
    let isWeekend = Int(seconds / 86_400) % 7 >= 5
    if burst == 0, random.uniform() < 0.001 { burst = 100 }
    burst = max(0, burst - 1)
    let pace = burst > 0 ? 50 : isWeekend ? 0.3 : 1.28
    seconds += random.exponential() * 86_400 / (testsPerDay * pace)
    return TestStream.start.advanced(bySeconds: seconds)
  }
}

@Suite struct OnlineBudgetTests {
  static let seeds = 1...100 as ClosedRange<UInt64>
  /// Streams are this much longer in the long form.
  private static let length = LongForm.isWanted ? 4 : 1

  /// Alerts over `days`; p is uniform, or smaller by `dishonesty`.
  private static func alerts(
    _ policy: AlertBudget, seed: UInt64, testsPerDay: Double, days: Int, dishonesty: Double = 1
  ) -> (alerts: Int, tests: Int) {
    var stream = TestStream(seed: seed, testsPerDay: testsPerDay)
    var budget = OnlineBudget(policy)
    var (alerts, tests) = (0, 0)
    while stream.seconds < Double(days) * 86_400 {
      let at = stream.next()
      tests += 1
      // Every second test begins a run.
      if tests % 2 == 0 { budget.countRun() }
      let level = budget.level(at: at)
      guard stream.random.uniform() <= dishonesty * level else { continue }
      alerts += 1
      budget.countAlert(at: at)
    }
    return (alerts, tests)
  }

  @Test(
    "alerts stay at or under the rate in at least 95 of 100 seeds, though p be wrong threefold",
    arguments: [(2.0, 200.0, 1.0), (2, 200, 3), (0.5, 100, 1)])
  func alertsPerDay(rate: Double, testsPerDay: Double, dishonesty: Double) {
    let days = 40 * OnlineBudgetTests.length
    var over: [UInt64] = []
    var sum = 0
    for seed in OnlineBudgetTests.seeds {
      let (alerts, _) = OnlineBudgetTests.alerts(
        .alertsPerDay(rate), seed: seed, testsPerDay: testsPerDay, days: days,
        dishonesty: dishonesty)
      sum += alerts
      if Double(alerts) > rate * Double(days) { over.append(seed) }
    }
    let mean = Double(sum) / 100 / Double(days)
    print(
      "budget: \(rate) a day, p wrong by \(dishonesty): \(mean) a day, \(over.count) seeds over")
    #expect(over.count <= 5, "seeds over budget: \(over)")
    // Most of the budget is there to be used.
    #expect(mean > 0.5 * rate)
  }

  @Test(
    "alerts per thousand runs stay at or under the rate in at least 95 of 100 seeds",
    arguments: [1.0, 4])
  func alertsPerThousandRuns(rate: Double) {
    var over: [UInt64] = []
    var sum = 0.0
    for seed in OnlineBudgetTests.seeds {
      let (alerts, tests) = OnlineBudgetTests.alerts(
        .alertsPerThousandRuns(rate), seed: seed, testsPerDay: 200,
        days: 40 * OnlineBudgetTests.length)
      let perThousand = Double(alerts) / Double(tests / 2) * 1000
      sum += perThousand / 100
      if perThousand > rate { over.append(seed) }
    }
    print("budget: \(rate) per 1,000 runs: \(sum), \(over.count) seeds over")
    #expect(over.count <= 5, "seeds over budget: \(over)")
    #expect(sum > 0.25 * rate)
  }

  /// A stream in which one test in `rarity` is an anomaly of p 1e-7.
  private static func discoveries(
    _ share: Double, seed: UInt64, rarity: Double, days: Int
  ) -> (true: Int, false: Int) {
    var stream = TestStream(seed: seed, testsPerDay: 300)
    var budget = OnlineBudget(.falseDiscoveryRate(share))
    var counts = (true: 0, false: 0)
    while stream.seconds < Double(days) * 86_400 {
      let at = stream.next()
      let isAnomaly = stream.random.uniform() < 1 / rarity
      let pValue = isAnomaly ? 1e-7 : stream.random.uniform()
      guard pValue <= budget.level(at: at) else { continue }
      budget.countAlert(at: at)
      if isAnomaly { counts.true += 1 } else { counts.false += 1 }
    }
    return counts
  }

  @Test(
    "the share of false alerts stays at or under the setting in at least 95 of 100 seeds",
    arguments: [(0.05, 100.0), (0.2, 400)])
  func falseDiscoveryRate(share: Double, rarity: Double) {
    var over: [UInt64] = []
    var (found, wrong) = (0, 0)
    for seed in OnlineBudgetTests.seeds {
      let counts = OnlineBudgetTests.discoveries(
        share, seed: seed, rarity: rarity, days: 60 * OnlineBudgetTests.length)
      found += counts.true
      wrong += counts.false
      let told = counts.true + counts.false
      if told > 0, Double(counts.false) / Double(told) > share { over.append(seed) }
    }
    let measured = Double(wrong) / Double(max(1, found + wrong))
    print("budget: fdr \(share): \(measured) of \(found + wrong) alerts, \(over.count) seeds over")
    #expect(over.count <= 5, "seeds over budget: \(over)")
    #expect(measured > 0.2 * share && found > 1000)
  }

  @Test("without anomalies a false alert comes at most once in 1/α memories")
  func nullStream() {
    var alerts = 0
    let days = 60 * OnlineBudgetTests.length
    for seed in OnlineBudgetTests.seeds {
      alerts +=
        OnlineBudgetTests.alerts(
          .falseDiscoveryRate(0.05), seed: seed, testsPerDay: 100, days: days
        ).alerts
    }
    let memory = DiscoveryBudget.halfLifeDays / Elementary.log(2)
    let perMemory = Double(alerts) / 100 / (Double(days) / memory)
    print("budget: fdr 0.05 without anomalies: \(perMemory) alerts per memory")
    #expect(perMemory <= 0.05)
  }

  @Test("the levels given never exceed α max(1, R), as a sum over all tests says", arguments: 1...5)
  func sumOfLevels(seed: Int) {
    var stream = TestStream(seed: UInt64(seed), testsPerDay: 60)
    var budget = DiscoveryBudget(0.1)
    var levels: [(at: Timestamp, level: Double)] = []
    var alerts: [Timestamp] = []
    func fading(_ from: Timestamp, _ to: Timestamp) -> Double {
      let days = to.seconds(since: from) / 86_400
      return Elementary.pow(0.5, days / DiscoveryBudget.halfLifeDays)
    }
    for index in 0..<1500 {
      let at = stream.next()
      levels.append((at, budget.level(at: at)))
      if stream.random.uniform() < 0.02 {
        budget.countAlert(at: at)
        alerts.append(at)
      }
      guard index % 50 == 49 else { continue }
      let spent = levels.reduce(0) { $0 + $1.level * fading($1.at, at) }
      let told = alerts.reduce(0) { $0 + fading($1, at) }
      #expect(abs(spent - budget.spent) < 1e-9 && abs(told - budget.alerts) < 1e-9)
      #expect(spent <= 0.1 * max(1, told) + 1e-9, "seed \(seed)")
    }
  }

  static let policies: [AlertBudget] = [
    .alertsPerDay(2), .alertsPerThousandRuns(1), .falseDiscoveryRate(0.05),
  ]

  @Test("no level is above 0.01, and none is below 0", arguments: policies)
  func bounds(policy: AlertBudget) {
    var stream = TestStream(seed: 9, testsPerDay: 3)
    var budget = OnlineBudget(policy)
    for index in 0..<3000 {
      let level = budget.level(at: stream.next())
      #expect(level >= 0 && level <= OnlineBudget.levelMax)
      budget.countRun()
      if index % 100 == 0 { budget.countAlert(at: stream.next()) }
    }
  }

  @Test("a burst of tests lowers the level while it lasts")
  func burst() {
    var budget = OnlineBudget(.alertsPerDay(2))
    var first = 0.0
    for day in 0..<20 {
      first = budget.level(at: TestStream.start.advanced(bySeconds: Double(day) * 86_400))
    }
    let after = TestStream.start.advanced(bySeconds: 20 * 86_400)
    var last = first
    for index in 0..<10_000 {
      last = budget.level(at: after.advanced(bySeconds: Double(index)))
    }
    #expect(first == OnlineBudget.levelMax)
    #expect(last < first / 5)
  }

  @Test("a loud evening makes the next days stricter, tenfold at most, and passes")
  func loudEvening() {
    var budget = OnlineBudget(.alertsPerDay(2))
    func level(_ day: Double, tests: Int) -> Double {
      var level = 0.0
      for index in 0..<tests {
        let second = day * 86_400 + Double(index) * 86_400 / Double(tests)
        level = budget.level(at: TestStream.start.advanced(bySeconds: second))
      }
      return level
    }
    var calm = 0.0
    for day in 0..<40 { calm = level(Double(day), tests: 400) }
    for _ in 0..<60 { budget.countAlert(at: TestStream.start.advanced(bySeconds: 40 * 86_400)) }
    let after = level(40, tests: 400)
    #expect(abs(after / calm - 0.1) < 0.01)
    var later = 0.0
    for day in 41..<75 { later = level(Double(day), tests: 400) }
    #expect(abs(later / calm - 1) < 0.05)
  }
}
