/// Where the frames of a compressed segment lie, and the two frames behind them that say so.
///
/// A compressed segment is a Zstandard file in the seekable format of its authors, so `zstdcat`
/// reads it, and tools that know the format find any place in it:
///
///     frame × n                  131,072 plain bytes each, the last one 1 to 131,072
///     50 2A 4D 18 | 20 00 00 00  skippable frame: 32 bytes, SHA-256 of all frames before it
///     5E 2A 4D 18 | u32 size     skippable frame: the seek table
///       (u32 compressed | u32 plain) × n, and (40 | 0) for the digest's frame
///       u32 n + 1 | 00 | B1 EA 92 8F
///
/// Numbers are little-endian. Every byte is determined by the frames: nothing else is taken.
struct FrameTable: Equatable {
  /// Plain bytes of every frame but the last: what one look at one entry costs at most to decode.
  static let frameByteCount = 128 << 10
  /// Frames of the longest segment taken: 128 GiB of plain bytes.
  static let frameCountMax = 1 << 20
  static let digestFrameByteCount = 8 + Digest.byteCount
  private static let footerByteCount = 9
  private static let entryByteCount = 8
  private static let digestMagic: UInt32 = 0x184D_2A50
  private static let tableMagic: UInt32 = 0x184D_2A5E
  private static let footerMagic: UInt32 = 0x8F92_EAB1

  /// Offset one past each frame in the compressed file.
  private var ends: [Int] = []
  /// Bytes of the segment, uncompressed.
  private(set) var byteCount = 0

  init() {}

  var frameCount: Int { ends.count }
  /// Bytes that the frames take together.
  var framesByteCount: Int { ends.last ?? 0 }
  /// Bytes of the whole file.
  var fileByteCount: Int {
    framesByteCount + FrameTable.digestFrameByteCount
      + FrameTable.tableByteCount(frameCount: frameCount)
  }

  /// Compressed bytes of a frame. Precondition: there is one.
  func range(of frame: Int) -> Range<Int> { (frame == 0 ? 0 : ends[frame - 1])..<ends[frame] }

  /// Plain bytes of a frame. Precondition: there is one.
  func plainByteCount(of frame: Int) -> Int {
    min(FrameTable.frameByteCount, byteCount - frame * FrameTable.frameByteCount)
  }

  /// Takes in the next frame. Precondition: all before it were full.
  mutating func append(compressedByteCount: Int, plainByteCount: Int) {
    precondition(
      byteCount == frameCount * FrameTable.frameByteCount && plainByteCount > 0
        && plainByteCount <= FrameTable.frameByteCount, "frame of \(plainByteCount) bytes")
    ends.append(framesByteCount + compressedByteCount)
    byteCount += plainByteCount
  }

  /// What follows the frames.
  func trailer(_ digest: Digest) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.appendLittleEndian32(FrameTable.digestMagic)
    bytes.appendLittleEndian32(UInt32(Digest.byteCount))
    digest.append(to: &bytes)
    bytes.appendLittleEndian32(FrameTable.tableMagic)
    bytes.appendLittleEndian32(
      UInt32(FrameTable.tableByteCount(frameCount: frameCount) - 8))
    for frame in 0..<frameCount {
      bytes.appendLittleEndian32(UInt32(range(of: frame).count))
      bytes.appendLittleEndian32(UInt32(plainByteCount(of: frame)))
    }
    bytes.appendLittleEndian32(UInt32(FrameTable.digestFrameByteCount))
    bytes.appendLittleEndian32(0)
    bytes.appendLittleEndian32(UInt32(frameCount + 1))
    bytes.append(0)
    bytes.appendLittleEndian32(FrameTable.footerMagic)
    return bytes
  }

  /// Bytes of the seek table's frame.
  private static func tableByteCount(frameCount: Int) -> Int {
    8 + entryByteCount * (frameCount + 1) + footerByteCount
  }
}

extension FrameTable {
  /// Reads table and digest from the end of a file of `size` bytes; nil for anything that
  /// `trailer` would not have written. Memory and cost: 8 bytes a frame.
  static func read(
    _ file: any JournalFile, size: Int
  ) throws(StorageError) -> (table: FrameTable, digest: Digest)? {
    guard size >= digestFrameByteCount + tableByteCount(frameCount: 0) else { return nil }
    let footer = try bytes(file, size - footerByteCount, footerByteCount)
    guard footer.count == footerByteCount, footer.littleEndian32(at: 5) == footerMagic else {
      return nil
    }
    let entryCount = Int(footer.littleEndian32(at: 0))
    guard (1...frameCountMax + 1).contains(entryCount) else { return nil }
    let count = tableByteCount(frameCount: entryCount - 1) + digestFrameByteCount
    guard count <= size else { return nil }
    let trailer = try bytes(file, size - count, count)
    guard trailer.count == count, let digest = Digest(trailer[8..<40].span),
      let table = FrameTable(trailer, frameCount: entryCount - 1, framesByteCount: size - count),
      table.trailer(digest) == trailer
    else { return nil }
    return (table, digest)
  }

  /// The entries of a trailer whose length fits its count; nil when they do not add up.
  private init?(_ trailer: [UInt8], frameCount: Int, framesByteCount: Int) {
    self.init()
    ends.reserveCapacity(frameCount)
    for frame in 0..<frameCount {
      let offset = FrameTable.digestFrameByteCount + 8 + frame * FrameTable.entryByteCount
      let compressed = Int(trailer.littleEndian32(at: offset))
      let plain = Int(trailer.littleEndian32(at: offset + 4))
      guard byteCount == frame * FrameTable.frameByteCount,
        (1...FrameTable.frameByteCount).contains(plain), compressed > 0
      else { return nil }
      append(compressedByteCount: compressed, plainByteCount: plain)
    }
    guard self.framesByteCount == framesByteCount else { return nil }
  }

  private static func bytes(
    _ file: any JournalFile, _ offset: Int, _ count: Int
  ) throws(StorageError) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: count)
    let read = try file.read(at: offset, into: &buffer, 0..<count)
    buffer.removeLast(count - read)
    return buffer
  }
}

extension [UInt8] {
  /// Appends the four bytes of `value`, the least significant first.
  mutating func appendLittleEndian32(_ value: UInt32) {
    for shift in stride(from: UInt32(0), to: 32, by: 8) {
      append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  /// The little-endian word at `offset`. Precondition: four bytes are there.
  func littleEndian32(at offset: Int) -> UInt32 {
    var value: UInt32 = 0
    for byte in (0..<4).reversed() { value = value << 8 | UInt32(self[offset + byte]) }
    return value
  }
}
