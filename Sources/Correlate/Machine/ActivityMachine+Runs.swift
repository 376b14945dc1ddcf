internal import Ingest

/// The run's side: records of launcher and scheduler, and words from inside.
extension ActivityMachine {
  mutating func apply(_ record: RunRecord, _ arrival: Arrival) {
    isRunHeard = true
    sources.hear(
      arrival.source, at: arrival.timestamp, isInside: record.vantage == .inside)
    guard record.event != .rejected, let runID = record.runID else {
      return applyRejection(record, arrival)
    }
    let slot = seat(run: runID, request: record.requestID, arrival)
    let steps = entries[slot].apply(
      record, at: arrival.timestamp, source: arrival.source,
      irregularities: &summary.irregularities)
    entries[slot].addEvidence(
      arrival.index, isTerminal: record.event.isTerminal || record.event == .ended)
    reindex(slot)
    learn(from: slot, steps)
    if entries[slot].request == nil { claimNeed(slot) }
    measureOffset(slot)
    tell(steps, slot)
    rearm(slot)
    shareWithNeeded(by: slot)
  }

  mutating func apply(_ task: TaskRecord, _ arrival: Arrival) {
    isRunHeard = true
    sources.hear(arrival.source, at: arrival.timestamp, isInside: true)
    guard let runID = task.runID else {
      summary.untrackedTaskRecords += 1
      return
    }
    let slot = seat(run: runID, request: nil, arrival)
    entries[slot].run.hear(at: arrival.timestamp, durationSeconds: task.durationSeconds)
    entries[slot].snapshot.runID = runID
    entries[slot].snapshot.owner = entries[slot].snapshot.owner ?? task.owner
    entries[slot].addEvidence(arrival.index, isTerminal: false)
    reindex(slot)
    switch entries[slot].run.tasks.apply(task) {
    case .none: tell([], slot)
    case .progressed: tell([OpenActivity.Step(.progressed)], slot)
    case .untracked:
      summary.untrackedTaskRecords += 1
      tell([], slot)
    }
    rearm(slot)
  }

  /// Finds or opens the activity of a run, and joins it to a request that waits for it.
  private mutating func seat(run runID: String, request requestID: String?, _ arrival: Arrival)
    -> Int
  {
    let byRequest = index.slot(request: requestID)
    if let slot = index.slot(run: runID) {
      if !entries[slot].run.isKnown {
        join(slot, by: .runID)
      } else if entries[slot].request == nil, let byRequest, byRequest != slot,
        merge(byRequest, into: slot)
      {
        join(slot, by: .requestID)
      }
      return slot
    }
    if let byRequest, !entries[byRequest].run.isKnown, entries[byRequest].snapshot.runID == nil {
      join(byRequest, by: .requestID)
      return byRequest
    }
    let waits = window.requestSeconds ?? window.seconds
    let slot = open(
      until: arrival.timestamp.advanced(bySeconds: waits), run: runID, request: nil, arrival)
    if let byRequest { share(requestOf: byRequest, with: slot) }
    return slot
  }

  /// Keeps the keys of an activity in the index when a record brought new ones.
  private mutating func reindex(_ slot: Int) {
    index.add(
      run: entries[slot].snapshot.runID, request: entries[slot].snapshot.requestID, slot: slot)
    guard !entries[slot].isWindowClosed, entries[slot].request == nil else { return }
    index.addCandidate(trace: entries[slot].snapshot.traceID, slot: slot, isRun: true)
  }

  private mutating func learn(from slot: Int, _ steps: [OpenActivity.Step]) {
    let run = (outside: entries[slot].run.outsideSource, inside: entries[slot].run.insideSource)
    sources.learn(outside: run.outside, inside: run.inside)
    guard steps.contains(where: { $0.change == .ended }) else { return }
    let duration = entries[slot].snapshot.durationSeconds
    sources.learn(endOf: duration, source: run.outside ?? run.inside)
  }
}

// Joins.
extension ActivityMachine {
  /// Marks that request and run of one activity were joined by `link`. Without a request: nothing.
  mutating func join(_ slot: Int, by link: Activity.Link) {
    guard entries[slot].request != nil, entries[slot].snapshot.link == .none, link != .none
    else { return }
    index.removeCandidate(trace: entries[slot].snapshot.traceID, slot: slot)
    entries[slot].snapshot.link = link
    entries[slot].snapshot.linkConfidence = 1
    entries[slot].isWindowClosed = true
    summary.joins[link, default: 0] += 1
    measureOffset(slot)
  }

