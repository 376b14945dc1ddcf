/// The columns of one segment, or of its first entries: from the file beside it, or in memory.
final class ColumnFile {
  let directory: ColumnDirectory
  private let file: (any JournalFile)?
  /// The blocks that are not in a file.
  private let blocks: [[UInt8]]

  init(_ directory: ColumnDirectory, file: any JournalFile) {
    self.directory = directory
    self.file = file
    blocks = []
  }

  init(_ directory: ColumnDirectory, blocks: [[UInt8]]) {
    self.directory = directory
    file = nil
    self.blocks = blocks
  }

  /// The bytes of a block; nil where they are not those that were written.
  func block(_ number: Int) throws(StorageError) -> [UInt8]? {
    guard let file else { return blocks[number] }
    let entry = directory.blocks[number]
    var bytes = [UInt8](repeating: 0, count: entry.byteCount)
    let count = try file.read(at: entry.offset, into: &bytes, 0..<entry.byteCount)
    return count == entry.byteCount ? bytes : nil
  }
}

/// The folder of what is made of the entries and can be made again: `derived/` beside `segments/`.
///
/// Everything in it may be deleted at any time. `verify` reads nothing of it.
struct ColumnStore {
  static let directory = JournalLayout.derived
  static let suffix = ".columns"
  private static let lock = directory + "/lock"

  let storage: any JournalStorage

  static func path(_ segment: SegmentName) -> String {
    directory + segment.stem.dropFirst(JournalLayout.segments.count) + suffix
  }

  /// The columns on file of this segment; nil where there are none, or none of what it holds now.
  ///
  /// Of a segment with a successor they cover every entry; of the last one perhaps only the first.
  func open(
    _ segment: ReadableSegment, isLast: Bool, _ leaves: inout LeafFile?
  ) throws(StorageError) -> ColumnFile? {
    let file: any JournalFile
    do {
      file = try storage.open(ColumnStore.path(segment.name), .reading)
    } catch {
      if error.isMissing { return nil }
      throw error
    }
    guard let directory = try ColumnStore.directory(file), directory.segment == segment.name,
      directory.entryCount <= segment.entryCount, directory.byteCount <= segment.byteCount,
      isLast || directory.entryCount == segment.entryCount,
      isLast || directory.byteCount == segment.byteCount,
      directory.entryCount > 0, try leaves?.leaf(directory.entryCount - 1) == directory.lastLeaf
    else { return nil }
    return ColumnFile(directory, file: file)
  }

  private static func directory(
    _ file: any JournalFile
  ) throws(StorageError) -> ColumnDirectory? {
    let size = try file.size()
    var head = [UInt8](repeating: 0, count: min(size, ColumnDirectory.headByteCount))
    guard try file.read(at: 0, into: &head, 0..<head.count) == head.count,
      let blockCount = ColumnDirectory.blockCount(head)
    else { return nil }
    let byteCount = ColumnDirectory.byteCount(blockCount: blockCount)
    guard byteCount <= size else { return nil }
    var bytes = [UInt8](repeating: 0, count: byteCount)
    guard try file.read(at: 0, into: &bytes, 0..<byteCount) == byteCount else { return nil }
    return ColumnDirectory(bytes, fileByteCount: size)
  }

  /// Puts columns on file; false where that cannot be done, which hinders nobody.
  ///
  /// Not synced: what a loss of power leaves of it does not have its checksums.
  func write(_ directory: ColumnDirectory, _ blocks: [[UInt8]]) -> Bool {
    do {
      try storage.createDirectory(ColumnStore.directory)
      guard let held = try storage.lock(ColumnStore.lock) else { return false }
      let path = ColumnStore.path(directory.segment)
      try storage.remove(path + ".tmp")
      let file = try storage.open(path + ".tmp", .writing(.group))
      try file.write(directory.bytes.span, at: 0)
      for (block, entry) in zip(blocks, directory.blocks) {
        try file.write(block.span, at: entry.offset)
      }
      try storage.rename(path + ".tmp", to: path)
      // The lock ends with its file: not before this.
      withExtendedLifetime(held) {}
      return true
    } catch { return false }
  }

  /// Removes the columns of a segment durably; none are fine.
  func discard(_ segment: SegmentName) throws(StorageError) {
    do {
      try storage.remove(ColumnStore.path(segment))
      try storage.synchronizeDirectory(ColumnStore.directory)
    } catch {
      if !error.isMissing { throw error }
    }
  }

  /// Forgets the columns of a segment, so that the next reader makes them anew.
  func remove(_ segment: SegmentName) { try? storage.remove(ColumnStore.path(segment)) }
}
