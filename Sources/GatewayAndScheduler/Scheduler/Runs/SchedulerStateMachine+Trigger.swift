import Ingest

/// From a wish to a run that is known durably.
extension SchedulerStateMachine {
  /// - Parameter ticket: nil for a schedule's own, which nobody waits for and no policy holds.
  mutating func trigger(_ wish: SchedulerWish, ticket: Int?, at now: Timestamp) {
    if let run = runs[wish.runID] { return repeatWish(wish, run, ticket) }
    let decision = wish.decision.map { decisionRecord($0, wish, at: now) }
    if let refusal = wish.decision, refusal.effect == .deny {
      return append(decision.map { [$0] } ?? [], of: nil, then: .deny(ticket: ticket ?? 0, refusal))
    }
    if let limit = limit(on: wish.job) {
      let rejection = rejectionRecord(wish, limit, at: now)
      let records = (decision.map { [$0] } ?? []) + [rejection]
      return append(records, of: nil, then: .limit(ticket: ticket ?? 0, limit))
    }
    let isHeld = wish.decision?.effect == .hold
    var run = run(of: wish, at: now)
    run.state = isHeld ? .held : .queued
    var records = decision.map { [$0] } ?? []
    records.append(run.firstRecord(run.state, host: settings.host))
    if isHeld {
      let approval = open(.start, of: &run, askedBy: run.principal, wish.decision?.reason, at: now)
      records.append(approval.record(.requested, by: run.principal, at: now))
    }
    insert(run)
    // Before it is durable: those who ask at the same time count each other.
    counts.addTrigger(of: run.principal, at: now)
    append(
      records, of: run.runID, then: isHeld ? .hold(ticket: ticket ?? 0) : .accept(ticket: ticket))
  }

  /// The same wish again: its run, once that is durable.
  private mutating func repeatWish(
    _ wish: SchedulerWish, _ run: ScheduledRun, _ ticket: Int?
  ) {
    guard let ticket else { return }
    guard wish.job == run.job, run.isAsked(with: wish) else {
      return answer(ticket, .trigger(.keyConflict(run.view)))
    }
    if run.phase == .recording || repeatTickets[run.runID] != nil {
      repeatTickets[run.runID, default: []].append(ticket)
    } else {
      answer(ticket, .trigger(.repeated(run.view)))
    }
  }

  func run(of wish: SchedulerWish, at now: Timestamp) -> ScheduledRun {
    var run = ScheduledRun(
      runID: wish.runID, job: wish.job, parameters: wish.parameters,
      redacted: wish.redactedParameters, trigger: wish.trigger, queuedAt: now)
    run.principal = wish.identity?.principal
    run.groups = wish.identity?.groups ?? []
    run.owner = catalogue[wish.job]?.owner
    run.requestID = wish.requestID
    run.traceID = wish.traceID
    return run
  }

  mutating func insert(_ run: ScheduledRun) {
    var run = run
    // Its record will stand behind what is known now: until it is told where, the frontier stays here.
    run.firstIndex = run.firstIndex ?? lastIndex ?? 0
    runs[run.runID] = run
    order.append(run.runID)
    counts.open(run)
  }

  /// A sentence when no further run is taken.
  private func limit(on job: String) -> String? {
    if counts.openCount >= settings.openMax { return "\(settings.openMax) runs are open" }
    guard let concurrency = catalogue[job]?.concurrency else { return nil }
    let open = counts.openByJob[job] ?? 0
    switch concurrency.whenFull {
    case .refuse where open >= concurrency.runningMax:
      return "job \(job): \(open) of \(concurrency.runningMax) runs are open"
    case .queue where open >= concurrency.runningMax + concurrency.queuedMax:
      return "job \(job): \(open) runs are open, \(concurrency.queuedMax) may wait"
    case .refuse, .queue: return nil
    }
  }

  private func decisionRecord(
    _ decision: AccessDecision, _ wish: SchedulerWish, at now: Timestamp
  ) -> Record {
    var body = DecisionRecord(effect: decision.effect)
    body.requestID = wish.requestID
    body.principal = wish.identity?.principal
    body.principalType = wish.identity?.principalType
    body.issuer = wish.identity?.issuer
    body.groups = wish.identity?.groups ?? []
    body.action = "run:trigger"
    body.job = wish.job
    body.rule = decision.rule
    body.reason = decision.reason
    body.policySHA256 = decision.policySHA256
    body.credential = wish.identity?.credential
    body.credentialID = wish.identity?.credentialID
    let id = "decision/\(wish.requestID ?? wish.runID)/scheduler"
    let header = RecordHeader(timestamp: now, source: ScheduledRun.source, id: id)
    return Record(header: header, body: .decision(body))
  }

