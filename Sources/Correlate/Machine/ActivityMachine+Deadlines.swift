internal import Ingest

/// What happens when time passes: windows close, outcomes are taken from inside, runs are given up,
/// activities settle.
extension ActivityMachine {
  /// Does everything that is due for one activity by `now`.
  mutating func fire(_ slot: Int) {
    let serial = entries[slot].serial
    if !entries[slot].isWindowClosed, entries[slot].windowEnd <= now { closeWindow(slot) }
    guard entries[slot].serial == serial else { return }
    if let due = entries[slot].concludesAt(window), due <= now {
      tell(entries[slot].conclude(), slot)
    }
    if entries[slot].run.isKnown, entries[slot].run.overAt == nil,
      entries[slot].givenUpAt(window) <= now
    {
      tell(entries[slot].abandon(as: missingPiece(slot, secondsMin: 0), at: now), slot)
    }
    if let due = entries[slot].settlesAt(window), due <= now, !waitsForInside(slot) {
      settle(slot)
    } else {
      rearm(slot)
    }
  }

  /// The other side did not come: tells what there is, and what is missing where that can be known.
  private mutating func closeWindow(_ slot: Int) {
    if joinByTrace(slot) || joinByShare(slot) { return }
    entries[slot].isWindowClosed = true
    index.removeCandidate(trace: entries[slot].snapshot.traceID, slot: slot)
    sayTriggered(slot)
    if entries[slot].run.isKnown {
      guard entries[slot].request == nil, canMissRequest(slot) else { return }
      summary.requestsMissing += 1
      say(.requestMissing, slot)
    } else if entries[slot].state == .noRun, isRunHeard, !entries[slot].isBornLate {
      summary.runsMissing += 1
      say(.runMissing, slot)
    }
  }

  /// Two runs of one request, both heard before it.
  private mutating func joinByShare(_ slot: Int) -> Bool {
    guard entries[slot].run.isKnown, entries[slot].request == nil,
      let first = index.slot(request: entries[slot].snapshot.requestID), first != slot,
      share(requestOf: first, with: slot)
    else { return false }
    tell([], slot)
    return true
  }

  /// A missing request can be known only of a run whose beginning was heard, after requests were.
  private func canMissRequest(_ slot: Int) -> Bool {
    guard !entries[slot].isBornLate, entries[slot].run.firstAttempt <= 1,
      let began = entries[slot].run.beganAt, let listening = firstRequestAt
    else { return false }
    return began >= listening
  }

  /// The piece that a run without an end lacks, when its source has provably gone on without it:
  /// since the last word on the run that source wrote for `secondsMin` and for twice its longest run.
  private func missingPiece(_ slot: Int, secondsMin: Double) -> Activity.State? {
    let run = entries[slot].run
    guard let lastWord = run.lastHeardAt else { return nil }
    if run.isStartedOutside {
      let isGone = sources.hasGoneOn(
        run.outsideSource, isInside: false, without: lastWord, secondsMin: secondsMin)
      return isGone ? .exitMissing : nil
    }
    guard run.isStartedInside else { return nil }
    let isGone = sources.hasGoneOn(
      run.insideSource, isInside: true, without: lastWord, secondsMin: secondsMin)
    return isGone ? .endMissing : nil
  }

  /// Words from inside are missing and their source has said nothing since: wait longer, once.
  private mutating func waitsForInside(_ slot: Int) -> Bool {
    guard entries[slot].run.terminal != nil, !entries[slot].run.isAwaitingInside,
      entries[slot].run.closedAt == nil
    else { return false }
    let isDue =
      entries[slot].run.isHeardFromInside
      ? entries[slot].run.isStartedInside
      : sources.isInsideKnown(outside: entries[slot].run.outsideSource)
    guard isDue, danglingPiece(slot) == nil else { return false }
    entries[slot].run.isAwaitingInside = true
    return entries[slot].settlesAt(window).map { $0 > now } ?? false
  }

  /// The piece of evidence that is missing beside a known outcome.
  private func danglingPiece(_ slot: Int) -> Activity.State? {
    let run = entries[slot].run
    if let missing = run.missing { return missing }
    if run.terminal != nil {
      guard run.closedAt == nil, let ended = entries[slot].snapshot.endedAt else { return nil }
      if run.isStartedInside, sources.hasInsideGoneOn(run.insideSource, after: ended) {
        return .endMissing
      }
      guard !run.isHeardFromInside else { return nil }
      return sources.hasAnyInsideGoneOn(outside: run.outsideSource, after: ended) ? .noEvents : nil
    }
    guard run.isConcluded, !run.isClosedOutside, let closed = run.closedAt else { return nil }
    return sources.hasOutsideGoneOn(run.outsideSource, after: closed) ? .exitMissing : nil
  }

  /// The last word: what is missing, and that nothing more is expected.
  private mutating func settle(_ slot: Int) {
    entries[slot].snapshot.dangling = danglingPiece(slot)
    say(.settled, slot)
    let settled = entries[slot].snapshot
    if entries[slot].run.isKnown, entries[slot].request == nil { summary.runsWithoutRequest += 1 }
    summary.settledStates[settled.state, default: 0] += 1
    summary.settledLinks[settled.link, default: 0] += 1
    if let piece = settled.dangling { summary.dangling[piece, default: 0] += 1 }
    if let source = settled.outcomeSource { summary.outcomeSources[source, default: 0] += 1 }
    self.settled.insert(settled.runID)
    self.settled.insert(settled.requestID)
    vacate(slot)
  }

  /// Closes one activity before its time, at the end of what was read: nothing is said to be missing
  /// that may only not have come yet.
  mutating func closeOut(_ slot: Int) {
    let serial = entries[slot].serial
    if !entries[slot].isWindowClosed {
      let isJoined = joinByTrace(slot) || joinByShare(slot)
      guard entries[slot].serial == serial else { return }
      if !isJoined { sayTriggered(slot) }
    }
    if entries[slot].run.isKnown, entries[slot].run.overAt == nil {
      if entries[slot].run.closedAt != nil {
        tell(entries[slot].conclude(), slot)
      } else {
        let piece = missingPiece(slot, secondsMin: window.danglingSeconds)
        tell(entries[slot].abandon(as: piece, at: now), slot)
      }
    }
    settle(slot)
  }
}
