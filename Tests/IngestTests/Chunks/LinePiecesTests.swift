import Ingest
import TestSupport
import Testing

@Suite struct LinePiecesTests {
  /// Bytes that come a few at a time.
  private struct Bytes: ByteSource {
    let bytes: [UInt8]
    var offset: Int
    let most: Int

    mutating func read(into buffer: inout MutableSpan<UInt8>) throws(InputError) -> Int {
      let count = min(buffer.count, most, bytes.count - offset)
      for index in 0..<count { buffer[index] = bytes[offset + index] }
      offset += count
      return count
    }
  }

  /// The lines of the stretch, each with its offset.
  private func lines(
    _ bytes: [UInt8], _ range: Range<Int>, most: Int, piece: Int, limit: Int = 1 << 20
  ) throws -> (lines: [(offset: Int, line: [UInt8])], overlong: Int) {
    let start = max(range.lowerBound - 1, 0)
    var pieces = LinePieces(
      Bytes(bytes: bytes, offset: start, most: most), from: start, until: range.upperBound,
      skipsToNewline: range.lowerBound > 0, pieceByteCount: piece, lineByteCountMax: limit)
    var found: [(offset: Int, line: [UInt8])] = []
    while let piece = try pieces.next() {
      var offset = piece.offset
      var text: [UInt8] = []
      text.append(copying: pieces.bytes(of: piece))
      #expect(text.last == 0x0A)
      for line in text.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false) {
        found.append((offset, Array(line)))
        offset += line.count + 1
      }
    }
    return (found, pieces.overlongCount)
  }

  @Test(
    "stretches side by side have every line once, in order, whatever their bounds and pieces",
    arguments: [1, 2, 3, 4] as [UInt64])
  func everyLineOnce(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    for _ in 0..<200 {
      var bytes: [UInt8] = []
      for _ in 0..<Int.random(in: 0...12, using: &random) {
        bytes += Array(repeating: 0x61, count: Int.random(in: 0...9, using: &random)) + [0x0A]
      }
      if Bool.random(using: &random), bytes.last == 0x0A { bytes.removeLast() }
      var expected: [(offset: Int, line: [UInt8])] = []
      var offset = 0
      for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
        // What stands behind the last newline is a line when it is not empty.
        if offset < bytes.count { expected.append((offset, Array(line))) }
        offset += line.count + 1
      }
      let size = Int.random(in: 1...30, using: &random)
      let most = Int.random(in: 1...20, using: &random)
      let piece = Int.random(in: 1...20, using: &random)
      var found: [(offset: Int, line: [UInt8])] = []
      for start in stride(from: 0, to: bytes.count, by: size) {
        let range = start..<min(start + size, bytes.count)
        found += try lines(bytes, range, most: most, piece: piece).lines
      }
      let note: Comment = "seed \(seed): \(bytes) in \(size), \(most), \(piece)"
      #expect(found.map(\.offset) == expected.map(\.offset), note)
      #expect(found.map(\.line) == expected.map(\.line), note)
    }
  }

  @Test("a line beyond the limit is passed over, counted and placed; memory does not follow it")
  func overlongLine() throws {
    let bytes = Array("ab\n".utf8) + Array(repeating: 0x78, count: 5000) + Array("\ncd\n".utf8)
    let found = try lines(bytes, 0..<bytes.count, most: 64, piece: 64, limit: 1000)
    #expect(found.lines.map(\.line) == [Array("ab".utf8), Array("cd".utf8)])
    #expect(found.lines.map(\.offset) == [0, 5004])
    #expect(found.overlong == 1)
    let unended = try lines(Array(bytes.prefix(4000)), 0..<4000, most: 64, piece: 64, limit: 1000)
    #expect(unended.lines.count == 1 && unended.overlong == 1)
  }
}
