import GatewayAndScheduler
import Testing

@Suite struct HTTPTargetTests {
  @Test(arguments: [
    ("/", []), ("/a", ["a"]), ("/a/b", ["a", "b"]), ("/a/", ["a", ""]), ("//a", ["", "a"]),
    ("/a%20b/c", ["a b", "c"]), ("/%C3%A9", ["é"]), ("/%252F", ["%2F"]),
    ("/%252e%252e", ["%2e%2e"]),
    ("/...", ["..."]), ("/a+b", ["a+b"]), ("*", []), ("http://h:1/a/b", ["a", "b"]),
    ("HTTPS://h", []), ("http://h?x=1", []), ("/a?b/c", ["a"]), ("/a%3Fb", ["a?b"]),
  ])
  func `a path is split first and decoded once`(text: String, segments: [String]) throws {
    #expect(try HTTPTarget(Array(text.utf8)).segments == segments)
  }

  @Test(arguments: [
    ("/..", HTTPTargetError.unsafeSegment), ("/a/../b", .unsafeSegment), ("/.", .unsafeSegment),
    ("/%2e%2E/b", .unsafeSegment), ("/.%2e", .unsafeSegment), ("/a%2Fb", .unsafeSegment),
    ("/a%5cb", .unsafeSegment), ("/%00", .unsafeSegment), ("/%0a", .unsafeSegment),
    ("/a\\b", .forbiddenByte(0x5C, byteOffset: 2)), ("/a#b", .forbiddenByte(0x23, byteOffset: 2)),
    ("/a b", .forbiddenByte(0x20, byteOffset: 2)), ("/é", .forbiddenByte(0xC3, byteOffset: 1)),
    ("/%", .brokenEscape(byteOffset: 1)), ("/%4", .brokenEscape(byteOffset: 1)),
    ("/%zz", .brokenEscape(byteOffset: 1)), ("/a?b=%g0", .brokenEscape(byteOffset: 5)),
    ("/%ff", .invalidUTF8), ("/%c0%af", .invalidUTF8), ("/%ed%a0%80", .invalidUTF8),
    ("/?%ff", .invalidUTF8), ("", .unknownForm), ("a", .unknownForm), ("host:80", .unknownForm),
    ("ftp://h/a", .unknownForm), ("**", .unknownForm), ("http://", .unknownForm),
  ])
  func `a target that could be read in two ways is refused`(text: String, error: HTTPTargetError) {
    #expect(throws: error) { try HTTPTarget(Array(text.utf8)) }
  }

  @Test func `query items are decoded in order, with plus as a space`() throws {
    let target = try HTTPTarget(Array("/p?a=1&b=x+y%2Bz&a=2&flag&=v&&c=d=e".utf8))
    #expect(target.query.map(\.name) == ["a", "b", "a", "flag", "", "c"])
    #expect(target.query.map(\.value) == ["1", "x y+z", "2", "", "v", "d=e"])
    #expect(target.queryValue("a") == "1")
    #expect(target.queryValue("z") == nil)
    #expect(target.text == "/p?a=1&b=x+y%2Bz&a=2&flag&=v&&c=d=e")
  }

  @Test func `length and number of parts have their limits`() throws {
    let longest = "/" + String(repeating: "a", count: HTTPTarget.byteCountMax - 1)
    #expect(try HTTPTarget(Array(longest.utf8)).segments.count == 1)
    #expect(throws: HTTPTargetError.tooLong(byteCount: 8193, byteCountMax: 8192)) {
      try HTTPTarget(Array((longest + "a").utf8))
    }
    let most = String(repeating: "/a", count: HTTPTarget.partCountMax)
    #expect(try HTTPTarget(Array(most.utf8)).segments.count == HTTPTarget.partCountMax)
    for text in [most + "/a", "/?" + String(repeating: "a&", count: HTTPTarget.partCountMax + 1)] {
      #expect(throws: HTTPTargetError.tooManyParts(countMax: HTTPTarget.partCountMax)) {
        try HTTPTarget(Array(text.utf8))
      }
    }
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `any bytes give a target without unsafe segments, or an error`(seed: UInt64) {
    var random = SplitMix(seed: seed)
    let alphabet = Array("/%.2eEfF5cC\\?&=+a\u{0}é#".utf8)
    for _ in 0..<500 {
      let bytes = (0..<Int(random.next() % 24)).map { _ in
        alphabet[Int(random.next() % UInt64(alphabet.count))]
      }
      guard let target = try? HTTPTarget([UInt8(ascii: "/")] + bytes) else { continue }
      for segment in target.segments {
        #expect(
          segment != "." && segment != ".." && !segment.contains("/") && !segment.contains("\\"),
          "seed \(seed): \(target.text)")
      }
    }
  }
}

/// splitmix64 (Steele, Lea, Flood 2014), so that a seed names a run.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
