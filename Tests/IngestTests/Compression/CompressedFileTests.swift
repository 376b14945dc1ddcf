import Ingest
import TestSupport
import Testing

/// A journal of one closed segment of about `byteCount` bytes, compressed.
private func compressedSegment(
  byteCount: Int, originalByteCount: Int = 200
) throws -> (storage: SimulatedStorage, plain: [UInt8]) {
  var fixture = JournalFixture()
  fixture.settings.segmentByteCount = byteCount
  let journal = try fixture.open()
  var number = 0
  while try journal.compressibleSegments().isEmpty {
    for _ in 0..<max(1, byteCount / 4 / (originalByteCount + 300)) {
      _ = try journal.append(
        Build.request("r\(number)", originalByteCount: originalByteCount), at: fixture.clock.now)
      number += 1
    }
    try journal.checkpoint()
  }
  let name = SegmentName(firstIndex: 0)
  let plain = try #require(fixture.storage.bytes(name.entriesPath))
  _ = try journal.compressSegment(name, at: fixture.clock.now)
  try journal.close(at: fixture.clock.now)
  return (fixture.storage, plain)
}

@Suite("Compressed segment")
struct CompressedSegmentTests {
  @Test(
    "is smaller, and reads as the plain file over one frame and over several",
    arguments: [2_000, 131_072, 400_000])
  func readsAsBefore(_ byteCount: Int) throws {
    let (storage, plain) = try compressedSegment(byteCount: byteCount)
    let name = SegmentName(firstIndex: 0)
    #expect(storage.bytes(name.entriesPath) == nil)
    let compressed = try #require(storage.bytes(name.compressedPath))
    #expect(compressed.count < plain.count / 2)
    var lines: [UInt8] = []
    var cursor = try JournalReader(storage).cursor()
    var offsets: [Int] = []
    while let location = try cursor.next(), location.segment == name {
      offsets.append(location.byteOffset)
      lines.append(copying: cursor.bytes)
      lines.append(0x0A)
    }
    #expect(lines == plain)
    #expect(offsets.first == 0)
    #expect(try JournalVerifier(storage).verify().hasPassed)
  }

  @Test("begins as a Zstandard frame and ends as the seekable format says")
  func layout() throws {
    let (storage, plain) = try compressedSegment(byteCount: 300_000)
    let bytes = try #require(storage.bytes(SegmentName(firstIndex: 0).compressedPath))
    #expect(bytes.prefix(4) == [0x28, 0xB5, 0x2F, 0xFD])
    #expect(bytes.suffix(5) == [0x00, 0xB1, 0xEA, 0x92, 0x8F])
    let frameCount = (plain.count + 131_071) / 131_072
    #expect(Int(bytes[bytes.count - 9]) == frameCount + 1)
    let table = 8 + 8 * (frameCount + 1) + 9
    #expect(Array(bytes.suffix(table).prefix(4)) == [0x5E, 0x2A, 0x4D, 0x18])
    #expect(Array(bytes.suffix(table + 40).prefix(8)) == [0x50, 0x2A, 0x4D, 0x18, 32, 0, 0, 0])
    let framesDigest = SHA256.digest(Array(bytes.dropLast(table + 40)).span)
    #expect(Array(bytes.suffix(table + 32).prefix(32)) == framesDigest.bytes)
  }

  @Test("every flipped bit of it is refused by verify, as damage that names the file")
  func everyBit() throws {
    let (storage, _) = try compressedSegment(byteCount: 1_500)
    let path = SegmentName(firstIndex: 0).compressedPath
    let bytes = try #require(storage.bytes(path))
    for byte in bytes.indices {
      for bit in 0..<8 {
        storage.flipBit(path, byte: byte, bit: bit)
        let result = try JournalVerifier(storage, helperCount: 0).verify()
        guard case .failed(let first, _) = result.integrity else {
          Issue.record("byte \(byte) bit \(bit) passed")
          continue
        }
        #expect(first.kind == .compressionAltered, "byte \(byte) bit \(bit)")
        #expect(first.damage.file == path)
        #expect(first.doubt?.range.lowerBound == 0)
        #expect(first.doubt?.after != nil, "byte \(byte) bit \(bit)")
        // The leaf hashes stand in, so nothing else is in doubt.
        #expect(result.completeness.hasPassed, "byte \(byte) bit \(bit)")
      }
      storage.put(path, bytes)
    }
  }

  @Test("cut at any length it is refused: as damage by a reader too")
  func everyLength() throws {
    let (storage, _) = try compressedSegment(byteCount: 1_500)
    let path = SegmentName(firstIndex: 0).compressedPath
    let bytes = try #require(storage.bytes(path))
    for length in 0..<bytes.count {
      storage.put(path, Array(bytes.prefix(length)))
      #expect(try !JournalVerifier(storage, helperCount: 0).verify().integrity.hasPassed)
      let error = #expect(throws: JournalError.self) { try JournalReader(storage) }
      guard case .damage(let damage) = error else { throw TestFailure.unexpected }
      #expect(damage.file == path)
    }
  }

  @Test("a table that claims what is not there is refused before memory is taken for it")
  func hostileTable() throws {
    let (storage, _) = try compressedSegment(byteCount: 1_500)
    let path = SegmentName(firstIndex: 0).compressedPath
    let bytes = try #require(storage.bytes(path))
    for count: [UInt8] in [[0xFF, 0xFF, 0xFF, 0x7F], [0xFF, 0xFF, 0x0F, 0], [0, 0, 0, 0]] {
      storage.put(path, bytes.dropLast(9) + count + [0, 0xB1, 0xEA, 0x92, 0x8F])
      #expect(throws: JournalError.self) { try JournalReader(storage) }
    }
  }
}
