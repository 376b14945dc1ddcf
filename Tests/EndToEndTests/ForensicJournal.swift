import Foundation
import Ingest
import TestSupport
import Testing

/// A small journal made by the built tool, with names that mean harm among them.
struct ForensicJournal {
  /// Moves the cursor, reverses the text, and is markup.
  static let hostile = "eve\u{1B}[2J\u{202E}</script><img src=x>"

  let folder: TemporaryFolder
  var journal: String { folder.path("journal") }

  init(count: Int = 40) throws {
    folder = try TemporaryFolder()
    var lines: [UInt8] = []
    for record in try ForensicJournal.records(count) {
      lines += record.encoded() + [0x0A]
    }
    try Data(lines).write(to: URL(fileURLWithPath: folder.path("records.jsonl")))
    let ran = try BuiltTool.run([
      "ingest", "--journal", journal, "--origin", "vigil/forensic", "--format", "record",
      folder.path("records.jsonl"),
    ])
    #expect(ran.status == 0, "\(ran.errors)")
  }

  /// A trigger an hour, each with a run and a task; every fourth run fails.
  static func records(_ count: Int) throws -> [Record] {
    var records: [Record] = []
    for serial in 0..<count {
      let at = Build.time(Double(serial) * 3600)
      var request = RequestRecord()
      request.requestID = "q\(serial)"
      request.principal = serial % 5 == 4 ? hostile : ["alice", "bob"][serial % 2]
      request.method = "POST"
      request.path = "/jobs/etl/runs"
      (request.status, request.durationSeconds) = (serial % 7 == 6 ? 500 : 202, 0.05)
      (request.job, request.remoteIP) = ("etl", "10.0.0.\(serial % 3)")
      records.append(
        Record(
          header: RecordHeader(timestamp: at, source: "caddy/edge", id: "q\(serial)"),
          body: .request(request)))
      guard request.status == 202 else { continue }
      for (offset, event) in [
        (1.0, RunRecord.Event.started), (60, serial % 4 == 3 ? .failed : .succeeded),
      ] {
        var run = RunRecord(event: event)
        (run.runID, run.requestID, run.job) = ("r\(serial)", "q\(serial)", "etl")
        run.exitCode = event == .failed ? 1 : nil
        records.append(
          Record(
            header: RecordHeader(
              timestamp: at.advanced(bySeconds: offset), source: "launcher/host",
              id: "r\(serial)-\(event.rawValue)"), body: .run(run)))
      }
      var task = TaskRecord(event: .succeeded)
      (task.runID, task.taskID, task.task) = ("r\(serial)", "Load", "Load")
      records.append(
        Record(
          header: RecordHeader(
            timestamp: at.advanced(bySeconds: 30), source: "luigi/host", id: "t\(serial)"),
          body: .task(task)))
    }
    return records
  }

  /// Runs a command over the journal.
  func run(_ command: String, _ words: [String]) throws -> BuiltTool.Result {
    try BuiltTool.run([command, "--journal", journal] + words)
  }

  func entries() throws -> [String] {
    try JournalReader(try PosixStorage(directory: journal, creating: false)).allEntries()
  }

  /// A journal of the sixty days in `folder`.
  static func sixtyDays(in folder: TemporaryFolder) throws -> String {
    let journal = folder.path("sixty")
    let files = ["caddy-access.log.gz", "launcher.jsonl.gz", "luigi-events.jsonl.gz"]
    let ran = try BuiltTool.run(
      ["ingest", "--journal", journal, "--config", sixtyDaysConfiguration]
        + files.map { BuiltTool.fixture("sixty-days/\($0)") })
    #expect(ran.status == 0, "\(ran.errors)")
    return journal
  }

  static let sixtyDaysConfiguration = BuiltTool.fixture("sixty-days/vigil.json5")
}

extension String {
  /// No control character but newline and carriage return, and nothing that reorders text.
  var isHarmless: Bool {
    !unicodeScalars.contains {
      ($0.value < 0x20 && $0 != "\n" && $0 != "\r") || $0 == "\u{202E}" || $0.value == 0x7F
    }
  }
}
