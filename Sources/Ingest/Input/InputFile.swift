/// One input that a user named: a file, plain or gzip, or standard input.
///
/// The compression is told by the first bytes, never by the name.
package struct InputFile: ByteSource, ~Copyable {
  /// The name by which a user means standard input.
  package static let standardInputName = "-"

  /// How the bytes lie in the file.
  package enum Compression: String, Sendable { case plain, gzip, zstd }

  /// The path as it was given.
  package let path: String
  /// How the file is compressed.
  package let compression: Compression
  private let descriptor: InputDescriptor
  /// The bytes read to tell the compression, until they are given out.
  private var head: ArraySlice<UInt8>
  private var gzip: GzipReader?

  private init(
    path: String, head: [UInt8], compression: Compression, descriptor: consuming InputDescriptor
  ) {
    self.path = path
    self.compression = compression
    self.descriptor = descriptor
    let isGzip = compression == .gzip
    self.head = isGzip ? [] : head[...]
    gzip = isGzip ? GzipReader(path: path, head: head[...]) : nil
  }

  /// Opens the path (`-`: standard input) and looks at its first four bytes.
  package static func open(_ path: String) throws(InputError) -> InputFile {
    if path == standardInputName {
      return try begin("standard input", InputDescriptor.standardInput)
    }
    return try begin(path, InputDescriptor.open(path))
  }

  private static func begin(
    _ path: String, _ descriptor: consuming InputDescriptor
  ) throws(InputError) -> InputFile {
    let head = try head(of: descriptor, path)
    let compression = compression(ofHead: head)
    if compression == .zstd { throw .unsupportedCompression(path: path, format: "zstd") }
    return InputFile(path: path, head: head, compression: compression, descriptor: descriptor)
  }

  /// Told by the magic numbers of RFC 1952 section 2.3.1 and RFC 8878 section 3.1.1.
  package static func compression(ofHead head: [UInt8]) -> Compression {
    if head.starts(with: [0x1F, 0x8B]) { return .gzip }
    if head.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) { return .zstd }
    return .plain
  }

  package mutating func read(into buffer: inout MutableSpan<UInt8>) throws(InputError) -> Int {
    if compression == .gzip { return try readGzip(into: &buffer) }
    if !head.isEmpty { return giveHead(to: &buffer) }
    return try descriptor.read(into: &buffer, path)
  }

  private mutating func readGzip(
    into buffer: inout MutableSpan<UInt8>
  ) throws(InputError) -> Int {
    guard var reader = gzip.take() else { return 0 }
    let count: Int
    do {
      count = try reader.read(into: &buffer) { (space, _) throws(InputError) in
        try descriptor.read(into: &space, path)
      }
    } catch {
      gzip = consume reader
      throw error
    }
    gzip = consume reader
    return count
  }

  private mutating func giveHead(to buffer: inout MutableSpan<UInt8>) -> Int {
    let count = min(head.count, buffer.count)
    for index in 0..<count { buffer[index] = head[head.startIndex + index] }
    head = head.dropFirst(count)
    return count
  }

  /// The first four bytes, fewer only of a shorter file.
  private static func head(
    of descriptor: borrowing InputDescriptor, _ path: String
  ) throws(InputError) -> [UInt8] {
    var head = [UInt8](repeating: 0, count: 4)
    var count = 0
    while count < head.count {
      var span = head.mutableSpan
      var rest = span._mutatingExtracting(droppingFirst: count)
      let read = try descriptor.read(into: &rest, path)
      if read == 0 { break }
      count += read
    }
    return Array(head[..<count])
  }
}
