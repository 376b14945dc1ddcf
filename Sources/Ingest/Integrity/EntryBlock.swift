/// Whole entries of one segment in a row, as they were read: what one thread takes at a time.
struct EntryBlock: Sendable {
  /// Bytes that a block is read in; never fewer than an entry and its newline.
  static let byteCountDefault = 512 << 10

  /// Position in the segment of the first entry.
  let firstPosition: Int
  /// Offset in the segment of the first byte, uncompressed.
  let byteOffset: Int
  let bytes: [UInt8]
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

/// What the bytes of one entry give.
struct EntryFacts: Sendable {
  let leaf: Digest
  /// Nil when the entry is no record.
  let timestamp: Timestamp?
  let receivedAt: Timestamp?
}

/// Makes the facts of blocks: a hash and a parse an entry, no state between entries.
struct EntryExaminer: ~Copyable {
  private var hasher = MerkleHasher()
  private var document = JSONDocument()

  mutating func facts(of block: EntryBlock) -> [EntryFacts] {
    var result: [EntryFacts] = []
    result.reserveCapacity(block.entryCount)
    for entry in 0..<block.entryCount {
      let line = block.bytes.span.extracting(block.start(of: entry)..<block.ends[entry] - 1)
      let header = header(line)
      result.append(
        EntryFacts(
          leaf: hasher.leaf(line), timestamp: header?.timestamp, receivedAt: header?.receivedAt))
    }
    return result
  }

  private mutating func header(_ line: Span<UInt8>) -> RecordHeader? {
    do {
      try document.parse(line)
      return try Record(document).header
    } catch { return nil }
  }
}

/// Cuts the entries of one segment into blocks. Reads each byte once, in order.
struct EntryBlockReader {
  private let file: any JournalFile
  private var leaves: LeafFile?
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

  init(_ file: any JournalFile, _ leaves: LeafFile?, blockByteCount: Int) throws(StorageError) {
    self.file = file
    self.leaves = leaves
    self.blockByteCount = max(blockByteCount, Record.entryByteCountMax + 1)
    size = try file.size()
  }

  /// The next block; nil when no whole entry is left.
  mutating func next() throws(StorageError) -> EntryBlock? {
    let wanted = min(blockByteCount, size - offset)
    guard wanted > 0, !isTooLong else { return nil }
    var bytes = [UInt8](repeating: 0, count: wanted)
    let count = try file.read(at: offset, into: &bytes, 0..<wanted)
    var ends: [Int] = []
    var start = 0
    while let newline = bytes.span.firstOffset(of: 0x0A, in: start..<count) {
      guard newline - start <= Record.entryByteCountMax else {
        isTooLong = true
        break
      }
      start = newline + 1
      ends.append(start)
    }
    if count - start > Record.entryByteCountMax { isTooLong = true }
    guard !ends.isEmpty else { return nil }
    bytes.removeLast(bytes.count - start)
    let block = EntryBlock(
      firstPosition: position, byteOffset: offset, bytes: bytes, ends: ends,
      leaves: try leaves?.bytes(from: position, count: ends.count) ?? [])
    offset += start
    position += ends.count
    return block
  }
}
