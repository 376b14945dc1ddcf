import Ingest

/// From a run that may start to its end, attempt by attempt.
extension SchedulerStateMachine {
  /// Starts what has a place, oldest first; nothing while the journal is behind.
  mutating func startReady(at now: Timestamp) {
    while ready.count > 0, counts.occupiedCount < settings.runningMax, !isJournalBehind {
      let next = ready.takeFirst { job in
        counts.occupiedByJob[job] ?? 0 < catalogue[job]?.concurrency.runningMax ?? .max
      }
      guard let runID = next else { return }
      // Killed while it waited: it has left the line otherwise.
      guard let run = runs[runID], run.phase == .ready else { continue }
      launch(run, at: now)
    }
  }

  private mutating func launch(_ run: ScheduledRun, at now: Timestamp) {
    guard let plan = plan(run) else {
      return fail(
        run.runID, "job_changed", "the job no longer takes this run's parameters", at: now)
    }
    var run = run
    run.phase = .launching
    run.isStartTold = false
    run.isLaunchPending = true
    runs[run.runID] = run
    counts.occupy(run.job)
    actions.append(.launch(plan))
  }

  private func plan(_ run: ScheduledRun) -> AttemptPlan? {
    guard let job = catalogue[run.job], case .success(let call) = job.invocation(run.parameters)
    else { return nil }
    return AttemptPlan(
      runID: run.runID, attempt: run.attempt, job: job, invocation: call, audit: run.audit)
  }

  mutating func observe(
    _ runID: String, _ attempt: Int, _ report: AttemptReport, at now: Timestamp
  ) {
    guard var run = runs[runID], run.attempt == attempt else { return }
    if run.phase == .recovering {
      guard report.isPrepared else { return resume(run, at: now) }
      run.phase = .launching
      runs[runID] = run
      counts.occupy(run.job)
      // The order may not have reached the shim.
      if run.kill != nil { actions.append(.stop(runID: runID, attempt: attempt)) }
    }
    guard run.isOccupying else { return }
    if let started = report.started, report.exited?.cause != .notStarted {
      tellStart(runID, started)
    }
    if let exited = report.exited {
      endAttempt(runID, exited)
    } else if !report.isAlive, !run.isLaunchPending {
      report.started == nil ? relaunch(runID, at: now) : lose(runID, at: now)
    }
  }

  /// Nothing was handed to a shim before the process died.
  private mutating func resume(_ run: ScheduledRun, at now: Timestamp) {
    if run.kill != nil { return endKilled(run.runID, at: now) }
    guard run.attempt > 1 else { return proceed(run.runID, at: now) }
    pause(run.runID, until: now)
  }

  private mutating func tellStart(_ runID: String, _ started: AttemptReport.Started) {
    guard var run = runs[runID], !run.isStartTold else { return }
    run.isStartTold = true
    run.phase = .running
    run.state = .started
    run.startedAt = started.at
    runs[runID] = run
    var records = [run.startedRecord(started, host: settings.host)]
    if let root = run.rootRunID, run.attempt == 1 {
      records.append(run.taskRecord(.started, job: run.job, at: started.at, under: root))
    }
    append(records, of: runID, then: .none)
  }

  /// A shim that died before `started` never ran the job: it may be handed over again.
  private mutating func relaunch(_ runID: String, at now: Timestamp) {
    guard var run = runs[runID] else { return }
    if run.kill != nil { return endKilled(runID, at: now) }
    run.relaunchCount += 1
    run.isLaunchPending = run.relaunchCount <= settings.relaunchMax
    runs[runID] = run
    guard run.relaunchCount <= settings.relaunchMax, let plan = plan(run) else {
      return launchFailed(runID, run.attempt, "its shim ended before it started", at: now)
    }
    actions.append(.launch(plan))
  }

