import Ingest
import TestSupport

extension Harness {
  static let columns: [Harness] = [
    Harness(
      "columns", byteCountMax: 8192,
      seeds: {
        let file = try ColumnProperties.sample().file
        return [[0] + file, [1] + file, [2, 0, 90, 1, 3, 17, 0x80], [3, 0, 24, 0xFF, 2, 200, 9]]
      }, run: ColumnProperties.file)
  ]
}

/// A file of columns of any bytes: nothing crashes; where its checksums tell, nothing changes.
enum ColumnProperties {
  struct Sample: Sendable {
    let image: FileImage
    let file: [UInt8]
    let records: [IndexedRecord]
  }

  private static let path = "derived/000000000000.columns"
  private static let made = Result { try make() }

  /// A journal of one segment with a record of every kind, made once.
  static func sample() throws -> Sample { try made.get() }

  private static func make() throws -> Sample {
    var fixture = JournalFixture()
    fixture.settings.segmentByteCount = 1 << 20
    try fixture.write(RecordProperties.records.filter { isReadable($0) })
    let image = FileImage(fixture.storage)
    let records = try read(fixture.storage, .unused)
    _ = try read(fixture.storage, .whole)
    guard let file = fixture.storage.bytes(path) else {
      throw BrokenProperty(description: "no columns were put on file")
    }
    return Sample(image: image, file: file, records: records)
  }

  /// A journal takes what its program hands in; some of these no program would.
  private static func isReadable(_ record: Record) -> Bool {
    var document = JSONDocument()
    do {
      try document.parse(record.encoded().span)
      return try Record(document) == record
    } catch { return false }
  }

  private static func read(
    _ storage: SimulatedStorage, _ use: ColumnUse
  ) throws -> [IndexedRecord] {
    var records: [IndexedRecord] = []
    try JournalReader(storage).forEachRecordInEventOrder(columns: use) { records.append($0) }
    return records
  }

  /// Byte 0: bit 0 makes the checksums fit; bit 1 edits the file by triples (offset in two bytes,
  /// xor) instead of replacing it.
  static func file(_ input: [UInt8]) throws {
    let sample = try sample()
    let (choices, rest) = input.split(after: 1)
    var bytes = choices[0] & 2 == 0 ? rest : sample.file
    if choices[0] & 2 != 0 {
      for start in stride(from: 0, to: rest.count - 2, by: 3) {
        let offset = Int(rest[start]) << 8 | Int(rest[start + 1])
        bytes[offset % bytes.count] ^= rest[start + 2]
      }
    }
    if choices[0] & 1 != 0 { ColumnSeal.seal(&bytes) }
    // File 0 with nothing appended: the journal as it is.
    let (storage, _) = try sample.image.damaged(by: [0, 1])
    try storage.createDirectory("derived")
    storage.put(path, bytes)
    do {
      let records = try read(storage, .whole)
      // Checksums find damage, not intent: a whole file of other contents may be believed.
      let isSealed = choices[0] & 1 != 0 || choices[0] & 2 == 0
      try require(isSealed || records == sample.records, "other records")
      _ = try read(storage, .analysis)
    } catch let error as JournalError { try requireLegible(error.description) }
    try require(try JournalFixture(storage).verify().hasPassed, "verify read it")
  }
}
