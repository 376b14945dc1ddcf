/// Whole lines of one file, copied out, to be worked on by any thread.
package struct LineChunk: Sendable {
  /// One line's place in its file and in the chunk.
  package struct Line: Sendable {
    package let place: LineBuffer.Line
    /// Where it begins in the chunk's bytes.
    let start: Int
    /// SHA-256 of a line whose bytes were let go.
    let overlongDigest: Digest?
  }

  /// The file that the lines stand in.
  package let path: String
  package private(set) var lines: [Line] = []
  package private(set) var bytes: [UInt8] = []

  /// - Parameters:
  ///   - byteCount: about how much will be added.
  ///   - buffer: memory to use; what it holds is forgotten.
  package init(path: String, byteCount: Int = 0, buffer: consuming [UInt8] = []) {
    self.path = path
    bytes = buffer
    bytes.removeAll(keepingCapacity: true)
    bytes.reserveCapacity(byteCount)
  }

  /// Ends the chunk and gives its memory back.
  consuming func takeBuffer() -> [UInt8] { exchange(&bytes, with: []) }

  /// Adds a line; `bytes` is empty for one that is over-long.
  package mutating func add(
    _ place: LineBuffer.Line, _ bytes: Span<UInt8>, overlongDigest: Digest? = nil
  ) {
    lines.append(
      Line(place: place, start: self.bytes.count, overlongDigest: overlongDigest))
    self.bytes.append(copying: bytes)
  }

  /// The line's bytes without the newline; empty for one that is over-long.
  @_lifetime(borrow self)
  package func bytes(of line: Line) -> Span<UInt8> {
    let count = line.place.isOverlong ? 0 : line.place.byteCount
    return bytes.span.extracting(line.start..<line.start + count)
  }
}