  mutating func launchFailed(
    _ runID: String, _ attempt: Int, _ reason: String, at now: Timestamp
  ) {
    guard let run = runs[runID], run.attempt == attempt, run.isOccupying else { return }
    var end = AttemptEnd(at: now)
    end.failure = ("not_started", reason)
    settleAttempt(run, run.kill == nil ? .failed : .killed, end)
  }

  private mutating func lose(_ runID: String, at now: Timestamp) {
    guard let run = runs[runID] else { return }
    var end = AttemptEnd(at: now)
    end.durationSeconds = run.startedAt.map { max(now.seconds(since: $0), 0) }
    end.failure = ("lost", "its shim or the machine died: nobody saw its end")
    settleAttempt(run, .lost, end)
  }

  private mutating func endAttempt(_ runID: String, _ exited: AttemptReport.Exited) {
    guard let run = runs[runID] else { return }
    let (event, failure) = outcome(of: run, exited)
    var end = AttemptEnd(exited)
    end.failure = failure
    settleAttempt(run, event, end)
  }

  /// What the end of a shim's attempt means.
  private func outcome(
    of run: ScheduledRun, _ exited: AttemptReport.Exited
  ) -> (RunRecord.Event, (type: String, message: String)?) {
    switch exited.cause {
    case .timeout: return (.timedOut, ("timeout", "it was still running at its deadline"))
    case .stop:
      return (.killed, ("killed", run.kill?.sentence ?? "its shim was told to end it"))
    case .notStarted:
      let what = "\(exited.stage ?? "start"): errno \(exited.code ?? 0)"
      return (.failed, ("not_started", what))
    case .exit:
      if let signal = exited.signal { return (.killed, ("signal", "signal \(signal)")) }
      let code = exited.exitCode ?? -1
      if code == 0 { return (.succeeded, nil) }
      let known = catalogue[run.job]?.kind == .luigi ? JobLuigi.reasons[code] : nil
      return (.failed, known ?? ("exit", "exit status \(code)"))
    }
  }

  /// Another attempt, or the end. Orders to kill and lost runs have no other.
  private mutating func settleAttempt(
    _ run: ScheduledRun, _ event: RunRecord.Event, _ end: AttemptEnd
  ) {
    counts.release(run.job)
    var run = run
    run.exitCode = end.exitCode
    run.signal = end.signal
    let retry = catalogue[run.job]?.retry ?? JobRetry()
    let isFinal =
      event == .succeeded || event == .lost || run.kill != nil || run.attempt > retry.countMax
    guard !isFinal else {
      runs[run.runID] = run
      return self.end(run.runID, event, end)
    }
    let next = end.at.advanced(bySeconds: retry.delaySeconds(afterAttempt: run.attempt))
    run.phase = .pausing(until: next)
    run.reason = end.failure?.message
    runs[run.runID] = run
    append([run.attemptRecord(end, host: settings.host)], of: run.runID, then: .pause(until: next))
  }

  /// The attempt before is in the journal: only now may there be a directory of the next.
  mutating func pause(_ runID: String, until instant: Timestamp) {
    guard var run = runs[runID] else { return }
    switch run.phase {
    case .pausing: run.attempt += 1
    case .recovering: break
    default: return
    }
    run.phase = .pausing(until: instant)
    run.isStartTold = false
    run.relaunchCount = 0
    runs[runID] = run
    pausing.insert(runID)
  }

  /// A gap in what is known of a run: its job may have gone on all the while.
  mutating func tellSilence(
    _ runID: String, _ attempt: Int, _ what: String, at now: Timestamp
  ) {
    guard let run = runs[runID], run.attempt == attempt, run.isOccupying else { return }
    var body = ControlRecord(event: .sourceGap)
    body.subject = "run/\(runID)/\(attempt)"
    body.reason = "the shim of this run, of job \(run.job), gave no sign of life \(what)"
    let header = RecordHeader(
      timestamp: now, source: ScheduledRun.source,
      id: "shim/\(runID)/\(attempt)/\(now.microseconds)")
    append([Record(header: header, body: .control(body))], of: runID, then: .none)
  }

