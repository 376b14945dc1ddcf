import Ingest
import Testing

/// Bytes from memory, in pieces of a given size, then perhaps an error.
struct MemorySource: ByteSource {
  let bytes: [UInt8]
  let pieceByteCount: Int
  var failure: InputError?
  var offset = 0

  init(_ bytes: [UInt8], pieceByteCount: Int = .max, failure: InputError? = nil) {
    self.bytes = bytes
    self.pieceByteCount = pieceByteCount
    self.failure = failure
  }

  mutating func read(into buffer: inout MutableSpan<UInt8>) throws(InputError) -> Int {
    let count = min(buffer.count, pieceByteCount, bytes.count - offset)
    if count == 0, let failure { throw failure }
    for index in 0..<count { buffer[index] = bytes[offset + index] }
    offset += count
    return count
  }
}

/// A line as tests compare it.
struct ReadLine: Equatable {
  var text: String
  var offset: Int
  var isTerminated = true
  var overlongByteCount: Int?
}

/// Everything a reader gives.
func lines(
  of source: consuming some ByteSource & ~Copyable, lineByteCountMax: Int = 1 << 20
) throws(InputError) -> [ReadLine] {
  var reader = LineReader(source, lineByteCountMax: lineByteCountMax)
  var result: [ReadLine] = []
  while let line = try reader.next() {
    let bytes = reader.bytes(of: line)
    let text = String(decoding: (0..<bytes.count).map { bytes[$0] }, as: UTF8.self)
    result.append(
      ReadLine(
        text: text, offset: line.byteOffset, isTerminated: line.isTerminated,
        overlongByteCount: line.isOverlong ? line.byteCount : nil))
  }
  return result
}

@Suite struct LineReaderTests {
  @Test("lines carry the offset of their first byte, whatever the size of the reads")
  func offsets() throws {
    for size in [1, 2, 3, 7, 100] {
      let read = try lines(of: MemorySource(Array("ab\n\nc\r\nlast".utf8), pieceByteCount: size))
      let expected = [
        ReadLine(text: "ab", offset: 0), ReadLine(text: "", offset: 3),
        ReadLine(text: "c\r", offset: 4),
        ReadLine(text: "last", offset: 7, isTerminated: false),
      ]
      #expect(read == expected, "reads of \(size) bytes")
    }
  }

  @Test("only byte 0x0A ends a line, not the separators of Unicode")
  func unicodeSeparators() throws {
    let text = "a\u{2028}b\u{2029}c\u{85}d\u{B}e\u{C}f\rg\n"
    let read = try lines(of: MemorySource(Array(text.utf8)))
    #expect(read == [ReadLine(text: String(text.dropLast()), offset: 0)])
  }

  @Test(
    "a line at the limit is taken, one beyond is reported with offset and length, reading goes on")
  func limit() throws {
    let text = "12345678\n123456789\n" + String(repeating: "x", count: 1000) + "\nok\n123456789"
    for size in [1, 5, 8, 9, 10, 64] {
      let source = MemorySource(Array(text.utf8), pieceByteCount: size)
      let read = try lines(of: source, lineByteCountMax: 8)
      let expected = [
        ReadLine(text: "12345678", offset: 0),
        ReadLine(text: "", offset: 9, overlongByteCount: 9),
        ReadLine(text: "", offset: 19, overlongByteCount: 1000),
        ReadLine(text: "ok", offset: 1020),
        ReadLine(text: "", offset: 1023, isTerminated: false, overlongByteCount: 9),
      ]
      #expect(read == expected, "reads of \(size) bytes")
    }
  }

  @Test("the bytes of an over-long line are handed out in order, once, without the newline")
  func discarded() throws {
    let long = String(repeating: "0123456789", count: 30)
    let source = MemorySource(Array("short\n\(long)\nend\n".utf8), pieceByteCount: 7)
    var reader = LineReader(source, lineByteCountMax: 16)
    var dropped: [UInt8] = []
    var texts: [String] = []
    while let line = try reader.next(discarding: { span in
      for index in 0..<span.count { dropped.append(span[index]) }
    }) {
      let bytes = reader.bytes(of: line)
      texts.append(String(decoding: (0..<bytes.count).map { bytes[$0] }, as: UTF8.self))
    }
    #expect(String(decoding: dropped, as: UTF8.self) == long)
    #expect(texts == ["short", "", "end"])
  }

  @Test("random texts split as the reference splits them", arguments: 0..<40)
  func random(seed: Int) throws {
    var random = InputRandom(seed: seed)
    let count = Int.random(in: 0..<400, using: &random)
    let bytes: [UInt8] = (0..<count).map { _ in
      [10, 97, 98, 0xE2, 0x80, 0xA8].randomElement(using: &random) ?? 10
    }
    var expected: [Int] = []
    var start = 0
    for (index, byte) in bytes.enumerated() where byte == 10 {
      expected.append(index - start)
      start = index + 1
    }
    if start < count { expected.append(count - start) }
    var reader = LineReader(
      MemorySource(bytes, pieceByteCount: Int.random(in: 1..<50, using: &random)))
    var lengths: [Int] = []
    while let line = try reader.next() { lengths.append(line.byteCount) }
    #expect(lengths == expected, "seed \(seed)")
  }

  @Test("a fault of the source comes after the lines before it, and the rest after the fault")
  func fault() throws {
    let failure = InputError.failed(operation: .read, path: "x", errno: 5)
    var reader = LineReader(MemorySource(Array("one\ntw".utf8), failure: failure))
    #expect(try reader.next()?.byteCount == 3)
    #expect(throws: failure) { _ = try reader.next() }
    let rest = try #require(try reader.next())
    #expect(rest.byteOffset == 4 && rest.byteCount == 2 && !rest.isTerminated)
    #expect(try reader.next() == nil)
  }

  @Test("many chunks are read through one buffer, at a rate that is printed")
  func rate() throws {
    let line = Array(String(repeating: "x", count: 800).utf8) + [10]
    var chunk: [UInt8] = []
    for _ in 0..<1000 { chunk += line }
    var reader = LineReader(RepeatedSource(chunk: chunk, repetitions: 200))
    var count = 0
    let duration = try ContinuousClock().measure {
      while let line = try reader.next() { count += line.isTerminated ? 1 : 0 }
    }
    #expect(count == 200_000)
    let seconds =
      Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    print("line reader: \(Double(chunk.count * 200) / seconds / 1e9) GB/s")
  }
}

/// One chunk again and again.
struct RepeatedSource: ByteSource {
  let chunk: [UInt8]
  var repetitions: Int
  var offset = 0

  init(chunk: [UInt8], repetitions: Int) {
    self.chunk = chunk
    self.repetitions = repetitions
  }

  mutating func read(into buffer: inout MutableSpan<UInt8>) throws(InputError) -> Int {
    guard repetitions > 0 else { return 0 }
    let count = min(buffer.count, chunk.count - offset)
    // SAFETY: `count` is at most what either side has.
    unsafe buffer.withUnsafeMutableBytes { target in
      unsafe chunk[offset..<offset + count].withUnsafeBytes { unsafe target.copyMemory(from: $0) }
    }
    offset += count
    if offset == chunk.count {
      offset = 0
      repetitions -= 1
    }
    return count
  }
}
