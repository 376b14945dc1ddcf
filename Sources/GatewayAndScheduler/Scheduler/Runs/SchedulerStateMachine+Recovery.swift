package import Ingest

/// The books made anew: the journal's records from the frontier on, then what the directories say.
extension SchedulerStateMachine {
  /// Takes one entry in; in the order of the journal, before any event.
  ///
  /// - Parameter kept: the run's own parameters, where the journal has them redacted.
  package mutating func restore(
    _ record: Record, index: Int, kept: (_ runID: String) -> [UInt8]?
  ) {
    if record.header.source == Journal.controlSource, case .control(let body) = record.body {
      return restore(body)
    }
    guard record.header.source == ScheduledRun.source, !record.header.isImported else { return }
    switch record.body {
    case .run(let body): restore(body, at: record.header.timestamp, index, kept)
    case .approval(let body): restore(body, at: record.header.timestamp)
    case .request, .decision, .task, .alert, .control: break
    }
  }

  /// The journal's word that the entry before it repeats an earlier run, which is forgotten here: its key was
  /// used again. It was not run then, and is not now.
  private mutating func restore(_ body: ControlRecord) {
    guard body.event == .duplicateConflict,
      let index = body.counts.first(where: { $0.name == "index" })?.value,
      let runID = order.last, let run = runs[runID], run.firstIndex == index
    else { return }
    forget(run)
  }

  private mutating func restore(
    _ body: RunRecord, at instant: Timestamp, _ index: Int, _ kept: (String) -> [UInt8]?
  ) {
    guard let runID = body.runID, RunIdentifier.isValid(runID) else { return }
    switch body.event {
    case .queued, .held:
      guard runs[runID] == nil else { return }
      insertRestored(body, runID, at: instant, index, kept(runID))
    case .approved: runs[runID]?.state = .approved
    case .started:
      runs[runID]?.attempt = body.attempt ?? 1
      runs[runID]?.startedAt = instant
      runs[runID]?.state = .started
      runs[runID]?.isStartTold = true
    case .progress: restoreProgress(body, runID)
    case .succeeded, .failed, .killed, .timedOut, .lost, .rejected:
      restoreEnd(body, runID, at: instant)
    case .ended: break
    }
  }

  private mutating func insertRestored(
    _ body: RunRecord, _ runID: String, at instant: Timestamp, _ index: Int, _ kept: [UInt8]?
  ) {
    let redacted = body.parameters ?? Array("{}".utf8)
    var run = ScheduledRun(
      runID: runID, job: body.job ?? "", parameters: JobParameters(json: kept ?? redacted),
      redacted: redacted, trigger: body.trigger ?? .request, queuedAt: instant)
    run.areParametersRedacted = kept == nil
    run.principal = body.principal
    run.groups = body.groups
    run.owner = body.owner
    run.requestID = body.requestID
    run.traceID = body.traceID
    run.state = body.event
    run.phase = .recovering
    run.firstIndex = index
    if body.error?.type == "needed_by" { run.rootRunID = body.error?.message }
    insert(run)
    counts.addTrigger(of: run.principal, at: instant)
  }

  private mutating func restoreProgress(_ body: RunRecord, _ runID: String) {
    switch body.error?.type {
    case "attempt_failed":
      runs[runID]?.attempt = (body.attempt ?? 1) + 1
      runs[runID]?.isStartTold = false
      runs[runID]?.reason = body.error?.message
    case "kill_ordered":
      let text = body.error?.message ?? ""
      let parts = text.dropFirst("by ".count).split(separator: ": ", maxSplits: 1)
      runs[runID]?.kill = ScheduledRun.KillOrder(
        by: parts.first.map(String.init) ?? "", reason: parts.dropFirst().first.map(String.init))
    default: break
    }
  }

