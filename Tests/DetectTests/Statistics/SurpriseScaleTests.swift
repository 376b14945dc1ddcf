import Detect
import Testing

@Suite struct SurpriseScaleTests {
  @Test("within what was seen often, p is the rank", arguments: 1...5 as ClosedRange<UInt64>)
  func rank(seed: UInt64) {
    var random = SplitMix(seed: seed)
    var scale = SurpriseScale(halfLife: 1e12)
    var values: [Double] = []
    for _ in 0..<5000 {
      let value = 3 * random.exponential()
      values.append(value)
      scale.learn(value)
    }
    for surprise in stride(from: 0.5, to: 8, by: 0.5) {
      let above = Double(values.filter { $0 >= (surprise * 10).rounded() / 10 }.count)
      #expect(abs(scale.pValue(surprise + 1e-9) - (above + 1) / 5001) < 2e-3, "seed \(seed)")
    }
  }

  @Test("beyond what was seen, an exponential tail goes on as it should")
  func tail() {
    var random = SplitMix(seed: 7)
    var scale = SurpriseScale(halfLife: 1e12)
    for _ in 0..<50_000 { scale.learn(1.5 * random.exponential()) }
    for p in [1e-3, 1e-4, 1e-5] {
      let surprise = -1.5 * Elementary.log(p)
      let ratio = scale.pValue(surprise) / p
      #expect(ratio > 0.6 && ratio < 1.6, "p \(p) ratio \(ratio)")
    }
  }

  @Test("p falls as surprise grows, and is never 0 or above 1")
  func monotone() {
    var random = SplitMix(seed: 9)
    var scale = SurpriseScale(halfLife: 500)
    #expect(scale.pValue(10) == 1)
    for _ in 0..<3000 { scale.learn(random.uniform() < 0.8 ? nil : random.exponential()) }
    var last = 1.0
    for step in 0..<600 {
      let p = scale.pValue(Double(step) * 0.1)
      #expect(p <= last + 1e-15 && p > 0)
      last = p
    }
  }

  @Test("old values fade with the stated half-life, over any number of observations")
  func forgetting() {
    var scale = SurpriseScale(halfLife: 100)
    for _ in 0..<20_000 { scale.learn(10) }
    for _ in 0..<200 { scale.learn(0.05) }
    #expect(abs(scale.pValue(9.9) - 0.25) < 0.02)
  }
}
