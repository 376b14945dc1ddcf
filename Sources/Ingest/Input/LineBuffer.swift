/// Bytes on their way to becoming lines: filled at the end, taken line by line from the front.
///
/// Lines end at byte 0x0A and nowhere else: U+0085, U+2028 and U+2029 may stand inside a log line,
/// put there by a client who would like to forge one. One buffer serves for all lines; what is left
/// of an unfinished line moves to the front before the next fill, so that a byte is copied at most
/// once. Memory: at most the line limit and two chunks.
package struct LineBuffer: Sendable {
  /// Longest line taken, in bytes without its newline: 8 MiB. A header of 1 MiB makes a line of 2 MB.
  package static let lineByteCountMax = 8 << 20
  /// Bytes asked for in one fill.
  package static let chunkByteCount = 256 << 10

  /// One line's place. Its bytes are in `bytes(of:)` until the next fill.
  package struct Line: Hashable, Sendable {
    /// Offset of the line's first byte in its source.
    package let byteOffset: Int
    /// Bytes without the newline; also of an over-long line, whose bytes are gone.
    package let byteCount: Int
    /// Whether the newline was there; false only for the last line of a source.
    package let isTerminated: Bool
    /// Whether the line exceeded the limit; `bytes(of:)` is then empty.
    package let isOverlong: Bool
    fileprivate let bufferOffset: Int
  }

  /// Offset in the source of the first byte that belongs to no delivered line.
  package private(set) var lineOffset: Int
  private let lineLimit: Int
  private var buffer: [UInt8] = []
  /// The bytes not yet delivered are `buffer[start ..< end]`; none before `scanned` is a newline.
  private var start = 0
  private var scanned = 0
  private var end = 0
  /// Bytes of the current over-long line that were let go.
  private var droppedByteCount = 0

  /// Starts at a line's first byte, which stands at `offset` in the source.
  package init(offset: Int = 0, lineByteCountMax: Int = LineBuffer.lineByteCountMax) {
    precondition(lineByteCountMax > 0, "a line limit of \(lineByteCountMax) bytes")
    lineOffset = offset
    lineLimit = lineByteCountMax
  }

  /// Forgets everything held and starts again at a line's first byte, at `offset`.
  package mutating func restart(atOffset offset: Int) {
    lineOffset = offset
    start = 0
    scanned = 0
    end = 0
    droppedByteCount = 0
  }

  /// Offset in the source of the next byte to fill in.
  package var fillOffset: Int { lineOffset + droppedByteCount + end - start }

  /// Lets `source` write up to a chunk behind what is held; returns how many bytes came.
  package mutating func fill<E: Error>(
    _ source: (inout MutableSpan<UInt8>) throws(E) -> Int
  ) throws(E) -> Int {
    makeRoom()
    let filled = end
    var space = buffer.mutableSpan
    var room = space._mutatingExtracting(droppingFirst: filled)
    let count = try source(&room)
    precondition(count >= 0 && count <= buffer.count - filled, "a read of \(count) bytes")
    end = filled + count
    return count
  }

  /// Takes back the last `count` bytes filled in. Precondition: no line was asked for since.
  package mutating func unfill(_ count: Int) {
    precondition(count >= 0 && count <= end - scanned, "\(count) bytes of \(end - scanned)")
    end -= count
  }

  /// The first bytes, at most `limit`, of the last `count` that were filled in. Precondition: no line
  /// was asked for since.
  package func filled(last count: Int, limit: Int) -> ArraySlice<UInt8> {
    precondition(count >= 0 && count <= end - scanned, "\(count) bytes of \(end - scanned)")
    return buffer[(end - count)..<(end - count + min(count, limit))]
  }

  /// The next whole line; nil when the buffer must be filled first.
  ///
  /// - Parameter discarding: gets the bytes of an over-long line piece by piece, in order, without
  ///   the newline, perhaps over several calls: for hashing. A line is known to be over-long only
  ///   once the limit is passed.
  package mutating func next(discarding: (Span<UInt8>) -> Void = { _ in }) -> Line? {
    guard let newline = buffer.span.firstNewline(from: scanned, to: end) else {
      scanned = end
      if droppedByteCount > 0 || end - start > lineLimit { drop(upTo: end, discarding) }
      return nil
    }
    if droppedByteCount > 0 || newline - start > lineLimit { drop(upTo: newline, discarding) }
    return take(upTo: newline, isTerminated: true)
  }

  /// At the end of the source: the bytes after the last newline; nil when there are none.
  package mutating func rest() -> Line? {
    guard end - start + droppedByteCount > 0 else { return nil }
    return take(upTo: end, isTerminated: false)
  }

  /// The line's bytes without the newline; empty for an over-long line.
  @_lifetime(borrow self)
  package func bytes(of line: Line) -> Span<UInt8> {
    let length = line.isOverlong ? 0 : line.byteCount
    return buffer.span.extracting(line.bufferOffset..<line.bufferOffset + length)
  }

  private mutating func take(upTo lineEnd: Int, isTerminated: Bool) -> Line {
    let line = Line(
      byteOffset: lineOffset, byteCount: lineEnd - start + droppedByteCount,
      isTerminated: isTerminated, isOverlong: droppedByteCount > 0, bufferOffset: start)
    lineOffset += line.byteCount + (isTerminated ? 1 : 0)
    start = lineEnd + (isTerminated ? 1 : 0)
    scanned = start
    droppedByteCount = 0
    return line
  }

  private mutating func drop(upTo dropEnd: Int, _ discarding: (Span<UInt8>) -> Void) {
    discarding(buffer.span.extracting(start..<dropEnd))
    droppedByteCount += dropEnd - start
    start = dropEnd
  }

  private mutating func makeRoom() {
    if start > 0 {
      if end > start { moveToFront() }
      scanned -= start
      end -= start
      start = 0
    }
    let missing = end + min(LineBuffer.chunkByteCount, max(lineLimit, 1)) - buffer.count
    if missing > 0 {
      buffer += [UInt8](repeating: 0, count: max(missing, buffer.count))
    }
  }

  private mutating func moveToFront() {
    // SAFETY: both ranges lie inside the buffer, for start <= end <= count; the copy may overlap.
    unsafe buffer.withUnsafeMutableBytes { bytes in
      unsafe bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
    }
  }
}
