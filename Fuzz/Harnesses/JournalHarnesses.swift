import Ingest
import TestSupport

extension Harness {
  static let journal: [Harness] = [
    Harness(
      "journal-files", byteCountMax: 2048,
      words: ["{\"v\":1,", "\n", "\"received_at\":", "\u{2014} ", "(\u{FFFD}/", "^*M"],
      seeds: { try JournalProperties.sample().image.seeds }, run: JournalProperties.files),
    Harness(
      "writer-append", byteCountMax: 2048,
      words: ["\"kind\":\"task\"", "\"original\":{", "\\u000a"],
      seeds: { RecordProperties.records.map { $0.encoded() } }, run: JournalProperties.append),
  ]
}

/// A journal with any one file damaged in any way: refused, or as it was.
enum JournalProperties {
  struct Sample: Sendable {
    let image: FileImage
    let entries: [String]
    let newest: Checkpoint
    let lastSegmentPath: String
    let prunedCount: Int
  }

  private static let made = Result { try make() }

  /// Two compressed segments, a pruned one, plain ones, and entries behind the checkpoint; made once.
  static func sample() throws -> Sample { try made.get() }

  private static func fixture(_ storage: SimulatedStorage) -> JournalFixture {
    var fixture = JournalFixture(storage)
    fixture.settings.segmentByteCount = 1200
    return fixture
  }

  private static func make() throws -> Sample {
    var fixture = fixture(SimulatedStorage())
    // Days before the clock, whose time the journal's own records carry.
    try fixture.write(
      (0..<16).map { number in
        let time = Build.time(Double(number) * 3600 - 30 * 86_400)
        return Build.request("r\(number)", at: time, originalByteCount: 60)
      })
    fixture.clock.advance(bySeconds: 60)
    var journal = try fixture.open()
    for name in try journal.compressibleSegments().prefix(3) {
      _ = try journal.compressSegment(name, at: fixture.clock.now)
    }
    let limit = Build.time(3 * 3600 - 30 * 86_400 - 1)
    _ = try journal.prune(before: limit, policy: "30 days", at: fixture.clock.now)
    try journal.close(at: fixture.clock.now)
    journal = try fixture.open()
    for id in ["a", "b", "c"] {
      _ = try journal.append(Build.request(id), at: fixture.clock.now)
    }
    let line = Array("no JSON".utf8)
    _ = try journal.keep(
      RejectedLine(
        source: "caddy/edge-1", file: "access.log", byteOffset: 0, reason: "not_json", line: line,
        lineHMAC: journal.lineHMAC(line.span)))
    try journal.commit()
    let reader = try JournalReader(fixture.storage)
    guard let newest = journal.newestCheckpoint,
      let last = fixture.storage.paths.last(where: {
        $0.hasPrefix("segments/") && $0.hasSuffix(".jsonl")
      })
    else { throw BrokenProperty(description: "a journal without checkpoint or segment") }
    return Sample(
      image: FileImage(fixture.storage), entries: try reader.allEntries(), newest: newest,
      lastSegmentPath: last, prunedCount: reader.prunedEntryCount)
  }

  static func files(_ input: [UInt8]) throws {
    let sample = try sample()
    let (storage, path) = try sample.image.damaged(by: input)
    let isSound = try verify(storage, sample)
    try read(storage)
    do {
      try reopen(storage)
    } catch let error as JournalError {
      try requireLegible(error.description)
      let isRefusedRightly = !isSound || !path.hasPrefix("segments/")
      return try require(isRefusedRightly, "sound, and refused: \(path): \(error)")
    }
    guard path == sample.lastSegmentPath || isSound else { return }
    try require(try verify(storage, sample), "opened, and not sound: \(path)")
  }

  /// Whether all of it passes; what passes has the entries that were signed.
  private static func verify(_ storage: SimulatedStorage, _ sample: Sample) throws -> Bool {
    let result: JournalVerification
    do {
      result = try fixture(storage).verify(outside: [sample.newest])
    } catch {
      try requireLegible(error.description)
      return false
    }
    if let failure = result.firstFailure { try requireLegible("\(failure.damage)") }
    guard result.hasPassed else { return false }
    let covered = sample.newest.size - sample.prunedCount
    let entries = try JournalReader(storage).allEntries()
    try require(
      entries.prefix(covered) == sample.entries.prefix(covered),
      "other entries pass for signed ones")
    return true
  }

  /// Walks all entries, in both orders.
  private static func read(_ storage: SimulatedStorage) throws {
    do {
      let reader = try JournalReader(storage)
      _ = try reader.allEntries()
      try reader.forEachRecordInEventOrder { _ in }
    } catch let error as JournalError { try requireLegible(error.description) }
  }

  private static func reopen(_ storage: SimulatedStorage) throws {
    let fixture = fixture(storage)
    let journal = try fixture.open()
    _ = try journal.append(Build.request("after"), at: fixture.clock.now)
    _ = try journal.append(Build.request("r3", originalByteCount: 9), at: fixture.clock.now)
    try journal.close(at: fixture.clock.now)
  }

  /// Any record that reads is taken in, once, or refused without a trace.
  static func append(_ bytes: [UInt8]) throws {
    var document = JSONDocument()
    let record: Record
    do {
      try document.parse(bytes.span)
      record = try Record(document)
    } catch { return }
    let fixture = JournalFixture()
    let journal = try fixture.open()
    do {
      let outcome = try journal.append(record, at: fixture.clock.now)
      try require(
        try journal.append(record, at: fixture.clock.now) == .duplicate,
        "taken in twice: \(outcome)")
    } catch let error as JournalError {
      guard case .unfitRecord = error else { throw error }
      try requireLegible(error.description)
    }
    try journal.close(at: fixture.clock.now)
    let result = try fixture.verify()
    try require(result.hasPassed, "not sound: \(String(describing: result.firstFailure))")
    _ = try JournalReader(fixture.storage).allRecords()
  }
}
