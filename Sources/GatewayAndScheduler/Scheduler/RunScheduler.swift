package import Ingest

/// The scheduler: `SchedulerStateMachine` driven by requests, the supervisor and the journal.
///
/// It adds nothing to the machine's rules. Each action is performed in its order; what comes of it comes
/// back as an event. A scheduler that ends leaves its shims running, and the next one finds them.
package actor RunScheduler: RunScheduling, AccessFactsSource {
  private var machine: SchedulerStateMachine
  private let sink: any RecordSink
  private let policy: any AccessJudging
  private let habits: (any AccessFactsSource)?
  private let surroundings: Surroundings
  private let supervisor: any AttemptSupervising
  private let books: any BookReading
  private let storage: PosixStorage
  private var tickets: [Int: CheckedContinuation<SchedulerAnswer, Never>] = [:]
  private var lastTicket = 0
  private var events: AsyncStream<SchedulerEvent>.Continuation?
  private var pump: Task<Void, Never>?
  private var savedFrontier: SchedulerFrontier?
  private var frontierAt = Timestamp.earliest
  private var isStarted = false
  private static let frontierSeconds = 60.0

  /// - Parameters:
  ///   - state: the directory of the state, `STATE`; made when it is missing.
  ///   - habits: tells `offHoursP` of a principal; nil where Detect does not run.
  ///   - books: the journal that `sink` appends to.
  package init(
    _ catalogue: JobCatalogue, settings: SchedulerSettings, state: String,
    sink: any RecordSink, policy: any AccessJudging, habits: (any AccessFactsSource)? = nil,
    books: any BookReading, supervisor: any AttemptSupervising, surroundings: Surroundings
  ) throws(StorageError) {
    machine = SchedulerStateMachine(settings, catalogue)
    self.sink = sink
    self.policy = policy
    self.habits = habits
    self.books = books
    self.supervisor = supervisor
    self.surroundings = surroundings
    storage = try PosixStorage(directory: state, creating: true)
  }

  // MARK: Life

  /// Makes the books anew and takes every open run up where it stands. Before it returns, triggers are
  /// refused as unavailable.
  ///
  /// Throws, and starts nothing, when journal or frontier cannot be read.
  package func start() throws {
    precondition(!isStarted, "a scheduler is started once")
    let now = surroundings.now()
    let saved = try storage.contents(SchedulerFrontier.name, byteCountMax: 1024)
      .flatMap { SchedulerFrontier($0) }
    try books.read(from: saved?.index ?? 0) { index, record in
      machine.restore(record, index: index) { supervisor.keptParameters(of: $0) }
    }
    if let through = saved?.through { machine.beginSchedules(after: through) }
    savedFrontier = saved
    let (stream, continuation) = AsyncStream.makeStream(of: SchedulerEvent.self)
    events = continuation
    supervisor.start { continuation.yield($0) }
    pump = Task { [weak self] in
      for await event in stream { await self?.take(event) }
    }
    isStarted = true
    removeForgottenRuns()
    perform(machine.recover(at: now))
  }

  /// Directories of runs that the books do not know: over and forgotten, or never told of.
  private func removeForgottenRuns() {
    for runID in supervisor.knownRunIDs() where machine.runs[runID] == nil {
      supervisor.perform(.prune(runID: runID))
    }
  }

  /// Takes no more triggers, and stops watching; runs go on under their shims. Once.
  package func stop() async {
    isStarted = false
    supervisor.stop()
    events?.finish()
    await pump?.value
    saveFrontier(at: surroundings.now())
    for continuation in tickets.values {
      continuation.resume(returning: .trigger(.unavailable("the scheduler has ended")))
    }
    tickets = [:]
  }

  /// Takes another catalogue; open runs keep the parameters that they were asked for with.
  package func replace(_ catalogue: JobCatalogue) {
    machine.replace(catalogue, at: surroundings.now())
  }

  /// Lines that a run's shim posted: the run's directory is looked at, for it alone tells the truth.
  ///
  /// - Parameter runID: the run whose token was shown.
  /// - Returns: the lines that are a shim's; the others are somebody else's to read.
  @discardableResult
  package func heard(runID: String, lines: [[UInt8]]) -> Int {
    let prefix = Array("{\"shim\":1,".utf8)
    let count = lines.count { $0.starts(with: prefix) }
    if count > 0, let run = machine.runs[runID], run.isOccupying {
      supervisor.look(runID: runID, attempt: run.attempt)
    }
    return count
  }

  // MARK: RunScheduling

  package func trigger(_ request: RunRequest) async -> TriggerOutcome {
    let received = surroundings.now()
    let parameters: JobParameters
    switch check(request, at: received) {
    case .success(let checked): parameters = checked
    case .failure(let refusal): return refusal.outcome
    }
    guard let runID = runID(of: request) else {
      return .unavailable("no randomness for a run's id")
    }
    let rarity = await rarity(request, at: received)
    // From here to the machine nothing is awaited: what the policy is told is what the books say.
    guard isStarted else { return .unavailable("the scheduler is not started") }
    var wish = wish(request, runID, parameters)
    let now = surroundings.now()
    if machine.runs[runID] == nil {
      wish.decision = request.identity.map { decide(request, $0, rarity, at: now) }
      // What is denied leaves no secret behind.
      if wish.decision?.effect != .deny, wish.redactedParameters != parameters.json {
        do { try supervisor.keep(parameters.json, of: runID) } catch {
          return .unavailable("the run's parameters cannot be kept: \(error.description)")
        }
      }
    }
    let final = wish
    guard case .trigger(let outcome) = await ask({ .triggered(final, ticket: $0) }, at: now) else {
      return .unavailable("the scheduler has ended")
    }
    return outcome
  }

  /// Why a wish does not get as far as the policy.
  private struct Refusal: Error {
    let outcome: TriggerOutcome
  }

  private func check(
    _ request: RunRequest, at now: Timestamp
  ) -> Result<JobParameters, Refusal> {
    guard let job = machine.catalogue[request.job] else {
      return .failure(Refusal(outcome: .unknownJob))
    }
    let checked = job.check(request.parameters, at: now).flatMap { parameters in
      job.invocation(parameters).map { _ in parameters }
    }
    return checked.mapError { Refusal(outcome: .invalid($0.sentences)) }
  }

  private func rarity(_ request: RunRequest, at now: Timestamp) async -> Double? {
    guard let habits, let identity = request.identity else { return nil }
    return await habits.facts(of: identity, job: request.job, at: now).offHoursP
  }

  private func runID(of request: RunRequest) -> String? {
    if let key = request.idempotencyKey {
      return RunIdentifier.keyed(
        principal: request.identity?.principal, job: request.job, key: key)
    }
    return surroundings.randomBytes(16).map { Hexadecimal.text($0) }
  }

  private func wish(
    _ request: RunRequest, _ runID: String, _ parameters: JobParameters
  ) -> SchedulerWish {
    var wish = SchedulerWish(
      runID: runID, job: request.job, parameters: parameters,
      redacted: machine.redacted(parameters.json), trigger: request.trigger)
    wish.identity = request.identity
    wish.requestID = request.requestID
    wish.traceID = request.traceID
    return wish
  }

  private func decide(
    _ request: RunRequest, _ identity: Identity, _ rarity: Double?, at now: Timestamp
  ) -> AccessDecision {
    var question = AccessQuestion("run:trigger", job: request.job, by: identity, at: now)
    question.remoteIP = request.remoteIP
    question.facts = machine.facts(principal: identity.principal, job: request.job, at: now)
    question.facts.offHoursP = rarity
    return policy.decide(question)
  }

  package func run(_ runID: String) -> RunView? { machine.view(runID) }

  package func runs(_ filter: RunFilter) -> [RunView] { machine.views(filter) }

  package func kill(
    _ runID: String, by identity: Identity, reason: String?
  ) async -> RunOrderOutcome {
    await order {
      .killOrdered(runID: runID, by: identity.principal, reason: reason, ticket: $0)
    }
  }

  /// Asks for a person's word on ending a run; `by` names the machine that proposes it.
  package func propose(
    kill runID: String, reason: String, by: String = "vigil/detect"
  ) async -> RunOrderOutcome {
    await order { .killProposed(runID: runID, by: by, reason: reason, ticket: $0) }
  }

  package func settle(
    approval approvalID: String, by identity: Identity, gives: Bool, reason: String?
  ) async -> RunOrderOutcome {
    await order {
      .settled(
        approvalID: approvalID, by: identity.principal, gives: gives, reason: reason, ticket: $0)
    }
  }

  package func approvals() -> [PendingApproval] { machine.pendingApprovals }

  package func jobs() -> [JobView] {
    let now = surroundings.now()
    return machine.catalogue.definitions.compactMap { machine.jobView($0.name, at: now) }
  }

  package func job(_ name: String) -> JobView? { machine.jobView(name, at: surroundings.now()) }

  /// Runs and triggers as the books have them; `offHoursP` is left to Detect.
  package func facts(principal: String?, job: String?, at now: Timestamp) -> AccessFacts {
    machine.facts(principal: principal, job: job, at: now)
  }

  // MARK: Driving

  private func order(_ event: @Sendable (Int) -> SchedulerEvent) async -> RunOrderOutcome {
    guard isStarted else { return .unavailable("the scheduler is not started") }
    guard case .order(let outcome) = await ask(event, at: surroundings.now()) else {
      return .unavailable("the scheduler has ended")
    }
    return outcome
  }

  private func ask(
    _ event: (Int) -> SchedulerEvent, at now: Timestamp
  ) async -> SchedulerAnswer {
    await withCheckedContinuation { continuation in
      lastTicket += 1
      tickets[lastTicket] = continuation
      perform(machine.handle(event(lastTicket), at: now))
    }
  }

  private func take(_ event: SchedulerEvent) {
    let now = surroundings.now()
    perform(machine.handle(event, at: now))
    guard case .ticked = event else { return }
    let elapsed = now.seconds(since: frontierAt)
    if elapsed < 0 || elapsed >= RunScheduler.frontierSeconds { saveFrontier(at: now) }
  }

  private func perform(_ actions: [SchedulerAction]) {
    for action in actions {
      switch action {
      case .append(let batch, let records): append(records, batch: batch)
      case .answer(let ticket, let answer):
        tickets.removeValue(forKey: ticket)?.resume(returning: answer)
      case .probe, .launch, .inspect, .stop, .prune: supervisor.perform(action)
      }
    }
  }

  private func append(_ records: [Record], batch: Int) {
    Task { [sink] in
      do {
        let acknowledgements = try await sink.append(contentsOf: records)
        self.take(.appended(batch: batch, acknowledgements))
      } catch {
        self.take(.refused(batch: batch, "\(error)"))
      }
    }
  }

  /// Best effort: an older frontier only makes the next start read more.
  private func saveFrontier(at now: Timestamp) {
    frontierAt = now
    guard let index = machine.frontier ?? savedFrontier?.index else { return }
    let frontier = SchedulerFrontier(
      index: index, through: machine.schedulesThrough ?? savedFrontier?.through)
    guard frontier != savedFrontier else { return }
    do {
      try storage.replace(SchedulerFrontier.name, with: frontier.bytes.span, .owner)
      savedFrontier = frontier
    } catch { return }
  }
}