  // MARK: End

  /// Writes the one terminal record; `before` goes in front of it.
  mutating func end(
    _ runID: String, _ event: RunRecord.Event, _ end: AttemptEnd, before: [Record] = [],
    ticket: Int? = nil
  ) {
    guard var run = runs[runID], run.phase != .ending, run.isOpen else { return }
    run.phase = .ending
    run.ending = event
    run.endedAt = end.at
    run.reason = end.failure?.message ?? run.reason
    if event == .succeeded { run.reason = nil }
    runs[runID] = run
    var records = before + [run.endRecord(event, end, host: settings.host)]
    if let root = run.rootRunID, before.isEmpty {
      records.append(
        run.taskRecord(
          event == .succeeded ? .succeeded : .failed, job: run.job, at: end.at, under: root,
          failure: end.failure?.message))
    }
    append(records, of: runID, then: .end(ticket: ticket))
  }

  mutating func endKilled(_ runID: String, ticket: Int? = nil, at now: Timestamp) {
    guard let run = runs[runID] else { return }
    if run.isOccupying { counts.release(run.job) }
    var end = AttemptEnd(at: now)
    end.failure = ("killed", run.kill?.sentence ?? "killed")
    self.end(runID, .killed, end, ticket: ticket)
  }

  mutating func finish(_ runID: String, ticket: Int?, at now: Timestamp) {
    guard var run = runs[runID], run.phase == .ending, let event = run.ending else { return }
    run.phase = .ended
    run.state = event
    runs[runID] = run
    counts.close(run)
    finished.append(runID)
    closeApprovals(of: runID)
    if event == .succeeded { noteSuccess(of: run) }
    if let ticket { answer(ticket, .order(.done(run.view))) }
    settleDependents(of: run, at: now)
    forgetFinished(at: now)
  }

  mutating func noteSuccess(of run: ScheduledRun) {
    let key = SuccessKey(job: run.job, parameters: run.parameters.json)
    guard lastSuccess[key] != nil || lastSuccess.count < settings.openMax else { return }
    lastSuccess[key] = run.endedAt
  }

  /// Ended runs beyond what is remembered, with their directories.
  mutating func forgetFinished(at now: Timestamp) {
    var count = 0
    for runID in finished {
      let isOld =
        now.seconds(since: runs[runID]?.endedAt ?? .earliest) > settings.finishedSeconds
      guard isOld || finished.count - count > settings.finishedMax else { break }
      runs[runID] = nil
      actions.append(.prune(runID: runID))
      count += 1
    }
    guard count > 0 else { return }
    finished.removeFirst(count)
    if order.count > 2 * runs.count + 1000 { order.removeAll { runs[$0] == nil } }
  }
}

extension AttemptEnd {
  init(_ exited: AttemptReport.Exited) {
    self.init(at: exited.at)
    durationSeconds = exited.durationSeconds
    cpuSeconds = exited.cpuSeconds
    maxRSSBytes = exited.maxRSSBytes
    readBytes = exited.readBytes
    writeBytes = exited.writeBytes
    exitCode = exited.exitCode
    signal = exited.signal
  }
}

extension ScheduledRun {
  /// What the job learns about who asked for it.
  var audit: [String] {
    let groups = groups.joined(separator: ",").replacing("\0", with: "")
    let trace = traceID ?? runID
    let values: [(String, String?)] = [
      ("AUDIT_RUN_ID", runID), ("AUDIT_REQUEST_ID", requestID), ("AUDIT_USER", principal),
      ("AUDIT_GROUPS", groups), ("AUDIT_JOB", job), ("AUDIT_TRIGGER", trigger.rawValue),
      ("AUDIT_ATTEMPT", "\(attempt)"),
      ("AUDIT_TRACEPARENT", "00-\(trace)-\(runID.prefix(16))-01"),
    ]
    return values.compactMap { name, value in
      value.map { "\(name)=\($0.replacing("\0", with: ""))" }
    }
  }
}
