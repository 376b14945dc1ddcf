import Ingest
import TestSupport
import Testing

@Suite("LineCursor")
struct LineCursorTests {
  private func lines(
    _ bytes: [UInt8], byteCountMax: Int, limit: Int? = nil
  ) throws -> (lines: [[UInt8]], offsets: [Int], end: LineCursor.End) {
    let storage = SimulatedStorage()
    storage.put("file", bytes)
    let file = try storage.open("file", .reading)
    var cursor = LineCursor(file, limit: limit ?? bytes.count, byteCountMax: byteCountMax)
    var result: [[UInt8]] = []
    var offsets: [Int] = []
    while try cursor.next() {
      var line: [UInt8] = []
      line.append(copying: cursor.line)
      result.append(line)
      offsets.append(cursor.byteOffset)
    }
    return (result, offsets, cursor.end)
  }

  @Test(
    "gives every line and its offset, across the ends of its buffer", arguments: [UInt64(1), 2])
  func everyLine(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let expected = (0..<40).map { _ in
      [UInt8](repeating: 0x61, count: Int.random(in: 0...60_000, using: &random))
    }
    var bytes: [UInt8] = []
    for line in expected { bytes += line + [0x0A] }
    let found = try lines(bytes, byteCountMax: 65_535)
    #expect(found.lines == expected, "seed \(seed)")
    var offset = 0
    for (line, start) in zip(expected, found.offsets) {
      #expect(start == offset)
      offset += line.count + 1
    }
    #expect(found.end == .tail(byteCount: 0))
  }

  @Test("what has no newline is a tail, not a line")
  func tail() throws {
    let found = try lines(Array("a\n\nbc".utf8), byteCountMax: 10)
    #expect(found.lines == [[0x61], []])
    #expect(found.end == .tail(byteCount: 2))
    #expect(try lines([], byteCountMax: 10).end == .tail(byteCount: 0))
    let limited = try lines(Array("a\nb\nc\n".utf8), byteCountMax: 10, limit: 3)
    #expect(limited.lines == [[0x61]])
    #expect(limited.end == .tail(byteCount: 1))
  }

  @Test(
    "a line of the longest length is given, one byte more ends the walk", arguments: [5, 300_000])
  func longestLine(_ byteCountMax: Int) throws {
    let longest = [UInt8](repeating: 0x61, count: byteCountMax)
    #expect(try lines(longest + [0x0A], byteCountMax: byteCountMax).lines == [longest])
    let found = try lines([0x0A] + longest + [0x61, 0x0A], byteCountMax: byteCountMax)
    #expect(found.lines == [[]])
    #expect(found.end == .lineTooLong)
    let endless = try lines(longest + longest + longest, byteCountMax: byteCountMax)
    #expect(endless.end == .lineTooLong)
  }
}

@Suite("Journal entries too long")
struct LongLineTests {
  @Test("a newline lost between two long entries is found and named")
  func mergedLines() throws {
    var fixture = JournalFixture()
    fixture.settings.segmentByteCount = 1 << 20
    try fixture.write((0..<3).map { Build.request("r\($0)", originalByteCount: 40_000) })
    let path = "segments/000000000000.jsonl"
    let bytes = try #require(fixture.storage.bytes(path))
    let newlines = bytes.indices.filter { bytes[$0] == 0x0A }
    fixture.storage.flipBit(path, byte: newlines[1], bit: 6)
    let failure = try #require(try fixture.verify().firstFailure)
    #expect(failure.kind == .entryAltered)
    #expect(failure.damage.index == 1)
    #expect(failure.damage.byteOffset == newlines[0] + 1)
    #expect(throws: JournalError.self) { try fixture.open() }
  }
}
