/// The alert records of a journal: those that are there, and then those that come.
///
/// Only committed entries are handed out, so that nothing that was read can go away again. Not safe to
/// share between threads.
package final class AlertFeed {
  /// How the entry of an alert record begins: keys have one order.
  private static let head = Array("{\"v\":1,\"kind\":\"alert\",".utf8)

  private let tail: JournalTail
  /// Of what is there already; nil behind it.
  private var scan: JournalScan?

  package init(_ storage: any JournalStorage) throws(JournalError) {
    let end = try JournalTail.committedCount(storage)
    var bounds = JournalScan.Bounds()
    bounds.kinds = [.alert]
    scan = try JournalScan(try JournalReader(storage), bounds) { $0.index < end }
    tail = try JournalTail(storage, from: end)
  }

  /// Some of what was not handed out yet, in the order of the journal; nil when that is all for now.
  package func next() throws(JournalError) -> [IndexedRecord]? {
    if let batch = try scan?.next() { return batch.records }
    scan = nil
    let before = tail.nextIndex
    let records = try newest()
    return tail.nextIndex == before ? nil : records
  }

  private func newest() throws(JournalError) -> [IndexedRecord] {
    var records: [IndexedRecord] = []
    var damage: JournalError?
    var document = JSONDocument()
    try tail.look { index, entry in
      guard damage == nil, AlertFeed.isAlert(entry) else { return }
      do {
        try document.parse(entry, stoppingBefore: "original")
        records.append(IndexedRecord(index: index, record: try Record(document)))
      } catch {
        damage = .damage(
          JournalDamage(
            file: JournalLayout.segments, index: index, byteOffset: 0, expected: "a record",
            found: "\(entry.count) other bytes"))
      }
    }
    if let damage { throw damage }
    return records
  }

  private static func isAlert(_ entry: Span<UInt8>) -> Bool {
    guard entry.count >= head.count else { return false }
    for place in head.indices where entry[place] != head[place] { return false }
    return true
  }
}
