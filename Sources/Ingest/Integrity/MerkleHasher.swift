/// The two hashes of RFC 9162 section 2.1.1: by the processor's instructions where it has them, else
/// over one reused context of libcrypto.
package struct MerkleHasher: ~Copyable {
  private var hash = SHA256()
  private static let leafPrefix: [UInt8] = [0x00]
  private static let nodePrefix: [UInt8] = [0x01]

  package init() {}

  /// SHA-256(0x00 ‖ entry).
  package mutating func leaf(_ entry: Span<UInt8>) -> Digest {
    if HashInstructions.areAvailable {
      return HashInstructions.digest(
        HashedMessage(entry, lead: MerkleHasher.leafPrefix.span))
    }
    hash.update(MerkleHasher.leafPrefix.span)
    hash.update(entry)
    return hash.finish()
  }

  /// The leaf hashes of two entries, for little more than the time of the longer one.
  package mutating func leaves(
    _ first: Span<UInt8>, _ second: Span<UInt8>
  ) -> (Digest, Digest) {
    guard HashInstructions.areAvailable else { return (leaf(first), leaf(second)) }
    return HashInstructions.digests(
      HashedMessage(first, lead: MerkleHasher.leafPrefix.span),
      HashedMessage(second, lead: MerkleHasher.leafPrefix.span))
  }

  /// SHA-256(0x01 ‖ left ‖ right).
  package mutating func node(_ left: Digest, _ right: Digest) -> Digest {
    if HashInstructions.areAvailable {
      return Digest.withSpan(of: left, right) { children in
        HashInstructions.digest(
          HashedMessage(children, lead: MerkleHasher.nodePrefix.span))
      }
    }
    hash.update(MerkleHasher.nodePrefix.span)
    hash.update(left)
    hash.update(right)
    return hash.finish()
  }
}
