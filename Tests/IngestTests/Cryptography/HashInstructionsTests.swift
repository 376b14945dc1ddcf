import Ingest
import Testing

@Suite("SHA-256 by the processor's instructions")
struct HashInstructionsTests {
  private static let bytes = [UInt8]((0..<700).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) })

  private static func expected(_ prefix: UInt8, _ pieces: [UInt8]...) -> Digest {
    var hash = SHA256()
    hash.update([prefix].span)
    for piece in pieces { hash.update(piece.span) }
    return hash.finish()
  }

  @Test("a leaf of any length has libcrypto's digest", arguments: 0...300)
  func leaf(_ count: Int) {
    var hasher = MerkleHasher()
    let entry = Array(HashInstructionsTests.bytes[..<count])
    #expect(hasher.leaf(entry.span) == HashInstructionsTests.expected(0, entry))
  }

  @Test("two leaves of any lengths have the digests that each has alone", arguments: 0...70)
  func leaves(_ step: Int) {
    var hasher = MerkleHasher()
    for other in stride(from: 0, through: 400, by: 9) {
      let first = Array(HashInstructionsTests.bytes[..<(step * 9)])
      let second = Array(HashInstructionsTests.bytes[3..<(3 + other)])
      let leaves = hasher.leaves(first.span, second.span)
      #expect(leaves.0 == HashInstructionsTests.expected(0, first))
      #expect(leaves.1 == HashInstructionsTests.expected(0, second))
    }
  }

  @Test("a node has libcrypto's digest")
  func node() {
    var hasher = MerkleHasher()
    for start in 0..<64 {
      let left = SHA256.digest(HashInstructionsTests.bytes.span.extracting(start..<start + 9))
      let right = SHA256.digest(HashInstructionsTests.bytes.span.extracting(start..<start + 30))
      #expect(
        hasher.node(left, right) == HashInstructionsTests.expected(1, left.bytes, right.bytes))
    }
  }
}
