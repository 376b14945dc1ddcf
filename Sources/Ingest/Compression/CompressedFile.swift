/// A compressed segment as the file it was made from: its size, and any bytes of it. Never changed.
///
/// A read decodes the frames that it touches, unless the cache has them. Throws
/// `StorageError.Operation.decompress` where the bytes are not what compressing wrote.
final class CompressedFile: JournalFile {
  let table: FrameTable
  private let digest: Digest
  private let file: any JournalFile
  private let path: String
  private let cache: FrameCache
  private let number: Int

  /// Reads the table at the file's end.
  init(_ file: any JournalFile, path: String, _ cache: FrameCache) throws(StorageError) {
    let size = try file.size()
    guard let (table, digest) = try FrameTable.read(file, size: size) else {
      throw StorageError.undecodable(path, byteOffset: size)
    }
    self.table = table
    self.digest = digest
    self.file = file
    self.path = path
    self.cache = cache
    number = cache.register()
  }

  func size() throws(StorageError) -> Int { table.byteCount }

  func read(
    at offset: Int, into buffer: inout [UInt8], _ range: Range<Int>
  ) throws(StorageError) -> Int {
    let end = min(offset + range.count, table.byteCount)
    var position = offset
    while position < end {
      let frame = position / FrameTable.frameByteCount
      let start = position - frame * FrameTable.frameByteCount
      let slot = try load(frame)
      let count = min(end - position, cache.slots[slot].bytes.count - start)
      let target = range.lowerBound + position - offset
      buffer.replaceSubrange(
        target..<target + count, with: cache.slots[slot].bytes[start..<start + count])
      position += count
    }
    return max(0, position - offset)
  }

  /// Whether the frames' bytes are exactly those that compressing wrote: a decoder ignores some.
  ///
  /// Cost: reads and hashes the compressed bytes once.
  func hasItsDigest() throws(StorageError) -> Bool {
    var hash = SHA256()
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    var offset = 0
    while offset < table.framesByteCount {
      let wanted = min(buffer.count, table.framesByteCount - offset)
      let count = try file.read(at: offset, into: &buffer, 0..<wanted)
      guard count > 0 else { return false }
      hash.update(buffer.span.extracting(0..<count))
      offset += count
    }
    return hash.finish() == digest
  }

  /// The slot of the cache that holds a frame, decoded when it was not there.
  private func load(_ frame: Int) throws(StorageError) -> Int {
    if let slot = cache.slot(number, frame) { return slot }
    let range = table.range(of: frame)
    var compressed = [UInt8](repeating: 0, count: range.count)
    let count = try file.read(at: range.lowerBound, into: &compressed, 0..<range.count)
    guard count == range.count,
      let slot = cache.decode(compressed, number, frame, table.plainByteCount(of: frame))
    else { throw StorageError.undecodable(path, byteOffset: range.lowerBound) }
    return slot
  }

  func permissions() throws(StorageError) -> UInt32 { try file.permissions() }

  func write(_ bytes: Span<UInt8>, at offset: Int) throws(StorageError) {
    throw StorageError.unchangeable(.write, path)
  }

  func synchronize() throws(StorageError) { throw StorageError.unchangeable(.synchronize, path) }

  func truncate(to byteCount: Int) throws(StorageError) {
    throw StorageError.unchangeable(.truncate, path)
  }
}

/// Decoded frames of some compressed files, replaced in turn: 128 KiB each, and one decoder.
///
/// Shared by all files of one reader, so that memory does not grow with their number.
final class FrameCache {
  struct Slot {
    var number: Int
    var frame: Int
    var bytes: [UInt8]
  }

  private let slotCountMax: Int
  private var decompressor = ZstandardDecompressor()
  private(set) var slots: [Slot] = []
  private var slotsByFrame: [Int: Int] = [:]
  private var nextSlot = 0
  private var fileCount = 0

  /// - Parameter slotCountMax: 1 for walks from beginning to end; more for reading here and there.
  init(slotCountMax: Int) { self.slotCountMax = slotCountMax }

  /// A number for a file that will use the cache.
  fileprivate func register() -> Int {
    fileCount += 1
    return fileCount - 1
  }

  fileprivate func slot(_ number: Int, _ frame: Int) -> Int? {
    slotsByFrame[FrameCache.key(number, frame)]
  }

  /// Decodes a frame into the slot whose turn it is; nil when it does not give `byteCount` bytes.
  fileprivate func decode(
    _ compressed: [UInt8], _ number: Int, _ frame: Int, _ byteCount: Int
  ) -> Int? {
    let slot = nextSlot
    var bytes: [UInt8] = []
    if slot < slots.count {
      slotsByFrame[FrameCache.key(slots[slot].number, slots[slot].frame)] = nil
      swap(&bytes, &slots[slot].bytes)
    } else {
      slots.append(Slot(number: number, frame: frame, bytes: []))
    }
    if bytes.count != byteCount { bytes = [UInt8](repeating: 0, count: byteCount) }
    let isWhole = decompressor.decompress(compressed.span, into: &bytes)
    slots[slot] = Slot(number: number, frame: frame, bytes: bytes)
    guard isWhole else { return nil }
    slotsByFrame[FrameCache.key(number, frame)] = slot
    nextSlot = (slot + 1) % slotCountMax
    return slot
  }

  private static func key(_ number: Int, _ frame: Int) -> Int { number << 24 | frame }
}
