/// What the first bytes of a log hash to: whether a file under another name is the same log.
///
/// FNV-1a with 64 bits (Fowler, Noll, Vo; draft-eastlake-fnv). It tells a handful of siblings apart
/// and is no evidence of anything; a log's first bytes carry the moment it was begun.
package struct Fingerprint: Hashable, Sendable {
  /// Most bytes taken from a file's start.
  package static let byteCountMax = 1024

  /// How many bytes were hashed, 0 to `byteCountMax`.
  package let byteCount: Int
  package let hash: UInt64

  /// Precondition: `byteCount` is within 0 to `byteCountMax`.
  package init(byteCount: Int, hash: UInt64) {
    precondition((0...Fingerprint.byteCountMax).contains(byteCount), "\(byteCount) bytes")
    self.byteCount = byteCount
    self.hash = hash
  }

  /// Of nothing.
  package static let empty = Fingerprint(of: [])

  /// Of the first bytes of `prefix`, at most `byteCountMax`.
  package init(of prefix: some Sequence<UInt8>) {
    self = Fingerprint(byteCount: 0, hash: 0xCBF2_9CE4_8422_2325).extended(by: prefix)
  }

  /// With the bytes that follow those hashed here, up to `byteCountMax` in all.
  package func extended(by bytes: some Sequence<UInt8>) -> Fingerprint {
    var hash = hash
    var count = byteCount
    for byte in bytes.prefix(Fingerprint.byteCountMax - byteCount) {
      hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
      count += 1
    }
    return Fingerprint(byteCount: count, hash: hash)
  }

  /// Whether a file that begins with `prefix` begins with the bytes hashed here.
  package func matches(prefix: [UInt8]) -> Bool {
    prefix.count >= byteCount && Fingerprint(of: prefix[..<byteCount]) == self
  }
}
