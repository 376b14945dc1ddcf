import Synchronization

/// A record as an entry, but for the instant at which the journal takes it in: everything that can be
/// worked out before the journal's turn.
struct PreparedEntry: Sendable {
  /// The whole entry.
  let bytes: [UInt8]
  /// Where the 27 bytes of an instant begin that the journal is to replace by its own; nil when it is
  /// the journal's already.
  let receivedAtOffset: Int?
  let key: KeyHash
  let content: ContentDigest
}

/// Encodes and hashes records for one journal; its buffers keep their capacity.
struct EntryPreparer: ~Copyable {
  private var writer = JSONWriter()
  private var secret: JournalSecret

  init(secret: [UInt8]) { self.secret = JournalSecret(secret) }

  /// Nil for a record that the journal must look at itself: one too long, or with a newline in it.
  mutating func prepare(_ record: Record) -> PreparedEntry? {
    var stamped = record
    stamped.header.receivedAt = .earliest
    writer.removeAll()
    let offset = stamped.encode(to: &writer)
    let count = writer.bytes.count
    guard let offset, count <= Record.entryByteCountMax,
      writer.bytes.span.firstOffset(of: 0x0A, in: 0..<count) == nil
    else { return nil }
    // A copy of its own size: the writer's buffer may have room for much more.
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    bytes.append(contentsOf: writer.bytes)
    return PreparedEntry(
      bytes: bytes, receivedAtOffset: offset,
      key: secret.keyHash(source: record.header.source, id: record.header.id),
      content: secret.contentDigest(of: stamped.header, entry: bytes))
  }
}

/// Preparers for several threads at once, each behind a lock of its own.
final class EntryPreparers: Sendable {
  /// Threads that prepare at the same time without waiting for each other.
  private static let laneCount = 8

  private final class Lane: Sendable {
    let preparer: Mutex<EntryPreparer>

    init(secret: [UInt8]) { preparer = Mutex(EntryPreparer(secret: secret)) }
  }

  private let lanes: [Lane]
  private let turn = Atomic<Int>(0)

  init(secret: [UInt8]) {
    lanes = (0..<EntryPreparers.laneCount).map { _ in Lane(secret: secret) }
  }

  /// As `EntryPreparer.prepare`, on this thread.
  func prepare(_ record: Record) -> PreparedEntry? {
    let number = turn.wrappingAdd(1, ordering: .relaxed).newValue & (EntryPreparers.laneCount - 1)
    return lanes[number].preparer.withLock { $0.prepare(record) }
  }
}
