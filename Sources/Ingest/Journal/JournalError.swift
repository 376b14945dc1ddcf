/// Why a journal could not be opened, written or read.
package enum JournalError: Error, Hashable, Sendable {
  /// The system refused a file operation; before a write has failed, nothing has changed.
  case storage(StorageError)
  /// Another process writes here; its id as the lock file tells it.
  case locked(holder: String)
  /// The directory holds other things, the first of which is named.
  case notAJournal(found: String)
  /// `journal.json` is not what this version writes.
  case unusableSettings(found: String, expected: String)
  /// The origin asked for is no origin, or not the one that the journal was made with.
  case origin(found: String, expected: String)
  /// An existing journal without its secret is refused for writing.
  case secret(byteCountFound: Int?)
  /// The signing key cannot be had: an existing journal without it is refused for writing.
  case key(SigningKeyError)
  /// The key is not the one whose vkey `journal.json` names.
  case otherKey(found: String, expected: String)
  /// A journal of the version before signing: refused for writing until it is adopted.
  case unsigned
  /// A journal that has its key cannot be adopted again.
  case alreadySigned(vkey: String)
  /// Cosignatures on a checkpoint that this journal never signed.
  case foreignCheckpoint(CheckpointError?)
  /// Evidence is damaged: nothing was changed, and only reading and verifying go on.
  case damage(JournalDamage)
  /// A write or sync failed earlier: this handle is finished. Entries from `firstIndexNotTaken` on
  /// were not acknowledged; all before it are safe.
  case failed(firstIndexNotTaken: Int, cause: StorageError)
  /// `close` was called.
  case closed
  /// A record that encodes to a line with a newline in it, or to one that no cutting makes short
  /// enough. A programmer's mistake upstream; the journal goes on.
  case unfitRecord(source: String, id: String, byteCount: Int)
  /// The generator gave no random bytes for a secret.
  case noRandomBytes
}

extension JournalError {
  /// Runs `body`, its storage errors wrapped.
  static func wrapping<Result: ~Copyable>(
    _ body: () throws(StorageError) -> Result
  ) throws(JournalError) -> Result {
    do { return try body() } catch { throw JournalError(error) }
  }

  /// A storage error as the journal sees it: compressed bytes that do not decode are damage.
  init(_ error: StorageError) {
    guard error.operation == .decompress else {
      self = .storage(error)
      return
    }
    self = .damage(JournalDamage(undecodable: error))
  }
}

/// The first place at which the bytes are not what they must be.
package struct JournalDamage: Error, Hashable, Sendable {
  /// File, relative to the journal's directory.
  package let file: String
  /// The entry, from 0; nil when it is not about one.
  package let index: Int?
  /// Offset in the file.
  package let byteOffset: Int
  package let expected: String
  package let found: String

  package init(file: String, index: Int?, byteOffset: Int, expected: String, found: String) {
    self.file = file
    self.index = index
    self.byteOffset = byteOffset
    self.expected = expected
    self.found = found
  }
}

extension JournalDamage {
  /// What a failed `decompress` says.
  init(undecodable error: StorageError) {
    self.init(
      file: error.path, index: nil, byteOffset: error.byteOffset ?? 0,
      expected: "the frames, the digest and the table that compressing wrote",
      found: "other bytes")
  }
}

extension JournalDamage: CustomStringConvertible {
  package var description: String {
    let entry = index.map { ": entry \($0)" } ?? ""
    return "\(file)\(entry) at byte \(byteOffset): found \(found), expected \(expected)"
  }
}

extension JournalError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .storage(let error): "journal: \(error)"
    case .locked(let holder):
      "journal: lock: held by process \(holder), expected no other writer: wait for its end, or stop "
        + "it, and run this again"
    case .notAJournal(let found):
      "journal: open: found \(found), expected journal.json or an empty directory"
    case .unusableSettings(let found, let expected):
      "journal.json: found \(found), expected \(expected)"
    case .origin(let found, let expected): "journal: origin: found \(found), expected \(expected)"
    case .secret(let count):
      "journal: hmac-secret: found \(count.map { "\($0) bytes" } ?? "no file"), expected 32 bytes"
    case .key(let error): "journal: \(error)"
    case .otherKey(let found, let expected):
      "journal: key: found that of \(found), expected that of \(expected)"
    case .unsigned:
      "journal: journal.json: found no vkey, expected a signed journal: vigil init --adopt takes "
        + "an unsigned one over"
    case .alreadySigned(let vkey):
      "journal: adopt: found a journal signed by \(vkey), expected an unsigned one"
    case .foreignCheckpoint(let error):
      "journal: cosigned checkpoint: found one that this journal has not signed"
        + (error.map { ": \($0)" } ?? "")
    case .damage(let damage): "journal: damaged: \(damage)"
    case .failed(let index, let cause):
      "journal: stopped before entry \(index): \(cause), expected every write and sync to succeed"
    case .closed: "journal: already closed"
    case .unfitRecord(let source, let id, let byteCount):
      "journal: append \(JSON5Scanner.quoted(FieldLimit.prefix(source, byteCount: 64))) "
        + "\(JSON5Scanner.quoted(FieldLimit.prefix(id, byteCount: 64))): found \(byteCount) bytes, "
        + "expected one line of at most \(Record.entryByteCountMax)"
    case .noRandomBytes: "journal: create: found no random bytes for the secret"
    }
  }
}
