import CPlatform
import Glibc

/// An open file for reading: the only place of this folder that makes system calls.
///
/// The descriptor is closed when the value goes. The path is the owner's to remember; the calls take
/// it only to name it in errors.
package struct InputDescriptor: ~Copyable {
  private let number: Int32
  private let closesAtEnd: Bool

  deinit {
    if closesAtEnd { _ = Glibc.close(number) }
  }

  /// Standard input, which stays open.
  package static var standardInput: InputDescriptor {
    InputDescriptor(number: 0, closesAtEnd: false)
  }

  /// Opens a regular file for reading.
  ///
  /// Anything else is refused. O_NONBLOCK keeps the open of a FIFO from waiting for a writer; it has
  /// no effect on regular files.
  package static func open(_ path: String) throws(InputError) -> InputDescriptor {
    // SAFETY: every call below that takes a Swift string hands the system a terminated copy of it.
    let opened = unsafe vigil_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0)
    guard opened >= 0 else {
      let code = errno
      switch code {
      case ENOENT, ENOTDIR: throw .missing(path: path)
      case ENXIO: throw .notAFile(path: path, kind: .socket)
      default: throw .failed(operation: .open, path: path, errno: code)
      }
    }
    let file = InputDescriptor(number: opened, closesAtEnd: true)
    let kind = try file.status(path).kind
    guard kind == .regular else { throw .notAFile(path: path, kind: kind) }
    return file
  }

  /// fstat(2).
  package func status(_ path: String) throws(InputError) -> FileStatus {
    var result = stat()
    // SAFETY: fstat fills the one struct it is handed.
    guard unsafe fstat(number, &result) == 0 else {
      throw .failed(operation: .stat, path: path, errno: errno)
    }
    return FileStatus(result)
  }

  /// stat(2), following symbolic links; nil when there is nothing at the path.
  package static func status(ofPath path: String) throws(InputError) -> FileStatus? {
    var result = stat()
    // SAFETY: stat fills the one struct it is handed; the string outlives the call.
    guard unsafe stat(path, &result) == 0 else {
      let code = errno
      if code == ENOENT || code == ENOTDIR { return nil }
      throw .failed(operation: .stat, path: path, errno: code)
    }
    return FileStatus(result)
  }

  /// read(2) into `buffer` from its start: the number of bytes, 0 at the end of the file.
  package func read(
    into buffer: inout MutableSpan<UInt8>, _ path: String
  ) throws(InputError) -> Int {
    while true {
      // SAFETY: read writes at most `count` bytes, the length of the buffer it is handed.
      let count = unsafe buffer.withUnsafeMutableBytes {
        unsafe Glibc.read(number, $0.baseAddress, $0.count)
      }
      if count >= 0 { return count }
      guard errno == EINTR else { throw .failed(operation: .read, path: path, errno: errno) }
    }
  }

  /// pread(2) into `buffer` from its start: the number of bytes, 0 at or beyond the end of the file.
  package func read(
    at offset: Int, into buffer: inout MutableSpan<UInt8>, _ path: String
  ) throws(InputError) -> Int {
    while true {
      // SAFETY: pread writes at most `count` bytes, the length of the buffer it is handed.
      let count = unsafe buffer.withUnsafeMutableBytes {
        unsafe pread(number, $0.baseAddress, $0.count, offset)
      }
      if count >= 0 { return count }
      guard errno == EINTR else { throw .failed(operation: .read, path: path, errno: errno) }
    }
  }

  /// The system's words for an errno value.
  package static func text(ofError code: Int32) -> String {
    // SAFETY: strerror answers a terminated string, copied before any other call can change it.
    unsafe String(cString: strerror(code)).lowercased()
  }
}

