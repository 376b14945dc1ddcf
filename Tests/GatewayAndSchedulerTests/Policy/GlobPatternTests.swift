import GatewayAndScheduler
import TestSupport
import Testing

@Suite struct GlobPatternTests {
  @Test(
    "a star stands for any bytes, everything else for itself",
    arguments: [
      ("etl", "etl", true), ("etl", "etl-", false), ("etl", "ETL", false), ("*", "", true),
      ("*", "anything at all", true), ("etl-*", "etl-", true), ("etl-*", "etl-daily", true),
      ("etl-*", "etl", false), ("*-daily", "etl-daily", true), ("*-daily", "-daily", true),
      ("*-daily", "etl-daily-2", false), ("a*b*c", "abc", true), ("a*b*c", "axxbyyc", true),
      ("a*b*c", "acb", false), ("a*a", "a", false), ("a*a", "aa", true), ("**", "x", true),
      ("a**b", "ab", true), ("a.c", "abc", false), ("a?c", "abc", false), ("[ab]", "a", false),
      ("*aab*", "aaab", true), ("*abab*ab", "abababab", true), ("é*", "é!", true),
      ("é*", "e\u{301}!", false),
    ])
  func table(pattern: String, text: String, expected: Bool) throws {
    #expect(try #require(GlobPattern(pattern)).matches(text) == expected)
  }

  @Test(
    "no pattern is empty, too long or has control characters",
    arguments: ["", "a\nb", "a\u{7F}", String(repeating: "a", count: 257), "\0"])
  func refused(text: String) { #expect(GlobPattern(text) == nil) }

  /// By trying every split; exponential, for short texts only.
  private static func reference(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
    guard let first = pattern.first else { return text.isEmpty }
    if first == UInt8(ascii: "*") {
      return (text.startIndex...text.endIndex).contains {
        reference(pattern.dropFirst(), text[$0...])
      }
    }
    return text.first == first && reference(pattern.dropFirst(), text.dropFirst())
  }

  @Test("every pattern and text of up to five letters agree with a matcher that tries every split")
  func exhaustive() throws {
    let letters = Array("ab*".utf8)
    func words(_ alphabet: [UInt8], _ countMax: Int) -> [[UInt8]] {
      var all: [[UInt8]] = [[]]
      var last: [[UInt8]] = [[]]
      for _ in 0..<countMax {
        last = last.flatMap { word in alphabet.map { word + [$0] } }
        all += last
      }
      return all
    }
    let texts = words(Array("ab".utf8), 6)
    for pattern in words(letters, 5) where !pattern.isEmpty {
      let glob = try #require(GlobPattern(String(decoding: pattern, as: UTF8.self)))
      for text in texts where glob.matches(text) != Self.reference(pattern[...], text[...]) {
        Issue.record("\(glob) on \(String(decoding: text, as: UTF8.self))")
      }
    }
  }

  @Test("what one pattern covers of another, it matches", arguments: 0..<8)
  func cover(seed: Int) throws {
    var random = SeededRandom(seed: UInt64(seed))
    func word(_ alphabet: String) -> String {
      String(
        (0..<Int.random(in: 1...5, using: &random)).map { _ in
          alphabet.randomElement(using: &random) ?? "a"
        })
    }
    var coverCount = 0
    for _ in 0..<2000 {
      let wide = try #require(GlobPattern(word("ab*")))
      let narrow = try #require(GlobPattern(word("ab*")))
      guard wide.covers(narrow) else { continue }
      coverCount += 1
      for _ in 0..<20 {
        // Stars of the narrow one filled at random: a text that it matches.
        let text = narrow.text.map {
          $0 == "*" ? (Bool.random(using: &random) ? "" : word("abc")) : String($0)
        }
        .joined()
        #expect(
          narrow.matches(text) && wide.matches(text), "seed \(seed): \(wide) \(narrow) \(text)")
      }
    }
    #expect(coverCount > 100)
  }

  @Test("a hostile pattern over a long text takes linear time")
  func linear() throws {
    let pattern = try #require(
      GlobPattern(String(repeating: "*aaaaaaaaab", count: 20) + "*"))
    let text = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
    let clock = ContinuousClock()
    let time = clock.measure { #expect(!pattern.matches(text)) }
    #expect(time < .seconds(2))
  }
}
