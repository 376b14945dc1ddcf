import Correlate
package import Detect
package import Ingest

/// One SQLite database: a table for each kind of record, one for activities and one for findings,
/// indexes, and the views `requests`, `runs`, `activities` and `findings`.
///
/// Written by SQLite itself to a path; its hash is taken once it is whole. Indexes are made last.
package final class SQLiteSink: ExportSink {
  private let database: SQLiteDatabase
  private var inserts: [RecordKind: SQLiteDatabase.Statement] = [:]
  private let insertActivity: SQLiteDatabase.Statement
  private let insertFinding: SQLiteDatabase.Statement
  private let hash: () throws -> PackageFile

  private static let activityTypes: [String: String] = [
    "status": "INTEGER", "wait_s": "REAL", "duration_s": "REAL", "cpu_s": "REAL",
    "max_rss_bytes": "INTEGER", "exit_code": "INTEGER", "attempts": "INTEGER",
    "tasks_total": "INTEGER", "tasks_failed": "INTEGER", "revision": "INTEGER",
  ]
  private static let findingTypes: [String: String] = [
    "p_value": "REAL", "score": "REAL", "history_events": "INTEGER", "history_days": "INTEGER",
  ]

  /// - Parameters:
  ///   - path: where SQLite makes the file; there must be none.
  ///   - hash: reads the file back once it is whole.
  package init(making path: String, hash: @escaping () throws -> PackageFile) throws {
    self.hash = hash
    database = try SQLiteDatabase(making: path)
    for kind in RecordKind.allCases {
      let columns = RecordColumns.columns(of: kind).map { ($0.name, $0.type) }
      inserts[kind] = try SQLiteSink.make("\(kind.rawValue)_records", columns, database)
    }
    let activity = (Activity.csvHeader + ["revision"]).map {
      ($0, SQLiteSink.activityTypes[$0] ?? "TEXT")
    }
    insertActivity = try SQLiteSink.make("activity_rows", activity, database)
    let finding = CSVSink.findingHeader.map { ($0, SQLiteSink.findingTypes[$0] ?? "TEXT") }
    insertFinding = try SQLiteSink.make("finding_rows", finding, database)
  }

  private static func make(
    _ table: String, _ columns: [(String, String)], _ database: SQLiteDatabase
  ) throws(SQLiteError) -> SQLiteDatabase.Statement {
    let definitions = columns.map { "\"\($0.0)\" \($0.1)" }.joined(separator: ", ")
    try database.run("CREATE TABLE \(table) (\(definitions))")
    let places = columns.map { _ in "?" }.joined(separator: ", ")
    return try database.statement("INSERT INTO \(table) VALUES (\(places))")
  }

  package func record(_ record: IndexedRecord) throws {
    try inserts[record.record.kind]?.run(RecordColumns.cells(of: record))
  }

  package func activity(_ row: ActivityRow) throws {
    let header = Activity.csvHeader + ["revision"]
    let cells = row.activity.csvCells + ["\(row.revision)"]
    try insertActivity.run(
      zip(header, cells).map { SQLiteSink.cell($1, SQLiteSink.activityTypes[$0]) })
  }

  package func finding(_ finding: Finding) throws {
    try insertFinding.run(
      zip(CSVSink.findingHeader, finding.csvCells).map {
        SQLiteSink.cell($1, SQLiteSink.findingTypes[$0])
      })
  }

  private static func cell(_ text: String, _ type: String?) -> RecordColumns.Cell {
    if text.isEmpty { return .none }
    switch type {
    case "INTEGER": return Int(text).map { .whole($0) } ?? .text(text)
    case "REAL": return Double(text).map { .number($0) } ?? .text(text)
    default: return .text(text)
    }
  }

  package func finish() throws -> [PackageFile] {
    inserts = [:]
    for (table, column) in SQLiteSink.indexes {
      try database.run("CREATE INDEX \(table)_\(column) ON \(table) (\"\(column)\")")
    }
    for view in SQLiteSink.views { try database.run("CREATE VIEW " + view) }
    try database.commit()
    return [try hash()]
  }

  private static let indexes = [
    ("request_records", "ts"), ("request_records", "principal"), ("request_records", "request_id"),
    ("request_records", "job"), ("decision_records", "request_id"), ("run_records", "run_id"),
    ("run_records", "ts"), ("task_records", "run_id"), ("approval_records", "subject_id"),
    ("alert_records", "finding_id"), ("control_records", "event"),
    ("activity_rows", "activity_id"), ("activity_rows", "principal"), ("activity_rows", "job"),
    ("activity_rows", "run_id"), ("finding_rows", "finding_id"), ("finding_rows", "activity_id"),
    ("finding_rows", "ts"),
  ]

  /// `activities` and `runs` show each activity as it was told last.
  private static let views = [
    "requests AS SELECT * FROM request_records",
    """
    activities AS SELECT * FROM activity_rows AS row WHERE revision =
      (SELECT max(revision) FROM activity_rows WHERE activity_id = row.activity_id)
    """,
    """
    runs AS SELECT run_id, job, principal, trigger, state, dangling, queued_at, started_at, ended_at,
      wait_s, duration_s, cpu_s, max_rss_bytes, exit_code, attempts, tasks_total, tasks_failed,
      request_id, activity_id FROM activities WHERE run_id IS NOT NULL
    """,
    "findings AS SELECT * FROM finding_rows",
  ]
}
