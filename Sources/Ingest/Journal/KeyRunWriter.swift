/// Writes a run of the key index from entries given in order, in bounded memory.
///
/// Block numbers rise with the key, so the filter is written as a stream beside the entries.
struct KeyRunWriter {
  private static let bufferByteCount = 1 << 18

  private let shape: KeyRun.Shape
  private let entries: any JournalFile
  private let filter: any JournalFile
  private var entryBuffer: [UInt8] = []
  private var filterBuffer: [UInt8] = []
  private var entryOffset = 0
  private var filterOffset = 0
  private var written = 0
  private var currentBlock = -1
  private var currentWords = [UInt64](repeating: 0, count: 8)

  /// - Parameter shape: its count is how many entries will be added.
  init(_ shape: KeyRun.Shape, _ storage: any JournalStorage) throws(StorageError) {
    self.shape = shape
    entries = try storage.open(shape.entriesPath, .writing(.group))
    filter = try storage.open(shape.filterPath, .writing(.group))
    try entries.truncate(to: 0)
    try filter.truncate(to: 0)
  }

  mutating func add(_ entry: KeyEntry) throws(StorageError) {
    let block = KeyRun.block(entry.key, blockCount: shape.blockCount)
    while currentBlock < block { try openNextBlock() }
    let bits = KeyRun.filterBits(entry.key)
    for bit in [bits.0, bits.1, bits.2, bits.3, bits.4] {
      currentWords[1 + Int(bit >> 6)] |= 1 << (bit & 63)
    }
    for word in [entry.key.high, entry.key.low, entry.content.high, entry.content.low] {
      entryBuffer.appendLittleEndian(word)
    }
    entryBuffer.appendLittleEndian(UInt64(entry.index))
    written += 1
    if entryBuffer.count >= KeyRunWriter.bufferByteCount { try flushEntries() }
  }

  /// Writes what is left and syncs both files; the run counts once the manifest names it.
  mutating func finish() throws(StorageError) {
    precondition(written == shape.count, "\(written) entries for a run of \(shape.count)")
    while currentBlock < shape.blockCount - 1 { try openNextBlock() }
    closeBlock()
    try flushEntries()
    try flushFilter()
    try entries.synchronize()
    try filter.synchronize()
  }

  private mutating func openNextBlock() throws(StorageError) {
    if currentBlock >= 0 { closeBlock() }
    currentBlock += 1
    currentWords[0] = UInt64(written)
    if filterBuffer.count >= KeyRunWriter.bufferByteCount { try flushFilter() }
  }

  private mutating func closeBlock() {
    for word in currentWords.indices {
      filterBuffer.appendLittleEndian(currentWords[word])
      currentWords[word] = 0
    }
  }

  private mutating func flushEntries() throws(StorageError) {
    try entries.write(entryBuffer.span, at: entryOffset)
    entryOffset += entryBuffer.count
    entryBuffer.removeAll(keepingCapacity: true)
  }

  private mutating func flushFilter() throws(StorageError) {
    try filter.write(filterBuffer.span, at: filterOffset)
    filterOffset += filterBuffer.count
    filterBuffer.removeAll(keepingCapacity: true)
  }
}
