import CPlatform
import Glibc
import ShimProtocol

/// The files of the attempt's directory, from the shim's side.
struct AttemptFiles: ~Copyable {
  private let directory: Int32

  /// Nil when the directory cannot be opened.
  init?(_ path: String) {
    // SAFETY: here and below a Swift string is passed as a path: it is terminated and lives for the call.
    let opened = unsafe vigil_open(path, O_RDONLY | O_DIRECTORY, 0)
    guard opened >= 0 else { return nil }
    directory = opened
  }

  deinit { close(directory) }

  /// A whole file of at most so many bytes.
  func read(_ name: String, byteCountMax: Int) -> [UInt8]? {
    let file = unsafe vigil_openat(directory, name, O_RDONLY | O_NOFOLLOW, 0)
    guard file >= 0 else { return nil }
    defer { close(file) }
    return Descriptors.readAll(file, byteCountMax: byteCountMax)
  }

  /// A file of its own, emptied; negative when it cannot be made.
  func create(_ name: String) -> Int32 {
    unsafe vigil_openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600)
  }

  /// Appends a line so that it outlives the machine: the file, and with its first line the names that
  /// lead to it.
  func appendDurably(_ bytes: [UInt8], to name: String, isFirst: Bool) -> Bool {
    let file = unsafe vigil_openat(
      directory, name, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600)
    guard file >= 0 else { return false }
    defer { close(file) }
    guard Descriptors.writeAll(file, bytes), fsync(file) == 0 else { return false }
    return !isFirst || synchronizeNames()
  }

  /// The attempt's directory, the run's, and that of all runs.
  private func synchronizeNames() -> Bool {
    guard fsync(directory) == 0 else { return false }
    for path in ["..", "../.."] {
      let parent = unsafe vigil_openat(directory, path, O_RDONLY | O_DIRECTORY, 0)
      guard parent >= 0 else { return false }
      defer { close(parent) }
      guard fsync(parent) == 0 else { return false }
    }
    return true
  }
}

/// Reading and writing whole things.
enum Descriptors {
  static func readAll(_ file: Int32, byteCountMax: Int) -> [UInt8]? {
    var result: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    while result.count <= byteCountMax {
      let count = readSome(file, into: &buffer)
      if count == 0 { return result }
      guard count > 0 else { return nil }
      result.append(contentsOf: buffer[0..<count])
    }
    return nil
  }

  /// As read(2), repeated when a signal comes.
  static func readSome(_ file: Int32, into buffer: inout [UInt8]) -> Int {
    while true {
      // SAFETY: the pointer and the count are the buffer's own.
      let count = unsafe buffer.withUnsafeMutableBytes { raw in
        unsafe Glibc.read(file, raw.baseAddress, raw.count)
      }
      if count >= 0 || errno != EINTR { return count }
    }
  }

  static func writeAll(_ file: Int32, _ bytes: [UInt8]) -> Bool {
    writeAll(file, bytes[...])
  }

  static func writeAll(_ file: Int32, _ bytes: ArraySlice<UInt8>) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      // SAFETY: the pointer and the count are the slice's own.
      let count = unsafe rest.withUnsafeBytes { raw in
        unsafe Glibc.write(file, raw.baseAddress, raw.count)
      }
      if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { return false }
    }
    return true
  }
}
