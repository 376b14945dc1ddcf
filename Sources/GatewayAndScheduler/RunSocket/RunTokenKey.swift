package import Ingest

/// Where the key of run tokens is kept: `run-token-key` in the state directory, 32 bytes, mode 0600.
package enum RunTokenKey {
  package static let fileName = "run-token-key"

  /// The tokens of the key that is there; at the first start one is made, and is on stable storage
  /// before this returns. A file of another length is an error, never replaced: the tokens of runs that
  /// are under way depend on it.
  ///
  /// For the one process that holds the state directory's lock.
  package static func tokens(
    in storage: any JournalStorage, randomBytes: (Int) -> [UInt8]?
  ) throws(RunTokenKeyError) -> RunTokens {
    let count = RunTokens.keyByteCount
    let found: [UInt8]?
    do { found = try storage.contents(fileName, byteCountMax: count) } catch {
      throw .storage(error)
    }
    if let found {
      guard let tokens = RunTokens(key: found) else {
        throw .wrongLength(byteCountFound: found.count)
      }
      return tokens
    }
    guard let made = randomBytes(count), let tokens = RunTokens(key: made) else {
      throw .noRandomBytes
    }
    do { try storage.replace(fileName, with: made.span, .owner) } catch { throw .storage(error) }
    return tokens
  }
}

/// Why there are no run tokens.
package enum RunTokenKeyError: Error, Sendable, Equatable, CustomStringConvertible {
  case storage(StorageError)
  /// The file is there and is no key; longer ones count as 33 bytes.
  case wrongLength(byteCountFound: Int)
  case noRandomBytes

  package var description: String {
    switch self {
    case .storage(let error): "run token key: \(error)"
    case .wrongLength(let count):
      "run token key: \(RunTokenKey.fileName): found \(count) bytes, expected "
        + "\(RunTokens.keyByteCount)"
    case .noRandomBytes: "run token key: the system gives no random bytes"
    }
  }
}
