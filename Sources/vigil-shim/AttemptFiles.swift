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

  /// Appends a line so that it outlives the machine.
  ///
  /// Of a new file, ext4, xfs and btrfs put the names that lead to it on stable storage with it; for all
  /// others see `synchronizeNames`.
  func appendDurably(_ bytes: [UInt8], to name: String) -> Bool {
    let file = unsafe vigil_openat(
      directory, name, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600)
    guard file >= 0 else { return false }
    defer { close(file) }
    return Descriptors.writeAll(file, bytes) && fsync(file) == 0
  }

  /// Puts the names of the attempt's directory, the run's and of all runs on stable storage. Three syncs:
  /// too slow to keep the job waiting for.
  func synchronizeNames() {
    fsync(directory)
    for path in ["..", "../.."] {
      let parent = unsafe vigil_openat(directory, path, O_RDONLY | O_DIRECTORY, 0)
      guard parent >= 0 else { continue }
      fsync(parent)
      close(parent)
    }
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
