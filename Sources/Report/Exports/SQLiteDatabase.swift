import CSQLite

/// Why a database could not be made.
package struct SQLiteError: Error, Hashable, Sendable, CustomStringConvertible {
  package let path: String
  package let operation: String
  /// SQLite's own words.
  package let problem: String

  package var description: String {
    "\(path): \(operation): found \(problem), expected SQLite to do it"
  }
}

/// A new database file, written in one transaction. The one file over libsqlite3 (3.31 and later).
///
/// Made for files that are replaced as a whole when anything fails: no journal. The end of the
/// transaction waits for stable storage; what is read back behind it is what stays.
/// The same statements in the same order give the same bytes under the same version of SQLite.
@safe final class SQLiteDatabase {
  private let path: String
  private let handle: OpaquePointer

  /// Makes the file. Throws when it cannot be opened.
  init(making path: String) throws(SQLiteError) {
    self.path = path
    var opened: OpaquePointer?
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXRESCODE
    // SAFETY: the path is alive for the call; a handle that is given is closed in deinit or here.
    let code = unsafe sqlite3_open_v2(path, &opened, flags, nil)
    guard code == SQLITE_OK, let handle = unsafe opened else {
      unsafe sqlite3_close_v2(opened)
      throw SQLiteError(path: path, operation: "open", problem: "code \(code)")
    }
    unsafe self.handle = handle
    for pragma in ["page_size=4096", "journal_mode=OFF", "synchronous=FULL", "encoding='UTF-8'"] {
      try run("PRAGMA \(pragma)")
    }
    try run("BEGIN")
  }

  deinit {
    // SAFETY: opened in init, closed once; statements hold the database and are finalised before.
    unsafe sqlite3_close_v2(handle)
  }

  /// Runs statements that have no parameters.
  func run(_ sql: String) throws(SQLiteError) {
    // SAFETY: handle and text are alive for the call; no message pointer is asked for.
    guard unsafe sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else {
      throw error(String(sql.prefix(60)))
    }
  }

  /// Ends the transaction.
  func commit() throws(SQLiteError) { try run("COMMIT") }

  /// A statement to be run for many rows.
  func statement(_ sql: String) throws(SQLiteError) -> Statement {
    var made: OpaquePointer?
    // SAFETY: the text ends with a zero byte, as -1 asks for, and is copied.
    let code = unsafe sqlite3_prepare_v2(handle, sql, -1, &made, nil)
    guard code == SQLITE_OK, let pointer = unsafe made else { throw error("prepare") }
    return unsafe Statement(self, pointer)
  }

  fileprivate func error(_ operation: String) -> SQLiteError {
    // SAFETY: the text lives until the next call on the handle, and is copied before.
    let problem = unsafe String(cString: sqlite3_errmsg(handle))
    return SQLiteError(path: path, operation: operation, problem: problem)
  }

  /// One prepared statement.
  @safe final class Statement {
    private let database: SQLiteDatabase
    private let pointer: OpaquePointer

    fileprivate init(_ database: SQLiteDatabase, _ pointer: OpaquePointer) {
      self.database = database
      unsafe self.pointer = pointer
    }

    deinit {
      // SAFETY: prepared once, finalised once; its database is alive, for this holds it.
      unsafe sqlite3_finalize(pointer)
    }

    /// Runs it with one value for each parameter, in order.
    func run(_ cells: [RecordColumns.Cell]) throws(SQLiteError) {
      for (position, cell) in cells.enumerated() {
        guard bind(cell, Int32(position + 1)) == SQLITE_OK else { throw database.error("bind") }
      }
      // SAFETY: the statement is alive as long as self.
      guard unsafe sqlite3_step(pointer) == SQLITE_DONE else { throw database.error("insert") }
      unsafe sqlite3_reset(pointer)
    }

    private func bind(_ cell: RecordColumns.Cell, _ position: Int32) -> Int32 {
      // SAFETY: the statement is alive; the text is copied before the call returns, by its count.
      switch cell {
      case .none: return unsafe sqlite3_bind_null(pointer, position)
      case .whole(let number): return unsafe sqlite3_bind_int64(pointer, position, Int64(number))
      case .number(let number): return unsafe sqlite3_bind_double(pointer, position, number)
      case .text(let text):
        return unsafe vigil_bind_text(pointer, position, text, UInt64(text.utf8.count))
      }
    }
  }
}
