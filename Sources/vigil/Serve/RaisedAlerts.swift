import Ingest

/// Findings whose alert is in the journal already: what a restart must not raise again.
struct RaisedAlerts {
  /// Entries looked through, from the end: findings are raised anew only when they were not saved as
  /// said, which is a matter of minutes.
  static let entryCountMax = 200_000

  private(set) var ids: Set<String> = []

  /// Cost: the entries looked through, and their segment up to them.
  init(_ storage: any JournalStorage) throws {
    let reader = try JournalReader(storage)
    var cursor = try reader.cursor(from: max(0, reader.entryCount - RaisedAlerts.entryCountMax))
    var document = JSONDocument()
    while try cursor.next() != nil {
      try document.parse(cursor.bytes)
      guard document.member(document.root, "kind").flatMap({ document.string($0) }) == "alert",
        document.member(document.root, "event").flatMap({ document.string($0) }) == "raised",
        let id = document.member(document.root, "finding_id").flatMap({ document.string($0) })
      else { continue }
      ids.insert(id)
    }
  }

  /// Whether it is new; it no longer is afterwards.
  mutating func insert(_ id: String) -> Bool { ids.insert(id).inserted }
}
