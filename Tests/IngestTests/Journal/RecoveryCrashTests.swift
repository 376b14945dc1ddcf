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
    private let state = Mutex<(ids: [String], checkpoints: [Checkpoint], refused: Int)>(([], [], 0))

    var all: (ids: [String], checkpoints: [Checkpoint], refused: Int) { state.withLock { $0 } }

    func append(_ id: String, path: String = "/") -> WriterQueue.Waiting {
      WriterQueue.Waiting(.append(Build.request(id, path: path, originalByteCount: 60))) { answer in
        self.state.withLock { state in
          switch answer {
          case .acknowledged: state.ids.append(id)
          case .checkpoint: break
          case .refused: state.refused += 1
          }
        }
      }
    }

    func checkpoint() -> WriterQueue.Waiting {
      WriterQueue.Waiting(.checkpoint) { answer in
        self.state.withLock { state in
          guard case .checkpoint(let checkpoint) = answer else {
            state.refused += 1
            return
          }
          state.checkpoints.append(checkpoint)
        }
      }
    }
  }

  private static let batchCount = 8

  private func run(_ storage: SimulatedStorage, _ told: Told) throws {
    let script = CrashScript(storage)
    let journal = try script.fixture.open()
    let queue = try WriterQueue()
    for batch in 0..<Self.batchCount {
      let waiting = (0..<3).map { told.append("q\(batch)n\($0)") } + [told.append("q0n0")]
      for waiting in waiting { #expect(queue.submit(waiting)) }
      if batch % 3 == 1 { #expect(queue.submit(told.checkpoint())) }
      try queue.serve(journal, at: script.fixture.clock.now)
    }
    try journal.close(at: script.fixture.clock.now)
  }

  @Test(
    "what was acknowledged is there, and every checkpoint that was answered is continued",
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
        #expect(try fixture.verify(outside: all.checkpoints).hasPassed, "\(story)")
      }
      faultCount += 1
      checkedCount += all.ids.count + all.checkpoints.count
    }
    print(
      "simulated disk, batches of the queue, \(fault), \(loss): \(faultCount) faults tried,",
      "\(checkedCount) acknowledged entries checked")
  }
}
