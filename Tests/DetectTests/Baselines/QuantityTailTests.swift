import Detect
import Testing

@Suite struct PooledSurvivalTests {
  private static func table(_ values: [Double]) -> PooledSurvival {
    var pool = PooledValues()
    pool.turn(to: 0)
    for value in values { pool.learn(value, weight: 1) }
    pool.turn(to: 1)
    return pool.survival
  }

  @Test(
    "it is the share of values at least as large, to a bin", arguments: 1...5 as ClosedRange<UInt64>
  )
  func share(seed: UInt64) {
    var random = SplitMix(seed: seed)
    let values = (0..<4000).map { _ in 300 * Elementary.exp(1.5 * random.normal()) }
    let survival = PooledSurvivalTests.table(values)
    for x in [10.0, 100, 300, 1000, 5000] {
      // A bin is a tenth of ln x wide: the truth lies between the shares at its ends.
      let most = Double(values.count { $0 >= x * Elementary.exp(-0.1) } + 1) / 4001
      let least = Double(values.count { $0 >= x * Elementary.exp(0.1) } + 1) / 4001
      let found = survival.survival(x)
      #expect(found <= most + 1e-12 && found >= least - 1e-12, "seed \(seed) x \(x)")
    }
  }

  @Test("it falls from 1, is never 0, and says nothing before it knows anything")
  func shape() {
    #expect(PooledSurvival.unknown.survival(1e9) == 1)
    let survival = PooledSurvivalTests.table([2, 2, 50, 1e5])
    #expect(survival.survival(0) == 1)
    #expect(survival.survival(-1) == 1)
    var last = 1.0
    for step in 0..<700 {
      let found = survival.survival(Elementary.exp(-3 + Double(step) * 0.1))
      #expect(found <= last && found > 0)
      last = found
    }
  }

  @Test("what a day brings is seen on the next, and an older day fades")
  func days() {
    var pool = PooledValues()
    pool.turn(to: 5)
    pool.learn(100, weight: 1)
    #expect(pool.survival.survival(1000) == 1)
    pool.turn(to: 5)
    #expect(pool.survival.survival(1000) == 1)
    pool.turn(to: 6)
    // One pseudo-observation beside one value, ten times as far: e^-(2 ln 10) and a bin.
    #expect(pool.survival.survival(1000) < 0.01)
    for day in 7..<600 { pool.turn(to: day) }
    #expect(pool.survival.survival(100) < 1)
    #expect(abs(pool.survival.survival(1000) * 100 - 1) < 0.3)
  }
}

@Suite struct QuantityTailTests {
  private static let own = LomaxTail(threshold: 600, exceedance: 0.04, shape: 3, scale: 0.3)

  private static func pool(_ seed: UInt64) -> PooledSurvival {
    var random = SplitMix(seed: seed)
    var pool = PooledValues()
    pool.turn(to: 0)
    for _ in 0..<20_000 { pool.learn(100 * Elementary.exp(2 * random.normal()), weight: 1) }
    pool.turn(to: 1)
    return pool.survival
  }

  private static func tail(
    size: Double, largest: [Double] = [], count: Int = 100, seed: UInt64 = 1
  ) -> QuantityTail {
    QuantityTail(own: own, size: size, largest: largest, count: count, pool: pool(seed))
  }

  @Test(
    "it is the mixture of the formula", arguments: [700.0, 2000, 9000, 400_000], [2.0, 8, 200])
  func formula(x: Double, size: Double) {
    let largest = [3000.0, 900, 650]
    let tail = QuantityTailTests.tail(size: size, largest: largest)
    let all = QuantityTailTests.pool(1)
    let law = 0.04 / Elementary.pow(1 + Elementary.log(x / 600) / (3 * 0.3), 3)
    let among = 0.04 * 2 * all.survival(x) / all.survival(600)
    let rank = Double(largest.count { $0 >= 0.7 * x }) / 101
    let stranger = Elementary.exp(-size / 2)
    let expected = (1 - stranger) * max(min(law, among), rank) + stranger * all.survival(x)
    #expect(abs(tail.survival(x) / expected - 1) < 1e-12)
  }

  @Test("the value at a survival has that survival, and a hair less has more")
  func inverse() {
    let tail = QuantityTailTests.tail(size: 50, largest: [5000, 800])
    for p in [0.03, 0.01, 1e-3, 1e-5] {
      let value = tail.value(atSurvival: p)
      #expect(tail.survival(value) <= p)
      #expect(tail.survival(value * (1 - 1e-6)) > p)
    }
  }

  @Test("survival never rises with the value", arguments: 1...4 as ClosedRange<UInt64>)
  func monotone(seed: UInt64) {
    var random = SplitMix(seed: seed)
    let largest = (0..<20).map { _ in 500 * random.exponential() }.sorted(by: >)
    let tail = QuantityTailTests.tail(size: 4, largest: largest, seed: seed)
    var last = 1.0
    for step in 0..<3000 {
      let found = tail.survival(Elementary.exp(Double(step) * 0.005))
      #expect(found <= last + 1e-15 && found > 0, "seed \(seed) step \(step)")
      last = found
    }
  }

  @Test("a job without a past is judged by all; one of two runs mostly; one of forty by itself")
  func strangers() {
    let pool = QuantityTailTests.pool(1)
    let x = 20_000.0
    #expect(QuantityTail(pool: pool).survival(x) == pool.survival(x))
    let young = QuantityTailTests.tail(size: 2).survival(x)
    let old = QuantityTailTests.tail(size: 40).survival(x)
    #expect(young > 0.3 * pool.survival(x))
    #expect(old < 1.01 * QuantityTailTests.own.survival(x))
  }

  @Test("what a job did before, it may do again: p is no less than the share of such runs")
  func repeated() {
    let tail = QuantityTailTests.tail(size: 100, largest: [40_000, 39_000, 38_500], count: 150)
    #expect(tail.alikeCount(40_000) == 3)
    #expect(tail.survival(40_000) >= 3.0 / 151)
    #expect(tail.survival(60_000) < 1e-3)
  }
}
