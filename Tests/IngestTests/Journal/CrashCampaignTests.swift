import Ingest
import TestSupport
import Testing

/// A scripted life of a journal, and what it was told to be safe.
private struct Script {
  var fixture: JournalFixture
  /// Ids whose commit returned.
  var acknowledged: [String] = []

  init(_ storage: SimulatedStorage) {
    fixture = JournalFixture(storage)
    fixture.settings.segmentByteCount = 1200
    fixture.settings.keyTableCountMax = 8
  }

  /// Two sessions with batches, a conflict, rejections, a checkpoint, segment ends and index runs.
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
          if session == 0 {
            try cosign(try journal.signCheckpoint(at: fixture.clock.now), journal)
          } else {
            try journal.checkpoint()
          }
          acknowledged += waiting
          waiting = []
        }
      }
      try journal.close(at: fixture.clock.now)
      acknowledged += waiting
      waiting = []
    }
  }
}

extension Script {
  /// What `vigil checkpoint --witness` does with the answer.
  private func cosign(_ signed: SignedCheckpoint?, _ journal: Journal) throws(JournalError) {
    guard var note = signed, let witness = Script.witness else { return }
    _ = note.merge([witness.sign(note.note.text, at: 1_700_000_000)])
    try journal.keep(note)
  }

  static let witness = Ed25519SigningKey(seed: [UInt8](repeating: 3, count: 32)).map {
    NoteSigner(name: "witness.example/w1", kind: .cosignature, $0)
  }
}

/// Opens what is left and checks every promise.
private func audit(
  _ storage: SimulatedStorage, _ acknowledged: [String], _ story: String, again: Bool
) {
  do {
    storage.faultIndex = nil
    var after = Script(storage)
    let journal = try after.fixture.open()
    let recovered = try JournalReader(storage).allRecords()
    let ids = recovered.map(\.header.id).filter { $0.hasPrefix("s") }
    #expect(acknowledged.allSatisfy(ids.contains), "\(story): lost of \(acknowledged), has \(ids)")
    #expect(Set(ids).count == ids.count, "\(story): an entry twice")
    let verification = try after.fixture.verify()
    #expect(verification.hasPassed, "\(story): \(String(describing: verification.firstFailure))")
    #expect(verification.tailByteCount == 0, "\(story)")
    _ = try journal.append(Build.request("after"), at: after.fixture.clock.now)
    try journal.close(at: after.fixture.clock.now)
    let last = try after.fixture.verify()
    #expect(last.hasPassed && last.notYetCovered == 0, "\(story)")
    #expect(last.vkey != nil && last.unsignedCheckpointCount == 0, "\(story): unsigned")
    guard again else { return }
    // All of it once more: only what was lost is added.
    try after.run()
    let final = try JournalReader(storage).allRecords().map(\.header.id).filter {
      $0.hasPrefix("s")
    }
    #expect(final.sorted() == (0..<2).flatMap { s in (0..<7).map { "s\(s)n\($0)" } }, "\(story)")
  } catch {
    Issue.record("\(story): \(error)")
  }
}

@Suite("Journal after a crash")
struct CrashCampaignTests {
  private static let operationCount: Int = {
    let storage = SimulatedStorage()
    var script = Script(storage)
    try? script.run()
    return storage.operationCount
  }()

  @Test(
    "keeps every acknowledged entry and none by half, whichever operation fails and however",
    arguments: SimulatedStorage.Fault.allCases, SimulatedStorage.Loss.allCases)
  func everyOperation(_ fault: SimulatedStorage.Fault, _ loss: SimulatedStorage.Loss) {
    #expect(CrashCampaignTests.operationCount > 150)
    for index in 0..<CrashCampaignTests.operationCount {
      let storage = SimulatedStorage()
      storage.fault = fault
      storage.faultIndex = index
      var script = Script(storage)
      #expect(throws: JournalError.self, "operation \(index)") { try script.run() }
      let story = "\(fault) at operation \(index), then \(loss), seed \(index)"
      audit(
        storage.afterPowerLoss(loss, seed: UInt64(index)), script.acknowledged, story,
        again: index % 4 == 0)
    }
  }

  @Test(
    "goes on after a failure without a crash: the failed handle stays failed, a new one recovers",
    arguments: [SimulatedStorage.Fault.failedAndNotDone, .failedButDone])
  func withoutCrash(_ fault: SimulatedStorage.Fault) {
    for index in 0..<CrashCampaignTests.operationCount {
      let storage = SimulatedStorage()
      storage.fault = fault
      storage.faultIndex = index
      var script = Script(storage)
      #expect(throws: JournalError.self, "operation \(index)") { try script.run() }
      audit(
        storage.copy(), script.acknowledged, "\(fault) at operation \(index), no crash",
        again: index % 4 == 0)
    }
  }

