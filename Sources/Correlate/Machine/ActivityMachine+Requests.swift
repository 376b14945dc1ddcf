internal import Ingest

/// The gateway's side: requests, decisions, refusals and error lines.
extension ActivityMachine {
  mutating func apply(_ request: RequestRecord, _ record: IndexedRecord, _ arrival: Arrival) {
    let outcome = RequestOutcome(request)
    let start = arrival.timestamp.advanced(bySeconds: -(request.durationSeconds ?? 0))
    summary.requests[outcome, default: 0] += 1
    tell(.request(record, outcome))
    firstRequestAt = min(firstRequestAt ?? start, start)
    var slot: Int?
    if request.job != nil {
      summary.triggers += 1
      let side = OpenActivity.RequestSide(
        answer: TriggerAnswer(outcome, status: request.status), source: arrival.source,
        startedAt: start, namedRunID: request.runID, error: nil)
      slot = seat(request, side, arrival)
    }
    if (500...599).contains(request.status ?? 0) { explain(request, slot, arrival) }
  }

  /// Finds or opens the activity of a trigger, and joins them. Run id first, then request id.
  private mutating func seat(
    _ request: RequestRecord, _ side: OpenActivity.RequestSide, _ arrival: Arrival
  ) -> Int {
    let byRun = index.slot(run: request.runID)
    let byRequest = index.slot(request: request.requestID)
    if let byRun {
      if entries[byRun].request != nil {
        // A wish made again was decided upon again: that decision is this activity's, not a lost trigger.
        if let byRequest, byRequest != byRun, entries[byRequest].request == nil {
          merge(byRequest, into: byRun)
        }
        return repeated(byRun, arrival)
      }
      if let byRequest, byRequest != byRun { merge(byRequest, into: byRun) }
      attach(request, side, to: byRun, by: .runID, arrival)
      return byRun
    }
    if let byRequest, !isContradicted(request, by: byRequest) {
      if entries[byRequest].request != nil { return repeated(byRequest, arrival) }
      attach(request, side, to: byRequest, by: .requestID, arrival)
      return byRequest
    }
    let slot = open(
      until: windowEnd(after: arrival.timestamp), run: request.runID, request: request.requestID,
      arrival)
    attach(request, side, to: slot, by: .none, arrival)
    return slot
  }

  /// The answer named another run than the one that claims this request.
  private func isContradicted(_ request: RequestRecord, by slot: Int) -> Bool {
    guard let named = request.runID, entries[slot].run.isKnown else { return false }
    return named != entries[slot].snapshot.runID
  }

  private mutating func repeated(_ slot: Int, _ arrival: Arrival) -> Int {
    summary.repeatedTriggers += 1
    entries[slot].addEvidence(arrival.index, isTerminal: false)
    return slot
  }

  private mutating func attach(
    _ request: RequestRecord, _ side: OpenActivity.RequestSide, to slot: Int,
    by link: Activity.Link, _ arrival: Arrival
  ) {
    // The one key alone: a copy of the whole would be a second one to keep up.
    let requestID = entries[slot].snapshot.requestID
    index.removeCandidate(trace: entries[slot].snapshot.traceID, slot: slot)
    entries[slot].take(request, side: side)
    entries[slot].addEvidence(arrival.index, isTerminal: false)
    if requestID != entries[slot].snapshot.requestID {
      index.remove(run: nil, request: requestID, slot: slot)
    }
    index.add(
      run: entries[slot].snapshot.runID, request: entries[slot].snapshot.requestID, slot: slot)
    if entries[slot].run.isKnown {
      join(slot, by: link)
    } else {
      setWindow(slot, from: arrival.timestamp)
      if !entries[slot].isRefused {
        index.addCandidate(trace: entries[slot].snapshot.traceID, slot: slot, isRun: false)
      }
    }
    if !entries[slot].isTriggered, !entries[slot].isTriggerDue { sayRequested(slot) }
    tell(entries[slot].isTriggered ? [OpenActivity.Step(.progressed)] : [], slot)
    rearm(slot)
    shareWithNeeded(by: slot)
  }

