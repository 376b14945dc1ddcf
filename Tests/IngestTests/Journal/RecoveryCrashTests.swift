import Ingest
import Synchronization
import TestSupport
import Testing

@Suite("Journal after a crash of its recovery")
struct RecoveryCrashTests {
  @Test(
    "loses nothing acknowledged when opening fails at any operation, after any crash",
    arguments: SimulatedStorage.Fault.allCases, [SimulatedStorage.Loss.torn, .reordered])
  func everyOperationOfOpening(_ fault: SimulatedStorage.Fault, _ loss: SimulatedStorage.Loss) {
    var faultCount = 0
    var checkedCount = 0
    // A few crashes, each step of whose recovery fails in turn; many in the long form.
    let step = CampaignLength.isLong ? 11 : 130
    for first in stride(from: 40, to: CrashScript.operationCount, by: step) {
      let storage = SimulatedStorage()
      storage.fault = .failedAndNotDone
      storage.faultIndex = first
      var script = CrashScript(storage)
      #expect(throws: JournalError.self) { try script.run() }
      let crashed = storage.afterPowerLoss(loss, seed: UInt64(first))
      for second in 0..<openingCount(crashed) {
        let opening = crashed.copy()
        opening.fault = fault
        opening.faultIndex = second
        #expect(throws: JournalError.self) { try CrashScript(opening).fixture.open() }
        let seed = UInt64(first * 1000 + second)
        let story = "crash at \(first), \(fault) at \(second) of opening, \(loss), seed \(seed)"
        CrashAudit(story: story, acknowledged: script.acknowledged)
          .run(opening.afterPowerLoss(loss, seed: seed), continuing: false)
        faultCount += 1
        checkedCount += script.acknowledged.count
      }
    }
    #expect(faultCount > 60)
    print(
      "simulated disk, opening after a crash, \(fault), \(loss): \(faultCount) faults tried,",
      "\(checkedCount) acknowledged entries checked")
  }

  /// Operations of an opening that succeeds.
  private func openingCount(_ crashed: SimulatedStorage) -> Int {
    let storage = crashed.copy()
    do { _ = try CrashScript(storage).fixture.open() } catch { Issue.record("\(error)") }
    return storage.operationCount
  }
}

@Suite("WriterQueue after a crash")
struct QueueCrashTests {
  /// What hands were told, over batches with a repeat, a conflict and checkpoints.
  private final class Told: Sendable {
    struct State {
      var ids: [String] = []
      var checkpoints: [SignedCheckpoint] = []
      var kept: [Checkpoint] = []
    }

    private let state = Mutex(State())

    var all: State { state.withLock { $0 } }

    func append(_ id: String, path: String = "/") -> WriterQueue.Waiting {
      WriterQueue.Waiting(.append(Build.request(id, path: path, originalByteCount: 60))) { answer in
        guard case .acknowledged = answer else { return }
        self.state.withLock { $0.ids.append(id) }
      }
    }

    func checkpoint() -> WriterQueue.Waiting {
      WriterQueue.Waiting(.checkpoint) { answer in
        guard case .checkpoint(let note?) = answer else { return }
        self.state.withLock { $0.checkpoints.append(note) }
      }
    }

    /// Hands the checkpoint back as a witness has cosigned it.
    func keep(_ note: SignedCheckpoint, _ witness: NoteSigner) -> WriterQueue.Waiting {
      var cosigned = note
      _ = cosigned.merge([witness.sign(note.note.text, at: 1_700_000_000)])
      return WriterQueue.Waiting(.keep(cosigned)) { answer in
        guard answer == .kept else { return }
        self.state.withLock { $0.kept.append(note.checkpoint) }
      }
    }
  }

  private static let batchCount = 8

  private func witness() throws -> NoteSigner {
    let key = try #require(Ed25519SigningKey(seed: [UInt8](repeating: 1, count: 32)))
    return NoteSigner(name: "w", kind: .cosignature, key)
  }

  private func run(_ storage: SimulatedStorage, _ told: Told) throws {
    let script = CrashScript(storage)
    let journal = try script.fixture.open()
    let queue = try WriterQueue()
    for batch in 0..<Self.batchCount {
      let waiting = (0..<3).map { told.append("q\(batch)n\($0)") } + [told.append("q0n0")]
      for waiting in waiting { #expect(queue.submit(waiting)) }
      if batch % 3 == 1 { #expect(queue.submit(told.checkpoint())) }
      // The newest checkpoint, and one that has a successor.
      if batch % 3 == 2, let note = told.all.checkpoints.last {
        #expect(queue.submit(told.keep(note, try witness())))
      }
      if batch == 6, let note = told.all.checkpoints.first {
        var twice = note
        _ = twice.merge([NoteSignature(name: "x", keyID: 1, blob: [1])])
        #expect(queue.submit(told.keep(twice, try witness())))
      }
      try queue.serve(journal, at: script.fixture.clock.now)
    }
    try journal.close(at: script.fixture.clock.now)
  }

  @Test(
    "what was acknowledged is there, answered checkpoints are continued, cosignatures are kept",
    arguments: SimulatedStorage.Fault.allCases, [SimulatedStorage.Loss.dropped, .reordered])
  func everyOperation(_ fault: SimulatedStorage.Fault, _ loss: SimulatedStorage.Loss) throws {
    let clean = SimulatedStorage()
    try run(clean, Told())
    var checkedCount = 0
    var faultCount = 0
    for index in stride(from: 0, to: clean.operationCount, by: CampaignLength.isLong ? 1 : 3) {
      let storage = SimulatedStorage()
      storage.fault = fault
      storage.faultIndex = index
      let told = Told()
      #expect(throws: JournalError.self, "operation \(index)") { try run(storage, told) }
      let story = "queue, \(fault) at operation \(index), then \(loss), seed \(index)"
      let crashed = storage.afterPowerLoss(loss, seed: UInt64(index))
      let all = told.all
      CrashAudit(story: story, acknowledged: all.ids).run(crashed, continuing: false)
      if !all.checkpoints.isEmpty {
        let fixture = JournalFixture(crashed)
        #expect(
          try fixture.verify(outside: all.checkpoints.map(\.checkpoint)).hasPassed, "\(story)")
      }
      if let kept = all.kept.max(by: { $0.size < $1.size }) {
        let trust = CheckpointTrust(witnessKeys: [try witness().key], quorum: 1)
        let witnessed = try JournalFixture(crashed).verify(trust: trust).witnessed
        #expect(witnessed?.checkpoint.size ?? 0 >= kept.size, "\(story)")
      }
      faultCount += 1
      checkedCount += all.ids.count + all.checkpoints.count + all.kept.count
    }
    print(
      "simulated disk, batches of the queue, \(fault), \(loss): \(faultCount) faults tried,",
      "\(checkedCount) acknowledged entries checked")
  }
}
