package import Ingest

/// Why the token file could not be used.
package enum ServiceTokenStoreError: Error, Hashable, Sendable {
  case storage(StorageError)
  /// A line that is not what was written, or not under this key: nothing of the file is believed.
  case damaged(line: Int, problem: String)
  /// The key's file has another length, or others may read it.
  case key(problem: String)
  /// Another command writes.
  case locked
  case noRandomBytes
  case tooLong(byteCount: Int)
}

extension ServiceTokenStoreError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .storage(let error): "token file: \(error)"
    case .damaged(let line, let problem): "token file: line \(line): \(problem)"
    case .key(let problem): "token key: \(problem)"
    case .locked: "token file: another command is writing: expected nobody"
    case .noRandomBytes: "token: no random bytes from the system"
    case .tooLong(let count):
      "token file: found \(count) bytes: expected at most \(ServiceTokenStore.byteCountMax)"
    }
  }
}

/// `tokens.jsonl` in the state directory: read whole, appended to durably, recovered when torn.
///
/// Reads and writes may happen in different processes. A line counts once its newline is there; what
/// stands behind the last newline was never acknowledged and is left out by readers. The next writer
/// takes it away by replacing the file, so that a reader who knows a file by identity and length never
/// takes a new line for the torn one.
package struct ServiceTokenStore {
  package static let fileName = "tokens.jsonl"
  private static let lockName = "tokens.lock"
  /// Longest file, in bytes.
  package static let byteCountMax = 64 << 20

  private let storage: any JournalStorage

  /// - Parameter storage: over the state directory.
  package init(_ storage: any JournalStorage) { self.storage = storage }

  /// What a file says.
  package struct Contents: Sendable {
    package var table = ServiceTokenTable()
    /// The newest line, whose records may be missing in the journal after a crash.
    package var last: ServiceTokenLine?
    /// Bytes that end in a newline.
    var wholeByteCount = 0
    var byteCount = 0

    /// Of no file.
    package init() {}

    /// Whether there is something behind the last newline.
    package var isTorn: Bool { wholeByteCount < byteCount }
  }

  /// The key; nil when none was made yet.
  package func key() throws(ServiceTokenStoreError) -> ServiceTokenKey? {
    do {
      let count = ServiceTokenKey.byteCount
      guard let bytes = try storage.contents(ServiceTokenKey.fileName, byteCountMax: count) else {
        return nil
      }
      let permissions = try storage.open(ServiceTokenKey.fileName, .reading).permissions()
      guard permissions & 0o077 == 0 else {
        throw ServiceTokenStoreError.key(
          problem: "found mode \(String(permissions, radix: 8)): expected 600")
      }
      guard let key = ServiceTokenKey(bytes) else {
        throw ServiceTokenStoreError.key(
          problem: "found \(bytes.count) bytes: expected \(count)")
      }
      return key
    } catch let error as ServiceTokenStoreError {
      throw error
    } catch let error as StorageError {
      throw .storage(error)
    } catch {
      throw .key(problem: "\(error)")
    }
  }

  /// Reads the file; empty when it is not there.
  package func read(_ key: ServiceTokenKey) throws(ServiceTokenStoreError) -> Contents {
    let bytes: [UInt8]
    do throws(StorageError) {
      let limit = ServiceTokenStore.byteCountMax
      bytes = try storage.contents(ServiceTokenStore.fileName, byteCountMax: limit) ?? []
    } catch { throw .storage(error) }
    return try ServiceTokenStore.parse(bytes, key)
  }

  /// The contents of a file's bytes. Throws for a line that is not whole, sealed and possible.
  package static func parse(
    _ bytes: [UInt8], _ key: ServiceTokenKey
  ) throws(ServiceTokenStoreError) -> Contents {
    guard bytes.count <= byteCountMax else { throw .tooLong(byteCount: bytes.count) }
    var contents = Contents()
    contents.byteCount = bytes.count
    contents.wholeByteCount = bytes.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    var number = 0
    var start = 0
    while start < contents.wholeByteCount {
      let end = bytes[start...].firstIndex(of: 0x0A) ?? contents.wholeByteCount
      number += 1
      guard let line = ServiceTokenLine(Array(bytes[start..<end]), key) else {
        throw .damaged(
          line: number, problem: "found bytes without a good seal: expected a line of this key")
      }
      if let problem = contents.table.apply(line) {
        throw .damaged(line: number, problem: problem)
      }
      contents.last = line
      start = end + 1
    }
    return contents
  }

  /// Writes under the lock: `body` gets the key, made when there is none, and what stands in the file.
  ///
  /// - Parameter randomBytes: for a new key.
  func write<Result>(
    _ randomBytes: (Int) -> [UInt8]?,
    _ body: (ServiceTokenKey, Contents, Appender) throws -> Result
  ) throws -> Result {
    guard let lock = try storage.lock(ServiceTokenStore.lockName) else {
      throw ServiceTokenStoreError.locked
    }
    return try withExtendedLifetime(lock) {
      let key = try key() ?? newKey(randomBytes)
      let contents = try read(key)
      if contents.isTorn { try dropTorn(contents) }
      return try body(key, contents, Appender(storage, key, contents.wholeByteCount))
    }
  }

  private func newKey(_ randomBytes: (Int) -> [UInt8]?) throws -> ServiceTokenKey {
    let existing = try storage.contents(ServiceTokenStore.fileName, byteCountMax: 0) ?? []
    guard existing.isEmpty else {
      throw ServiceTokenStoreError.key(
        problem: "found no \(ServiceTokenKey.fileName) beside \(ServiceTokenStore.fileName): "
          + "expected the one under which it was written")
    }
    guard let bytes = randomBytes(ServiceTokenKey.byteCount), let key = ServiceTokenKey(bytes)
    else {
      throw ServiceTokenStoreError.noRandomBytes
    }
    try storage.replace(ServiceTokenKey.fileName, with: bytes.span, .owner)
    return key
  }

  private func dropTorn(_ contents: Contents) throws {
    let limit = ServiceTokenStore.byteCountMax
    let bytes = try storage.contents(ServiceTokenStore.fileName, byteCountMax: limit) ?? []
    let whole = Array(bytes.prefix(contents.wholeByteCount))
    try storage.replace(ServiceTokenStore.fileName, with: whole.span, .owner)
  }

  /// Puts one line behind the others, durably. Good for one line.
  struct Appender {
    private let storage: any JournalStorage
    private let key: ServiceTokenKey
    private let offset: Int

    fileprivate init(_ storage: any JournalStorage, _ key: ServiceTokenKey, _ offset: Int) {
      self.storage = storage
      self.key = key
      self.offset = offset
    }

    func append(_ line: ServiceTokenLine) throws {
      let bytes = line.encoded(key) + [0x0A]
      guard bytes.count <= ServiceTokenLine.byteCountMax,
        offset + bytes.count <= ServiceTokenStore.byteCountMax
      else { throw ServiceTokenStoreError.tooLong(byteCount: offset + bytes.count) }
      let file = try storage.open(ServiceTokenStore.fileName, .writing(.owner))
      try file.write(bytes.span, at: offset)
      try file.synchronize()
      try storage.synchronizeDirectory("")
    }
  }
}