  /// Moves what `other` knows of a request into the run's activity. False, and nothing done, when
  /// `other` has a run of its own, or when both have been told under ids of their own.
  @discardableResult
  mutating func merge(_ other: Int, into slot: Int) -> Bool {
    let areBothNamed =
      !entries[other].snapshot.activityID.isEmpty && !entries[slot].snapshot.activityID.isEmpty
    guard !entries[other].run.isKnown, !areBothNamed else { return false }
    let before = entries[slot].snapshot
    index.removeCandidate(trace: before.traceID, slot: slot)
    entries[slot].absorb(entries[other])
    vacate(other, heir: slot)
    let after = entries[slot].snapshot
    if before.requestID != after.requestID {
      index.remove(run: nil, request: before.requestID, slot: slot)
      index.add(run: nil, request: after.requestID, slot: slot)
    }
    return true
  }

  /// Joins a run to a request that has a run already: a second launch, a retry as a new run, or what the
  /// first run needs.
  ///
  /// Not where the answer named another run than the one that needs this: then this only claims the request.
  @discardableResult
  mutating func share(requestOf first: Int, with slot: Int) -> Bool {
    guard let request = entries[first].request,
      request.namedRunID == nil || request.namedRunID == entries[slot].run.neededBy
    else { return false }
    index.removeCandidate(trace: entries[slot].snapshot.traceID, slot: slot)
    entries[slot].share(requestOf: entries[first])
    summary.sharedRequests += 1
    join(slot, by: .requestID)
    return true
  }

  /// Joins a run that another needs to that one's request, or has it wait for that request to be heard.
  private mutating func claimNeed(_ slot: Int) {
    guard let root = entries[slot].run.neededBy else { return }
    if let first = index.slot(run: root), shareNeed(of: first, with: slot) { return }
    index.addNeeded(by: root, slot: slot)
  }

  /// Joins every run that waits for the request of the run in `slot`, which needs them.
  mutating func shareWithNeeded(by slot: Int) {
    guard entries[slot].request != nil, let root = entries[slot].snapshot.runID else { return }
    for waiting in index.needed(by: root) where shareNeed(of: slot, with: waiting) {
      tell(entries[waiting].isTriggered ? [OpenActivity.Step(.progressed)] : [], waiting)
      rearm(waiting)
    }
  }

  /// The scheduler names the run that needs this one, and both name the request: nothing less will do.
  private mutating func shareNeed(of first: Int, with slot: Int) -> Bool {
    guard first != slot, let stated = entries[slot].snapshot.requestID,
      stated == entries[first].snapshot.requestID, share(requestOf: first, with: slot)
    else { return false }
    index.removeNeeded(by: entries[slot].run.neededBy, slot: slot)
    return true
  }

  /// Joins by trace id at the end of a window, when every candidate within it has been heard.
  ///
  /// Only one request and one run that lack each other, and no stronger key that contradicts.
  /// Heuristic links (same job and principal, near in time) would be tried here, after this, with
  /// `inferred` and a confidence below 1; this version makes none.
  mutating func joinByTrace(_ slot: Int) -> Bool {
    guard let trace = entries[slot].snapshot.traceID, let candidates = index.traces[trace] else {
      return false
    }
    guard !candidates.requests.isEmpty, !candidates.runs.isEmpty else { return false }
    guard let (request, run) = index.onlyPair(trace: trace) else {
      summary.ambiguousTraces += 1
      return false
    }
    guard !isContradicted(request: request, run: run), merge(request, into: run) else {
      return false
    }
    join(run, by: .traceID)
    tell([], run)
    rearm(run)
    shareWithNeeded(by: run)
    return true
  }

  private func isContradicted(request: Int, run: Int) -> Bool {
    if let named = entries[request].request?.namedRunID, named != entries[run].snapshot.runID {
      return true
    }
    guard let stated = entries[run].snapshot.requestID,
      let known = entries[request].snapshot.requestID
    else { return false }
    return stated != known
  }

  /// One measurement per joined pair: the run's first record from outside less the request's start.
  mutating func measureOffset(_ slot: Int) {
    guard !entries[slot].isOffsetMeasured, entries[slot].snapshot.link != .none,
      !entries[slot].snapshot.sharesRequest, let request = entries[slot].request,
      let first = entries[slot].run.firstOutsideAt, let source = entries[slot].run.outsideSource
    else { return }
    let seconds = first.seconds(since: request.startedAt)
    offsets.add(seconds, request: request.source, run: source, sources: sources)
    entries[slot].isOffsetMeasured = true
    if seconds < -ClockOffset.toleranceSeconds {
      entries[slot].snapshot.clockOffsetSeconds = seconds
    }
  }
}