  private mutating func restoreEnd(_ body: RunRecord, _ runID: String, at instant: Timestamp) {
    guard var run = runs[runID], run.isOpen else { return }
    run.phase = .ended
    run.state = body.event
    run.endedAt = instant
    run.exitCode = body.exitCode
    run.signal = body.signal
    run.reason = body.error?.message
    runs[runID] = run
    counts.close(run)
    finished.append(runID)
    closeApprovals(of: runID)
    if body.event == .succeeded { noteSuccess(of: run) }
  }

  private mutating func restore(_ body: ApprovalRecord, at instant: Timestamp) {
    guard body.subject == .run, let runID = body.subjectID, let id = body.approvalID,
      var run = runs[runID], run.isOpen
    else { return }
    let isStart = id == RunIdentifier.approval(of: runID, .start, count: 0)
    switch body.event {
    case .requested:
      approvals[id] = ApprovalCase(
        approvalID: id, purpose: isStart ? .start : .kill, runID: runID, askedBy: body.principal,
        reason: body.reason, requestedAt: instant,
        expiresAt: body.expiresAt ?? instant.advanced(bySeconds: settings.approvalSeconds))
      run.approvalID = id
    case .given, .used:
      approvals[id] = nil
      if isStart {
        run.state = .approved
      } else if run.kill == nil {
        run.kill = ScheduledRun.KillOrder(by: body.principal ?? "", reason: body.reason)
      }
    case .refused, .expired:
      approvals[id] = nil
      // The record of the run's end may not have followed.
      if isStart { run.ending = .rejected }
    }
    runs[runID] = run
  }

  /// What is to be done about the runs that are open, once the journal is read to its end.
  package mutating func recover(at now: Timestamp) -> [SchedulerAction] {
    for runID in order {
      guard var run = runs[runID], run.phase == .recovering else { continue }
      if run.ending == .rejected {
        var end = AttemptEnd(at: now)
        end.failure = ("rejected", "its approval was refused or has expired")
        self.end(runID, .rejected, end)
      } else if run.state == .held {
        run.phase = .held
        runs[runID] = run
        if run.kill != nil { endKilled(runID, at: now) } else { holdAgain(run, at: now) }
      } else {
        actions.append(.inspect(runID: runID, attempt: run.attempt))
      }
    }
    for job in catalogue.definitions where job.schedule != nil {
      if scheduledThrough[job.name] == nil { scheduledThrough[job.name] = now }
    }
    forgetFinished(at: now)
    defer { actions = [] }
    return actions
  }

  /// The process may have died between `held` and the approval's record.
  private mutating func holdAgain(_ run: ScheduledRun, at now: Timestamp) {
    guard !approvals.values.contains(where: { $0.runID == run.runID }) else { return }
    var run = run
    let approval = open(.start, of: &run, askedBy: run.principal, nil, at: now)
    runs[run.runID] = run
    append([approval.record(.requested, by: run.principal, at: now)], of: run.runID, then: .none)
  }

  /// The journal index before which every run is over and forgotten: where no run is known, that of the last
  /// record told. A run that is not durable yet will not stand before what is.
  package var frontier: Int? { runs.values.compactMap(\.firstIndex).min() ?? lastIndex }
}

extension JobParameters {
  /// The scalars of one JSON object, unchecked: they were checked when the run was asked for, and are
  /// filled into the job's places again when it starts.
  init(json: [UInt8]) {
    var document = JSONDocument()
    do { try document.parse(json.span) } catch {
      self.init()
      return
    }
    var entries: [Entry] = []
    document.forEachMember(document.root) { key, value in
      guard let name = document.string(key) else { return }
      let found: ParameterValue? =
        switch document.kind(value) {
        case .string: document.string(value).map { .string($0) }
        case .number:
          document.integer(value).map { .integer(Int($0)) }
            ?? document.double(value).map { .number($0) }
        case .true, .false: document.boolean(value).map { .boolean($0) }
        default: nil
        }
      if let found { entries.append(Entry(name: name, value: found)) }
    }
    self.init(entries)
  }
}
