import Glibc

/// An operation on a file that the system refused.
package struct StorageError: Error, Hashable, Sendable {
  /// What was tried.
  package enum Operation: String, Sendable, CaseIterable {
    case open, read, write, size, synchronize, truncate, rename, remove, list, lock
    case listen, connect
    case createDirectory = "create directory"
  }

  package let operation: Operation
  /// Relative to the storage's directory, or as the caller gave it.
  package let path: String
  /// The system's errno.
  package let code: Int32

  package init(_ operation: Operation, _ path: String, _ code: Int32) {
    self.operation = operation
    self.path = path
    self.code = code
  }

  /// Whether the file or directory is not there.
  package var isMissing: Bool { code == ENOENT }

  /// No space, or a quota reached: what was acknowledged is safe.
  package var isOutOfSpace: Bool { code == ENOSPC || code == EDQUOT }
}

extension StorageError: CustomStringConvertible {
  package var description: String {
    // SAFETY: strerror answers a terminated string that lives at least until the next call.
    let text = unsafe String(cString: strerror(code))
    return "\(operation.rawValue) \(path): \(text.lowercased()) (errno \(code))"
  }
}
