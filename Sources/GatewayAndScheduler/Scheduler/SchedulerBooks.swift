package import Ingest

/// Reads back what the scheduler has told: the entries of the journal from an index on.
package protocol BookReading: Sendable {
  /// Calls `body` with each record of the scheduler's own, in the order of the journal. Entries that
  /// were pruned are passed over.
  func read(
    from index: Int, _ body: (_ index: Int, _ record: Record) -> Void
  ) throws(SchedulerBooksError)
}

/// Why the books cannot be read: nothing may be started then, for it could be started twice.
package struct SchedulerBooksError: Error, Sendable, Hashable, CustomStringConvertible {
  package let description: String
  package init(_ description: String) { self.description = "scheduler's books: \(description)" }
}

/// The books of a journal's directory, read beside its writer.
package struct JournalBooks: BookReading {
  private let directory: String

  package init(journal directory: String) { self.directory = directory }

  package func read(
    from index: Int, _ body: (_ index: Int, _ record: Record) -> Void
  ) throws(SchedulerBooksError) {
    do {
      let storage = try PosixStorage(directory: directory, creating: false)
      let reader = try JournalReader(storage)
      var cursor = try reader.cursor(from: index)
      var document = JSONDocument()
      while let location = try cursor.next() {
        guard location.index >= index, JournalBooks.isOurs(cursor.bytes) else { continue }
        try document.parse(cursor.bytes, stoppingBefore: "original")
        body(location.index, try Record(document))
      }
    } catch { throw SchedulerBooksError("\(directory): \(error)") }
  }

  /// A look at the front of an entry, where `source` stands: most entries are somebody else's.
  /// The journal's own tell which of our records were repeats.
  private static func isOurs(_ bytes: Span<UInt8>) -> Bool {
    holds(ScheduledRun.source, bytes) || holds(Journal.controlSource, bytes)
  }

  private static func holds(_ source: String, _ bytes: Span<UInt8>) -> Bool {
    let mark = Array("\"source\":\"\(source)\"".utf8)
    let end = min(bytes.count, 160) - mark.count
    guard end > 0 else { return false }
    for start in 0..<end where bytes[start] == mark[0] {
      var offset = 0
      while offset < mark.count, bytes[start + offset] == mark[offset] { offset += 1 }
      if offset == mark.count { return true }
    }
    return false
  }
}

/// `STATE/frontier`: where the books begin that count, and how far the schedules are run.
///
///     {"v":1,"index":1203,"through":"2026-11-24T05:00:00.000000Z"}
package struct SchedulerFrontier: Sendable, Equatable {
  /// Before this entry every run is over and forgotten.
  package var index: Int
  /// Times of schedules up to here are dealt with.
  package var through: Timestamp?

  package init(index: Int, through: Timestamp? = nil) {
    self.index = index
    self.through = through
  }

  static let name = "frontier"

  package var bytes: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("v", 1)
    writer.field("index", index)
    writer.field("through", through)
    writer.endObject()
    return writer.bytes
  }

  /// Nil for anything that is no frontier: the books are then read from their beginning.
  package init?(_ bytes: [UInt8]) {
    var document = JSONDocument()
    do { try document.parse(bytes.span) } catch { return nil }
    let root = document.root
    guard let version = document.member(root, "v"), document.integer(version) == 1,
      let index = document.member(root, "index").flatMap({ document.integer($0) }), index >= 0
    else { return nil }
    self.index = Int(index)
    through = document.member(root, "through").flatMap { document.string($0) }
      .flatMap { Timestamp(rfc3339: $0) }
  }
}
