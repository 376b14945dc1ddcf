import Ingest
import TestSupport
import Testing

/// A scripted life of a journal, and what it was told to be safe.
struct CrashScript {
  var fixture: JournalFixture
  /// Ids whose commit returned.
  var acknowledged: [String] = []

  init(_ storage: SimulatedStorage) {
    fixture = JournalFixture(storage)
    fixture.settings.segmentByteCount = 1200
    fixture.settings.keyTableCountMax = 4
  }

  /// Two sessions with batches, rejections, checkpoints, segment ends, index runs and their merging.
  mutating func run() throws(JournalError) {
    var waiting: [String] = []
    for session in 0..<2 {
      let journal = try fixture.open()
      for number in 0..<7 {
        let id = "s\(session)n\(number)"
        let record = Build.request(id, at: Build.time(Double(number)), originalByteCount: 90)
        _ = try journal.append(record, at: fixture.clock.now)
        waiting.append(id)
        if number % 3 == 2 {
          _ = try journal.keep(
            RejectedLine(
              source: "caddy/edge-1", file: "access.log", byteOffset: number, reason: "not_json",
              line: Array("x\(number)".utf8), lineHMAC: journal.lineHMAC([UInt8(number)].span)))
          try journal.commit()
          acknowledged += waiting
          waiting = []
        }
        if number == 4 {
          try cosign(try journal.signCheckpoint(at: fixture.clock.now), journal)
          acknowledged += waiting
          waiting = []
        }
      }
      try journal.close(at: fixture.clock.now)
      acknowledged += waiting
      waiting = []
    }
  }

  /// What `vigil checkpoint --witness` does with the answer.
  private func cosign(_ signed: SignedCheckpoint?, _ journal: Journal) throws(JournalError) {
    guard var note = signed, let witness = CrashScript.witness else { return }
    _ = note.merge([witness.sign(note.note.text, at: 1_700_000_000)])
    try journal.keep(note)
  }

  private static let witness = Ed25519SigningKey(seed: [UInt8](repeating: 3, count: 32)).map {
    NoteSigner(name: "witness.example/w1", kind: .cosignature, $0)
  }

  /// Everything that the script appends.
  static let ids = (0..<2).flatMap { session in (0..<7).map { "s\(session)n\($0)" } }

  /// Storage operations of a run without a fault.
  static let operationCount: Int = {
    let storage = SimulatedStorage()
    var script = CrashScript(storage)
    try? script.run()
    return storage.operationCount
  }()
}

/// Opens what a fault left and checks every promise.
struct CrashAudit {
  /// What was done, for the message of a failure.
  let story: String
  let acknowledged: [String]

  /// - Parameter continuing: runs the script once more on what was recovered.
  func run(_ storage: SimulatedStorage, continuing: Bool) {
    do {
      storage.faultIndex = nil
      var after = CrashScript(storage)
      let journal = try after.fixture.open()
      let ids = try recordIDs(storage)
      #expect(
        acknowledged.allSatisfy(ids.contains), "\(story): lost of \(acknowledged), has \(ids)")
      #expect(Set(ids).count == ids.count, "\(story): an entry twice")
      let verification = try after.fixture.verify()
      #expect(verification.hasPassed, "\(story): \(String(describing: verification.firstFailure))")
      #expect(verification.tailByteCount == 0, "\(story)")
      _ = try journal.append(Build.request("after"), at: after.fixture.clock.now)
      try journal.close(at: after.fixture.clock.now)
      let last = try after.fixture.verify()
      #expect(last.hasPassed && last.notYetCovered == 0, "\(story)")
      #expect(last.vkey != nil && last.unsignedCheckpointCount == 0, "\(story): unsigned")
      guard continuing else { return }
      // All of it once more: only what was lost is added.
      try after.run()
      let final = try recordIDs(storage).filter(CrashScript.ids.contains)
      #expect(final.sorted() == CrashScript.ids, "\(story)")
    } catch {
      Issue.record("\(story): \(error)")
    }
  }

  /// Of the records that a script appended, not the journal's own.
  private func recordIDs(_ storage: SimulatedStorage) throws -> [String] {
    try JournalReader(storage).allRecords()
      .filter { $0.header.source != Journal.controlSource }.map(\.header.id)
  }
}
