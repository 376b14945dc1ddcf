import Detect
import GatewayAndScheduler
import Ingest
import Synchronization

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
      // What came from a file is another journal's word.
      return alert.event == .raised && !indexed.record.header.isImported
    }
    while let batch = try scan.next() {
      for indexed in batch.records {
        if case .alert(let alert) = indexed.record.body, let id = alert.findingID { ids.insert(id) }
      }
    }
  }

  /// The record that raises a finding.
  static func record(_ finding: Finding, owner: String?, at now: Timestamp) -> Record {
    var alert = AlertRecord(event: .raised)
    (alert.findingID, alert.finding) = (finding.findingID, finding.encoded())
    alert.owner = owner
    let header = RecordHeader(
      timestamp: now, source: "vigil/detect", id: "alert/\(finding.findingID)/raised")
    return Record(header: header, body: .alert(alert))
  }

  func contains(_ id: String) -> Bool { ids.contains(id) }
  mutating func insert(_ id: String) { ids.insert(id) }
}

/// Who is responsible for each job, as the file of jobs says now; safe from any thread.
final class JobOwners: Sendable {
  private let names = Mutex<[String: String]>([:])

  init(_ catalogue: JobCatalogue) { adopt(catalogue) }

  func adopt(_ catalogue: JobCatalogue) {
    let pairs = catalogue.definitions.compactMap { job in job.owner.map { (job.name, $0) } }
    names.withLock { $0 = Dictionary(pairs, uniquingKeysWith: { first, _ in first }) }
  }

  func owner(of job: String) -> String? { names.withLock { $0[job] } }
}
