/// What a file of columns begins with: of which entries it was made, and where its blocks are.
///
///     0   "vigil columns" and three zeros, 16 bytes
///     16  version, 4 bytes; all numbers little-endian
///     20  block count, 4 bytes
///     24  index of the segment's first entry, 8 bytes
///     32  entries, from the segment's first on, 8 bytes
///     40  bytes of these entries with their newlines, uncompressed, 8 bytes
///     48  leaf hash of the last of them, 32 bytes
///     80  blocks, 56 bytes each, in the order of the journal:
///         0 offset in this file | 8 byte count | 16 checksum | 24 entries | 32 offset of the first
///         entry in the segment | 40 earliest and 48 latest event time, microseconds since 1970
///     .   checksum of all before it, 8 bytes; the blocks follow
struct ColumnDirectory: Equatable, Sendable {
  /// Rises with every change of the format or of the fields in it: an older file is made anew.
  static let version: UInt64 = 1
  static let headByteCount = 80
  static let blockByteCount = 56
  /// Blocks of a segment: more than 4 billion entries.
  static let blockCountMax = 1 << 21
  private static let magic = Array("vigil columns\0\0\0".utf8)

  struct Block: Equatable, Sendable {
    var offset: Int
    var byteCount: Int
    var checksum: UInt64
    var entryCount: Int
    /// In the segment, uncompressed.
    var entryOffset: Int
    var earliest: Timestamp
    var latest: Timestamp
    /// Place of the first entry in the segment; follows from the blocks before.
    var position: Int
  }

  let segment: SegmentName
  var entryCount = 0
  var byteCount = 0
  var lastLeaf = Digest.zero
  var blocks: [Block] = []

  init(segment: SegmentName) { self.segment = segment }

  /// Bytes of the directory with `blockCount` blocks.
  static func byteCount(blockCount: Int) -> Int { headByteCount + blockCount * blockByteCount + 8 }

  /// Nil unless the bytes begin with a directory that is whole and whose blocks lie one behind the
  /// other within `fileByteCount` bytes.
  init?(_ bytes: [UInt8], fileByteCount: Int) {
    guard let count = ColumnDirectory.blockCount(bytes) else { return nil }
    let end = ColumnDirectory.byteCount(blockCount: count) - 8
    guard bytes.count >= end + 8, bytes.word(at: end) == ColumnChecksum.sum(bytes[..<end]),
      let firstIndex = Int(exactly: bytes.word(at: 24)), firstIndex < 1_000_000_000_000,
      let entryCount = Int(exactly: bytes.word(at: 32)),
      let byteCount = Int(exactly: bytes.word(at: 40))
    else { return nil }
    segment = SegmentName(firstIndex: firstIndex)
    self.entryCount = entryCount
    self.byteCount = byteCount
    lastLeaf = Digest(bytes.span, at: 48)
    var position = 0
    var offset = end + 8
    for number in 0..<count {
      guard
        let block = ColumnDirectory.block(
          bytes, at: ColumnDirectory.headByteCount + number * ColumnDirectory.blockByteCount,
          position),
        block.offset == offset, block.byteCount <= fileByteCount - offset,
        block.entryCount <= entryCount - position
      else { return nil }
      blocks.append(block)
      position += block.entryCount
      offset += block.byteCount
    }
    guard position == entryCount else { return nil }
  }

  /// Nil for bytes that do not begin as a directory of this version does.
  static func blockCount(_ bytes: [UInt8]) -> Int? {
    guard bytes.count >= headByteCount, bytes.starts(with: magic),
      bytes.word(at: 16) & 0xFFFF_FFFF == version
    else { return nil }
    let count = Int(bytes.word(at: 16) >> 32)
    return count <= blockCountMax ? count : nil
  }

  private static func block(_ bytes: [UInt8], at offset: Int, _ position: Int) -> Block? {
    func number(_ place: Int) -> Int? { Int(exactly: bytes.word(at: offset + place)) }
    func instant(_ place: Int) -> Timestamp? {
      Timestamp(microseconds: Int64(bitPattern: bytes.word(at: offset + place)))
    }
    guard let blockOffset = number(0), let byteCount = number(8), let entryCount = number(24),
      let entryOffset = number(32), let earliest = instant(40), let latest = instant(48),
      (1...ColumnBlockWriter.rowCountMax).contains(entryCount), earliest <= latest
    else { return nil }
    return Block(
      offset: blockOffset, byteCount: byteCount, checksum: bytes.word(at: offset + 16),
      entryCount: entryCount, entryOffset: entryOffset, earliest: earliest, latest: latest,
      position: position)
  }

  /// The directory's bytes.
  var bytes: [UInt8] {
    var bytes = ColumnDirectory.magic
    bytes.append(littleEndian: ColumnDirectory.version, width: 4)
    for (number, width) in [(blocks.count, 4), (segment.firstIndex, 8), (entryCount, 8)] {
      bytes.append(littleEndian: UInt64(number), width: width)
    }
    bytes.append(littleEndian: UInt64(byteCount), width: 8)
    lastLeaf.append(to: &bytes)
    for block in blocks {
      for number in [
        UInt64(block.offset), UInt64(block.byteCount), block.checksum, UInt64(block.entryCount),
        UInt64(block.entryOffset), UInt64(bitPattern: block.earliest.microseconds),
        UInt64(bitPattern: block.latest.microseconds),
      ] { bytes.append(littleEndian: number, width: 8) }
    }
    bytes.append(littleEndian: ColumnChecksum.sum(bytes[...]), width: 8)
    return bytes
  }
}

/// Finds damage, not intent: whoever can write here can write anything here.
package enum ColumnChecksum {
  /// Every word of eight bytes (the last filled up with zeros) is mixed into a state that no other
  /// value of that word would have led to.
  package static func sum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    var sum = UInt64(bytes.count) &* 0x9E37_79B9_7F4A_7C15
    let words = bytes.span
    var place = 0
    while place &+ 8 <= words.count {
      sum = (sum ^ words.word(at: place)) &* 0xD6E8_FEB8_6659_FD93
      sum ^= sum >> 32
      place &+= 8
    }
    var rest: UInt64 = 0
    for byte in bytes.dropFirst(place).reversed() { rest = rest << 8 | UInt64(byte) }
    sum = (sum ^ rest) &* 0xD6E8_FEB8_6659_FD93
    return sum ^ sum >> 32
  }
}
