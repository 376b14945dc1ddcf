/// Why bytes of an input could not be had, with the facts a reader needs to mend it.
package enum InputError: Error, Hashable, Sendable {
  /// There is nothing at this path.
  case missing(path: String)
  /// The path names something whose bytes are no log: a directory, FIFO, socket or device.
  case notAFile(path: String, kind: FileStatus.Kind)
  /// A system call failed: which, on what, and its errno.
  case failed(operation: Operation, path: String, errno: Int32)
  /// The file is compressed in a way that is not read.
  case unsupportedCompression(path: String, format: String)
  /// A gzip stream ends before its last member does. Offsets are of what could be read.
  case gzipTruncated(path: String, compressedOffset: Int, decompressedOffset: Int)
  /// A gzip stream does not decode from here on.
  case gzipCorrupt(path: String, compressedOffset: Int, decompressedOffset: Int, reason: String)
  /// A file that is read whole is longer than it may be.
  case tooLong(path: String, byteCountMax: Int)
  /// A directory has more entries than are looked at.
  case tooManyEntries(path: String, countMax: Int)

  /// What was being done when a system call failed.
  package enum Operation: String, Sendable {
    case open, read, stat, list, write, sync, rename
  }
}

extension InputError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .missing(let path):
      return "open \(path): nothing there: expected a readable file"
    case .notAFile(let path, let kind):
      let hint = kind == .fifo ? ", or - for standard input" : ""
      return "open \(path): found a \(kind.rawValue): expected a regular file\(hint)"
    case .failed(let operation, let path, let code):
      return "\(operation.rawValue) \(path): \(InputDescriptor.text(ofError: code))"
    case .unsupportedCompression(let path, let format):
      return "read \(path): found \(format) compression: expected plain text or gzip"
    case .gzipTruncated(let path, let compressed, let decompressed):
      return "read \(path): gzip stream ends at byte \(compressed), after \(decompressed) "
        + "decompressed bytes: expected the end of its last member"
    case .gzipCorrupt(let path, let compressed, let decompressed, let reason):
      return "read \(path): gzip stream at byte \(compressed), after \(decompressed) "
        + "decompressed bytes: \(reason)"
    case .tooLong(let path, let limit):
      return "read \(path): found more than \(limit) bytes: expected at most that"
    case .tooManyEntries(let path, let limit):
      return "list \(path): found more than \(limit) entries: expected at most that"
    }
  }
}
