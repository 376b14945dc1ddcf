import CPlatform
import Ingest
import TestSupport
import Testing

/// The vector code against its portable form, and that against the definition byte by byte.
@Suite struct ByteScanTests {
  /// Bytes at and beside every boundary of every class.
  private static let boundaries: [UInt8] =
    Array("09afgzAFGZ+-/_ \"'\\:=%?#{[@`~".utf8) + [0x00, 0x1F, 0x21, 0x7E, 0x7F, 0x80, 0xC3, 0xFF]

  private static func check(_ bytes: [UInt8]) throws {
    let run = plainRun(bytes)
    let naive = bytes.firstIndex {
      $0 < 0x20 || $0 > 0x7E || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\")
    }
    #expect(run.vector == run.portable && run.vector == naive ?? bytes.count, "\(bytes)")
    let traits = textTraits(bytes)
    #expect(traits.vector == traits.portable && traits.vector == naiveTraits(bytes), "\(bytes)")
    let found = bytes.span.traits.rawValue
    #expect(found == traits.portable, "\(bytes)")
    let base64 = base64Run(bytes)
    #expect(base64.vector == base64.portable && base64.traits == base64.portableTraits, "\(bytes)")
    try #require(base64.vector <= bytes.count)
  }

  @Test func everyByteAtEveryPlaceOfShortAndLongTextsReadsTheSame() throws {
    for count in [1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 50] {
      for place in 0..<count {
        for byte in ByteScanTests.boundaries {
          var bytes = [UInt8](repeating: UInt8(ascii: "a"), count: count)
          bytes[place] = byte
          try ByteScanTests.check(bytes)
        }
      }
    }
    for byte in UInt8.min...UInt8.max {
      try ByteScanTests.check([UInt8](repeating: byte, count: 16))
      try ByteScanTests.check([byte])
    }
    try ByteScanTests.check([])
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func randomTextsReadTheSame(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    for _ in 0..<3000 {
      let count = Int.random(in: 0...80, using: &random)
      var bytes = random.bytes(count: count)
      if Bool.random(using: &random) {
        bytes = bytes.map { ByteScanTests.boundaries[Int($0) % ByteScanTests.boundaries.count] }
      }
      try ByteScanTests.check(bytes)
    }
  }

  @Test func aRunOfBase64EndsAtTheFirstOtherByteAndTellsWhetherItIsHexadecimal() {
    let text = Array("x=0123456789abcdefABCDEF-0123456789;0123456789abcdefg".utf8)
    let first = text.span.base64Run(from: 2)
    #expect(first.end == 35 && first.isHexadecimal)
    let second = text.span.base64Run(from: 36)
    #expect(second.end == text.count && !second.isHexadecimal)
  }

  @Test func equalTextsHaveOneHashAndTextsOfAnotherLengthAreNotEqual() {
    let one = Array("POST /jobs/orders-sync/runs".utf8)
    let other = Array(String(decoding: one, as: UTF8.self).utf8)
    let areEqual = one.span.equals(other.span)
    let haveOneHash = one.span.tableHash == other.span.tableHash
    #expect(areEqual && haveOneHash)
    let equalsItsBeginning = one.span.equals(one.span.extracting(0..<20))
    #expect(!equalsItsBeginning)
    let empty: [UInt8] = []
    let isEmptyEqual = empty.span.equals(empty.span)
    #expect(isEmptyEqual)
  }
}

// SAFETY, of all three: the pointer is valid for the closure and for exactly `count` bytes.

private func plainRun(_ bytes: [UInt8]) -> (vector: Int, portable: Int) {
  unsafe bytes.withUnsafeBufferPointer { buffer in
    guard let base = buffer.baseAddress else { return (0, 0) }
    return unsafe (
      vigil_plain_run(base, buffer.count), vigil_plain_run_portable(base, buffer.count)
    )
  }
}

private func textTraits(_ bytes: [UInt8]) -> (vector: UInt32, portable: UInt32) {
  unsafe bytes.withUnsafeBufferPointer { buffer in
    guard let base = buffer.baseAddress else { return (0, 0) }
    return unsafe (
      vigil_text_traits(base, buffer.count), vigil_text_traits_portable(base, buffer.count)
    )
  }
}

private func base64Run(
  _ bytes: [UInt8]
) -> (vector: Int, portable: Int, traits: UInt32, portableTraits: UInt32) {
  var traits: UInt32 = 0
  var portableTraits: UInt32 = 0
  return unsafe bytes.withUnsafeBufferPointer { buffer in
    guard let base = buffer.baseAddress else { return (0, 0, 0, 0) }
    let vector = unsafe vigil_base64_run(base, buffer.count, &traits)
    let portable = unsafe vigil_base64_run_portable(base, buffer.count, &portableTraits)
    return (vector, portable, traits, portableTraits)
  }
}

private func naiveTraits(_ bytes: [UInt8]) -> UInt32 {
  var traits: TextTraits = []
  for byte in bytes {
    if !"0123456789abcdefABCDEF-".utf8.contains(byte) { traits.insert(.notHexadecimal) }
    if byte <= 0x20 || "\"':=%\\".utf8.contains(byte) { traits.insert(.special) }
    if "?#".utf8.contains(byte) { traits.insert(.query) }
  }
  return traits.rawValue
}