  @Test("a failed handle refuses everything from then on and names the first index not taken")
  func failedHandle() throws {
    let fixture = JournalFixture()
    let journal = try fixture.open()
    _ = try journal.append(Build.request("a"), at: fixture.clock.now)
    try journal.commit()
    _ = try journal.append(Build.request("b"), at: fixture.clock.now)
    fixture.storage.faultIndex = fixture.storage.operationCount
    let failure = try #require(throws: JournalError.self) { try journal.commit() }
    guard case .failed(let index, let cause) = failure else { throw TestFailure.unexpected }
    #expect(index == 2)
    #expect(cause.operation == .write)
    #expect(throws: failure) { try journal.append(Build.request("c"), at: fixture.clock.now) }
    #expect(throws: failure) { try journal.close(at: fixture.clock.now) }
    #expect(try fixture.open().entryCount == 2)
  }
}

@Suite("Journal cut short")
struct CutJournalTests {
  private static let path = "segments/000000000000.jsonl"

  /// Two committed entries, and a third written but not acknowledged.
  private func threeEntries() throws -> (storage: SimulatedStorage, committed: Int, whole: Int) {
    let fixture = JournalFixture()
    let journal = try fixture.open()
    _ = try journal.append(Build.request("a", originalByteCount: 50), at: fixture.clock.now)
    try journal.commit()
    let committed = fixture.storage.bytes(CutJournalTests.path)?.count ?? 0
    let leaves = fixture.storage.bytes("segments/000000000000.leaf") ?? []
    _ = try journal.append(Build.request("b", originalByteCount: 50), at: fixture.clock.now)
    try journal.commit()
    let storage = fixture.storage.copy()
    storage.put("segments/000000000000.leaf", leaves)
    return (storage, committed, storage.bytes(CutJournalTests.path)?.count ?? 0)
  }

  @Test("the unacknowledged entry may be cut at any byte, and the cut is recorded")
  func cutTail() throws {
    let (storage, committed, whole) = try threeEntries()
    let bytes = try #require(storage.bytes(CutJournalTests.path))
    for length in committed...whole {
      let cut = storage.copy()
      cut.put(CutJournalTests.path, Array(bytes.prefix(length)))
      let fixture = JournalFixture(cut)
      let journal = try fixture.open()
      let ids = try JournalReader(cut).allRecords().map(\.header.id)
      let isWhole = length == whole
      let isTorn = length > committed && !isWhole
      #expect(ids.contains("a") && ids.contains("b") == isWhole, "cut at \(length)")
      #expect(ids.contains("journal_recovered/3") == isTorn, "cut at \(length): \(ids)")
      if isTorn {
        guard case .control(let control) = try JournalReader(cut).allRecords()[3].body else {
          throw TestFailure.unexpected
        }
        #expect(control.counts.first == ControlRecord.Count("bytes_cut", length - committed))
      }
      try journal.close(at: fixture.clock.now)
      #expect(try fixture.verify().hasPassed)
    }
  }

  @Test("cut anywhere below the committed size it is damage, and is left as it is")
  func cutBelowCommitted() throws {
    let fixture = JournalFixture()
    let journal = try fixture.open()
    _ = try journal.append(Build.request("a", originalByteCount: 50), at: fixture.clock.now)
    try journal.commit()
    let storage = fixture.storage.copy()
    let bytes = try #require(storage.bytes(CutJournalTests.path))
    for length in 0..<bytes.count {
      let cut = storage.copy()
      cut.put(CutJournalTests.path, Array(bytes.prefix(length)))
      let error = #expect(throws: JournalError.self) { try JournalFixture(cut).open() }
      guard case .damage(let damage) = error else { throw TestFailure.unexpected }
      #expect(damage.file == CutJournalTests.path)
      #expect(damage.expected == "2 committed entries")
      #expect(cut.bytes(CutJournalTests.path)?.count == length)
      #expect(try !JournalVerifier(cut).verify().hasPassed)
    }
  }

  @Test("cut below the newest checkpoint it is damage even without leaf hashes")
  func cutBelowCheckpoint() throws {
    let fixture = JournalFixture()
    try fixture.write([Build.request("a", originalByteCount: 50)])
    fixture.storage.delete("segments/000000000000.leaf")
    let bytes = try #require(fixture.storage.bytes(CutJournalTests.path))
    for length in 0..<bytes.count {
      let cut = fixture.storage.copy()
      cut.put(CutJournalTests.path, Array(bytes.prefix(length)))
      #expect(throws: JournalError.self, "cut at \(length)") { try JournalFixture(cut).open() }
      #expect(try !JournalVerifier(cut).verify().completeness.hasPassed)
    }
    #expect(try fixture.open().entryCount == 3, "whole, the leaf hashes come from the entries")
  }

  @Test("a segment that is gone is damage", arguments: [0, 1])
  func lostSegment(_ position: Int) throws {
    let fixture = JournalFixture()
    try fixture.write((0..<40).map { Build.request("r\($0)", originalByteCount: 200) })
    let segments = fixture.storage.paths.filter { $0.hasSuffix(".jsonl") && $0.contains("/") }
    fixture.storage.delete(segments[position])
    #expect(throws: JournalError.self) { try fixture.open() }
    #expect(try !fixture.verify().hasPassed)
  }
}
