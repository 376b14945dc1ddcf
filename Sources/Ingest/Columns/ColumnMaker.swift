/// Makes the columns of a segment from its entries.
struct ColumnMaker {
  /// Entries as they stand in the segment, for one block.
  struct Lines: Sendable {
    var bytes: [UInt8] = []
    /// One past each entry.
    var ends: [Int] = []
    var entryOffset = 0
    var position = 0
  }

  /// A block and what its directory says of it, but for its place.
  struct Made: Sendable {
    var bytes: [UInt8]
    var entry: ColumnDirectory.Block
  }

  /// Makes a block; nil where an entry is no record.
  static func make(_ lines: Lines) -> Made? {
    var writer = ColumnBlockWriter()
    var document = JSONDocument()
    var (earliest, latest) = (Timestamp.latest, Timestamp.earliest)
    var start = 0
    for end in lines.ends {
      do {
        try document.parse(
          lines.bytes.span.extracting(start..<end), stoppingBefore: "original")
        let record = try Record(document)
        earliest = min(earliest, record.header.timestamp)
        latest = max(latest, record.header.timestamp)
        writer.append(record)
      } catch { return nil }
      start = end
    }
    let bytes = writer.finish()
    return Made(
      bytes: bytes,
      entry: ColumnDirectory.Block(
        offset: 0, byteCount: bytes.count, checksum: ColumnChecksum.sum(bytes[...]),
        entryCount: lines.ends.count, entryOffset: lines.entryOffset, earliest: earliest,
        latest: latest, position: lines.position))
  }
}

/// Cuts the entries of a segment into what one block is made of.
struct ColumnLines: ~Copyable {
  /// Bytes of entries after which a block is full.
  private static let byteCountMax = 4 << 20

  private var cursor: LineCursor
  private var position: Int
  private let end: Int

  /// - Parameters:
  ///   - position: place in the segment of the first entry, which begins at `offset`.
  ///   - end: one past the last.
  init(_ file: any JournalFile, from offset: Int, position: Int, to end: Int, limit: Int) {
    cursor = LineCursor(file, from: offset, limit: limit)
    self.position = position
    self.end = end
  }

  /// The next entries, at most a block of them; nil after the last, or where the segment ends early.
  mutating func next(
    countMax: Int = ColumnBlockWriter.rowCountMax
  ) throws(StorageError) -> ColumnMaker.Lines? {
    var lines = ColumnMaker.Lines()
    lines.position = position
    while position < end, lines.ends.count < countMax,
      lines.bytes.count < ColumnLines.byteCountMax, try cursor.next()
    {
      if lines.ends.isEmpty { lines.entryOffset = cursor.byteOffset }
      lines.bytes.append(copying: cursor.line)
      lines.ends.append(lines.bytes.count)
      position += 1
    }
    return lines.ends.isEmpty ? nil : lines
  }

  /// Steps over entries.
  mutating func skip(to position: Int) throws(StorageError) {
    while self.position < position, try cursor.next() { self.position += 1 }
  }

  /// Where the entry after the last one given begins.
  var nextOffset: Int { cursor.nextOffset }
}
