import Ingest
import TestSupport
import Testing

@Suite("Journal after a crash")
struct CrashCampaignTests {
  @Test("the script crosses segment ends, index runs and their merging, and writes checkpoints")
  func script() throws {
    let storage = SimulatedStorage()
    var script = CrashScript(storage)
    try script.run()
    #expect(script.acknowledged == CrashScript.ids)
    #expect(storage.paths.filter { $0.hasPrefix("segments/") && $0.hasSuffix(".jsonl") }.count > 3)
    let runs = storage.paths.filter { $0.hasSuffix(".run") }
    #expect(
      runs.count < 5 && runs.last ?? "" > "index/keys-000005.run", "merged several times: \(runs)")
    // Five notes of three lines, an empty one and a signature; one has a witness's line too.
    #expect(storage.bytes("checkpoints")?.count { $0 == 0x0A } == 5 * 5 + 1)
  }

  @Test(
    "keeps every acknowledged entry and none by half, whichever operation fails and however",
    arguments: SimulatedStorage.Fault.allCases, SimulatedStorage.Loss.allCases)
  func everyOperation(_ fault: SimulatedStorage.Fault, _ loss: SimulatedStorage.Loss) {
    #expect(CrashScript.operationCount > 150)
    var checkedCount = 0
    var faultCount = 0
    // Each operation with two of the four losses; with all of them in the long form.
    let losses = SimulatedStorage.Loss.allCases
    let start = CampaignLength.isLong ? 0 : (losses.firstIndex(of: loss) ?? 0) % 2
    let step = CampaignLength.isLong ? 1 : 2
    for index in stride(from: start, to: CrashScript.operationCount, by: step) {
      let storage = SimulatedStorage()
      storage.fault = fault
      storage.faultIndex = index
      var script = CrashScript(storage)
      #expect(throws: JournalError.self, "operation \(index)") { try script.run() }
      let story = "\(fault) at operation \(index), then \(loss), seed \(index)"
      CrashAudit(story: story, acknowledged: script.acknowledged)
        .run(storage.afterPowerLoss(loss, seed: UInt64(index)), continuing: index % 4 == 0)
      checkedCount += script.acknowledged.count
      faultCount += 1
    }
    print(
      "simulated disk, \(fault), \(loss): \(faultCount) faults tried,",
      "\(checkedCount) acknowledged entries checked")
  }

  @Test(
    "goes on after a failure without a crash: the failed handle stays failed, a new one recovers",
    arguments: [SimulatedStorage.Fault.failedAndNotDone, .failedButDone])
  func withoutCrash(_ fault: SimulatedStorage.Fault) {
    for index in 0..<CrashScript.operationCount {
      let storage = SimulatedStorage()
      storage.fault = fault
      storage.faultIndex = index
      var script = CrashScript(storage)
      #expect(throws: JournalError.self, "operation \(index)") { try script.run() }
      let story = "\(fault) at operation \(index), no crash"
      CrashAudit(story: story, acknowledged: script.acknowledged)
        .run(storage.copy(), continuing: index % 4 == 0)
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
