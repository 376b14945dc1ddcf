import GatewayAndScheduler
import Ingest
import TestSupport

/// A scheduler whose journal, shims, clock and deaths are all made of numbers from one seed.
///
/// What is fair: the process may die at any moment, with any of the actions that wait undone; of a batch
/// of records any front part may be durable, acknowledged or not. Shims live on, may die themselves, and
/// their lines are durable in order. The journal drops what has a source and id that it has.
struct SchedulerSimulation {
  /// One attempt's shim.
  struct Shim {
    var report = AttemptReport()
    /// Times that the job's first instruction ran.
    var startCount = 0
  }

  private(set) var machine: SchedulerStateMachine
  private(set) var journal: [Record] = []
  private var ids: [String: Int] = [:]
  private(set) var shims: [String: Shim] = [:]
  /// What clients were told is accepted.
  private(set) var accepted: Set<String> = []
  private(set) var answers: [Int: SchedulerAnswer] = [:]
  private var pending: [SchedulerAction] = []
  private var news: [SchedulerEvent] = []
  private var random: SeededRandom
  private(set) var clock = ManualClock()
  private let catalogue: JobCatalogue
  private let settings: SchedulerSettings
  private var lastTicket = 0
  private var wishCount = 0
  private(set) var deathCount = 0
  /// Outputs that are there, by job.
  var complete: Set<String> = []

  init(_ catalogue: JobCatalogue, _ settings: SchedulerSettings, seed: UInt64) {
    self.catalogue = catalogue
    self.settings = settings
    random = SeededRandom(seed: seed)
    machine = SchedulerStateMachine(settings, catalogue)
    pending = machine.recover(at: clock.now)
  }

  // MARK: Steps

