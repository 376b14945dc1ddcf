/// A file that several threads read at once, each at places of its own.
package final class SharedFile: Sendable {
  /// The path as it was given.
  package let path: String
  /// Bytes when it was opened; what is appended later is not read.
  package let byteCount: Int
  private let descriptor: InputDescriptor

  /// Opens a regular file.
  package init(_ path: String) throws(InputError) {
    self.path = path
    descriptor = try InputDescriptor.open(path)
    byteCount = try descriptor.status(path).byteCount
  }

  fileprivate func read(
    at offset: Int, into buffer: inout MutableSpan<UInt8>
  ) throws(InputError) -> Int {
    try descriptor.read(at: offset, into: &buffer, path)
  }
}

/// The bytes of a file from an offset to the end that it had when it was opened.
package struct FileStretch: ByteSource {
  private let file: SharedFile
  private var offset: Int

  package init(_ file: SharedFile, from offset: Int) {
    self.file = file
    self.offset = offset
  }

  package mutating func read(into buffer: inout MutableSpan<UInt8>) throws(InputError) -> Int {
    let count = min(buffer.count, file.byteCount - offset)
    guard count > 0 else { return 0 }
    var room = buffer._mutatingExtracting(first: count)
    let read = try file.read(at: offset, into: &room)
    offset += read
    return read
  }
}
