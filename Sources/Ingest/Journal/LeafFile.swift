/// The leaf hashes of one segment, read in blocks of 2,048 (64 KiB) as they are asked for.
struct LeafFile {
  private static let blockCount = 2048

  fileprivate let file: any JournalFile
  /// Whole leaf hashes in the file.
  let count: Int
  private var buffer = [UInt8](repeating: 0, count: LeafFile.blockCount * Digest.byteCount)
  private var loadedBlock = -1

  init(_ file: any JournalFile) throws(StorageError) {
    self.file = file
    count = try file.size() / Digest.byteCount
  }

  /// Opens a segment's leaf hashes; nil when there is no file.
  init?(_ name: SegmentName, _ storage: any JournalStorage) throws(StorageError) {
    do {
      try self.init(try storage.open(name.leavesPath, .reading))
    } catch {
      if error.isMissing { return nil }
      throw error
    }
  }

  /// Leaf `position` of the segment, from 0; nil beyond the last whole one.
  mutating func leaf(_ position: Int) throws(StorageError) -> Digest? {
    guard position < count else { return nil }
    let block = position / LeafFile.blockCount
    if block != loadedBlock {
      let start = block * LeafFile.blockCount
      let wanted = min(LeafFile.blockCount, count - start) * Digest.byteCount
      _ = try file.read(at: start * Digest.byteCount, into: &buffer, 0..<wanted)
      loadedBlock = block
    }
    return Digest(buffer.span, at: position % LeafFile.blockCount * Digest.byteCount)
  }
}

extension LeafFile {
  /// The bytes of leaves in a row, past the cache; fewer where the file ends.
  func bytes(from position: Int, count wanted: Int) throws(StorageError) -> [UInt8] {
    let count = max(0, min(wanted, self.count - position)) * Digest.byteCount
    guard count > 0 else { return [] }
    var bytes = [UInt8](repeating: 0, count: count)
    let read = try file.read(at: position * Digest.byteCount, into: &bytes, 0..<count)
    bytes.removeLast(count - read)
    return bytes
  }
}
