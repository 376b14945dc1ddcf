internal import Ingest

/// A run's records, applied to its activity in event order.
extension OpenActivity {
  /// Applies one record other than `rejected`; steps come in the order in which they are to be told.
  mutating func apply(
    _ record: RunRecord, at timestamp: Timestamp, source: Int,
    irregularities: inout RunIrregularities
  ) -> [Step] {
    run.hear(at: timestamp, durationSeconds: record.durationSeconds)
    take(factsOf: record)
    guard record.vantage == .outside else {
      return applyInside(record, at: timestamp, source: source)
    }
    if run.firstOutsideAt == nil {
      run.firstOutsideAt = timestamp
      run.outsideSource = source
    }
    var steps: [Step] = []
    switch run.placement(of: record) {
    case .stale:
      irregularities.staleAttempts += 1
      return []
    case .next(let number): beginAttempt(number, &steps)
    case .current: run.attempt = max(run.attempt, record.attempt ?? 0)
    }
    applyOutside(record, at: timestamp, &steps, &irregularities)
    if run.firstAttempt == 0 { run.firstAttempt = run.attempt }
    return steps
  }

  private mutating func applyOutside(
    _ record: RunRecord, at timestamp: Timestamp, _ steps: inout [Step],
    _ irregularities: inout RunIrregularities
  ) {
    switch record.event {
    case .queued:
      if snapshot.queuedAt == nil { snapshot.queuedAt = timestamp }
      run.phase = .queued
    case .held, .approved: run.phase = record.event
    case .started: start(at: timestamp, &steps, &irregularities)
    case .progress:
      take(figuresOf: record)
      steps.append(Step(.progressed))
    case .ended:
      run.closedAt = timestamp
      run.isClosedOutside = true
      run.insideDurationSeconds = record.durationSeconds
      take(figuresOf: record)
    case .succeeded, .failed, .killed, .timedOut, .lost:
      end(record, at: timestamp, &steps, &irregularities)
    case .rejected: irregularities.conflictingEnds += 1
    }
  }

  private mutating func start(
    at timestamp: Timestamp, _ steps: inout [Step], _ irregularities: inout RunIrregularities
  ) {
    guard !run.isStartedOutside else {
      irregularities.repeatedStarts += 1
      return
    }
    run.isStartedOutside = true
    noteStart(at: timestamp)
    if run.terminal != nil {
      // Its end came first by the clock: known, but not a run that goes on.
      irregularities.startsAfterEnd += 1
      steps.append(Step(.progressed))
    } else if !run.isStartSaid {
      run.isStartSaid = true
      steps.append(Step(.started))
    }
  }

  /// The outside start replaces one that was only seen from inside.
  private mutating func noteStart(at timestamp: Timestamp) {
    run.attempt = max(run.attempt, 1)
    if run.firstStartedAt == nil || run.firstStartedAttempt == run.attempt {
      run.firstStartedAt = timestamp
      run.firstStartedAttempt = run.attempt
    }
    snapshot.attempts = max(snapshot.attempts, run.attempt)
    snapshot.startedAt = timestamp
  }

  /// The first end of an attempt stands, unless it was `lost` and the run was found again.
  private mutating func end(
    _ record: RunRecord, at timestamp: Timestamp, _ steps: inout [Step],
    _ irregularities: inout RunIrregularities
  ) {
    if let standing = run.terminal {
      if standing == record.event {
        irregularities.repeatedEnds += 1
        return
      }
      irregularities.conflictingEnds += 1
      guard standing == .lost else { return }
    }
    run.terminal = record.event
    run.missing = nil
    run.overAt = timestamp
    run.error = record.error
    snapshot.endedAt = timestamp
    snapshot.durationSeconds = record.durationSeconds ?? elapsedSeconds(until: timestamp)
    take(figuresOf: record)
    steps.append(Step(run.isEndSaid ? .progressed : .ended))
    run.isEndSaid = true
  }

  private mutating func beginAttempt(_ number: Int, _ steps: inout [Step]) {
    // An end that was told is not told again: every attempt has one word on its end.
    if run.isStarted, !run.isEndSaid {
      refresh()
      steps.append(Step(.attemptEnded, snapshot: snapshot))
    }
    run.beginAttempt(number)
    snapshot.startedAt = nil
    snapshot.endedAt = nil
    snapshot.durationSeconds = nil
    snapshot.cpuSeconds = nil
    snapshot.maxRSSBytes = nil
    snapshot.readBytes = nil
    snapshot.writeBytes = nil
    snapshot.exitCode = nil
  }

  /// From inside: detail, and start or outcome only where nobody outside tells them.
  private mutating func applyInside(
    _ record: RunRecord, at timestamp: Timestamp, source: Int
  ) -> [Step] {
    run.insideSource = run.insideSource ?? source
    switch record.event {
    case .started:
      run.isStartedInside = true
      guard !run.isStartedOutside, run.terminal == nil, !run.isConcluded, !run.isStartSaid
      else { return [] }
      noteStart(at: timestamp)
      run.isStartSaid = true
      return [Step(.started)]
    case .progress: return [Step(.progressed)]
    case .ended, .succeeded, .failed, .killed, .timedOut, .lost:
      run.closedAt = timestamp
      run.insideEnd = record.event
      run.insideDurationSeconds = record.durationSeconds
      if run.error == nil { run.error = record.error }
      return run.outsideSource == nil && !run.isConcluded ? conclude() : []
    case .queued, .held, .approved, .rejected: return []
    }
  }

  /// Takes the outcome from inside, for want of a terminal record from outside.
  mutating func conclude() -> [Step] {
    guard let closed = run.closedAt else { return [] }
    run.isConcluded = true
    run.overAt = closed
    // Somebody outside said that it is over, nobody said how.
    if !run.isHeardFromInside { run.missing = .noEvents }
    snapshot.endedAt = closed
    snapshot.durationSeconds = run.insideDurationSeconds ?? elapsedSeconds(until: closed)
    if snapshot.startedAt == nil, let duration = run.insideDurationSeconds {
      snapshot.startedAt = closed.advanced(bySeconds: -duration)
    }
    let isFirst = !run.isEndSaid
    run.isEndSaid = true
    return [Step(isFirst ? .ended : .progressed)]
  }

  /// Gives the run up: its outcome is known to be missing, or (nil) not even that.
  mutating func abandon(as missing: Activity.State?, at timestamp: Timestamp) -> [Step] {
    run.missing = missing
    run.overAt = timestamp
    guard missing != nil, !run.isEndSaid else { return [] }
    run.isEndSaid = true
    return [Step(.ended)]
  }

  private func elapsedSeconds(until end: Timestamp) -> Double? {
    guard let started = snapshot.startedAt, end >= started else { return nil }
    return end.seconds(since: started)
  }
}
