package import Ingest

/// The scheduler's books and rules: events and the time in, actions out. No clock, no I/O.
///
/// Worked example, a permitted trigger:
///
///     triggered          → append decision, queued
///     appended           → answer accepted; launch           (records are durable first)
///     observed (started) → append started
///     observed (exited)  → append succeeded
///     appended           → the run has ended
///
/// The records of one run are appended one batch after the other, so that the journal has them in their
/// order. Whatever was not durable when the process died is found again from the journal and the
/// run's directory, and told under the same ids.
package struct SchedulerStateMachine: Sendable {
  package let settings: SchedulerSettings
  package private(set) var catalogue: JobCatalogue
  var runs: [String: ScheduledRun] = [:]
  /// Run ids by the time they were queued, oldest first; some of them forgotten.
  var order: [String] = []
  /// Ended runs still remembered, oldest first.
  var finished: [String] = []
  var approvals: [String: ApprovalCase] = [:]
  var ready = ReadyLine()
  var counts = RunCounts()
  /// What is to be done when a batch is durable, and the batches of each run that wait their turn.
  private var batches: [Int: Batch] = [:]
  private var outboxes: [String: [Int]] = [:]
  private var lastBatch = 0
  /// Batches to be tried again at the next tick.
  private var refusedBatches: [Int] = []
  /// Who asked for a run whose first record is not durable yet, again.
  var repeatTickets: [String: [Int]] = [:]
  var scheduledThrough: [String: Timestamp] = [:]
  /// The newest entry of ours that the journal told us of; nil before the first.
  private(set) var lastIndex: Int?
  var lastSuccess: [SuccessKey: Timestamp] = [:]
  /// Runs that wait for their next attempt.
  var pausing: Set<String> = []
  /// Runs that wait for a run, by its id.
  var dependents: [String: Set<String>] = [:]
  var actions: [SchedulerAction] = []
  /// Made once: its tables cost more than what it is asked about.
  private var redactor: ObjectRedactor

  struct Batch: Sendable {
    var runID: String?
    var records: [Record]
    var next: Continuation
  }

  /// What follows when records are durable.
  enum Continuation: Sendable {
    case accept(ticket: Int?)
    case hold(ticket: Int)
    case deny(ticket: Int, AccessDecision)
    case limit(ticket: Int, String)
    case start(ticket: Int)
    case pause(until: Timestamp)
    case end(ticket: Int?)
    case stop(ticket: Int)
    case answer(ticket: Int)
    case none

    /// The same for nobody: whoever asked was told already that it is not known.
    var withoutTicket: Continuation {
      switch self {
      case .accept: .accept(ticket: nil)
      case .hold: .hold(ticket: 0)
      case .deny(_, let decision): .deny(ticket: 0, decision)
      case .limit(_, let sentence): .limit(ticket: 0, sentence)
      case .start: .start(ticket: 0)
      case .end: .end(ticket: nil)
      case .stop: .stop(ticket: 0)
      case .answer: .answer(ticket: 0)
      case .pause, .none: self
      }
    }
  }

  package init(_ settings: SchedulerSettings, _ catalogue: JobCatalogue) {
    self.settings = settings
    self.catalogue = catalogue
    redactor = ObjectRedactor(settings.redaction)
  }

  /// Parameters as records may show them.
  package mutating func redacted(_ parameters: [UInt8]) -> [UInt8] {
    redactor.redacted(parameters)
  }

  /// Takes an event in; the actions are to be performed in order.
  package mutating func handle(_ event: SchedulerEvent, at now: Timestamp) -> [SchedulerAction] {
    switch event {
    case .triggered(let wish, let ticket): trigger(wish, ticket: ticket, at: now)
    case .appended(let batch, let acknowledgements):
      complete(batch, acknowledgements, at: now)
    case .refused(let batch, let reason): refuse(batch, reason, at: now)
    case .probed(let runID, let complete): probed(runID, complete, at: now)
    case .observed(let runID, let attempt, let report):
      observe(runID, attempt, report, at: now)
    case .launched(let runID, let attempt):
      if runs[runID]?.attempt == attempt { runs[runID]?.isLaunchPending = false }
    case .launchFailed(let runID, let attempt, let reason):
      launchFailed(runID, attempt, reason, at: now)
    case .silent(let runID, let attempt, let seconds, let isKilled):
      let deed = isKilled ? "it was killed, since its run is to end" : "it was told to go on"
      tellSilence(runID, attempt, "for \(seconds.rounded()) s; \(deed)", at: now)
    case .heard(let runID, let attempt, let seconds):
      tellSilence(runID, attempt, "for \(seconds.rounded()) s; it beats again", at: now)
    case .settled(let approvalID, let by, let gives, let reason, let ticket):
      settle(approvalID, by: by, gives: gives, reason, ticket: ticket, at: now)
    case .killOrdered(let runID, let by, let reason, let ticket):
      kill(runID, by: by, reason, ticket: ticket, at: now)
    case .killProposed(let runID, let by, let reason, let ticket):
      propose(killing: runID, by: by, reason, ticket: ticket, at: now)
    case .ticked: tick(at: now)
    }
    startReady(at: now)
    defer { actions = [] }
    return actions
  }

  /// Takes another catalogue for runs to come; open runs are looked up in it when they start.
  package mutating func replace(_ catalogue: JobCatalogue, at now: Timestamp) {
    self.catalogue = catalogue
    // A job that is gone must not hold back how far the others' schedules are known to be run.
    scheduledThrough = scheduledThrough.filter { catalogue[$0.key]?.schedule != nil }
    for job in catalogue.definitions where job.schedule != nil {
      if scheduledThrough[job.name] == nil { scheduledThrough[job.name] = now }
    }
  }

  // MARK: Records

  /// Appends records of a run behind those of the same run that are under way.
  mutating func append(_ records: [Record], of runID: String?, then next: Continuation) {
    lastBatch += 1
    batches[lastBatch] = Batch(runID: runID, records: records, next: next)
    guard let runID else { return actions.append(.append(batch: lastBatch, records)) }
    outboxes[runID, default: []].append(lastBatch)
    if outboxes[runID]?.count == 1 { actions.append(.append(batch: lastBatch, records)) }
  }

  private mutating func complete(
    _ number: Int, _ acknowledgements: [Acknowledgement], at now: Timestamp
  ) {
    guard let batch = batches.removeValue(forKey: number) else { return }
    lastIndex = (acknowledgements.compactMap(\.index) + [lastIndex ?? 0]).max()
    if let runID = batch.runID { advanceOutbox(of: runID, behind: number) }
    follow(batch, acknowledgements, at: now)
  }

  private mutating func advanceOutbox(of runID: String, behind number: Int) {
    outboxes[runID]?.removeAll { $0 == number }
    guard let next = outboxes[runID]?.first, let batch = batches[next] else {
      outboxes[runID] = nil
      return
    }
    actions.append(.append(batch: next, batch.records))
  }

  /// A wish is refused with it; anything else stays true and is told again later.
  private mutating func refuse(_ number: Int, _ reason: String, at now: Timestamp) {
    guard let batch = batches[number] else { return }
    switch batch.next {
    case .accept(let ticket?), .hold(let ticket):
      batches[number] = nil
      if let runID = batch.runID { forget(runID, reason) }
      answer(ticket, .trigger(.unavailable(reason)))
    case .deny(let ticket, _), .limit(let ticket, _):
      batches[number] = nil
      answer(ticket, .trigger(.unavailable(reason)))
    case .start(let ticket), .stop(let ticket), .answer(let ticket), .end(let ticket?):
      answer(ticket, .order(.unavailable(reason)))
      batches[number]?.next = batch.next.withoutTicket
      refusedBatches.append(number)
    case .accept(nil), .pause, .end(nil), .none: refusedBatches.append(number)
    }
  }

  /// A run that nobody was told of.
  private mutating func forget(_ runID: String, _ reason: String) {
    outboxes[runID] = nil
    guard let run = runs.removeValue(forKey: runID) else { return }
    counts.close(run)
    if let place = order.lastIndex(of: runID) { order.remove(at: place) }
    for ticket in repeatTickets.removeValue(forKey: runID) ?? [] {
      answer(ticket, .trigger(.unavailable(reason)))
    }
  }

  /// Tries again what the journal did not take.
  mutating func retryRefused() {
    let numbers = refusedBatches
    refusedBatches = []
    for number in numbers {
      guard let batch = batches[number] else { continue }
      actions.append(.append(batch: number, batch.records))
    }
  }

  /// Whether the journal has yet to take something that was told.
  var isJournalBehind: Bool { !refusedBatches.isEmpty }

  mutating func answer(_ ticket: Int, _ answer: SchedulerAnswer) {
    actions.append(.answer(ticket: ticket, answer))
  }
}

/// What the scheduler keeps to.
package struct SchedulerSettings: Sendable, Equatable {
  /// Attempts running at once, of all jobs. 1 to 10,000.
  package var runningMax = 64
  /// Open runs; beyond, triggers are refused.
  package var openMax = 100_000
  /// Ended runs remembered, and whose directories are kept.
  package var finishedMax = 10_000
  /// How long they are.
  package var finishedSeconds = 7 * 86_400.0
  /// How long a person has to say a word.
  package var approvalSeconds = 86_400.0
  /// Times that an attempt which never ran is handed over again.
  package var relaunchMax = 3
  /// A time of a schedule counts as met when it is noticed within this.
  package var punctualSeconds = 60.0
  /// For records.
  package var host = "local"
  /// What parameters lose before they are told of.
  package var redaction = RedactionList()

  package init() {}
}