extension InputDescriptor {
  /// Names in a directory, sorted bytewise, without `.` and `..`.
  package static func names(
    inDirectory path: String, countMax: Int
  ) throws(InputError) -> [String] {
    guard let stream = unsafe opendir(path) else {
      throw .failed(operation: .list, path: path, errno: errno)
    }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe entryName(entry)
      if name == "." || name == ".." { continue }
      guard names.count < countMax else { throw .tooManyEntries(path: path, countMax: countMax) }
      names.append(name)
    }
    return names.sorted()
  }

  private static func entryName(_ entry: UnsafeMutablePointer<dirent>) -> String {
    // SAFETY: readdir terminates d_name, which lies inside the entry that was just returned. The
    // pointer is made from the entry's own address: an entry may be shorter than the struct.
    let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
    let start = unsafe UnsafeRawPointer(entry) + offset
    return unsafe String(cString: start.assumingMemoryBound(to: CChar.self))
  }

  /// All bytes of a regular file.
  package static func contents(
    ofPath path: String, byteCountMax: Int
  ) throws(InputError) -> [UInt8] {
    let file = try InputDescriptor.open(path)
    let expected = try file.status(path).byteCount
    guard expected <= byteCountMax else { throw .tooLong(path: path, byteCountMax: byteCountMax) }
    var bytes = [UInt8](repeating: 0, count: expected + 1)
    var count = 0
    while true {
      var space = bytes.mutableSpan
      var rest = space._mutatingExtracting(droppingFirst: count)
      let read = try file.read(into: &rest, path)
      if read == 0 { break }
      count += read
      guard count <= byteCountMax else { throw .tooLong(path: path, byteCountMax: byteCountMax) }
      if count == bytes.count { bytes += [UInt8](repeating: 0, count: count) }
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }

  /// Replaces a file in one step: a reader sees the old bytes or the new ones, also after power loss.
  ///
  /// Written beside the target, synced, renamed over it, directory synced. The order and the sync of
  /// the directory are what makes the rename durable (rename(2), fsync(2)).
  package static func replaceFile(
    atPath path: String, inDirectory directory: String, with bytes: [UInt8]
  ) throws(InputError) {
    let temporary = path + ".new"
    let number = unsafe vigil_open(temporary, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    guard number >= 0 else { throw .failed(operation: .open, path: temporary, errno: errno) }
    let file = InputDescriptor(number: number, closesAtEnd: true)
    try file.write(bytes, temporary)
    guard fsync(number) == 0 else {
      throw .failed(operation: .sync, path: temporary, errno: errno)
    }
    guard unsafe rename(temporary, path) == 0 else {
      throw .failed(operation: .rename, path: path, errno: errno)
    }
    try sync(directory: directory)
  }

  private func write(_ bytes: [UInt8], _ path: String) throws(InputError) {
    var written = 0
    while written < bytes.count {
      // SAFETY: write reads `count` bytes of the buffer, which is what is left of it.
      let count = unsafe bytes[written...].withUnsafeBytes {
        unsafe Glibc.write(number, $0.baseAddress, $0.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw .failed(operation: .write, path: path, errno: errno) }
      written += count
    }
  }

  private static func sync(directory: String) throws(InputError) {
    let number = unsafe vigil_open(directory, O_RDONLY | O_DIRECTORY, 0)
    guard number >= 0 else { throw .failed(operation: .open, path: directory, errno: errno) }
    let opened = InputDescriptor(number: number, closesAtEnd: true)
    guard fsync(opened.number) == 0 else {
      throw .failed(operation: .sync, path: directory, errno: errno)
    }
  }
}

extension FileStatus {
  fileprivate init(_ status: stat) {
    let kind: Kind
    switch status.st_mode & S_IFMT {
    case S_IFREG: kind = .regular
    case S_IFDIR: kind = .directory
    case S_IFIFO: kind = .fifo
    case S_IFSOCK: kind = .socket
    case S_IFCHR: kind = .characterDevice
    case S_IFBLK: kind = .blockDevice
    default: kind = .other
    }
    self.init(
      identity: FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino)),
      kind: kind, byteCount: Int(status.st_size))
  }
}

extension Span<UInt8> {
  /// Index of the first 0x0A in `start ..< end`; nil without one. memchr(3): about ten times as fast
  /// as a loop over the span.
  func firstNewline(from start: Int, to end: Int) -> Int? {
    precondition(start >= 0 && start <= end && end <= count, "range \(start)..<\(end) of \(count)")
    // SAFETY: memchr looks at `end - start` bytes from `start`, inside the buffer by the check above.
    return unsafe withUnsafeBytes { buffer in
      guard let base = buffer.baseAddress,
        let found = unsafe memchr(base + start, 0x0A, end - start)
      else { return nil }
      return unsafe UnsafeRawPointer(found) - base
    }
  }
}
