import Ingest
import TestSupport
import Testing

@Suite struct StateCodingTests {
  enum Shape: Hashable, Codable {
    case point
    case circle(radius: Double)
    case named(String, Int)
  }

  struct Sample: Equatable, Codable {
    var text: String? = "naïve \u{0}"
    var missing: Int?
    var numbers: [Double] = [0.1, -0.0, .leastNonzeroMagnitude, .infinity]
    var small: [Int8] = [-128, 0, 127]
    var large = UInt64.max
    var least = Int64.min
    var flags = [true, false]
    var shapes: Set<Shape> = [.point, .circle(radius: 0.1), .named("a", 1), .named("b", -1)]
    var byName: [String: Int] = ["z": 1, "a": 2, "": 3]
    var byShape: [Shape: [String]] = [.point: ["p"], .circle(radius: 2): []]
    var nested: [[Int]] = [[], [1], [2, 3]]
  }

  @Test("what is written is read back, bit for bit")
  func roundTrip() throws {
    let sample = Sample()
    let bytes = try StateEncoder.bytes(sample)
    let read = try StateDecoder.value(Sample.self, from: bytes)
    #expect(read == sample)
    #expect(read.numbers[1].sign == .minus)
    #expect(try StateEncoder.bytes(read) == bytes)
    let nan = try StateDecoder.value([Double].self, from: StateEncoder.bytes([Double.nan]))
    #expect(nan[0].isNaN)
  }

  @Test(
    "the order of hash tables does not reach the bytes", arguments: 1...5 as ClosedRange<UInt64>)
  func hashOrder(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let names = (0..<200).map { "name \($0)" }
    func bytes(_ order: [String]) throws -> [UInt8] {
      var set: Set<String> = []
      var table: [[String]: Int] = [:]
      for name in order {
        set.insert(name)
        table[[name]] = name.utf8.count
      }
      return try StateEncoder.bytes(set) + StateEncoder.bytes(table)
    }
    #expect(try bytes(names) == bytes(names.shuffled(using: &random)), "seed \(seed)")
  }

  struct Old: Codable { var a = 1 }
  struct New: Codable {
    var a = 1
    var b: Int? = 2
  }
  struct Newer: Codable {
    var a = 1
    var c = 3
  }

  @Test("a type that lost or gained a field does not read the old bytes")
  func strict() throws {
    #expect(throws: (any Error).self) {
      try StateDecoder.value(Old.self, from: StateEncoder.bytes(New()))
    }
    #expect(throws: (any Error).self) {
      try StateDecoder.value(Newer.self, from: StateEncoder.bytes(Old()))
    }
    #expect(throws: (any Error).self) {
      try StateDecoder.value(String.self, from: StateEncoder.bytes(1))
    }
  }

  @Test("any bytes are read or refused, and none crash", arguments: 1...40 as ClosedRange<UInt64>)
  func hostile(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let good = try StateEncoder.bytes(Sample())
    for _ in 0..<200 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch random.next() % 3 {
        case 0: bytes[place] ^= UInt8(1) << UInt8(random.next() % 8)
        case 1: bytes.removeSubrange(place...)
        default: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
        }
        if bytes.isEmpty { bytes = [7] }
      }
      guard let value = try? StateDecoder.value(Sample.self, from: bytes) else { continue }
      #expect(try !StateEncoder.bytes(value).isEmpty, "seed \(seed)")
    }
    let deep = (0..<400).flatMap { _ in [7, 3, 1] as [UInt8] }
    #expect(throws: (any Error).self) { try StateDecoder.value([Int].self, from: deep) }
    #expect(throws: (any Error).self) {
      try StateDecoder.value([Double].self, from: [9, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F])
    }
  }

  @Test("the canonical text tells settings apart and not the order of their sets")
  func canonicalText() {
    var left: Set<String> = []
    var right: Set<String> = []
    for index in 0..<50 { left.insert("\(index)") }
    for index in (0..<50).reversed() { right.insert("\(index)") }
    #expect(CanonicalText.of(left) == CanonicalText.of(right))
    #expect(CanonicalText.of(Sample()) == CanonicalText.of(Sample()))
    var other = Sample()
    other.byShape[.point] = ["q"]
    #expect(CanonicalText.of(other) != CanonicalText.of(Sample()))
    #expect(CanonicalText.of(["a,b"]) != CanonicalText.of(["a", "b"]))
    #expect(CanonicalText.of(Optional<Int>.none as Any) != CanonicalText.of(Optional(0) as Any))
  }
}
