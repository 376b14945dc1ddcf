import Report
import Testing

@Suite struct QuantityTests {
  @Test(
    "durations read as a person says them",
    arguments: [
      (0.434, "0.43 s"), (12.54, "12.5 s"), (119.96, "120.0 s"), (200, "3 min 20 s"),
      (7199, "119 min 59 s"), (7500, "2 h 05 min"), (273_600, "3 d 04 h"), (-0.5, "-0.50 s"),
      (0, "0.00 s"),
    ])
  func seconds(value: Double, expected: String) {
    #expect(Quantity.seconds(value) == expected)
  }

  @Test(
    "sizes are in powers of a thousand",
    arguments: [(0, "0 B"), (812, "812 B"), (1_400_000, "1.4 MB"), (999_999, "1000.0 kB")])
  func bytes(value: Int, expected: String) {
    #expect(Quantity.bytes(value) == expected)
  }

  @Test(
    "counts have thousands separators",
    arguments: [
      (0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-1234, "-1,234"),
    ])
  func counts(value: Int, expected: String) {
    #expect(Quantity.count(value) == expected)
  }

  @Test(
    "probabilities keep two significant digits",
    arguments: [
      (1.0, "1"), (0.5, "0.50"), (0.013, "0.013"), (0.00021, "0.00021"), (0.0996, "0.10"),
      (3.14e-9, "3.1e-9"), (0.0, "0"),
    ])
  func probability(value: Double, expected: String) {
    #expect(FindingList.probability(value) == expected)
  }
}
