/// The alert records of a journal: those that are there, and then those that come.
///
/// Only committed entries are handed out, so that nothing that was read can go away again. An entry that is no
/// record is told of and passed over: damage of one is not to silence the others. Not safe to share
/// between threads.
package final class AlertFeed {
  /// How the entry of an alert record begins: keys have one order.
  private static let head = Array("{\"v\":1,\"kind\":\"alert\",".utf8)

  private let storage: any JournalStorage
  private let report: (String) -> Void
  private var tail: JournalTail
  /// Of what is there already; nil behind it.
  private var scan: JournalScan?
  /// Entries before this one were handed out.
  private var nextIndex = 0

  /// - Parameter report: gets what was passed over, an entry each.
  package init(
    _ storage: any JournalStorage, report: @escaping (String) -> Void = { _ in }
  ) throws(JournalError) {
    self.storage = storage
    self.report = report
    let end = try JournalTail.committedCount(storage)
    var bounds = JournalScan.Bounds()
    bounds.kinds = [.alert]
    do throws(JournalError) {
      scan = try JournalScan(try JournalReader(storage), bounds) { $0.index < end }
      tail = try JournalTail(storage, from: end)
    } catch {
      report("\(error)")
      tail = try JournalTail(storage, from: 0)
    }
  }

  /// Some of what was not handed out yet, in the order of the journal; nil when that is all for now.
  package func next() throws(JournalError) -> [IndexedRecord]? {
    if let batch = try nextOfScan() { return batch }
    let before = tail.nextIndex
    let records = try newest()
    return tail.nextIndex == before ? nil : records
  }

  /// A scan ends at the first entry that is none: from there on each entry is read by itself.
  private func nextOfScan() throws(JournalError) -> [IndexedRecord]? {
    do throws(JournalError) {
      guard let batch = try scan?.next() else {
        scan = nil
        return nil
      }
      nextIndex = batch.records.last.map { $0.index + 1 } ?? nextIndex
      return batch.records
    } catch {
      scan = nil
      report("\(error)")
      tail = try JournalTail(storage, from: 0)
      return nil
    }
  }

  private func newest() throws(JournalError) -> [IndexedRecord] {
    var records: [IndexedRecord] = []
    var document = JSONDocument()
    try tail.look { index, entry in
      guard index >= nextIndex, AlertFeed.isAlert(entry) else { return }
      do {
        try document.parse(entry, stoppingBefore: "original")
        records.append(IndexedRecord(index: index, record: try Record(document)))
      } catch {
        report("entry \(index): expected an alert record, found \(entry.count) other bytes")
      }
    }
    return records
  }

  private static func isAlert(_ entry: Span<UInt8>) -> Bool {
    guard entry.count >= head.count else { return false }
    for place in head.indices where entry[place] != head[place] { return false }
    return true
  }
}
