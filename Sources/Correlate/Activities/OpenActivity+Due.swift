internal import Ingest

/// When an activity wants to be looked at again, and when nothing more is expected of it.
extension OpenActivity {
  /// The earliest of: the end of the join window, the moment at which the word from inside is taken
  /// for the outcome, the settlement, and giving up a silent run. Always some instant.
  func nextDue(_ window: JoinWindow) -> Timestamp {
    var due = isWindowClosed ? Timestamp.latest : windowEnd
    if run.isKnown, run.overAt == nil {
      due = min(due, concludesAt(window) ?? Timestamp.latest, givenUpAt(window))
    }
    return min(due, settlesAt(window) ?? Timestamp.latest)
  }

  /// Over as its `ended` record says, and no terminal record yet.
  func concludesAt(_ window: JoinWindow) -> Timestamp? {
    guard run.overAt == nil, let closed = run.closedAt else { return nil }
    return closed.advanced(bySeconds: window.seconds)
  }

  /// The end of patience with a run that is not over and of which nobody speaks.
  func givenUpAt(_ window: JoinWindow) -> Timestamp {
    (run.lastHeardAt ?? windowEnd).advanced(bySeconds: window.silentSecondsMax)
  }

  /// Nil while the run is not over or the join window has not closed.
  func settlesAt(_ window: JoinWindow) -> Timestamp? {
    guard isWindowClosed else { return nil }
    guard run.isKnown else {
      return windowEnd.advanced(bySeconds: lateRunSeconds(window))
    }
    return run.overAt?.advanced(bySeconds: lingerSeconds(window))
  }

  /// How long after its window a trigger may still find its run: an exact key joins however late.
  private func lateRunSeconds(_ window: JoinWindow) -> Double {
    guard let request else { return 0 }
    // A refusal that names a run all the same is told under that run's id: wait for it.
    if isRefused { return request.namedRunID == nil ? 0 : window.danglingSeconds }
    return request.answer == .accepted ? window.silentSecondsMax : window.danglingSeconds
  }

  /// How long a run that is over may still be spoken of.
  private func lingerSeconds(_ window: JoinWindow) -> Double {
    if run.isAwaitingInside { return window.danglingSeconds }
    if run.missing == .exitMissing || run.missing == .endMissing { return 0 }
    let isExitDue = run.isConcluded && run.outsideSource != nil
    return run.state == .succeeded && !isExitDue ? window.lingerSeconds : window.danglingSeconds
  }
}
