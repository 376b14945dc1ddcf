import Detect
package import Ingest

extension Manifest {
  /// A suppression that was made before the period and in force when it began: no record of the period
  /// tells of it, and an export must.
  package struct PriorSuppression: Sendable, Equatable {
    package let suppressionID: String
    /// What it withholds, for a person; a dash where that may not be shown.
    package let subject: String
    package let owner: String?
    package let principal: String?
    package let reason: String?
    package let since: Timestamp
    package let expiresAt: Timestamp?
    /// Its entry in the journal, before or in the range.
    package let index: Int

    init(_ suppression: AlertSuppression, index: Int) {
      suppressionID = suppression.id
      subject = suppression.subject.isEmpty ? "-" : suppression.subject
      owner = suppression.owner
      principal = suppression.principal
      reason = suppression.reason
      since = suppression.since
      expiresAt = suppression.expiresAt
      self.index = index
    }
  }

  func encodeSuppressions(to writer: inout JSONWriter) {
    writer.beginArray("suppressions_before")
    for suppression in suppressionsBefore {
      writer.beginObject()
      writer.field("suppression_id", suppression.suppressionID)
      writer.field("subject", suppression.subject)
      writer.field("owner", suppression.owner)
      writer.field("principal", suppression.principal)
      writer.field("reason", suppression.reason)
      writer.field("since", suppression.since)
      writer.field("expires_at", suppression.expiresAt)
      writer.field("index", suppression.index)
      writer.endObject()
    }
    writer.endArray()
  }
}

extension Manifest.PriorSuppression {
  init(_ fields: ManifestFields) throws(ExportRefusal) {
    suppressionID = try fields.text("suppression_id")
    subject = try fields.text("subject")
    owner = fields.optionalText("owner")
    principal = fields.optionalText("principal")
    reason = fields.optionalText("reason")
    since = try fields.instant("since")
    expiresAt = try fields.optionalInstant("expires_at")
    index = try fields.whole("index")
  }
}

/// Finds the suppressions that were in force when a period began.
struct PriorSuppressionScan {
  private var kept: [(suppression: AlertSuppression, index: Int)] = []

  /// Those made before `start` that neither ended nor were lifted by then, in the order of the journal.
  ///
  /// - Parameters:
  ///   - size: entries that count.
  ///   - transform: applied before anything is kept.
  static func run(
    _ reader: JournalReader, before start: Timestamp, size: Int, columns: ColumnUse,
    _ transform: RecordTransform?
  ) throws -> [Manifest.PriorSuppression] {
    var bounds = JournalScan.Bounds()
    bounds.kinds = [.alert]
    bounds.until = start
    var scan = try JournalScan(reader, bounds, columns: columns) { indexed in
      guard indexed.index < size, case .alert(let alert) = indexed.record.body else { return false }
      return alert.event == .suppressed || alert.event == .lifted
    }
    var found = PriorSuppressionScan()
    while let batch = try scan.next() {
      for indexed in batch.records {
        found.take(transform?.apply(indexed.record) ?? indexed.record, indexed.index)
      }
    }
    return found.kept.filter { $0.suppression.isActive(at: start) }
      .map { Manifest.PriorSuppression($0.suppression, index: $0.index) }
  }

  private mutating func take(_ record: Record, _ index: Int) {
    guard case .alert(let alert) = record.body, !record.header.isImported else { return }
    let at = record.header.timestamp
    if let suppression = AlertSuppression(alert, at: at) { kept.append((suppression, index)) }
    if alert.event == .lifted {
      kept.removeAll { $0.suppression.id == alert.suppressionID }
    }
  }
}
