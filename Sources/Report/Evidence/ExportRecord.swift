package import Ingest

/// The record that an export leaves in its journal.
package enum ExportRecord {
  /// A control record `export_made`: who, which question, how many rows, and the manifest's hash.
  ///
  /// Its source is the journal's own, so that its time, which is that of the export, does not count
  /// as something heard from the systems that are watched.
  package static func record(of manifest: Manifest, at now: Timestamp) -> Record {
    let bytes = manifest.bytes
    let digest = SHA256.digest(bytes.span).hex
    var control = ControlRecord(event: .exportMade)
    control.principal = manifest.madeBy
    control.subject = manifest.query.text
    control.reason = manifest.query.standard?.rawValue
    control.counts =
      [ControlRecord.Count("entries", manifest.range.count)]
      + manifest.tables.map { ControlRecord.Count($0.name, $0.rowCount) }
    control.sha256 = digest
    let header = RecordHeader(
      timestamp: now, source: Journal.controlSource, id: "export_made/\(digest.prefix(32))")
    return Record(header: header, body: .control(control))
  }
}
