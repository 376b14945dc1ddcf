import CPlatform
import Glibc

/// An open file of the real file system; positioned reads and writes only.
package final class PosixFile: JournalFile, Sendable {
  let descriptor: OwnedDescriptor
  private let path: String

  init(_ descriptor: consuming OwnedDescriptor, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  package func size() throws(StorageError) -> Int {
    var status = stat()
    guard unsafe fstat(descriptor.number, &status) == 0 else {
      throw StorageError(.size, path, errno)
    }
    return Int(status.st_size)
  }

  package func permissions() throws(StorageError) -> UInt32 {
    var status = stat()
    guard unsafe fstat(descriptor.number, &status) == 0 else {
      throw StorageError(.size, path, errno)
    }
    return UInt32(status.st_mode) & 0o7777
  }

  package func read(
    at offset: Int, into buffer: inout [UInt8], _ range: Range<Int>
  ) throws(StorageError) -> Int {
    precondition(range.lowerBound >= 0 && range.upperBound <= buffer.count, "range \(range)")
    var done = 0
    while done < range.count {
      let start = range.lowerBound + done
      // SAFETY: the range lies within the buffer, so `count` bytes are there to be written.
      let count = unsafe buffer.withUnsafeMutableBytes { raw in
        unsafe pread(
          descriptor.number, raw.baseAddress?.advanced(by: start), range.count - done,
          off_t(offset + done))
      }
      if count == 0 { break }
      if count > 0 {
        done += count
      } else if errno != EINTR {
        throw StorageError(.read, path, errno)
      }
    }
    return done
  }

  package func write(_ bytes: Span<UInt8>, at offset: Int) throws(StorageError) {
    var done = 0
    while done < bytes.count {
      // SAFETY: `done` is below the count, so the pointer and length stay within the span.
      let count = unsafe bytes.withUnsafeBytes { raw in
        unsafe pwrite(
          descriptor.number, raw.baseAddress?.advanced(by: done), raw.count - done,
          off_t(offset + done))
      }
      if count > 0 {
        done += count
      } else if count == 0 || errno != EINTR {
        throw StorageError(.write, path, count == 0 ? ENOSPC : errno)
      }
    }
  }

  package func beginSynchronizing(_ range: Range<Int>) {
    vigil_begin_writing(descriptor.number, off_t(range.lowerBound), off_t(range.count))
  }

  package func synchronize() throws(StorageError) {
    guard fdatasync(descriptor.number) == 0 else { throw StorageError(.synchronize, path, errno) }
  }

  package func truncate(to byteCount: Int) throws(StorageError) {
    guard ftruncate(descriptor.number, off_t(byteCount)) == 0 else {
      throw StorageError(.truncate, path, errno)
    }
  }
}
