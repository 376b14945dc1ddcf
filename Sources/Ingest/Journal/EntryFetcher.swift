/// Reads entries at known offsets in any order through a small cache of file blocks.
///
/// 512 blocks of 8 KiB, replaced in turn: entries in event order come from a few places of the
/// journal at a time (one for each file imported), each moving forward; small blocks keep the
/// price of the worst order, one read an entry, low.
struct EntryFetcher {
  private static let blockByteCount = 8 << 10
  private static let blockCountMax = 512

  private let segments: [ReadableSegment]
  private var blocks: [[UInt8]] = []
  private var slots: [Int: Int] = [:]
  private var keys: [Int] = []
  private var nextSlot = 0

  init(_ segments: [ReadableSegment]) { self.segments = segments }

  /// The entry that begins at `offset`, without its newline, into `line`.
  mutating func read(
    segment: Int, offset: Int, into line: inout [UInt8]
  ) throws(StorageError) {
    line.removeAll(keepingCapacity: true)
    var position = offset
    while line.count <= Record.entryByteCountMax {
      let slot = try load(segment, position / EntryFetcher.blockByteCount)
      let start = position % EntryFetcher.blockByteCount
      let block = blocks[slot]
      guard start < block.count else { return }
      let newline = block.span.firstOffset(of: 0x0A, in: start..<block.count)
      line.append(contentsOf: block[start..<(newline ?? block.count)])
      if newline != nil { return }
      position += block.count - start
    }
  }

  /// The slot of a block, read when it is not there.
  private mutating func load(_ segment: Int, _ block: Int) throws(StorageError) -> Int {
    let key = segment << 40 | block
    if let slot = slots[key] { return slot }
    let slot = nextSlot
    nextSlot = (nextSlot + 1) % EntryFetcher.blockCountMax
    if slot == blocks.count {
      blocks.append([])
      keys.append(key)
    } else {
      slots[keys[slot]] = nil
      keys[slot] = key
    }
    let start = block * EntryFetcher.blockByteCount
    let count = max(0, min(EntryFetcher.blockByteCount, segments[segment].byteCount - start))
    var bytes = [UInt8](repeating: 0, count: count)
    let read = try segments[segment].file?.read(at: start, into: &bytes, 0..<count) ?? 0
    bytes.removeLast(count - read)
    blocks[slot] = bytes
    slots[key] = slot
    return slot
  }
}
