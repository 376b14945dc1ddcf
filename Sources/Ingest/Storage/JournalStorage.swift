/// Everything the journal asks of a file system, relative to one directory.
///
/// Paths are names parted by `/`, without `.` and `..`. Two implementations: `PosixStorage`,
/// and the tests' simulated disk, which loses power at any operation.
package protocol JournalStorage: AnyObject {
  /// Makes a directory; one that is there already is fine.
  func createDirectory(_ path: String) throws(StorageError)

  /// Opens a file. A file that `access` makes is durable only after `synchronizeDirectory`.
  func open(_ path: String, _ access: FileAccess) throws(StorageError) -> any JournalFile

  /// Replaces a file as a whole, durably: temporary file, sync, rename, sync of the directory.
  func replace(
    _ path: String, with bytes: Span<UInt8>, _ permission: FilePermission
  ) throws(StorageError)

  /// Gives a file another name in one step, replacing what had it; durable only after
  /// `synchronizeDirectory`. Both names are in one directory.
  func rename(_ path: String, to newPath: String) throws(StorageError)

  /// The names in a directory, sorted bytewise; nil when there is no such directory.
  func list(_ directory: String) throws(StorageError) -> [String]?

  /// Removes a file; one that is not there is fine.
  func remove(_ path: String) throws(StorageError)

  /// Removes an empty directory; one that is not there is fine.
  func removeDirectory(_ path: String) throws(StorageError)

  /// Makes the names in a directory durable. The empty path is the storage's own directory.
  func synchronizeDirectory(_ path: String) throws(StorageError)

  /// Takes the exclusive lock for as long as the file is held; nil when another process has it.
  func lock(_ path: String) throws(StorageError) -> (any JournalFile)?
}

/// One open file of a `JournalStorage`; closed when the last reference goes.
package protocol JournalFile: AnyObject {
  /// Bytes.
  func size() throws(StorageError) -> Int

  /// Fills `range` of `buffer` from `offset`; fewer bytes than asked for only at the file's end.
  func read(
    at offset: Int, into buffer: inout [UInt8], _ range: Range<Int>
  ) throws(StorageError) -> Int

  /// Writes all bytes at `offset`. After an error any part of them may be there.
  func write(_ bytes: Span<UInt8>, at offset: Int) throws(StorageError)

  /// Lets the system begin to put these bytes on stable storage; promises nothing, and never fails.
  func beginSynchronizing(_ range: Range<Int>)

  /// Puts the contents on stable storage (fdatasync). A failure is final for this file.
  func synchronize() throws(StorageError)

  func truncate(to byteCount: Int) throws(StorageError)

  /// The permission bits: 0o600 for a file of `FilePermission.owner`.
  func permissions() throws(StorageError) -> UInt32
}

extension JournalFile {
  package func beginSynchronizing(_ range: Range<Int>) {}
}

/// How a file is opened.
package enum FileAccess: Hashable, Sendable {
  /// For reading only.
  case reading
  /// For reading and writing; made with this permission when it is not there.
  case writing(FilePermission)
}

/// Who may read a file of ours.
package enum FilePermission: UInt32, Sendable {
  /// 0600: secrets, rejected and oversize lines.
  case owner = 0o600
  /// 0640: segments, checkpoints, settings.
  case group = 0o640
}

extension JournalStorage {
  /// A whole file of at most `byteCountMax` bytes; nil when it is not there.
  ///
  /// A longer one reads as its first `byteCountMax + 1` bytes, which no parser of ours takes.
  package func contents(_ path: String, byteCountMax: Int) throws(StorageError) -> [UInt8]? {
    let file: any JournalFile
    do {
      file = try open(path, .reading)
    } catch {
      if error.isMissing { return nil }
      throw error
    }
    let count = min(try file.size(), byteCountMax + 1)
    var bytes = [UInt8](repeating: 0, count: count)
    let read = try file.read(at: 0, into: &bytes, 0..<count)
    bytes.removeLast(count - read)
    return bytes
  }
}
