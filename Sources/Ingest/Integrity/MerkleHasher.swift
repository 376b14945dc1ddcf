/// The two hashes of RFC 9162 section 2.1.1, over one reused context.
package struct MerkleHasher: ~Copyable {
  private var hash = SHA256()
  private static let leafPrefix: [UInt8] = [0x00]
  private static let nodePrefix: [UInt8] = [0x01]

  package init() {}

  /// SHA-256(0x00 ‖ entry).
  package mutating func leaf(_ entry: Span<UInt8>) -> Digest {
    hash.update(MerkleHasher.leafPrefix.span)
    hash.update(entry)
    return hash.finish()
  }

  /// SHA-256(0x01 ‖ left ‖ right).
  package mutating func node(_ left: Digest, _ right: Digest) -> Digest {
    hash.update(MerkleHasher.nodePrefix.span)
    hash.update(left)
    hash.update(right)
    return hash.finish()
  }
}
