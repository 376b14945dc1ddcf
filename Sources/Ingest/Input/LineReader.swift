/// The lines of a byte source, one after the other, each with its place.
///
/// The shape of use:
///
///     while let line = try reader.next() { parse(reader.bytes(of: line), line.byteOffset) }
package struct LineReader<Source: ByteSource & ~Copyable>: ~Copyable {
  private var source: Source
  private var buffer: LineBuffer
  private var isExhausted = false

  /// - Parameter lineByteCountMax: longer lines are skipped and reported with offset and length.
  package init(
    _ source: consuming Source, lineByteCountMax: Int = LineBuffer.lineByteCountMax
  ) {
    self.source = source
    buffer = LineBuffer(lineByteCountMax: lineByteCountMax)
  }

  /// The next line; nil at the end.
  ///
  /// When the source fails, the lines before the fault have been delivered; the call after the error
  /// gives the bytes left of the last line, not terminated, and the one after that nil.
  ///
  /// - Parameter discarding: see `LineBuffer.next`.
  package mutating func next(
    discarding: (Span<UInt8>) -> Void = { _ in }
  ) throws(InputError) -> LineBuffer.Line? {
    while true {
      if let line = buffer.next(discarding: discarding) { return line }
      if isExhausted { return buffer.rest() }
      do {
        let count = try buffer.fill { (space) throws(InputError) in try source.read(into: &space) }
        if count == 0 { isExhausted = true }
      } catch {
        isExhausted = true
        throw error
      }
    }
  }

  /// The bytes of the line that `next` returned last, without the newline.
  @_lifetime(borrow self)
  package func bytes(of line: LineBuffer.Line) -> Span<UInt8> { buffer.bytes(of: line) }
}