  /// Something happens, perhaps the process's death.
  mutating func step(deaths: Bool = true) {
    clock.advance(bySeconds: Double.random(in: 0...2, using: &random))
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<14: wish()
    case 14..<60: performOne()
    case 60..<75: advanceShim()
    case 75..<88: deliver()
    case 88..<92: handle(.ticked)
    case 92..<95: orderKill()
    case 95..<97: settle()
    case 97: killShim()
    case 98 where deaths: die()
    default: handle(.ticked)
    }
  }

  /// Goes on without deaths and new wishes until nothing is left to do, or too long.
  mutating func settleDown() {
    for _ in 0..<20_000 {
      clock.advance(bySeconds: 1)
      if !pending.isEmpty {
        performOne()
      } else if !news.isEmpty {
        deliver()
      } else if shims.values.contains(where: { $0.report.isAlive }) {
        advanceShim()
      } else {
        handle(.ticked)
        if machine.openCount == 0, pending.isEmpty { return }
        if let approval = machine.pendingApprovals.first {
          handle(
            .settled(
              approvalID: approval.approvalID, by: "carol", gives: true, reason: nil,
              ticket: ticket()))
        }
      }
    }
  }

  private mutating func ticket() -> Int {
    lastTicket += 1
    return lastTicket
  }

  private mutating func handle(_ event: SchedulerEvent) {
    pending += machine.handle(event, at: clock.now)
  }

  private mutating func wish() {
    let job = catalogue.definitions.randomElement(using: &random)?.name ?? ""
    // Some keys are used again.
    let key = Int.random(in: 0..<60, using: &random)
    wishCount += 1
    var wish = SchedulerWish(
      runID: RunIdentifier.keyed(principal: "alice", job: job, key: "\(key)"), job: job,
      parameters: JobParameters(), redacted: Array("{}".utf8), trigger: .request)
    wish.identity = Identity(principal: "alice", principalType: .human, credential: .session)
    wish.requestID = "request-\(wishCount)"
    let effects: [DecisionRecord.Effect] = [.permit, .permit, .permit, .hold, .deny]
    if machine.view(wish.runID) == nil {
      wish.decision = AccessDecision(
        effects.randomElement(using: &random) ?? .permit, rule: "r", reason: "", policySHA256: "")
    }
    handle(.triggered(wish, ticket: ticket()))
  }

  private mutating func orderKill() {
    guard let runID = machine.views(RunFilter()).randomElement(using: &random)?.runID else {
      return
    }
    if Bool.random(using: &random) {
      handle(.killOrdered(runID: runID, by: "bob", reason: nil, ticket: ticket()))
    } else {
      handle(.killProposed(runID: runID, by: "vigil/detect", reason: "slow", ticket: ticket()))
    }
  }

  private mutating func settle() {
    guard let approval = machine.pendingApprovals.randomElement(using: &random) else { return }
    handle(
      .settled(
        approvalID: approval.approvalID, by: "bob", gives: Bool.random(using: &random),
        reason: nil, ticket: ticket()))
  }

  // MARK: Actions

  /// The first that waits; or, since appends of different runs do not wait for each other, any append.
  private mutating func performOne() {
    guard !pending.isEmpty else { return }
    let appends = pending.indices.filter { if case .append = pending[$0] { true } else { false } }
    let place =
      Bool.random(using: &random) ? 0 : appends.randomElement(using: &random) ?? 0
    switch pending.remove(at: place) {
    case .append(let batch, let records):
      if Int.random(in: 0..<20, using: &random) == 0 {
        handle(.refused(batch: batch, "no room"))
      } else {
        handle(.appended(batch: batch, records.map { append($0) }))
      }
    case .answer(let ticket, let answer): note(ticket, answer)
    case .probe(let runID, let outputs, _):
      news.append(.probed(runID: runID, complete: complete.intersection(outputs.keys)))
    case .launch(let plan): launch(plan)
    case .inspect(let runID, let attempt): look(runID, attempt)
    case .stop(let runID, let attempt):
      let key = "\(runID)/\(attempt)"
      guard shims[key]?.report.isAlive ?? false else { return }
      end(key, .stop)
    case .prune: break
    }
  }

  private mutating func note(_ ticket: Int, _ answer: SchedulerAnswer) {
    answers[ticket] = answer
    switch answer {
    case .trigger(.accepted(let view)), .trigger(.held(let view)), .trigger(.repeated(let view)):
      accepted.insert(view.runID)
    default: break
    }
  }

  private mutating func append(_ record: Record) -> Acknowledgement {
    if let index = ids[record.header.id] {
      return journal[index] == record ? .duplicate : .conflict(index: index)
    }
    ids[record.header.id] = journal.count
    journal.append(record)
    return .appended(index: journal.count - 1)
  }

  private mutating func launch(_ plan: AttemptPlan) {
    let key = "\(plan.runID)/\(plan.attempt)"
    let known = shims[key]
    if known?.report.isAlive ?? false || known?.report.started != nil {
      news.append(.launched(runID: plan.runID, attempt: plan.attempt))
      return look(plan.runID, plan.attempt)
    }
    if Int.random(in: 0..<20, using: &random) == 0 {
      news.append(.launchFailed(runID: plan.runID, attempt: plan.attempt, "no processes left"))
      return
    }
    var shim = known ?? Shim()
    shim.report.isPrepared = true
    shim.report.isAlive = true
    shims[key] = shim
    news.append(.launched(runID: plan.runID, attempt: plan.attempt))
  }

  private mutating func look(_ runID: String, _ attempt: Int) {
    let report = shims["\(runID)/\(attempt)"]?.report ?? AttemptReport()
    news.append(.observed(runID: runID, attempt: attempt, report))
  }

  // MARK: Shims

  private mutating func advanceShim() {
    let alive = shims.filter(\.value.report.isAlive).keys.sorted()
    guard let key = alive.randomElement(using: &random) else { return }
    if shims[key]?.report.started == nil {
      shims[key]?.report.started = AttemptReport.Started(
        at: clock.now, process: 2, startTicks: 2, shim: 1, shimStartTicks: 1, bootID: "b")
      shims[key]?.startCount += 1
      lookByKey(key)
    } else {
      end(key, Int.random(in: 0..<8, using: &random) == 0 ? .timeout : .exit)
    }
  }

  private mutating func end(_ key: String, _ cause: AttemptReport.Exited.Cause) {
    var exited = AttemptReport.Exited(at: clock.now, cause: cause)
    exited.exitCode = Int.random(in: 0..<3, using: &random) == 0 ? 1 : 0
    shims[key]?.report.exited = exited
    shims[key]?.report.isAlive = false
    lookByKey(key)
  }

  private mutating func killShim() {
    let alive = shims.filter(\.value.report.isAlive).keys.sorted()
    guard let key = alive.randomElement(using: &random) else { return }
    shims[key]?.report.isAlive = false
    lookByKey(key)
  }

  private mutating func lookByKey(_ key: String) {
    let parts = key.split(separator: "/")
    look(String(parts[0]), Int(parts[1]) ?? 0)
  }

  private mutating func deliver() {
    guard !news.isEmpty else { return }
    handle(news.removeFirst())
  }

  // MARK: Death

  /// The process dies, and another reads the books.
  private mutating func die() {
    deathCount += 1
    for action in pending {
      switch action {
      case .append(_, let records):
        let count = Int.random(in: 0...records.count, using: &random)
        for record in records.prefix(count) { _ = append(record) }
      case .launch(let plan) where Bool.random(using: &random): launch(plan)
      default: break
      }
    }
    pending = []
    news = []
    machine = SchedulerStateMachine(settings, catalogue)
    for (index, record) in journal.enumerated() {
      machine.restore(record, index: index) { _ in nil }
    }
    pending = machine.recover(at: clock.now)
  }
}
