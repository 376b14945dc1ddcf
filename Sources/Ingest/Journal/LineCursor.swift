/// Walks the lines of a file through one reused buffer, by positioned reads.
///
/// A line ends at byte 0x0A and is given without it. What follows the last newline is no line: it
/// is a tail, a write that did not finish. A line longer than an entry may be ends the walk.
package struct LineCursor: ~Copyable {
  /// Why the walk ended.
  package enum End: Hashable, Sendable {
    /// After the last newline, with this many bytes beyond it.
    case tail(byteCount: Int)
    /// No newline within `byteCountMax` bytes.
    case lineTooLong
  }

  private let file: any JournalFile
  private let byteCountMax: Int
  private let limit: Int
  private var buffer: [UInt8]
  private var filled = 0
  private var lineStart = 0
  private var lineEnd = 0
  private var nextStart = 0
  private var bufferOffset: Int

  /// Offset of the current line in the file.
  package var byteOffset: Int { bufferOffset + lineStart }
  /// Offset of the line after it.
  package var nextOffset: Int { bufferOffset + nextStart }
  /// Set once `next` has answered false.
  package private(set) var end = End.tail(byteCount: 0)

  /// - Parameters:
  ///   - offset: where the first line begins.
  ///   - limit: bytes of the file to look at, for a file that grows meanwhile.
  ///   - byteCountMax: the longest line, without its newline.
  package init(
    _ file: any JournalFile, from offset: Int = 0, limit: Int,
    byteCountMax: Int = Record.entryByteCountMax
  ) {
    self.file = file
    self.limit = limit
    self.byteCountMax = byteCountMax
    bufferOffset = offset
    buffer = [UInt8](repeating: 0, count: max(4 * byteCountMax, 1 << 18))
  }

  /// The current line, without its newline. Precondition: `next` answered true.
  package var line: Span<UInt8> {
    @_lifetime(borrow self)
    get { buffer.span.extracting(lineStart..<lineEnd) }
  }

  /// Steps to the next line; false at the end, which `end` then names.
  package mutating func next() throws(StorageError) -> Bool {
    lineStart = nextStart
    var scanned = lineStart
    while true {
      if let newline = buffer.span.firstOffset(of: 0x0A, in: scanned..<filled) {
        guard newline - lineStart <= byteCountMax else { return stop(.lineTooLong) }
        lineEnd = newline
        nextStart = newline + 1
        return true
      }
      guard filled - lineStart <= byteCountMax else { return stop(.lineTooLong) }
      scanned = filled - lineStart  // where the unread bytes will begin after the move
      guard try refill() else { return stop(.tail(byteCount: filled - lineStart)) }
    }
  }

  private mutating func stop(_ reason: End) -> Bool {
    end = reason
    nextStart = lineStart
    lineEnd = lineStart
    return false
  }

  /// Moves the unfinished line to the front and reads on; false at the end of the file.
  private mutating func refill() throws(StorageError) -> Bool {
    if lineStart > 0 {
      buffer.replaceSubrange(0..<filled - lineStart, with: buffer[lineStart..<filled])
      bufferOffset += lineStart
      filled -= lineStart
      nextStart -= lineStart
      lineStart = 0
    }
    let wanted = min(buffer.count - filled, limit - bufferOffset - filled)
    guard wanted > 0 else { return false }
    let count = try file.read(
      at: bufferOffset + filled, into: &buffer, filled..<filled + wanted)
    filled += count
    return count > 0
  }
}
