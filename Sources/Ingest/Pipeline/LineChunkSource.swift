/// One input's lines in chunks: the files of a rotated set, one after the other.
///
/// A file that cannot be opened, or is damaged in the middle, gives what it gave before and leaves its
/// first error; the next file of the set goes on.
struct LineChunkSource: ~Copyable {
  /// About so many bytes make a chunk; a longer line makes one of its own. 256 KiB.
  static let chunkByteCount = 256 << 10

  private let paths: [String]
  private let chunkByteCount: Int
  private var nextPath = 0
  private var path = ""
  private var reader: LineReader<InputFile>?
  private var overlongHash = SHA256()
  /// Why reading of a file ended before its end.
  private(set) var failure: InputError?

  init(paths: [String], chunkByteCount: Int = LineChunkSource.chunkByteCount) {
    self.paths = paths
    self.chunkByteCount = chunkByteCount
  }

  /// The next lines, all of one file; nil at the end.
  ///
  /// - Parameter pool: where chunks have their memory from.
  mutating func next(_ pool: BufferPool) -> LineChunk? {
    while openNextIfNeeded() {
      var chunk = LineChunk(
        path: path, byteCount: chunkByteCount + chunkByteCount / 4, buffer: pool.take())
      fill(&chunk)
      if !chunk.lines.isEmpty { return chunk }
    }
    return nil
  }

  /// False when no file is left.
  private mutating func openNextIfNeeded() -> Bool {
    while reader == nil {
      guard nextPath < paths.count else { return false }
      path = paths[nextPath]
      nextPath += 1
      do {
        reader = LineReader(try InputFile.open(path))
      } catch { failure = failure ?? error }
    }
    return true
  }

  private mutating func fill(_ chunk: inout LineChunk) {
    do {
      while chunk.bytes.count < chunkByteCount, try addLine(&chunk) {}
    } catch {
      failure = failure ?? error
      // After a fault the reader has at most the bytes of one unfinished line left.
      _ = try? addLine(&chunk)
      reader = nil
    }
  }

  /// False at the end of the file.
  private mutating func addLine(_ chunk: inout LineChunk) throws(InputError) -> Bool {
    guard let line = try reader?.next(discarding: { overlongHash.update($0) }) else {
      reader = nil
      return false
    }
    let digest = line.isOverlong ? overlongHash.finish() : nil
    switch reader {
    case .none: return false
    case .some(let reader): chunk.add(line, reader.bytes(of: line), overlongDigest: digest)
    }
    return true
  }
}
