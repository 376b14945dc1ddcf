import Ingest
import Report
import TestSupport
import Testing

@Suite struct ReportStyleTests {
  /// Foreground and background as the style sets them; WCAG 2.1 asks for 4.5 to 1 (AA).
  private static let pairs = [
    ("1b1f24", "ffffff"), ("4a525a", "ffffff"), ("0b4f9c", "ffffff"), ("ffffff", "11632a"),
    ("ffffff", "a4161a"), ("ffffff", "8a4b00"), ("1b1f24", "eef1f4"), ("1b1f24", "fff6e8"),
    ("1b1f24", "eef4fb"), ("0b4f9c", "eef4fb"),
  ]
  /// Borders and lines, which carry no text.
  private static let lines: Set = ["6a737d", "c3c9d0", "000000"]

  private func luminance(_ hex: String) -> Double {
    let value = Int(hex, radix: 16) ?? 0
    let weights = [(16, 0.2126), (8, 0.7152), (0, 0.0722)]
    return weights.reduce(0) { sum, part in
      let channel = Double(value >> part.0 & 0xFF) / 255
      let linear = channel <= 0.04045 ? channel / 12.92 : power((channel + 0.055) / 1.055)
      return sum + part.1 * linear
    }
  }

  /// x to the 2.4: x² · x^(2/5), by Newton's method for the fifth root.
  private func power(_ x: Double) -> Double {
    var root = x
    for _ in 0..<60 {
      root -= (root * root * root * root * root - x) / (5 * root * root * root * root)
    }
    return x * x * root * root
  }

  @Test("text and its ground differ by 4.5 to 1 and more, in every pair that the style has")
  func contrast() throws {
    for (front, back) in Self.pairs {
      let light = [luminance(front), luminance(back)].sorted()
      #expect((light[1] + 0.05) / (light[0] + 0.05) >= 4.5, "\(front) on \(back)")
    }
    #expect(abs(luminance("ffffff") - 1) < 1e-9 && luminance("000000") == 0)
    // No colour that the pairs do not know.
    let page = try PackageFixture.text("report.html", try PackageFixture().export())
    let style = try #require(page.split(separator: "</style>").first)
    let known = Set(Self.pairs.flatMap { [$0.0, $0.1] }).union(Self.lines)
    for match in style.matches(of: /#([0-9a-f]{6}|[0-9a-f]{3})\b/) {
      let digits = String(match.1)
      let whole = digits.count == 6 ? digits : digits.map { "\($0)\($0)" }.joined()
      #expect(known.contains(whole), "\(digits)")
    }
  }
}
