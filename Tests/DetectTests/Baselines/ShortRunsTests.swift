import Detect
import Testing

@Suite struct ShortRunsTests {
  @Test("a run in less than a tenth of the usual time teaches nothing, until six came in a row")
  func streak() {
    var runs = ShortRuns()
    #expect(runs.isTypical(5, usual: nil))
    #expect(runs.isTypical(60, usual: 600))
    for _ in 0..<5 { #expect(!runs.isTypical(59, usual: 600)) }
    #expect(runs.isTypical(59, usual: 600))
    #expect(runs.isTypical(59, usual: 600))
  }

  @Test("a usual run between them begins the count anew")
  func interrupted() {
    var runs = ShortRuns()
    for _ in 0..<4 {
      for _ in 0..<5 { #expect(!runs.isTypical(1, usual: 600)) }
      #expect(runs.isTypical(500, usual: 600))
    }
  }
}
