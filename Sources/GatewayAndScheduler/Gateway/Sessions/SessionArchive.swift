package import Ingest

/// Where sessions are kept over a restart: a directory, or a simulated one.
package protocol SessionArchive: Sendable {
  /// Every kept file by its name. Blocks.
  func load() throws -> [(name: String, bytes: [UInt8])]
  /// Replaces a file, durably when it returns. Blocks.
  func save(_ name: String, _ bytes: [UInt8]) throws
  /// Removes a file, durably when it returns. Blocks.
  func remove(_ name: String) throws
}

/// One sealed file (mode 0600) for each session, replaced as a whole: `STATE/sessions/<handle>.session`.
///
/// A crash leaves the old file or the new one.
package struct SessionDirectory: SessionArchive {
  /// Bytes of the longest file read.
  package static let byteCountMax = 256 << 10
  private static let suffix = ".session"

  private let storage: PosixStorage

  /// Makes the directory (not its parent) where it is not there.
  package init(_ path: String) throws(StorageError) {
    storage = try PosixStorage(directory: path, creating: true)
  }

  package func load() throws -> [(name: String, bytes: [UInt8])] {
    try (storage.list("") ?? []).filter { $0.hasSuffix(SessionDirectory.suffix) }.compactMap {
      file in
      let limit = SessionDirectory.byteCountMax
      guard let bytes = try storage.contents(file, byteCountMax: limit) else { return nil }
      return (String(file.dropLast(SessionDirectory.suffix.count)), bytes)
    }
  }

  package func save(_ name: String, _ bytes: [UInt8]) throws {
    try storage.replace(name + SessionDirectory.suffix, with: bytes.span, .owner)
  }

  package func remove(_ name: String) throws {
    try storage.remove(name + SessionDirectory.suffix)
    try storage.synchronizeDirectory("")
  }
}

/// Keeps nothing: sessions end with the process.
package struct NoSessionArchive: SessionArchive {
  package init() {}
  package func load() throws -> [(name: String, bytes: [UInt8])] { [] }
  package func save(_ name: String, _ bytes: [UInt8]) throws {}
  package func remove(_ name: String) throws {}
}

/// The 32 bytes that sessions, login cookies and session names hang on: `STATE/session-key`, 0600.
package struct SessionKey: Sendable {
  package static let byteCount = 32

  let cipher: AuthenticatedCipher
  /// For the hashes of session names; derived, so that no key serves two ends.
  let hashKey: [UInt8]

  /// Nil unless there are 32 bytes.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count == SessionKey.byteCount else { return nil }
    let sealing = SessionKey.derived(bytes, "vigil-session-seal")
    guard let cipher = AuthenticatedCipher(key: sealing) else { return nil }
    self.cipher = cipher
    hashKey = SessionKey.derived(bytes, "vigil-session-hash")
  }

  private static func derived(_ key: [UInt8], _ purpose: String) -> [UInt8] {
    let text = Array(purpose.utf8)
    var code = HMACSHA256(key: key.span)
    return code.code(text.span).bytes
  }

  /// Reads the key of a state directory, or makes it there at the first start. Blocks.
  ///
  /// Throws `SessionKeyError` for a file that is no key, or when there is no randomness.
  package init(stateDirectory path: String, surroundings: Surroundings) throws {
    let storage = try PosixStorage(directory: path, creating: true)
    let name = "session-key"
    if let bytes = try storage.contents(name, byteCountMax: SessionKey.byteCount) {
      guard let key = SessionKey(bytes) else {
        throw SessionKeyError(problem: "\(path)/\(name): found \(bytes.count) bytes: expected 32")
      }
      self = key
      return
    }
    guard let bytes = surroundings.randomBytes(SessionKey.byteCount), let key = SessionKey(bytes)
    else { throw SessionKeyError(problem: "\(path)/\(name): no randomness to make it of") }
    try storage.replace(name, with: bytes.span, .owner)
    self = key
  }
}

extension SessionKey: CustomStringConvertible, CustomReflectable {
  package var description: String { "session key" }
  package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Why there is no session key.
package struct SessionKeyError: Error, Sendable, CustomStringConvertible {
  package let problem: String
  package var description: String { "session key: \(problem)" }
}
