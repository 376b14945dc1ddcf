import Glibc

/// A file descriptor with one owner, who closes it.
///
/// Holds only the number; the path lives one level up, with whoever words the errors.
package struct OwnedDescriptor: ~Copyable, Sendable {
  package let number: Int32

  /// Takes over an open descriptor. Precondition: not negative.
  package init(_ number: Int32) {
    precondition(number >= 0, "descriptor \(number)")
    self.number = number
  }

  deinit { _ = Glibc.close(number) }

  /// Closes and reports; the descriptor is gone either way (Linux frees it even on an error).
  package consuming func close(path: String) throws(StorageError) {
    let number = self.number
    discard self
    guard Glibc.close(number) == 0 else { throw StorageError(.synchronize, path, errno) }
  }
}
