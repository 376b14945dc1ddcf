import Ingest

/// Findings whose alert is in the journal already: what a restart or an upgrade must not raise again.
struct RaisedAlerts {
  private var ids: Set<String> = []

  /// Cost: a scan of the journal's alerts since then.
  init(_ storage: any JournalStorage, since instant: Timestamp) throws {
    var bounds = JournalScan.Bounds()
    bounds.since = instant
    bounds.kinds = [.alert]
    var scan = try JournalScan(try JournalReader(storage), bounds) { indexed in
      guard case .alert(let alert) = indexed.record.body else { return false }
      return alert.event == .raised
    }
    while let batch = try scan.next() {
      for indexed in batch.records {
        if case .alert(let alert) = indexed.record.body, let id = alert.findingID { ids.insert(id) }
      }
    }
  }

  func contains(_ id: String) -> Bool { ids.contains(id) }
  mutating func insert(_ id: String) { ids.insert(id) }
}