  /// A wish that was let through and then found no room: there is no run.
  private func rejectionRecord(
    _ wish: SchedulerWish, _ limit: String, at now: Timestamp
  ) -> Record {
    var body = RunRecord(event: .rejected)
    body.requestID = wish.requestID
    body.traceID = wish.traceID
    body.job = wish.job
    body.trigger = wish.trigger
    body.principal = wish.identity?.principal
    body.groups = wish.identity?.groups ?? []
    body.host = settings.host
    body.error = RunRecord.Failure(type: "limit", message: limit)
    let id = "rejected/\(wish.requestID ?? wish.runID)/\(now.rfc3339)"
    let header = RecordHeader(timestamp: now, source: ScheduledRun.source, id: id)
    return Record(header: header, body: .run(body))
  }

  // MARK: Behind the sync

  mutating func follow(
    _ batch: Batch, _ acknowledgements: [Acknowledgement], at now: Timestamp
  ) {
    switch batch.next {
    case .accept(let ticket):
      guard let runID = batch.runID else { return }
      accept(runID, ticket, acknowledgements.last, at: now)
    case .hold(let ticket):
      guard let runID = batch.runID, var run = runs[runID] else { return }
      // Its own record stands before that of the request for a word.
      guard case .appended(let index)? = acknowledgements.dropLast().last else {
        return disown(run, ticket, at: now)
      }
      run.phase = .held
      run.firstIndex = index
      runs[runID] = run
      answer(ticket, .trigger(.held(run.view)))
      answerRepeats(of: run)
    case .deny(let ticket, let decision): answer(ticket, .trigger(.denied(decision)))
    case .limit(let ticket, let sentence): answer(ticket, .trigger(.limited(sentence)))
    case .start(let ticket):
      guard let runID = batch.runID, let run = runs[runID] else { return }
      answer(ticket, .order(.done(run.view)))
      if run.phase == .held { proceed(runID, at: now) }
    case .pause(let instant):
      guard let runID = batch.runID else { return }
      pause(runID, until: instant)
    case .end(let ticket):
      guard let runID = batch.runID else { return }
      finish(runID, ticket: ticket, at: now)
    case .stop(let ticket):
      guard let runID = batch.runID, let run = runs[runID] else { return }
      if run.isOccupying { actions.append(.stop(runID: runID, attempt: run.attempt)) }
      answer(ticket, .order(.done(run.view)))
    case .answer(let ticket):
      guard let runID = batch.runID, let run = runs[runID] else { return }
      answer(ticket, .order(.done(run.view)))
    case .none: break
    }
  }

  /// The journal knew it already, though the books did not: a key used again long after. It is not run
  /// again, and who waits for it is told so.
  private mutating func disown(_ run: ScheduledRun, _ ticket: Int?, at now: Timestamp) {
    forget(run)
    if let ticket { answer(ticket, .trigger(.repeated(run.view))) }
    answerRepeats(of: run)
    settleDependents(of: run, at: now)
  }

  /// Takes a run out of the books that should not have come in.
  mutating func forget(_ run: ScheduledRun) {
    runs[run.runID] = nil
    if let place = order.lastIndex(of: run.runID) { order.remove(at: place) }
    counts.close(run)
    closeApprovals(of: run.runID)
  }

  private mutating func accept(
    _ runID: String, _ ticket: Int?, _ acknowledgement: Acknowledgement?, at now: Timestamp
  ) {
    guard var run = runs[runID] else { return }
    guard case .appended(let index)? = acknowledgement else {
      return disown(run, ticket, at: now)
    }
    run.firstIndex = index
    runs[runID] = run
    if let ticket { answer(ticket, .trigger(.accepted(run.view))) }
    answerRepeats(of: run)
    proceed(runID, at: now)
  }

  private mutating func answerRepeats(of run: ScheduledRun) {
    for ticket in repeatTickets.removeValue(forKey: run.runID) ?? [] {
      answer(ticket, .trigger(.repeated(run.view)))
    }
  }
}

extension Acknowledgement {
  /// The entry's index, where it is a new one.
  var index: Int? {
    switch self {
    case .appended(let index), .conflict(let index): index
    case .duplicate: nil
    }
  }
}
