/// Up to 256 entries in one file (C2SP tlog-tiles): for each a two-byte big-endian length, and its
/// bytes.
///
///     00 05 7b 22 76 22 7d   00 02 7b 7d      entries `{"v"}` and `{}`
package struct EntryBundle: Sendable {
  /// The longest entry that a bundle can hold.
  package static let entryByteCountMax = 0xFFFF
  /// Bytes of the largest bundle.
  package static let byteCountMax = Tile.fullWidth * (2 + entryByteCountMax)

  package private(set) var bytes: [UInt8] = []
  package private(set) var entryCount = 0

  package init() {}

  /// Adds an entry. Precondition: at most 65,535 bytes, fewer than 256 entries so far.
  package mutating func append(_ entry: Span<UInt8>) {
    precondition(
      entry.count <= EntryBundle.entryByteCountMax && entryCount < Tile.fullWidth,
      "entry of \(entry.count) bytes in a bundle of \(entryCount)")
    bytes.append(UInt8(entry.count >> 8))
    bytes.append(UInt8(entry.count & 0xFF))
    bytes.append(copying: entry)
    entryCount += 1
  }

  package mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    entryCount = 0
  }

  /// Where the entries of a bundle lie in its bytes.
  ///
  /// Nil unless the bytes are exactly 1 to 256 whole entries.
  package static func entries(_ bytes: [UInt8]) -> [Range<Int>]? {
    var result: [Range<Int>] = []
    var offset = 0
    while offset < bytes.count {
      guard result.count < Tile.fullWidth, bytes.count - offset >= 2 else { return nil }
      let start = offset + 2
      let end = start + (Int(bytes[offset]) << 8 | Int(bytes[offset + 1]))
      guard end <= bytes.count else { return nil }
      result.append(start..<end)
      offset = end
    }
    return result.isEmpty ? nil : result
  }
}
