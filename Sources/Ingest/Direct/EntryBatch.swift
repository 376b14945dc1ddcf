/// Entries prepared for one journal, one after the other in one buffer.
package struct EntryBatch: Sendable, Equatable {
  /// One entry, but for the instant at which the journal takes it in.
  struct Row: Sendable, Equatable {
    let timestamp: Timestamp
    let kind: RecordKind
    let start: Int
    let end: Int
    /// Where the 27 bytes of `received_at` begin, from the entry's first byte.
    let receivedAtOffset: Int
    fileprivate(set) var key: KeyHash
    let content: ContentDigest

    var range: Range<Int> { start..<end }
  }

  private(set) var rows: [Row] = []
  private(set) var bytes: [UInt8] = []

  /// Makes room once for entries of together about so many bytes, in `buffer`.
  init(byteCount: Int = 0, rowCount: Int = 0, buffer: consuming [UInt8] = []) {
    bytes = buffer
    bytes.removeAll(keepingCapacity: true)
    bytes.reserveCapacity(byteCount)
    rows.reserveCapacity(rowCount)
  }

  /// The entry's bytes.
  @_lifetime(borrow self)
  func entry(_ row: Row) -> Span<UInt8> { bytes.span.extracting(row.range) }

  /// Forgets the entries and gives their memory back.
  mutating func takeBuffer() -> [UInt8] {
    rows.removeAll(keepingCapacity: true)
    return exchange(&bytes, with: [])
  }

  /// Adds an entry that `write` appends; `write` says what it is, or nil to leave no trace.
  mutating func add(_ write: (inout [UInt8]) -> Facts?) -> Bool {
    let start = bytes.count
    guard let facts = write(&bytes) else {
      bytes.removeLast(bytes.count - start)
      return false
    }
    rows.append(
      Row(
        timestamp: facts.timestamp, kind: facts.kind, start: start, end: bytes.count,
        receivedAtOffset: facts.receivedAt - start, key: facts.key ?? .unset,
        content: facts.content))
    return true
  }

  /// Gives a row the key that it was added without.
  mutating func setKey(_ key: KeyHash, row: Int) { rows[row].key = key }

  /// What is to be known of an entry besides its bytes.
  struct Facts {
    let timestamp: Timestamp
    let kind: RecordKind
    /// Where `received_at` begins in the batch's bytes.
    let receivedAt: Int
    /// Nil where `setKey` follows.
    let key: KeyHash?
    let content: ContentDigest
  }
}
