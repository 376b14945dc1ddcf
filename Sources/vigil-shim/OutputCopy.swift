import CPlatform
import Glibc

/// One of a job's two streams: read as fast as it comes, kept up to a limit, counted beyond it.
struct OutputCopy: ~Copyable {
  /// The reading end; -1 once it has ended.
  private(set) var source: Int32
  /// The writing end, for the job; -1 once it is the job's alone.
  private(set) var sink: Int32
  private let file: Int32
  private let byteCountMax: Int
  private(set) var keptByteCount = 0
  private(set) var droppedByteCount = 0

  /// Nil without a pipe or a file.
  init?(to file: Int32, byteCountMax: Int) {
    var ends: [Int32] = [-1, -1]
    // SAFETY: the call fills the two numbers that the array has.
    guard file >= 0, unsafe vigil_pipe(&ends) == 0 else { return nil }
    source = ends[0]
    sink = ends[1]
    self.file = file
    self.byteCountMax = byteCountMax
  }

  /// The job has its end: with ours open, the stream would never end.
  mutating func closeSink() {
    if sink >= 0 { close(sink) }
    sink = -1
  }

  /// Takes what is there, at most 1 MiB at a time so that other things get their turn.
  mutating func drain(_ buffer: inout [UInt8]) {
    for _ in 0..<16 where source >= 0 {
      let count = Descriptors.readSome(source, into: &buffer)
      if count > 0 {
        keep(buffer[0..<count])
        if count < buffer.count { return }
      } else {
        if count == 0 || errno != EAGAIN { closeSource() }
        return
      }
    }
  }

  /// A file that cannot be written counts as full: the job is not to stop for it.
  private mutating func keep(_ bytes: ArraySlice<UInt8>) {
    let room = max(byteCountMax - keptByteCount, 0)
    let kept = bytes.prefix(room)
    if Descriptors.writeAll(file, kept) {
      keptByteCount += kept.count
      droppedByteCount += bytes.count - kept.count
    } else {
      droppedByteCount += bytes.count
    }
  }

  private mutating func closeSource() {
    if source >= 0 { close(source) }
    source = -1
  }

  /// Notes in the file what is not in it, and closes everything.
  mutating func finish() {
    closeSource()
    closeSink()
    if droppedByteCount > 0 {
      let note = "\n[vigil: \(droppedByteCount) more bytes were not kept: limit \(byteCountMax)]\n"
      _ = Descriptors.writeAll(file, Array(note.utf8))
    }
    close(file)
  }
}
