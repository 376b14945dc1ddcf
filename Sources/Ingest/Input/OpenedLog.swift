/// A file open for reading its plain bytes in order, decompressed on the way when it is gzip.
struct OpenedLog<Handle: LogFileHandle>: ~Copyable {
  let path: String
  let isCompressed: Bool
  private let handle: Handle
  private var gzip: GzipReader?
  /// Offset of the next plain byte.
  private(set) var offset = 0

  init(opening path: String, in files: some LogFiles<Handle>) throws(InputError) {
    let handle = try files.open(path)
    let head = try OpenedLog.bytes(handle, count: 4)
    let compression = InputFile.compression(ofHead: head)
    if compression == .zstd { throw .unsupportedCompression(path: path, format: "zstd") }
    self.path = path
    self.handle = handle
    isCompressed = compression == .gzip
    gzip = isCompressed ? GzipReader(path: path) : nil
  }

  func status() throws(InputError) -> FileStatus { try handle.status() }

  /// Reads on from `offset`: how many bytes, 0 at the end as it is now.
  mutating func read(into buffer: inout MutableSpan<UInt8>) throws(InputError) -> Int {
    let count = isCompressed ? try readGzip(&buffer) : try handle.read(at: offset, into: &buffer)
    offset += count
    return count
  }

  /// Goes back by `count` bytes that were read last. Precondition: a plain file.
  mutating func unread(_ count: Int) {
    precondition(!isCompressed && count <= offset, "cannot go back \(count) bytes")
    offset -= count
  }

  /// Goes to a plain byte's offset; false when the file ends before.
  mutating func skip(toOffset target: Int) throws(InputError) -> Bool {
    if !isCompressed {
      offset = target
      return try handle.status().byteCount >= target
    }
    var scratch = [UInt8](repeating: 0, count: GzipReader.inputByteCount)
    while offset < target {
      let wanted = min(scratch.count, target - offset)
      var span = scratch.mutableSpan
      var part = span._mutatingExtracting(first: wanted)
      if try read(into: &part) == 0 { return false }
    }
    return true
  }

  /// The first bytes of the file, at most `count`. Precondition: a plain file.
  func prefix(_ count: Int) throws(InputError) -> [UInt8] {
    precondition(!isCompressed, "the stored prefix of a compressed file")
    return try OpenedLog.bytes(handle, count: count)
  }

  /// The first plain bytes of a file, at most `count`; fewer where it ends or does not decompress.
  static func plainPrefix(
    of path: String, identity: FileIdentity?, count: Int, in files: some LogFiles<Handle>
  ) throws(InputError) -> [UInt8]? {
    var log = try OpenedLog(opening: path, in: files)
    if let identity, try log.status().identity != identity { return nil }
    guard log.isCompressed else { return try log.prefix(count) }
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      var span = bytes.mutableSpan
      var rest = span._mutatingExtracting(droppingFirst: filled)
      // What does not decompress is what gzip has not written yet, or never will have.
      guard let read = try? log.read(into: &rest), read > 0 else { break }
      filled += read
    }
    return Array(bytes[..<filled])
  }

  private mutating func readGzip(_ buffer: inout MutableSpan<UInt8>) throws(InputError) -> Int {
    guard var reader = gzip.take() else { return 0 }
    let count: Int
    do {
      count = try reader.read(into: &buffer) { (space, fetched) throws(InputError) in
        try handle.read(at: fetched, into: &space)
      }
    } catch {
      gzip = consume reader
      throw error
    }
    gzip = consume reader
    return count
  }

  private static func bytes(_ handle: Handle, count: Int) throws(InputError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      var span = bytes.mutableSpan
      var rest = span._mutatingExtracting(droppingFirst: filled)
      let read = try handle.read(at: filled, into: &rest)
      if read == 0 { break }
      filled += read
    }
    return Array(bytes[..<filled])
  }
}
