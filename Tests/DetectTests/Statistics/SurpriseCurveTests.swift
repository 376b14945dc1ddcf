import Detect
import Testing

@Suite struct SurpriseCurveTests {
  private static func scale(_ seed: UInt64, count: Int, honest: Double?) -> SurpriseScale {
    var random = SplitMix(seed: seed)
    var scale =
      honest.map { SurpriseScale(halfLife: 5000, honest: $0) } ?? SurpriseScale(halfLife: 5000)
    for _ in 0..<count {
      scale.learn(random.uniform() < 0.7 ? nil : 1.3 * random.exponential())
    }
    return scale
  }

  @Test(
    "a frozen scale says bit for bit what the scale says",
    arguments: 1...4 as ClosedRange<UInt64>, [0, 1, 30, 4000])
  func equal(seed: UInt64, count: Int) {
    for honest in [nil, 0, 1000] as [Double?] {
      let scale = SurpriseCurveTests.scale(seed, count: count, honest: honest)
      let curve = scale.frozen()
      for step in 0..<900 {
        let surprise = Double(step) * 0.073
        #expect(curve.pValue(surprise) == scale.pValue(surprise), "seed \(seed) at \(surprise)")
      }
    }
  }

  @Test(
    "the surprise at a level is the least that reaches it",
    arguments: 1...4 as ClosedRange<UInt64>, [30, 4000])
  func inverse(seed: UInt64, count: Int) throws {
    let curve = SurpriseCurveTests.scale(seed, count: count, honest: 1000).frozen()
    for level in [0.3, 0.05, 0.01, 1e-3, 1e-5] {
      let surprise = try #require(curve.surprise(atPValue: level))
      #expect(curve.pValue(surprise) <= level * (1 + 1e-12))
      #expect(surprise < 1e-6 || curve.pValue(surprise - 1e-6) > level * (1 - 1e-4))
    }
  }

  @Test("what nothing was as rare as has no surprise")
  func unreachable() {
    let curve = SurpriseCurveTests.scale(1, count: 12, honest: nil).frozen()
    #expect(curve.surprise(atPValue: 1e-3) == nil)
    #expect(SurpriseCurve.unknown.surprise(atPValue: 0.5) == nil)
    #expect(SurpriseCurve.unknown.surprise(atPValue: 1) == 0)
  }

  @Test("before anything is known an honest law is believed, and never fallen below")
  func honest() {
    let fresh = SurpriseScale(halfLife: 5000, honest: 1000).frozen()
    for p in [0.5, 0.1, 0.01, 1e-3] {
      let ratio = fresh.pValue(-Elementary.log(p)) / p
      #expect(ratio > 0.85 && ratio < 1.5, "p \(p): \(ratio)")
    }
    // A law whose surprises crowd at small values: its tail goes on as steep as p itself, no more.
    var crowded = SurpriseScale(halfLife: 1e9, honest: 1000)
    var random = SplitMix(seed: 3)
    for _ in 0..<50_000 { crowded.learn(0.2 * random.exponential()) }
    let curve = crowded.frozen()
    let fall = curve.pValue(9) / curve.pValue(12)
    #expect(fall > 1 && fall < Elementary.exp(3) * 1.01)
  }
}
