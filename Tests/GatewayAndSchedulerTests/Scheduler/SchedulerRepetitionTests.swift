import GatewayAndScheduler
import Ingest
import TestSupport
import Testing

/// Keys that are used again when their run is forgotten, and books that are cut behind what is durable.
@Suite("Scheduler and what it has forgotten")
struct SchedulerRepetitionTests {
  private static let plain = #"{ jobs: { a: { command: ["/bin/true"] } } }"#

  private func machine(_ jobs: String = plain) throws -> SchedulerStateMachine {
    var machine = SchedulerStateMachine(SchedulerSettings(), try SchedulerBench.catalogue(jobs))
    _ = machine.recover(at: ManualClock(nil).now)
    return machine
  }

  private func wish(_ key: String, _ effect: DecisionRecord.Effect = .permit) -> SchedulerWish {
    var wish = SchedulerWish(
      runID: RunIdentifier.keyed(principal: "alice", job: "a", key: key), job: "a",
      parameters: JobParameters(), redacted: Array("{}".utf8), trigger: .request)
    wish.identity = .person("alice")
    wish.decision = AccessDecision(effect, rule: "r", reason: "why", policySHA256: "00")
    return wish
  }

  /// Triggers, and gives back the batch that is to be appended with its records.
  private func trigger(
    _ machine: inout SchedulerStateMachine, _ wish: SchedulerWish, ticket: Int, at now: Timestamp
  ) throws -> (batch: Int, records: [Record]) {
    for action in machine.handle(.triggered(wish, ticket: ticket), at: now) {
      if case .append(let batch, let records) = action { return (batch, records) }
    }
    throw BenchError(what: "nothing was appended")
  }

  @Test(
    "a key whose run is forgotten starts nothing, held or not: the journal's conflict is heeded",
    arguments: [DecisionRecord.Effect.permit, .hold])
  func reusedKey(_ effect: DecisionRecord.Effect) throws {
    var machine = try machine()
    let now = ManualClock(nil).now
    let wish = wish("k", effect)
    let (batch, records) = try trigger(&machine, wish, ticket: 1, at: now)
    // The run's own record conflicts; what stands beside it is new.
    let acknowledgements = records.enumerated().map { index, record -> Acknowledgement in
      record.header.id.hasPrefix("run/") ? .conflict(index: index) : .appended(index: index)
    }
    let actions = machine.handle(.appended(batch: batch, acknowledgements), at: now)
    var answer: SchedulerAnswer?
    for action in actions {
      switch action {
      case .answer(1, let given): answer = given
      case .launch, .probe, .inspect: Issue.record("\(action)")
      default: break
      }
    }
    guard case .trigger(.repeated(let view))? = answer else {
      Issue.record("\(String(describing: answer))")
      return
    }
    #expect(view.runID == wish.runID)
    #expect(machine.view(wish.runID) == nil && machine.pendingApprovals.isEmpty)
  }

  @Test(
    "after a restart the conflicting record is no run, when the first one lies before the books")
  func restored() throws {
    let now = ManualClock(nil).now
    var first = try machine()
    let (_, records) = try trigger(&first, wish("k"), ticket: 1, at: now)
    let queued = try #require(records.last)
    var conflict = ControlRecord(event: .duplicateConflict)
    conflict.counts = [.init("index", 70), .init("first_index", 3)]
    let told = Record(
      header: RecordHeader(timestamp: now, source: Journal.controlSource, id: "c"),
      body: .control(conflict))
    var again = SchedulerStateMachine(
      SchedulerSettings(), try SchedulerBench.catalogue(Self.plain))
    again.restore(queued, index: 70) { _ in nil }
    #expect(again.view(wish("k").runID) != nil)
    again.restore(told, index: 71) { _ in nil }
    #expect(again.view(wish("k").runID) == nil)
    #expect(again.recover(at: now).isEmpty)
  }

  @Test("the books are not cut behind a run whose record is still on its way")
  func frontier() throws {
    var machine = try machine()
    let now = ManualClock(nil).now
    let (early, _) = try trigger(&machine, wish("early"), ticket: 1, at: now)
    _ = machine.handle(
      .appended(batch: early, [.appended(index: 40), .appended(index: 41)]), at: now)
    #expect(machine.frontier == 41)
    let (slow, _) = try trigger(&machine, wish("slow"), ticket: 2, at: now)
    let (quick, _) = try trigger(&machine, wish("quick"), ticket: 3, at: now)
    _ = machine.handle(
      .appended(batch: quick, [.appended(index: 502), .appended(index: 503)]), at: now)
    #expect(machine.frontier == 41)
    _ = machine.handle(
      .appended(batch: slow, [.appended(index: 500), .appended(index: 501)]), at: now)
    #expect(machine.frontier == 41)
  }

  @Test("a time of a schedule counts as dealt with once its run is durable")
  func schedule() throws {
    var machine = try machine(
      #"{ jobs: { a: { command: ["/bin/true"], schedule: { cron: "* * * * *" } } } }"#)
    let begin = ManualClock(nil).now
    _ = machine.handle(.ticked, at: begin)
    let known = try #require(machine.schedulesThrough)
    let due = begin.advanced(bySeconds: 61)
    var batch: Int?
    for action in machine.handle(.ticked, at: due) {
      if case .append(let number, _) = action { batch = number }
    }
    #expect(machine.schedulesThrough == nil)
    _ = machine.handle(.appended(batch: try #require(batch), [.appended(index: 9)]), at: due)
    #expect(try #require(machine.schedulesThrough) > known)
    // A clock that was set far ahead and back again runs the schedule from where it is.
    _ = machine.handle(.ticked, at: due.advanced(bySeconds: 86_400 * 900))
    _ = machine.handle(.ticked, at: due.advanced(bySeconds: 120))
    #expect(
      (machine.schedulesThrough ?? .earliest) <= due.advanced(bySeconds: 120))
  }
}
