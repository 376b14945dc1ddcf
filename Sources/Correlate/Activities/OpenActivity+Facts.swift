internal import Ingest

/// Who, what and where: the fields that records bring along.
extension OpenActivity {
  /// The gateway authenticated the caller: its word on who asked goes before the run's own.
  mutating func take(_ record: RequestRecord, side: RequestSide) {
    request = side
    snapshot.requestID = record.requestID ?? snapshot.requestID
    snapshot.runID = snapshot.runID ?? record.runID
    snapshot.traceID = record.traceID ?? snapshot.traceID
    snapshot.job = snapshot.job ?? record.job
    snapshot.principal = record.principal ?? snapshot.principal
    snapshot.principalType = record.principalType ?? snapshot.principalType
    if !record.groups.isEmpty { snapshot.groups = record.groups }
    snapshot.zone = record.zone
    snapshot.remoteIP = record.remoteIP
    snapshot.status = record.status
    snapshot.requestedAt = side.startedAt
  }

  /// The last decision stands; who was decided upon fills gaps only.
  mutating func take(_ record: DecisionRecord) {
    snapshot.decided = record.effect
    snapshot.requestID = snapshot.requestID ?? record.requestID
    snapshot.job = snapshot.job ?? record.job
    snapshot.principal = snapshot.principal ?? record.principal
    snapshot.principalType = snapshot.principalType ?? record.principalType
    if snapshot.groups.isEmpty { snapshot.groups = record.groups }
  }

  /// What ran is what the launcher says ran; who asked fills gaps only.
  mutating func take(factsOf record: RunRecord) {
    snapshot.runID = snapshot.runID ?? record.runID
    snapshot.requestID = snapshot.requestID ?? record.requestID
    snapshot.traceID = snapshot.traceID ?? record.traceID
    if record.vantage == .outside {
      snapshot.job = record.job ?? snapshot.job
      snapshot.owner = record.owner ?? snapshot.owner
      run.trigger = record.trigger ?? run.trigger
      run.neededBy = run.neededBy ?? record.neededBy
    } else {
      snapshot.job = snapshot.job ?? record.job
      snapshot.owner = snapshot.owner ?? record.owner
      run.trigger = run.trigger ?? record.trigger
    }
    snapshot.trigger = run.trigger
    snapshot.principal = snapshot.principal ?? record.principal
    if snapshot.groups.isEmpty { snapshot.groups = record.groups }
  }

  /// What the attempt used, each figure as last stated.
  mutating func take(figuresOf record: RunRecord) {
    snapshot.cpuSeconds = record.cpuSeconds ?? snapshot.cpuSeconds
    snapshot.maxRSSBytes = record.maxRSSBytes ?? snapshot.maxRSSBytes
    snapshot.readBytes = record.readBytes ?? snapshot.readBytes
    snapshot.writeBytes = record.writeBytes ?? snapshot.writeBytes
    snapshot.exitCode = record.exitCode ?? snapshot.exitCode
  }

  /// A second run of one request: the same asker, the same answer.
  mutating func share(requestOf first: OpenActivity) {
    request = first.request
    snapshot.sharesRequest = true
    takeAsker(from: first.snapshot)
  }

  /// Takes over what another activity knows of request, decision and refusal. Precondition: that
  /// one knows of no run.
  mutating func absorb(_ other: OpenActivity) {
    precondition(!other.run.isKnown, "absorb takes no run, got \(other.name)")
    if snapshot.activityID.isEmpty { snapshot.activityID = other.snapshot.activityID }
    request = request ?? other.request
    isRejected = isRejected || other.isRejected
    rejectionError = rejectionError ?? other.rejectionError
    isRequested = isRequested || other.isRequested
    isTriggered = isTriggered || other.isTriggered
    snapshot.decided = snapshot.decided ?? other.snapshot.decided
    if other.request != nil { takeAsker(from: other.snapshot) }
    snapshot.requestID = snapshot.requestID ?? other.snapshot.requestID
    snapshot.job = snapshot.job ?? other.snapshot.job
    snapshot.principal = snapshot.principal ?? other.snapshot.principal
    for index in other.snapshot.evidence { addEvidence(index, isTerminal: false) }
    snapshot.evidenceOmitted += other.snapshot.evidenceOmitted
  }

  private mutating func takeAsker(from other: Activity) {
    snapshot.requestID = other.requestID ?? snapshot.requestID
    snapshot.traceID = other.traceID ?? snapshot.traceID
    snapshot.job = snapshot.job ?? other.job
    snapshot.principal = other.principal ?? snapshot.principal
    snapshot.principalType = other.principalType ?? snapshot.principalType
    if !other.groups.isEmpty { snapshot.groups = other.groups }
    snapshot.zone = other.zone
    snapshot.remoteIP = other.remoteIP
    snapshot.status = other.status
    snapshot.requestedAt = other.requestedAt
  }
}

extension RunRecord {
  /// The run whose need made this one come about: the scheduler's first record of it tells that as an error
  /// of type `needed_by`. Nil for a run that was asked for itself.
  fileprivate var neededBy: String? {
    event == .queued && error?.type == "needed_by" ? error?.message : nil
  }
}
