import Detect
import Testing

@Suite struct MeanSurpriseTests {
  @Test("one odd hour counts five at most, and few hours say little")
  func bounded() {
    var mean = MeanSurprise()
    #expect(mean.mean(prior: 3, strength: 10) == 3)
    for _ in 0..<9 { mean.learn(1) }
    mean.learn(40)
    #expect(abs(mean.mean(prior: 3, strength: 10) - (9 + 5 + 30) / 20) < 1e-12)
  }

  @Test("what faded by half counts half")
  func fading() {
    var mean = MeanSurprise()
    for _ in 0..<4 { mean.learn(2) }
    mean.fade(by: 0.5)
    mean.learn(4)
    #expect(abs(mean.mean(prior: 1, strength: 1) - (4 + 4 + 1) / 4.0) < 1e-12)
  }

  @Test(
    "only what goes beyond the uniform law is measured by what is usual",
    arguments: [(3.0, 3.0), (4, 4), (6, 4.5), (8, 5)])
  func relative(alone: Double, expected: Double) {
    #expect(abs(MeanSurprise.relative(alone, everyone: 2, usual: 4) - expected) < 1e-12)
  }
}
