/// Why a journal could not be published as tiles, or a published log not be read.
package enum TilesError: Error, Hashable, Sendable {
  /// The journal could not be read, or is damaged.
  case journal(JournalError)
  /// The system refused an operation in the published directory.
  case storage(StorageError)
  /// The directory holds something that publishing did not put there; the first is named.
  case foreignDirectory(found: String)
  /// Another process publishes into the directory.
  case locked(holder: String)
  /// The directory was published from another log.
  case origin(found: String, expected: String)
  /// The journal has no checkpoint yet, so there is nothing that could be published.
  case noCheckpoint
  /// The newest checkpoint carries no signature: a proof under it would prove nothing.
  case unsigned
  /// The checkpoint covers no such entry, or no such size.
  case outOfRange(found: Int, expected: ClosedRange<Int>)
  /// The entry's bytes are gone; only its leaf hash is left.
  case pruned(index: Int)
  /// Published bytes and the journal, or published bytes and their checkpoint, contradict.
  case disagreement(JournalDamage)
}

extension TilesError {
  static func published<Result: ~Copyable>(
    _ body: () throws(StorageError) -> Result
  ) throws(TilesError) -> Result {
    do { return try body() } catch { throw .storage(error) }
  }

  static func reading<Result: ~Copyable>(
    _ body: () throws(JournalError) -> Result
  ) throws(TilesError) -> Result {
    do { return try body() } catch { throw .journal(error) }
  }

  /// A contradiction at the start of a published file, or at `byteOffset`.
  static func disagreement(
    _ file: String, byteOffset: Int = 0, expected: String, found: String
  ) -> TilesError {
    .disagreement(
      JournalDamage(
        file: file, index: nil, byteOffset: byteOffset, expected: expected, found: found))
  }
}

extension TilesError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .journal(let error): error.description
    case .storage(let error): "published log: \(error)"
    case .foreignDirectory(let found):
      "published log: open: found \(JSON5Scanner.quoted(found)), expected an empty directory or one "
        + "with tiles of this log"
    case .locked(let holder):
      "published log: lock: held by process \(holder), expected no other publisher"
    case .origin(let found, let expected):
      "published log: origin: found \(found), expected \(expected)"
    case .noCheckpoint: "journal: checkpoint: found none, expected one"
    case .unsigned:
      "journal: checkpoint: found no signatures, expected a signed note (vigil "
        + "init --adopt signs a journal of an earlier version)"
    case .outOfRange(let found, let expected):
      "checkpoint: found \(found), expected \(expected.lowerBound) to \(expected.upperBound) as it "
        + "covers"
    case .pruned(let index):
      "entry \(index): found its leaf hash alone, expected its bytes: they are pruned"
    case .disagreement(let damage): "published log: \(damage)"
    }
  }
}
