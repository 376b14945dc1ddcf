package import Correlate
package import Detect
package import Ingest

/// Takes the rows of an export, in the order of event time; findings come last.
package protocol ExportSink: AnyObject {
  /// A record of the period.
  func record(_ record: IndexedRecord) throws
  /// An activity that began in the period, settled.
  func activity(_ row: ActivityRow) throws
  /// A finding of the period.
  func finding(_ finding: Finding) throws
  /// The verdict on a control, after all findings.
  func control(_ row: ControlRow) throws
  /// Nothing more comes; the files that were made.
  func finish() throws -> [PackageFile]
}

extension ExportSink {
  package func record(_ record: IndexedRecord) throws {}
  package func activity(_ row: ActivityRow) throws {}
  package func finding(_ finding: Finding) throws {}
  package func control(_ row: ControlRow) throws {}
}

/// An activity as a row: with its number, and how often it has been told before.
package struct ActivityRow: Sendable {
  package let activity: Activity
  /// From 1 on; a record that came after it had settled opens an activity again, and its next
  /// settlement is its next revision.
  package let revision: Int

  package init(_ activity: Activity, revision: Int) {
    self.activity = activity
    self.revision = revision
  }

  /// As JSON: the activity's object, with the revision where it is not the first.
  func encode(to bytes: inout [UInt8], _ writer: inout JSONWriter) {
    writer.removeAll()
    activity.encode(to: &writer)
    bytes.append(contentsOf: writer.bytes)
    guard revision > 1 else { return }
    bytes.removeLast()
    bytes.append(contentsOf: ",\"revision\":\(revision)}".utf8)
  }
}

extension Activity {
  /// The first instant known of it: asked for, queued, started or ended.
  var firstKnown: Timestamp? { requestedAt ?? queuedAt ?? startedAt ?? endedAt }
}
