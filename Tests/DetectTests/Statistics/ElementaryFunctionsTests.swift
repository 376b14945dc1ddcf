import Detect
import Testing

@Suite struct ElementaryFunctionsTests {
  @Test(
    "ln Γ of a whole number is the sum of logarithms", arguments: [1, 2, 3, 7, 10, 50, 170, 2000])
  func logGammaOfWholeNumbers(n: Int) {
    var sum = 0.0
    for k in 1..<max(2, n) { sum += Elementary.log(Double(k)) }
    #expect(abs(Elementary.logGamma(Double(n)) - sum) <= 1e-12 * max(1, sum))
  }

  @Test("Γ of one half is the root of pi, and the recurrence holds below 10")
  func logGammaOfHalves() {
    #expect(abs(Elementary.logGamma(0.5) - 0.5 * Elementary.log(Double.pi)) < 1e-13)
    for x in stride(from: 0.05, through: 9.5, by: 0.37) {
      let difference = Elementary.logGamma(x + 1) - Elementary.logGamma(x) - Elementary.log(x)
      #expect(abs(difference) < 1e-12, "at \(x)")
    }
  }
}
