import CPlatform
import Glibc

/// A directory of the real file system, held open; every path is resolved from its descriptor.
///
/// Files are opened with O_CLOEXEC and O_NOFOLLOW: a link planted where one of our files belongs is
/// refused. Each `unsafe` call below passes a Swift string as its path: the compiler keeps it alive
/// and terminated for the length of the call. The system calls of a durable replace are openat, write, fsync, renameat, fsync of the
/// directory (as in FiloSottile/sunlight `internal/durable`).
package final class PosixStorage: JournalStorage, Sendable {
  private let directory: OwnedDescriptor
  private let path: String

  /// Opens the directory; `creating` makes it (not its parents) when it is not there.
  package init(directory path: String, creating: Bool) throws(StorageError) {
    if creating, unsafe mkdir(path, 0o750) != 0, errno != EEXIST {
      throw StorageError(.createDirectory, path, errno)
    }
    let number = unsafe vigil_open(path, O_RDONLY | O_DIRECTORY, 0)
    guard number >= 0 else { throw StorageError(.open, path, errno) }
    directory = OwnedDescriptor(number)
    self.path = path
    if creating { try synchronizeParent() }
  }

  /// The directory's own name is durable only when its parent is synced.
  private func synchronizeParent() throws(StorageError) {
    let number = unsafe vigil_openat(directory.number, "..", O_RDONLY | O_DIRECTORY, 0)
    guard number >= 0 else { throw StorageError(.open, path + "/..", errno) }
    let parent = OwnedDescriptor(number)
    guard fsync(parent.number) == 0 else { throw StorageError(.synchronize, path + "/..", errno) }
  }

  package func createDirectory(_ path: String) throws(StorageError) {
    let place = try locate(path, .createDirectory)
    guard unsafe mkdirat(place.directory.number, place.name, 0o750) == 0 || errno == EEXIST else {
      throw StorageError(.createDirectory, path, errno)
    }
    _ = try openDirectory(path, .createDirectory)
  }

  package func open(
    _ path: String, _ access: FileAccess
  ) throws(StorageError) -> any JournalFile {
    let place = try locate(path, .open)
    switch access {
    case .reading:
      return try place.open(O_RDONLY, 0)
    case .writing(let permission):
      return try place.open(O_RDWR | O_CREAT, permission.rawValue)
    }
  }

  package func replace(
    _ path: String, with bytes: Span<UInt8>, _ permission: FilePermission
  ) throws(StorageError) {
    let place = try locate(path, .rename)
    let temporaryName = place.name + ".tmp"
    let temporary = try locate(path + ".tmp", .open)
    let file = try temporary.open(O_RDWR | O_CREAT | O_TRUNC, permission.rawValue)
    try file.write(bytes, at: 0)
    try file.synchronize()
    guard
      unsafe renameat(place.directory.number, temporaryName, place.directory.number, place.name)
        == 0
    else { throw StorageError(.rename, path, errno) }
    guard fsync(place.directory.number) == 0 else {
      throw StorageError(.synchronize, path, errno)
    }
  }

  package func rename(_ path: String, to newPath: String) throws(StorageError) {
    let from = try locate(path, .rename)
    let to = try locate(newPath, .rename)
    guard
      unsafe renameat(from.directory.number, from.name, to.directory.number, to.name) == 0
    else { throw StorageError(.rename, newPath, errno) }
  }

  package func remove(_ path: String) throws(StorageError) {
    let place = try locate(path, .remove)
    guard unsafe unlinkat(place.directory.number, place.name, 0) == 0 || errno == ENOENT else {
      throw StorageError(.remove, path, errno)
    }
  }

  package func removeDirectory(_ path: String) throws(StorageError) {
    let place = try locate(path, .remove)
    guard
      unsafe unlinkat(place.directory.number, place.name, AT_REMOVEDIR) == 0 || errno == ENOENT
    else { throw StorageError(.remove, path, errno) }
  }

  package func synchronizeDirectory(_ path: String) throws(StorageError) {
    let opened = try openDirectory(path, .synchronize)
    guard fsync(opened.number) == 0 else { throw StorageError(.synchronize, path, errno) }
  }

  package func lock(_ path: String) throws(StorageError) -> (any JournalFile)? {
    let file = try locate(path, .lock).open(O_RDWR | O_CREAT, FilePermission.group.rawValue)
    guard vigil_lock_exclusive(file.descriptor.number) == 0 else {
      if errno == EWOULDBLOCK { return nil }
      throw StorageError(.lock, path, errno)
    }
    let holder = Array("\(getpid())\n".utf8)
    try file.truncate(to: 0)
    try file.write(holder.span, at: 0)
    return file
  }

  package func list(_ path: String) throws(StorageError) -> [String]? {
    let opened: OwnedDescriptor
    do {
      opened = try openDirectory(path, .list)
    } catch {
      if error.isMissing { return nil }
      throw error
    }
    var names: [String] = []
    guard PosixStorage.readNames(opened.number, into: &names) else {
      throw StorageError(.list, path, errno)
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private static func readNames(_ descriptor: Int32, into names: inout [String]) -> Bool {
    // fdopendir takes its descriptor over, so it gets one of its own.
    let duplicate = unsafe vigil_openat(descriptor, ".", O_RDONLY | O_DIRECTORY, 0)
    guard duplicate >= 0, let stream = unsafe fdopendir(duplicate) else { return false }
    defer { unsafe closedir(stream) }
    errno = 0
    while let entry = unsafe readdir(stream) {
      // SAFETY: d_name is terminated and lives until the next readdir on this stream.
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
          unsafe String(cString: $0)
        }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return errno == 0
  }

  /// The empty path is this directory itself. Step by step, so that no link on the way is followed.
  private func openDirectory(
    _ path: String, _ operation: StorageError.Operation
  ) throws(StorageError) -> OwnedDescriptor {
    let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW
    let names = path.isEmpty ? ["."] : path.split(separator: "/").map(String.init)
    var number = unsafe vigil_openat(directory.number, names[0], flags, 0)
    for name in names.dropFirst() where number >= 0 {
      let parent = OwnedDescriptor(number)
      number = unsafe vigil_openat(parent.number, name, flags, 0)
    }
    guard number >= 0 else { throw StorageError(operation, path, errno) }
    return OwnedDescriptor(number)
  }

  /// Opens the directory part of `path`, so that no link on the way is followed.
  private func locate(
    _ path: String, _ operation: StorageError.Operation
  ) throws(StorageError) -> Place {
    guard let slash = path.lastIndex(of: "/") else {
      return Place(directory: try openDirectory("", operation), name: path, path: path)
    }
    let parent = try openDirectory(String(path[..<slash]), operation)
    return Place(directory: parent, name: String(path[path.index(after: slash)...]), path: path)
  }
}

/// A name in an open directory.
private struct Place: ~Copyable {
  let directory: OwnedDescriptor
  let name: String
  let path: String

  func open(_ flags: Int32, _ mode: UInt32) throws(StorageError) -> PosixFile {
    let number = unsafe vigil_openat(directory.number, name, flags | O_NOFOLLOW, mode_t(mode))
    guard number >= 0 else { throw StorageError(.open, path, errno) }
    return PosixFile(OwnedDescriptor(number), path: path)
  }
}
