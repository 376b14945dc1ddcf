package import Ingest

/// What others ask the books.
extension SchedulerStateMachine {
  /// Nil as long as its first record is not durable.
  package func view(_ runID: String) -> RunView? {
    guard let run = runs[runID], run.phase != .recording else { return nil }
    return run.view
  }

  /// Newest first. Cost: the runs remembered.
  package func views(_ filter: RunFilter) -> [RunView] {
    var result: [RunView] = []
    var isBehind = filter.before == nil
    for runID in order.reversed() {
      guard let run = runs[runID] else { continue }
      if !isBehind {
        isBehind = runID == filter.before
        continue
      }
      guard run.phase != .recording, filter.job == nil || filter.job == run.job,
        filter.principal == nil || filter.principal == run.principal,
        filter.state == nil || filter.state == run.state
      else { continue }
      result.append(run.view)
      if result.count >= min(max(filter.countMax, 1), 1000) { break }
    }
    return result
  }

  /// Oldest first.
  package var pendingApprovals: [PendingApproval] {
    approvals.values.filter { !$0.isSettling }
      .sorted { ($0.requestedAt, $0.approvalID) < ($1.requestedAt, $1.approvalID) }
      .compactMap { approval in
        guard let run = runs[approval.runID], run.phase != .recording else { return nil }
        var pending = PendingApproval(
          approvalID: approval.approvalID, purpose: approval.purpose, run: run.view,
          requestedAt: approval.requestedAt, expiresAt: approval.expiresAt)
        pending.askedBy = approval.askedBy
        pending.reason = approval.reason
        return pending
      }
  }

  package func jobView(_ name: String, at now: Timestamp) -> JobView? {
    catalogue[name]?.view(at: now, openRunCount: counts.openByJob[name] ?? 0)
  }

  /// What the scheduler knows of the world for a question to the policy.
  package func facts(principal: String?, job: String?, at now: Timestamp) -> AccessFacts {
    var facts = AccessFacts()
    if let job { facts.openRunsOfJob = counts.openByJob[job] ?? 0 }
    if let principal {
      facts.openRunsOfPrincipal = counts.openByPrincipal[principal] ?? 0
      facts.triggerAges = counts.triggerAges(of: principal, at: now)
    }
    return facts
  }

  /// Attempts that a shim is to have, or has.
  package var occupiedCount: Int { counts.occupiedCount }
  /// Runs that are not over.
  package var openCount: Int { counts.openCount }
}
