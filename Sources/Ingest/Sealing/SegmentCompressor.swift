/// Writes a segment's bytes as a compressed file, and reads them back before anyone trusts it.
struct SegmentCompressor {
  let storage: any JournalStorage
  /// 1 (fast) to 19 (small).
  let level: Int
  private static let bufferByteCount = 1 << 20

  init(_ storage: any JournalStorage, level: Int) {
    self.storage = storage
    self.level = level
  }

  /// What was written.
  struct Output {
    let plainByteCount: Int
    let byteCount: Int
    /// SHA-256 of the compressed file: what `sha256sum` says of it.
    let digest: Digest
  }

  /// Makes `segments/<name>.jsonl.zst` beside the plain file, durably; a crash before the end
  /// leaves at most a `.tmp` behind. Memory: a few MiB whatever the segment's size.
  func run(_ name: SegmentName) throws(StorageError) -> Output {
    let plain = try storage.open(name.entriesPath, .reading)
    let path = name.compressedPath + ".tmp"
    let file = try storage.open(path, .writing(.group))
    try file.truncate(to: 0)
    let output = try write(plain, to: file)
    try file.synchronize()
    try compare(plain, file, path)
    try storage.rename(path, to: name.compressedPath)
    try storage.synchronizeDirectory(JournalLayout.segments)
    return output
  }

  private func write(
    _ plain: any JournalFile, to file: any JournalFile
  ) throws(StorageError) -> Output {
    var compressor = ZstandardCompressor(level: level)
    var table = FrameTable()
    var framesHash = SHA256()
    var fileHash = SHA256()
    var input = [UInt8](repeating: 0, count: FrameTable.frameByteCount)
    var pending: [UInt8] = []
    var written = 0
    while true {
      let count = try plain.read(at: table.byteCount, into: &input, 0..<input.count)
      guard count > 0 else { break }
      let start = pending.count
      compressor.appendFrame(input.span.extracting(0..<count), to: &pending)
      table.append(compressedByteCount: pending.count - start, plainByteCount: count)
      framesHash.update(pending.span.extracting(start..<pending.count))
      fileHash.update(pending.span.extracting(start..<pending.count))
      guard pending.count >= SegmentCompressor.bufferByteCount else { continue }
      try file.write(pending.span, at: written)
      written += pending.count
      pending.removeAll(keepingCapacity: true)
    }
    let trailer = table.trailer(framesHash.finish())
    fileHash.update(trailer.span)
    pending += trailer
    try file.write(pending.span, at: written)
    return Output(
      plainByteCount: table.byteCount, byteCount: table.fileByteCount,
      digest: fileHash.finish())
  }

  /// Throws unless the compressed file reads as the plain one, byte for byte.
  private func compare(
    _ plain: any JournalFile, _ file: any JournalFile, _ path: String
  ) throws(StorageError) {
    let compressed = try CompressedFile(file, path: path, FrameCache(slotCountMax: 1))
    let size = try plain.size()
    guard try compressed.size() == size, try compressed.hasItsDigest() else {
      throw StorageError.undecodable(path, byteOffset: 0)
    }
    var left = [UInt8](repeating: 0, count: FrameTable.frameByteCount)
    var right = left
    var offset = 0
    while offset < size {
      let count = try plain.read(at: offset, into: &left, 0..<left.count)
      let other = try compressed.read(at: offset, into: &right, 0..<right.count)
      guard count > 0, count == other, left[..<count] == right[..<count] else {
        throw StorageError.undecodable(path, byteOffset: offset)
      }
      offset += count
    }
  }
}
