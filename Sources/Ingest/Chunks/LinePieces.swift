/// The lines of a stretch of bytes, in pieces: each as many whole lines as a buffer holds.
///
/// Of a stretch that begins anywhere in a file, the lines that begin in it belong to it, so that
/// stretches side by side have every line once. Worked example, stretches of 8 bytes:
///
///     aa\nbbbb\nccc\ndd\n     0 ..< 8: "aa", "bbbb"     8 ..< 16: "ccc", "dd"
///
/// The last line may lack its newline; it is given one. Longer lines than the limit are skipped and
/// counted. Memory: a piece, or as much as the longest line.
package struct LinePieces<Source: ByteSource & ~Copyable>: ~Copyable {
  /// Whole lines that stand together.
  package struct Piece: Sendable {
    /// Offset in the source of the first byte.
    package let offset: Int
    fileprivate let byteCount: Int
  }

  private var source: Source
  private var buffer: [UInt8]
  /// The bytes held are `buffer[start ..< end]`; the first stands at `offset` in the source.
  private var start = 0
  private var end = 0
  private var offset: Int
  /// No line that begins here or later belongs to the stretch.
  private let stop: Int
  private let lineByteCountMax: Int
  private var skipsToNewline: Bool
  private var isExhausted = false
  private var isOverlong = false
  /// Where lines began that were too long.
  package private(set) var overlongOffsets: [Int] = []
  /// Lines that were too long; only the first places are kept.
  package private(set) var overlongCount = 0

  /// - Parameters:
  ///   - source: gives the bytes from `offset` on.
  ///   - skipsToNewline: whether the bytes begin with the end of a line that is another stretch's.
  ///     They are then given from one byte before the stretch on: it may be a newline.
  ///   - stop: where the stretch ends, by the offset of the first byte behind it.
  package init(
    _ source: consuming Source, from offset: Int, until stop: Int, skipsToNewline: Bool = false,
    pieceByteCount: Int = 256 << 10, lineByteCountMax: Int = LineBuffer.lineByteCountMax
  ) {
    precondition(pieceByteCount > 0 && lineByteCountMax > 0, "pieces of \(pieceByteCount) bytes")
    self.source = source
    self.offset = offset
    self.stop = stop
    self.lineByteCountMax = lineByteCountMax
    self.skipsToNewline = skipsToNewline
    buffer = [UInt8](repeating: 0, count: pieceByteCount + 1)
  }

  /// The next piece; nil behind the last. Its bytes are there until the next call.
  package mutating func next() throws(InputError) -> Piece? {
    while offset < stop || skipsToNewline {
      if let piece = takePiece() { return piece }
      if isExhausted { return takeRest() }
      try fill()
    }
    return nil
  }

  /// The bytes of the piece that `next` returned last, the last of them a newline.
  @_lifetime(borrow self)
  package func bytes(of piece: Piece) -> Span<UInt8> {
    buffer.span.extracting(start - piece.byteCount..<start)
  }

  private mutating func takePiece() -> Piece? {
    if skipsToNewline || isOverlong {
      guard let newline = buffer.span.firstNewline(from: start, to: end) else {
        advance(end - start)
        return nil
      }
      advance(newline + 1 - start)
      skipsToNewline = false
      isOverlong = false
      return nil
    }
    guard let last = lastNewline() else {
      if end - start > lineByteCountMax { giveUpLine() }
      return nil
    }
    let piece = Piece(offset: offset, byteCount: last + 1 - start)
    advance(piece.byteCount)
    return piece
  }

  /// The newline that ends the last line of those held that begins before `stop`.
  private func lastNewline() -> Int? {
    let bytes = buffer.span
    guard stop - offset <= end - start else { return bytes.lastNewline(from: start, to: end) }
    // The line that has the last byte of the stretch is the last.
    let lastByte = start + max(stop - offset - 1, 0)
    return bytes.firstNewline(from: lastByte, to: end)
      ?? bytes.lastNewline(from: start, to: lastByte)
  }

  private mutating func takeRest() -> Piece? {
    let count = end - start
    guard count > 0, !skipsToNewline, !isOverlong else {
      advance(count)
      offset = max(offset, stop)
      skipsToNewline = false
      return nil
    }
    buffer[end] = 0x0A
    end += 1
    let piece = Piece(offset: offset, byteCount: count + 1)
    advance(count + 1)
    offset = max(offset, stop)
    return piece
  }

  private mutating func giveUpLine() {
    overlongCount += 1
    if overlongOffsets.count < 10 { overlongOffsets.append(offset) }
    isOverlong = true
    advance(end - start)
  }

  private mutating func advance(_ count: Int) {
    start += count
    offset += count
  }

  private mutating func fill() throws(InputError) {
    if start > 0 {
      if start < end { buffer.moveToFront(start..<end) }
      end -= start
      start = 0
    }
    // One byte stays for the newline that a last line may lack.
    if end == buffer.count - 1 { buffer += [UInt8](repeating: 0, count: buffer.count) }
    let count = try LinePieces.read(&source, into: &buffer, end..<buffer.count - 1)
    if count == 0 { isExhausted = true }
    end += count
  }

  private static func read(
    _ source: inout Source, into buffer: inout [UInt8], _ range: Range<Int>
  ) throws(InputError) -> Int {
    var bytes = buffer.mutableSpan
    var room = bytes._mutatingExtracting(range)
    return try source.read(into: &room)
  }
}

extension [UInt8] {
  fileprivate mutating func moveToFront(_ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "range \(range) of \(count)")
    // SAFETY: both ranges lie inside the array by the check above; the copy may overlap.
    unsafe withUnsafeMutableBytes { bytes in
      unsafe bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[range]))
    }
  }
}
