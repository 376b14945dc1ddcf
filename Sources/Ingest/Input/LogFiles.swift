/// The file system as reading logs needs it. Two exist: the system's and a simulated one.
package protocol LogFiles<Handle> {
  associatedtype Handle: LogFileHandle

  /// Nil when there is nothing at the path. Follows symbolic links.
  func status(ofPath path: String) throws(InputError) -> FileStatus?
  /// Names in a directory, in any order.
  func names(inDirectory path: String) throws(InputError) -> [String]
  /// Opens a regular file; the file stays readable through the handle whatever becomes of its name.
  func open(_ path: String) throws(InputError) -> Handle
}

/// An open file of `LogFiles`; closed when the last reference goes.
package protocol LogFileHandle {
  func status() throws(InputError) -> FileStatus
  /// Reads from `offset` into the start of `buffer`: how many bytes, 0 at the end or beyond.
  func read(at offset: Int, into buffer: inout MutableSpan<UInt8>) throws(InputError) -> Int
}

/// The system's files.
package struct SystemLogFiles: LogFiles, Sendable {
  /// Most entries of a directory that are looked at.
  package static let directoryEntryCountMax = 100_000

  package init() {}

  package func status(ofPath path: String) throws(InputError) -> FileStatus? {
    try InputDescriptor.status(ofPath: path)
  }

  package func names(inDirectory path: String) throws(InputError) -> [String] {
    try InputDescriptor.names(
      inDirectory: path, countMax: SystemLogFiles.directoryEntryCountMax)
  }

  package func open(_ path: String) throws(InputError) -> SystemLogFile {
    SystemLogFile(path: path, descriptor: try InputDescriptor.open(path))
  }
}

/// An open file of the system: a class, because an associated type must be copyable.
package final class SystemLogFile: LogFileHandle {
  private let path: String
  private let descriptor: InputDescriptor

  fileprivate init(path: String, descriptor: consuming InputDescriptor) {
    self.path = path
    self.descriptor = descriptor
  }

  package func status() throws(InputError) -> FileStatus { try descriptor.status(path) }

  package func read(
    at offset: Int, into buffer: inout MutableSpan<UInt8>
  ) throws(InputError) -> Int {
    try descriptor.read(at: offset, into: &buffer, path)
  }
}

/// Splits a path at its last slash.
struct SplitPath {
  /// `.` for a bare name.
  let directory: String
  let name: String
  private let prefix: String

  init(_ path: String) {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else {
      (prefix, directory, name) = ("", ".", path)
      return
    }
    prefix = String(path[...slash])
    directory = slash == path.startIndex ? "/" : String(path[..<slash])
    name = String(path[path.utf8.index(after: slash)...])
  }

  /// The path of another name in the same directory.
  func sibling(_ name: String) -> String { prefix + name }
}
