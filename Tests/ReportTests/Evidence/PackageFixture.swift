import Correlate
import Detect
import Ingest
import Report
import TestSupport
import Testing

/// A small journal on a simulated disk, and packages made of it with time, person and key fixed.
struct PackageFixture {
  let journal: JournalFixture
  /// Entry 0 is the journal's own.
  let recordCount: Int

  static let madeAt = Build.time(1_000_000)

  /// Three triggers with runs, a denial, a decision, an approval, a hostile name.
  static var records: [Record] {
    var records: [Record] = []
    for serial in 0..<3 {
      let at = Build.time(Double(serial) * 3600)
      records.append(request("q\(serial)", at, principal: serial == 1 ? hostile : "alice"))
      records.append(run("r\(serial)", "q\(serial)", .started, at.advanced(bySeconds: 1)))
      records.append(run("r\(serial)", "q\(serial)", .succeeded, at.advanced(bySeconds: 61)))
    }
    records.append(request("q9", Build.time(7300), principal: "mallory", status: 403))
    var decision = DecisionRecord(effect: .deny)
    decision.requestID = "q9"
    decision.principal = "mallory"
    decision.action = "run:trigger"
    records.append(
      Record(
        header: RecordHeader(timestamp: Build.time(7300), source: "vigil/gateway", id: "d9"),
        body: .decision(decision)))
    for (number, event) in [ApprovalRecord.Event.requested, .given].enumerated() {
      var approval = ApprovalRecord(subject: .run, event: event)
      approval.approvalID = "a1"
      approval.subjectID = "r2"
      approval.principal = number == 0 ? "alice" : "bruno"
      records.append(
        Record(
          header: RecordHeader(
            timestamp: Build.time(7000 + 60 * Double(number)), source: "vigil/gateway",
            id: "a\(number)"),
          body: .approval(approval)))
    }
    return records
  }

  static let hostile = "=cmd|'/C calc'!A1<script>alert(1)</script>\u{202E}\"&'\n"

  static func request(
    _ id: String, _ at: Timestamp, principal: String, status: Int = 202
  ) -> Record {
    var request = RequestRecord()
    request.requestID = id
    request.principal = principal
    request.remoteIP = "10.0.0.7"
    request.method = "POST"
    request.path = "/jobs/etl/runs"
    request.job = "etl"
    request.status = status
    request.durationSeconds = 0.05
    let header = RecordHeader(timestamp: at, source: "caddy/edge-1", id: id)
    return Record(header: header, body: .request(request))
  }

  static func run(
    _ id: String, _ request: String, _ event: RunRecord.Event, _ at: Timestamp
  ) -> Record {
    var run = RunRecord(event: event)
    run.runID = id
    run.requestID = request
    run.job = "etl"
    run.owner = "bruno"
    if event == .succeeded { run.durationSeconds = 60 }
    let header = RecordHeader(
      timestamp: at, source: "launcher/p1", id: "\(id)-\(event.rawValue)")
    return Record(header: header, body: .run(run))
  }

  init(_ records: [Record] = PackageFixture.records) throws {
    journal = JournalFixture()
    try journal.write(records)
    recordCount = records.count
  }

  static let identify: @Sendable (String) -> String = { text in
    let bytes = Array(text.utf8)
    return String(SHA256.digest(bytes.span).hex.prefix(32))
  }

  static var zones: RecordedZones { RecordedZones(FixedZones()) { "data of \($0)" } }

  static func query(_ edit: (inout ExportQuery) -> Void = { _ in }) -> ExportQuery {
    var query = ExportQuery(text: "vigil export")
    query.standard = .nist80053
    query.formats = [.html, .csv, .jsonl, .ocsf, .cef]
    edit(&query)
    return query
  }

  func settings(_ query: ExportQuery) throws -> ExportRun.Settings {
    ExportRun.Settings(
      query: query, window: .standard, detection: DetectionConfiguration(),
      zones: PackageFixture.zones, identify: PackageFixture.identify, tool: "vigil test",
      madeAt: PackageFixture.madeAt, madeBy: "auditor", isRecorded: true,
      signer: try journal.signer())
  }

  /// Under the newest checkpoint, on a disk of its own.
  func export(
    _ query: ExportQuery = PackageFixture.query(),
    _ edit: (inout ExportRun.Settings) -> Void = { _ in }
  ) throws -> SimulatedStorage {
    var settings = try settings(query)
    edit(&settings)
    let history = try CheckpointHistory(CheckpointBytes(journal.storage))
    let head = try #require(history.newest?.signed)
    let package = SimulatedStorage()
    let run = ExportRun(
      try JournalReader(journal.storage), journal.storage, under: head, settings)
    let manifest = try run.make(in: package)
    try ExportRun.seal(manifest, in: package, by: settings.signer)
    return package
  }

  func check(
    _ package: SimulatedStorage, _ edit: (inout ExportCheck.Settings) -> Void = { _ in }
  ) throws -> ExportCheck.Verdict {
    var settings = ExportCheck.Settings(
      detection: DetectionConfiguration(), window: .standard, zones: PackageFixture.zones,
      identify: PackageFixture.identify)
    settings.logKey = try journal.signer().key
    edit(&settings)
    return try ExportCheck(package, settings).run()
  }

  static func text(_ path: String, _ package: SimulatedStorage) throws -> String {
    String(decoding: try #require(package.bytes(path), "\(path)"), as: UTF8.self)
  }

  static func objects(_ path: String, _ package: SimulatedStorage) throws -> [JSONDocument] {
    try text(path, package).split(separator: "\n").map { line in
      var document = JSONDocument()
      let bytes = Array(line.utf8)
      try document.parse(bytes.span)
      return document
    }
  }
}
