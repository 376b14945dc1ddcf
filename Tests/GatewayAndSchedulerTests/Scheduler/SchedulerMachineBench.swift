import GatewayAndScheduler
import Ingest
import TestSupport

/// A state machine whose journal takes everything at once, and whose shims do what the test says.
struct SchedulerMachineBench {
  private(set) var machine: SchedulerStateMachine
  var clock = ManualClock()
  private(set) var journal: [Record] = []
  private(set) var launched: [AttemptPlan] = []
  private(set) var stopped: [String] = []
  private(set) var pruned: [String] = []
  private(set) var answers: [Int: SchedulerAnswer] = [:]
  /// Jobs whose outputs are there.
  var complete: Set<String> = []
  /// Why the journal takes nothing.
  var refusal: String?

  init(_ jobs: String, at start: String? = nil, _ settings: SchedulerSettings = SchedulerSettings())
    throws
  {
    clock = ManualClock(start.flatMap { Timestamp(rfc3339: $0) })
    machine = SchedulerStateMachine(settings, try SchedulerBench.catalogue(jobs))
    perform(machine.recover(at: clock.now))
  }

  /// The same with the books of another, which has died.
  init(_ jobs: String, after other: SchedulerMachineBench) throws {
    clock = other.clock
    journal = other.journal
    machine = SchedulerStateMachine(SchedulerSettings(), try SchedulerBench.catalogue(jobs))
    for (index, record) in journal.enumerated() {
      machine.restore(record, index: index) { _ in nil }
    }
    perform(machine.recover(at: clock.now))
  }

  mutating func handle(_ event: SchedulerEvent) { perform(machine.handle(event, at: clock.now)) }

  mutating func tick(after seconds: Double) {
    clock.advance(bySeconds: seconds)
    handle(.ticked)
  }

  /// A wish of alice's; its run's id.
  @discardableResult
  mutating func trigger(
    _ job: String, _ effect: DecisionRecord.Effect = .permit, ticket: Int = 1
  ) -> String {
    let runID = RunIdentifier.keyed(principal: "alice", job: job, key: "\(journal.count)")
    var wish = SchedulerWish(
      runID: runID, job: job, parameters: JobParameters(), redacted: Array("{}".utf8),
      trigger: .request)
    wish.identity = .person("alice")
    wish.decision = AccessDecision(effect, rule: "r", reason: "why", policySHA256: "00")
    handle(.triggered(wish, ticket: ticket))
    return runID
  }

  /// The attempt starts; and ends after so many seconds, when there is an exit status.
  mutating func run(_ runID: String, attempt: Int = 1, exit code: Int?, after seconds: Double = 1) {
    var report = AttemptReport()
    report.isPrepared = true
    report.isAlive = true
    report.started = AttemptReport.Started(
      at: clock.now, process: 2, startTicks: 2, shim: 1, shimStartTicks: 1, bootID: "b")
    handle(.observed(runID: runID, attempt: attempt, report))
    guard let code else { return }
    clock.advance(bySeconds: seconds)
    report.isAlive = false
    report.exited = AttemptReport.Exited(at: clock.now, cause: .exit)
    report.exited?.exitCode = code
    handle(.observed(runID: runID, attempt: attempt, report))
  }

  private mutating func perform(_ actions: [SchedulerAction]) {
    for action in actions {
      switch action {
      case .append(let batch, let records):
        if let refusal {
          handle(.refused(batch: batch, refusal))
          continue
        }
        let first = journal.count
        journal += records
        handle(.appended(batch: batch, records.indices.map { .appended(index: first + $0) }))
      case .answer(let ticket, let answer): answers[ticket] = answer
      case .probe(let runID, let outputs, _):
        handle(.probed(runID: runID, complete: complete.intersection(outputs.keys)))
      case .launch(let plan):
        launched.append(plan)
        handle(.launched(runID: plan.runID, attempt: plan.attempt))
      case .stop(let runID, _): stopped.append(runID)
      case .prune(let runID): pruned.append(runID)
      case .inspect(let runID, let attempt):
        handle(.observed(runID: runID, attempt: attempt, AttemptReport()))
      }
    }
  }

  func events(_ runID: String) -> [RunRecord.Event] {
    journal.compactMap { record in
      if case .run(let body) = record.body, body.runID == runID { body.event } else { nil }
    }
  }

  /// `job event` of task records, in order.
  var tasks: [String] {
    journal.compactMap { record in
      guard case .task(let body) = record.body else { return nil }
      return "\(body.taskID ?? "") \(body.event.rawValue)"
    }
  }
}
