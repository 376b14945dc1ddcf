import Glibc

/// A buffered descriptor for standard output and standard error.
///
/// A failed write is remembered: the tool then ends with `ExitStatus.unwritable`, for a report that
/// was cut short must not look like one that was not. A closed pipe ends the process by SIGPIPE, as
/// everyone expects of `vigil … | head`.
final class OutputStream {
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private(set) var failedErrno: Int32?

  private static let bufferByteCountMax = 1 << 16

  init(descriptor: Int32) {
    self.descriptor = descriptor
  }

  func write(_ bytes: [UInt8]) {
    buffer += bytes
    if buffer.count >= OutputStream.bufferByteCountMax { flush() }
  }

  func flush() {
    var rest = buffer[...]
    while !rest.isEmpty, failedErrno == nil {
      // SAFETY: the buffer pointer is valid for the call and `count` is its own length.
      let written = unsafe rest.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if written >= 0 {
        rest = rest.dropFirst(written)
      } else if errno != EINTR {
        failedErrno = errno
      }
    }
    buffer.removeAll(keepingCapacity: true)
  }
}
