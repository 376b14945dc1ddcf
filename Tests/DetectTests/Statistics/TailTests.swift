import Detect
import Testing

@Suite struct LomaxTailTests {
  @Test(
    "the value at a survival has that survival",
    arguments: [0.05, 0.01, 1e-3, 1e-6], [0.05, 0.5, 2.0])
  func inverse(p: Double, scale: Double) {
    let tail = LomaxTail(threshold: 120, exceedance: 0.08, shape: 4, scale: scale)
    let value = tail.value(atSurvival: p)
    #expect(value > 120)
    #expect(abs(tail.survival(value) / p - 1) < 1e-9)
  }

  @Test("nothing is strange up to the threshold, and survival falls beyond it")
  func shape() {
    let tail = LomaxTail(threshold: 60, exceedance: 0.1, shape: 3, scale: 0.4)
    #expect(tail.survival(60) == 1)
    #expect(tail.value(atSurvival: 0.2) == 60)
    var last = 1.0
    for x in stride(from: 60.001, to: 6000, by: 37) {
      let p = tail.survival(x)
      #expect(p < last && p > 0)
      last = p
    }
  }

  @Test("the predictive equals the mean of exponential tails over a gamma law of the rate")
  func predictive() {
    // Rate ~ gamma(shape 4, rate 4 * 0.5); P(Y > y) = E exp(-rate * y), integrated by midpoints.
    let tail = LomaxTail(threshold: 1, exceedance: 1, shape: 4, scale: 0.5)
    let y = 1.7
    var sum = 0.0
    let step = 1e-3
    for index in 0..<40_000 {
      let rate = (Double(index) + 0.5) * step
      let density = Elementary.exp(
        4 * Elementary.log(2) + 3 * Elementary.log(rate) - 2 * rate - Elementary.logGamma(4))
      sum += density * Elementary.exp(-rate * y) * step
    }
    #expect(abs(tail.survival(Elementary.exp(y)) - sum) < 1e-6)
  }
}

@Suite struct NegativeBinomialTests {
  @Test(
    "the tail is one less the sum of the terms below",
    arguments: [0.3, 2.0, 25.0], [0.4, 1.0, 7.5])
  func tailEqualsSum(mean: Double, dispersion: Double) {
    let law = NegativeBinomial(mean: mean, dispersion: dispersion)
    var below = 0.0
    for k in 0..<40 {
      #expect(abs(law.survival(k) - (1 - below)) < 1e-10, "k \(k)")
      below += Elementary.exp(law.logProbability(k))
    }
  }

  @Test("mean and variance are as stated")
  func moments() {
    let law = NegativeBinomial(mean: 3, dispersion: 2)
    var mean = 0.0
    var square = 0.0
    for k in 0..<2000 {
      let p = Elementary.exp(law.logProbability(k))
      mean += Double(k) * p
      square += Double(k * k) * p
    }
    #expect(abs(mean - 3) < 1e-9)
    #expect(abs(square - mean * mean - (3 + 9.0 / 2)) < 1e-6)
  }

  @Test(
    "a long tail is not cut off where the sum ends: the geometric law has its closed form",
    arguments: [1e4, 1e5, 1e6], [0.001, 0.3, 1, 4])
  func longTail(mean: Double, share: Double) {
    let law = NegativeBinomial(mean: mean, dispersion: 1)
    let k = Int(share * mean)
    let exact = Elementary.exp(Double(k) * Elementary.log(mean / (mean + 1)))
    #expect(abs(law.survival(k) / exact - 1) < 1e-8, "\(law.survival(k)) for \(exact)")
  }

  @Test("survival falls with the count, also where the way to compute it changes")
  func falling() {
    for dispersion in [0.5, 4.0, 60] {
      let law = NegativeBinomial(mean: 3000, dispersion: dispersion)
      var last = 1.0
      for k in stride(from: 1, through: 60_000, by: 531) {
        let p = law.survival(k)
        #expect(p <= last * (1 + 1e-9) && p > 0, "r \(dispersion), k \(k): \(p) after \(last)")
        last = p
      }
    }
  }

  @Test("a huge count ends within the stated number of terms and stays above 0")
  func hugeCount() {
    let law = NegativeBinomial(mean: 1e6, dispersion: 0.01)
    #expect(law.survival(10_000_000) > 0)
    #expect(NegativeBinomial(mean: 0.01, dispersion: 50).survival(5000) == 1e-300)
  }
}

@Suite struct BernoulliRateTests {
  @Test("the estimate adds half a yes and one trial")
  func krichevskyTrofimov() {
    var rate = BernoulliRate()
    #expect(rate.krichevskyTrofimov == 0.5)
    for index in 0..<9 { rate.learn(index == 0) }
    #expect(rate.krichevskyTrofimov == 0.15)
    #expect(abs(rate.shrunk(to: 0.3, strength: 1) - 0.13) < 1e-12)
    rate.fade(by: 0.5)
    #expect(rate.trials == 4.5)
  }
}
