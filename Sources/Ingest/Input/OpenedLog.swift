/// A file open for reading its plain bytes in order, decompressed on the way when it is gzip.
struct OpenedLog<Handle: LogFileHandle>: ~Copyable {
  let path: String
  let isCompressed: Bool
  private let handle: Handle
  private var gzip: GzipReader?
  /// Offset of the next plain byte.
  private(set) var offset = 0
  /// The first decompressed bytes, for the fingerprint: a gzip stream is not read twice.
  private var decompressedHead: [UInt8] = []

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

  /// The first plain bytes of the file, at most `count`; of a gzip file as far as it was read.
  func prefix(_ count: Int) throws(InputError) -> [UInt8] {
    isCompressed ? Array(decompressedHead.prefix(count)) : try OpenedLog.bytes(handle, count: count)
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
    let wanted = min(count, Fingerprint.byteCountMax - decompressedHead.count)
    for index in 0..<max(wanted, 0) { decompressedHead.append(buffer[index]) }
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
