/// A sorted, immutable file of the key index, and the filter that mostly spares reading it.
///
///     index/keys-000007.run     KeyEntry × count, sorted by key, then index. Little-endian words:
///                               0 key high | 8 key low | 16 content high | 24 content low | 32 index
///     index/keys-000007.filter  block × blockCount, 64 bytes each:
///                               0 ordinal of the block's first entry | 8 448 filter bits
///
/// Keys are uniform, so a key's block is simply its share of the key space, `high * blockCount >>
/// 64`: rising with the key, about 40 entries a block. Five bits a key give a false "maybe" for
/// about one absent key in 150. A look-up reads one block (from memory while the budget lasts) and,
/// unless the filter says no, one bucket of about 1,600 bytes.
final class KeyRun {
  static let blockByteCount = 64
  private static let entriesPerBlock = 40
  private static let filterBitCount: UInt64 = 448
  private static let bucketReadCount = 128

  /// What the manifest says about a run.
  struct Shape: Equatable, Sendable {
    let number: Int
    let count: Int

    var blockCount: Int { max(1, count / KeyRun.entriesPerBlock) }
    var entriesPath: String { path(".run") }
    var filterPath: String { path(".filter") }

    private func path(_ suffix: String) -> String {
      var digits: [UInt8] = []
      digits.appendDecimal(number, width: 6)
      return "\(JournalLayout.index)/keys-\(String(decoding: digits, as: UTF8.self))\(suffix)"
    }
  }

  let shape: Shape
  private let entries: any JournalFile
  private let filter: any JournalFile
  /// The whole filter file; empty when it is read block by block.
  private var loadedFilter: [UInt8] = []
  private var blockBuffer = [UInt8](repeating: 0, count: 2 * KeyRun.blockByteCount)
  private var bucketBuffer = [UInt8](
    repeating: 0, count: KeyRun.bucketReadCount * KeyEntry.byteCount)

  /// Opens a run whose files have exactly the sizes of its shape; nil otherwise.
  init?(
    _ shape: Shape, _ storage: any JournalStorage, loadingFilter: Bool
  ) throws(StorageError) {
    self.shape = shape
    do {
      entries = try storage.open(shape.entriesPath, .reading)
      filter = try storage.open(shape.filterPath, .reading)
    } catch {
      if error.isMissing { return nil }
      throw error
    }
    let filterByteCount = shape.blockCount * KeyRun.blockByteCount
    guard try entries.size() == shape.count * KeyEntry.byteCount,
      try filter.size() == filterByteCount
    else { return nil }
    guard loadingFilter else { return }
    loadedFilter = [UInt8](repeating: 0, count: filterByteCount)
    _ = try filter.read(at: 0, into: &loadedFilter, 0..<filterByteCount)
  }

  /// Bytes of memory that the filter takes.
  var loadedByteCount: Int { loadedFilter.count }

  /// Adds what lies under `key` to `matches`.
  func find(
    _ key: KeyHash, _ content: ContentDigest, _ matches: inout KeyMatches
  ) throws(StorageError) {
    guard let range = try candidates(key) else { return }
    var start = range.lowerBound
    while start < range.upperBound {
      let count = min(range.upperBound - start, KeyRun.bucketReadCount)
      try read(start, count)
      for position in 0..<count {
        let entry = KeyRun.entry(bucketBuffer, position)
        if entry.key == key { matches.take(entry, content) }
      }
      start += count
    }
  }

  /// Fills the caller's buffer with `count` entries from `ordinal` on; for merging.
  func readEntries(
    from ordinal: Int, count: Int, into buffer: inout [UInt8]
  ) throws(StorageError) {
    _ = try entries.read(
      at: ordinal * KeyEntry.byteCount, into: &buffer, 0..<count * KeyEntry.byteCount)
  }

  static func entry(_ buffer: [UInt8], _ position: Int) -> KeyEntry {
    let offset = position * KeyEntry.byteCount
    return KeyEntry(
      key: KeyHash(
        high: buffer.littleEndianWord(at: offset), low: buffer.littleEndianWord(at: offset + 8)),
      content: ContentDigest(
        high: buffer.littleEndianWord(at: offset + 16),
        low: buffer.littleEndianWord(at: offset + 24)),
      index: Int(truncatingIfNeeded: buffer.littleEndianWord(at: offset + 32)))
  }

  /// The block of a key among `blockCount`.
  static func block(_ key: KeyHash, blockCount: Int) -> Int {
    Int(key.high.multipliedFullWidth(by: UInt64(blockCount)).high)
  }

  /// The key's five bits among the 448 of its block.
  static func filterBits(_ key: KeyHash) -> (UInt64, UInt64, UInt64, UInt64, UInt64) {
    func bit(_ shift: UInt64) -> UInt64 { ((key.low >> shift & 0x1FF) * filterBitCount) >> 9 }
    return (bit(0), bit(9), bit(18), bit(27), bit(36))
  }

  /// The ordinals that may hold the key; nil when the filter rules it out.
  private func candidates(_ key: KeyHash) throws(StorageError) -> Range<Int>? {
    let block = KeyRun.block(key, blockCount: shape.blockCount)
    let offset = block * KeyRun.blockByteCount
    guard loadedFilter.isEmpty else { return range(loadedFilter, at: offset, block, key) }
    let wanted = min(2, shape.blockCount - block) * KeyRun.blockByteCount
    _ = try filter.read(at: offset, into: &blockBuffer, 0..<wanted)
    return range(blockBuffer, at: 0, block, key)
  }

  private func range(
    _ bytes: [UInt8], at offset: Int, _ block: Int, _ key: KeyHash
  ) -> Range<Int>? {
    func isSet(_ bit: UInt64) -> Bool {
      bytes[offset + 8 + Int(bit >> 3)] & (1 << UInt8(bit & 7)) != 0
    }
    let bits = KeyRun.filterBits(key)
    guard isSet(bits.0), isSet(bits.1), isSet(bits.2), isSet(bits.3), isSet(bits.4) else {
      return nil
    }
    let start = ordinal(bytes, offset)
    let isLast = block == shape.blockCount - 1
    let end = isLast ? shape.count : ordinal(bytes, offset + KeyRun.blockByteCount)
    return start < end ? start..<end : nil
  }

  private func ordinal(_ bytes: [UInt8], _ offset: Int) -> Int {
    Int(min(bytes.littleEndianWord(at: offset), UInt64(shape.count)))
  }

  private func read(_ ordinal: Int, _ count: Int) throws(StorageError) {
    _ = try entries.read(
      at: ordinal * KeyEntry.byteCount, into: &bucketBuffer, 0..<count * KeyEntry.byteCount)
  }
}