  private func windowEnd(after timestamp: Timestamp) -> Timestamp {
    timestamp.advanced(bySeconds: window.seconds)
  }

  /// A trigger that is held waits for a person, not for a scheduler.
  private mutating func setWindow(_ slot: Int, from timestamp: Timestamp) {
    let isHeld = entries[slot].snapshot.decided == .hold
    entries[slot].windowEnd = timestamp.advanced(
      bySeconds: isHeld ? window.danglingSeconds : window.seconds)
  }

  /// Decisions about triggers belong to their activity, even where the request's record is lost.
  mutating func apply(_ decision: DecisionRecord, _ arrival: Arrival) {
    let isTrigger = decision.action.map { $0 == "run:trigger" } ?? (decision.job != nil)
    guard isTrigger, let requestID = decision.requestID else { return }
    let slot =
      index.slot(request: requestID)
      ?? open(until: windowEnd(after: arrival.timestamp), run: nil, request: requestID, arrival)
    entries[slot].take(decision)
    entries[slot].addEvidence(arrival.index, isTerminal: false)
    index.add(run: nil, request: requestID, slot: slot)
    if !entries[slot].run.isKnown, !entries[slot].isWindowClosed {
      setWindow(slot, from: arrival.timestamp)
    }
    tell([], slot)
    rearm(slot)
  }

  /// The trigger service's own record that it refused: the request's activity has no run.
  mutating func applyRejection(_ record: RunRecord, _ arrival: Arrival) {
    let slot =
      index.slot(run: record.runID) ?? index.slot(request: record.requestID)
      ?? open(
        until: windowEnd(after: arrival.timestamp), run: record.runID, request: record.requestID,
        arrival)
    entries[slot].addEvidence(arrival.index, isTerminal: true)
    guard !entries[slot].run.isKnown else {
      summary.irregularities.conflictingEnds += 1
      return
    }
    let wasMissing = entries[slot].isTriggered && entries[slot].state == .noRun
    entries[slot].isRejected = true
    entries[slot].rejectionError = record.error
    entries[slot].take(factsOf: record)
    let snapshot = entries[slot].snapshot
    index.add(run: snapshot.runID, request: snapshot.requestID, slot: slot)
    tell(wasMissing ? [OpenActivity.Step(.progressed)] : [], slot)
    rearm(slot)
  }

  mutating func apply(_ approval: ApprovalRecord, _ arrival: Arrival) {
    guard approval.subject == .run, let slot = index.slot(run: approval.subjectID) else { return }
    entries[slot].addEvidence(arrival.index, isTerminal: false)
  }

  /// Looks for the error line of a request that failed; the line usually came first.
  private mutating func explain(_ request: RequestRecord, _ slot: Int?, _ arrival: Arrival) {
    summary.failedRequests += 1
    if let failure = failures.takeFailure(for: request, at: arrival.timestamp) {
      summary.failedRequestsExplained += 1
      if let slot { note(failure.reason, index: failure.index, slot) }
      return
    }
    failures.remember(
      FailureJoin.Request(
        timestamp: arrival.timestamp, status: request.status,
        activity: slot.map { FailureJoin.Tenant(slot: $0, serial: entries[$0].serial) }),
      request)
  }

  mutating func apply(_ control: ControlRecord, _ arrival: Arrival) {
    guard control.event == .requestFailed else { return }
    summary.failureRecords += 1
    guard let request = failures.takeRequest(for: control, at: arrival.timestamp) else {
      failures.remember(
        FailureJoin.Failure(
          timestamp: arrival.timestamp, status: control.status, index: arrival.index,
          reason: control.reason), control)
      return
    }
    summary.failedRequestsExplained += 1
    guard let tenant = request.activity, entries[tenant.slot].serial == tenant.serial
    else { return }
    note(control.reason, index: arrival.index, tenant.slot)
  }

  private mutating func note(_ reason: String?, index: Int, _ slot: Int) {
    entries[slot].addEvidence(index, isTerminal: false)
    entries[slot].request?.error = RunRecord.Failure(type: "request_failed", message: reason)
  }
}
