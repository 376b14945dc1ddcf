import Glibc

/// An operation on a file that the system refused.
package struct StorageError: Error, Hashable, Sendable {
  /// What was tried.
  package enum Operation: String, Sendable, CaseIterable {
    case open, read, write, size, synchronize, truncate, rename, remove, list, lock
    case createDirectory = "create directory"
    /// The bytes of a compressed file do not decode: damage, not a refusal of the system.
    case decompress
  }

  package let operation: Operation
  /// Relative to the storage's directory, or as the caller gave it.
  package let path: String
  /// The system's errno.
  package let code: Int32
  /// For `decompress`: offset in the compressed file of the first byte in question.
  package let byteOffset: Int?

  package init(_ operation: Operation, _ path: String, _ code: Int32, byteOffset: Int? = nil) {
    self.operation = operation
    self.path = path
    self.code = code
    self.byteOffset = byteOffset
  }

  /// A compressed file whose bytes from `byteOffset` on are not what its writer leaves.
  static func undecodable(_ path: String, byteOffset: Int) -> StorageError {
    StorageError(.decompress, path, EBADMSG, byteOffset: byteOffset)
  }

  /// A change asked of a file that is never changed.
  static func unchangeable(_ operation: Operation, _ path: String) -> StorageError {
    StorageError(operation, path, EROFS)
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
