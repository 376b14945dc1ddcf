internal import CPlatform
internal import Glibc

/// A directory with one file for each origin: `<SHA-256 of the origin>.note`.
///
/// A record is replaced by writing a new file, syncing it, renaming it over the old one and syncing
/// the directory. A crash leaves the old record or the new one, whole, and a temporary file at most.
/// One process at a time: the directory's `lock` is held as long as the value lives.
package final class WitnessDirectory: WitnessStore {
  /// Bytes of the longest record read.
  package static let byteCountMax = 256 << 10

  private let path: String
  private let lock: Int32

  /// Opens a directory that exists. Throws `unchanged` when it is not there, or locked by another.
  package init(_ path: String) throws(WitnessStoreError) {
    self.path = path
    lock = try WitnessDirectory.open(path + "/lock", O_RDWR | O_CREAT)
    guard vigil_lock_exclusive(lock) == 0 else {
      let number = errno
      close(lock)
      throw .unchanged(call: "flock", path: path + "/lock", errno: number)
    }
  }

  deinit { close(lock) }

  package func load(_ name: String) throws(WitnessStoreError) -> [UInt8]? {
    let file = "\(path)/\(name).note"
    let descriptor: Int32
    do {
      descriptor = try WitnessDirectory.open(file, O_RDONLY)
    } catch {
      if case .unchanged(_, _, ENOENT) = error { return nil }
      throw error
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    while bytes.count <= WitnessDirectory.byteCountMax {
      let piece = try WitnessDirectory.read(descriptor, file)
      if piece.isEmpty { return bytes }
      bytes += piece
    }
    throw .damaged(path: file)
  }

  package func replace(_ name: String, with bytes: [UInt8]) throws(WitnessStoreError) {
    let (file, temporary) = ("\(path)/\(name).note", "\(path)/\(name).new")
    let descriptor = try WitnessDirectory.open(temporary, O_WRONLY | O_CREAT | O_TRUNC)
    do {
      try WitnessDirectory.write(bytes, descriptor, temporary)
    } catch {
      close(descriptor)
      throw error
    }
    guard close(descriptor) == 0 else {
      throw .unchanged(call: "close", path: temporary, errno: errno)
    }
    guard WitnessDirectory.rename(temporary, file) == 0 else {
      throw .uncertain(call: "rename", path: file, errno: errno)
    }
    try synchronizeDirectory(after: file)
  }

  /// The name is only durable with this; until then a crash may bring the old record back.
  private func synchronizeDirectory(after file: String) throws(WitnessStoreError) {
    let directory: Int32
    do {
      directory = try WitnessDirectory.open(path, O_RDONLY | O_DIRECTORY)
    } catch {
      throw .uncertain(call: "open directory", path: file, errno: errno)
    }
    defer { close(directory) }
    guard fsync(directory) == 0 else {
      throw .uncertain(call: "fsync directory", path: file, errno: errno)
    }
  }

  private static func open(_ path: String, _ flags: Int32) throws(WitnessStoreError) -> Int32 {
    // SAFETY: the string is passed as a C string for the call.
    let descriptor = unsafe vigil_open(path, flags | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .unchanged(call: "open", path: path, errno: errno) }
    return descriptor
  }

  /// Up to 64 KiB from where the last read ended; empty at the end.
  private static func read(
    _ descriptor: Int32, _ path: String
  ) throws(WitnessStoreError) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 65536)
    // SAFETY: at most as many bytes are written as the buffer has.
    let count = unsafe buffer.withUnsafeMutableBytes {
      unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
    }
    guard count >= 0 else { throw .unchanged(call: "read", path: path, errno: errno) }
    return Array(buffer.prefix(count))
  }

  private static func write(
    _ bytes: [UInt8], _ descriptor: Int32, _ path: String
  ) throws(WitnessStoreError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      // SAFETY: at most as many bytes are read as the slice has.
      let count = unsafe rest.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      guard count > 0 else { throw .unchanged(call: "write", path: path, errno: errno) }
      rest = rest.dropFirst(count)
    }
    guard fdatasync(descriptor) == 0 else {
      throw .unchanged(call: "fdatasync", path: path, errno: errno)
    }
  }

  private static func rename(_ from: String, _ to: String) -> Int32 {
    // SAFETY: both strings are passed as C strings for the call.
    unsafe Glibc.rename(from, to)
  }
}
