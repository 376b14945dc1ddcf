/// The file that holds an Ed25519 seed: 32 bytes, nothing else, readable by its owner alone.
///
/// A journal's own is `key` in its directory; `--key FILE` keeps it elsewhere. A symbolic link is
/// not followed.
package struct SigningKeyFile {
  /// Bits of the mode that must not be set: whatever group and others may do.
  package static let forbiddenPermissions: UInt32 = 0o077

  private let storage: any JournalStorage
  /// Relative to the storage.
  private let name: String
  /// As the user knows it.
  private let label: String

  /// A file in a directory that is open already.
  package init(_ storage: any JournalStorage, _ name: String = JournalLayout.key) {
    self.storage = storage
    self.name = name
    label = name
  }

  /// A file anywhere; its directory must exist.
  package init(path: String) throws(StorageError) {
    let slash = path.lastIndex(of: "/")
    let directory = slash.map { String(path[...$0]) } ?? "."
    storage = try PosixStorage(directory: directory, creating: false)
    name = slash.map { String(path[path.index(after: $0)...]) } ?? path
    label = path
  }

  /// The key that is there.
  package func read() throws(SigningKeyError) -> Ed25519SigningKey {
    let (bytes, permissions) = try contents()
    guard permissions & SigningKeyFile.forbiddenPermissions == 0 else {
      throw SigningKeyError(.permissions(permissions), label)
    }
    guard let key = Ed25519SigningKey(seed: bytes) else {
      throw SigningKeyError(.byteCount(bytes.count), label)
    }
    return key
  }

  /// The key that is there, else a new one, on stable storage when this returns.
  ///
  /// - Parameter randomBytes: the new seed; nil when none can be had.
  package func readOrMake(
    randomBytes: (Int) -> [UInt8]?
  ) throws(SigningKeyError) -> Ed25519SigningKey {
    do {
      return try read()
    } catch {
      guard error.fault == .missing else { throw error }
    }
    guard let seed = randomBytes(Ed25519SigningKey.seedByteCount),
      seed.count == Ed25519SigningKey.seedByteCount
    else { throw SigningKeyError(.noRandomBytes, label) }
    do {
      try storage.replace(name, with: seed.span, .owner)
    } catch {
      throw SigningKeyError(.unwritable(error), label)
    }
    // What counts is what is there: another process may have made one at the same time.
    return try read()
  }

  private func contents() throws(SigningKeyError) -> (bytes: [UInt8], permissions: UInt32) {
    do throws(StorageError) {
      let file = try storage.open(name, .reading)
      let wanted = min(try file.size(), Ed25519SigningKey.seedByteCount + 1)
      var bytes = [UInt8](repeating: 0, count: wanted)
      let count = try file.read(at: 0, into: &bytes, 0..<wanted)
      return (Array(bytes.prefix(count)), try file.permissions())
    } catch {
      throw SigningKeyError(error.isMissing ? .missing : .unreadable(error), label)
    }
  }
}

/// Why there is no signing key to be had.
package struct SigningKeyError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Fault: Hashable, Sendable {
    case missing
    case unreadable(StorageError)
    case unwritable(StorageError)
    /// Somebody else may read or change it.
    case permissions(UInt32)
    /// Not 32 bytes; 33 stand for any larger number.
    case byteCount(Int)
    case noRandomBytes
  }

  package let fault: Fault
  package let path: String

  package init(_ fault: Fault, _ path: String) {
    self.fault = fault
    self.path = path
  }

  package var description: String {
    let problem =
      switch fault {
      case .missing: "found no file, expected 32 bytes"
      case .unreadable(let error), .unwritable(let error): "\(error)"
      case .permissions(let bits):
        "found mode 0\(String(bits, radix: 8)), expected 0600: nobody else may read it"
      case .byteCount(let count):
        "found \(count > 32 ? "more than 32" : String(count)) bytes, expected 32"
      case .noRandomBytes: "found no random bytes for a new one"
      }
    return "signing key \(path): \(problem)"
  }
}
