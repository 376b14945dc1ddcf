/// Whole entries of one segment in a row: what one thread takes at a time. Their bytes go apart.
struct EntryBlock: Sendable {
  /// Index in the journal of the first entry, as the segment's name tells it.
  let firstIndex: Int
  /// Position in the segment of the first entry.
  let firstPosition: Int
  /// Offset in the segment of the first byte, uncompressed.
  let byteOffset: Int
  /// One past each entry's newline, from the block's first byte.
  let ends: [Int]
  /// Stored leaf hashes of the entries, 32 bytes each; fewer where the leaf file ends.
  let leaves: [UInt8]

  var entryCount: Int { ends.count }

  /// Offset of an entry in the block.
  func start(of entry: Int) -> Int { entry == 0 ? 0 : ends[entry - 1] }

  /// The leaf hash on file for an entry; nil beyond the leaf file's end.
  func storedLeaf(_ entry: Int) -> Digest? {
    let offset = entry * Digest.byteCount
    guard offset + Digest.byteCount <= leaves.count else { return nil }
    return Digest(leaves.span, at: offset)
  }
}

/// Cuts the entries of one segment into blocks. Reads each byte once, in order.
struct EntryBlockReader {
  private let file: any JournalFile
  private var leaves: LeafFile?
  private let firstIndex: Int
  private let blockByteCount: Int
  private let size: Int
  private var offset = 0
  private var position = 0

  /// Whether the rest is a line longer than an entry may be.
  private(set) var isTooLong = false

  /// Leaf hashes on file.
  var leafCount: Int { leaves?.count ?? 0 }
  /// Bytes behind the last whole entry, once `next` gave nil.
  var tailByteCount: Int { size - offset }
  /// Bytes of whole entries so far.
  var byteCount: Int { offset }
  /// Whole entries so far.
  var entryCount: Int { position }

  /// - Parameter firstIndex: index in the journal of the segment's first entry.
  init(
    _ file: any JournalFile, _ leaves: LeafFile?, firstIndex: Int, blockByteCount: Int
  ) throws(StorageError) {
    self.file = file
    self.leaves = leaves
    self.firstIndex = firstIndex
    self.blockByteCount = max(blockByteCount, Record.entryByteCountMax + 1)
    size = try file.size()
  }

  /// The next block, and its bytes behind one byte that is none of them; nil when no whole entry is
  /// left.
  ///
  /// - Parameter buffer: what an earlier call gave, to be filled again, or nothing.
  mutating func next(
    _ buffer: consuming [UInt8]
  ) throws(StorageError) -> (block: EntryBlock, bytes: [UInt8])? {
    let wanted = min(blockByteCount, size - offset)
    guard wanted > 0, !isTooLong else { return nil }
    if buffer.count < wanted + 1 { buffer = [UInt8](repeating: 0, count: wanted + 1) }
    let count = try file.read(at: offset, into: &buffer, 1..<wanted + 1)
    var ends: [Int] = []
    var start = 0
    while let newline = buffer.span.firstOffset(of: 0x0A, in: start + 1..<count + 1) {
      guard newline - 1 - start <= Record.entryByteCountMax else {
        isTooLong = true
        break
      }
      start = newline
      ends.append(start)
    }
    if count - start > Record.entryByteCountMax { isTooLong = true }
    guard !ends.isEmpty else { return nil }
    let block = EntryBlock(
      firstIndex: firstIndex + position, firstPosition: position, byteOffset: offset, ends: ends,
      leaves: try leaves?.bytes(from: position, count: ends.count) ?? [])
    offset += start
    position += ends.count
    return (block, buffer)
  }
}
