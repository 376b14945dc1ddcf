import Detect
import Testing

@Suite struct ShortRunsTests {
  /// What is said of each duration in turn, 600 s being usual.
  private static func answers(_ seconds: [Double], usual: Double? = 600) -> [Bool] {
    var runs = ShortRuns()
    return seconds.map { runs.isTypical($0, usual: usual) }
  }

  @Test("a run in less than a tenth of the usual time teaches nothing, until six came in a row")
  func streak() {
    #expect(ShortRunsTests.answers([5], usual: nil) == [true])
    #expect(ShortRunsTests.answers([60]) == [true])
    let many = ShortRunsTests.answers([Double](repeating: 59, count: 8))
    #expect(many == [false, false, false, false, false, true, true, true])
  }

  @Test("a usual run between them begins the count anew")
  func interrupted() {
    let once: [Double] = [1, 1, 1, 1, 1, 500]
    let answers = ShortRunsTests.answers(once + once + once)
    let expected = [false, false, false, false, false, true]
    #expect(answers == expected + expected + expected)
  }
}
