import Ingest

/// Something that waits for a person's word.
struct ApprovalCase: Sendable, Equatable {
  let approvalID: String
  let purpose: PendingApproval.Purpose
  let runID: String
  /// Who may not give it.
  var askedBy: String?
  var reason: String?
  let requestedAt: Timestamp
  let expiresAt: Timestamp
  /// A word was said, and is on its way into the journal.
  var isSettling = false

  func record(
    _ event: ApprovalRecord.Event, by principal: String?, _ reason: String? = nil,
    at now: Timestamp
  ) -> Record {
    var body = ApprovalRecord(subject: .run, event: event)
    body.approvalID = approvalID
    body.subjectID = runID
    body.principal = principal
    body.reason = event == .requested ? self.reason : reason
    body.expiresAt = expiresAt
    let header = RecordHeader(
      timestamp: now, source: ScheduledRun.source, id: "approval/\(approvalID)/\(event.rawValue)")
    return Record(header: header, body: .approval(body))
  }
}

/// Holds, proposals to kill, and what people say to them.
extension SchedulerStateMachine {
  mutating func open(
    _ purpose: PendingApproval.Purpose, of run: inout ScheduledRun, askedBy: String?,
    _ reason: String?, at now: Timestamp
  ) -> ApprovalCase {
    // A second proposal for a run has an id of its own; a run is held once.
    let count = purpose == .start ? 0 : Int(now.microseconds)
    let id = RunIdentifier.approval(of: run.runID, purpose, count: count)
    let approval = ApprovalCase(
      approvalID: id, purpose: purpose, runID: run.runID, askedBy: askedBy, reason: reason,
      requestedAt: now, expiresAt: now.advanced(bySeconds: settings.approvalSeconds))
    approvals[id] = approval
    run.approvalID = id
    return approval
  }

  mutating func settle(
    _ approvalID: String, by: String, gives: Bool, _ reason: String?, ticket: Int,
    at now: Timestamp
  ) {
    guard let approval = approvals[approvalID], let run = runs[approval.runID] else {
      return answer(ticket, .order(.unknown))
    }
    if by == approval.askedBy {
      let sentence = "whoever asked for the run may not approve it: expected another person"
      return answer(ticket, .order(.refused(sentence)))
    }
    if approval.isSettling || (approval.purpose == .start && run.phase != .held) {
      return answer(ticket, .order(.notPossible(run.view, "a word has been said already")))
    }
    if now >= approval.expiresAt {
      expire(approval, at: now)
      return answer(ticket, .order(.notPossible(run.view, "the approval has expired")))
    }
    approvals[approvalID]?.isSettling = true
    let word = approval.record(gives ? .given : .refused, by: by, reason, at: now)
    switch (approval.purpose, gives) {
    case (.start, true):
      approveStart(run, word, ticket, at: now)
    case (.start, false):
      reject(run, word, "refused by \(by)" + (reason.map { ": \($0)" } ?? ""), ticket, at: now)
    case (.kill, true):
      approvals[approvalID] = nil
      kill(run.runID, by: by, reason ?? approval.reason, ticket: ticket, before: [word], at: now)
    case (.kill, false):
      approvals[approvalID] = nil
      append([word], of: run.runID, then: .answer(ticket: ticket))
    }
  }

  private mutating func approveStart(
    _ run: ScheduledRun, _ word: Record, _ ticket: Int, at now: Timestamp
  ) {
    var run = run
    run.state = .approved
    runs[run.runID] = run
    if let id = run.approvalID { approvals[id] = nil }
    let approved = run.record(.approved, key: "approved", at: now, host: settings.host)
    append([word, approved], of: run.runID, then: .start(ticket: ticket))
  }

  private mutating func reject(
    _ run: ScheduledRun, _ word: Record, _ sentence: String, _ ticket: Int?, at now: Timestamp
  ) {
    var end = AttemptEnd(at: now)
    end.failure = ("rejected", sentence)
    self.end(run.runID, .rejected, end, before: [word], ticket: ticket)
  }

  private mutating func expire(_ approval: ApprovalCase, at now: Timestamp) {
    guard !approval.isSettling, let run = runs[approval.runID] else { return }
    approvals[approval.approvalID] = nil
    let word = approval.record(.expired, by: nil, at: now)
    switch approval.purpose {
    case .start:
      reject(run, word, "nobody said a word until \(approval.expiresAt.rfc3339)", nil, at: now)
    case .kill: append([word], of: run.runID, then: .none)
    }
  }

  mutating func expireApprovals(at now: Timestamp) {
    for approval in approvals.values.sorted(by: { $0.approvalID < $1.approvalID })
    where approval.expiresAt <= now { expire(approval, at: now) }
  }

  mutating func closeApprovals(of runID: String) {
    for (id, approval) in approvals where approval.runID == runID { approvals[id] = nil }
  }

  // MARK: Kill

  mutating func propose(
    killing runID: String, by: String, _ reason: String, ticket: Int, at now: Timestamp
  ) {
    guard var run = runs[runID], run.phase != .recording else {
      return answer(ticket, .order(.unknown))
    }
    guard run.isOpen, run.phase != .ending, run.kill == nil else {
      return answer(ticket, .order(.notPossible(run.view, "the run is over")))
    }
    if approvals.values.contains(where: { $0.runID == runID && $0.purpose == .kill }) {
      return answer(ticket, .order(.notPossible(run.view, "it is proposed already")))
    }
    let approval = open(.kill, of: &run, askedBy: by, reason, at: now)
    runs[runID] = run
    append(
      [approval.record(.requested, by: by, at: now)], of: runID, then: .answer(ticket: ticket))
  }

  mutating func kill(
    _ runID: String, by: String, _ reason: String?, ticket: Int, before: [Record] = [],
    at now: Timestamp
  ) {
    guard var run = runs[runID], run.phase != .recording else {
      return answer(ticket, .order(.unknown))
    }
    guard run.isOpen, run.phase != .ending else {
      if !before.isEmpty { append(before, of: runID, then: .none) }
      return answer(ticket, .order(.notPossible(run.view, "the run is over")))
    }
    guard run.kill == nil else {
      if !before.isEmpty { append(before, of: runID, then: .none) }
      return answer(ticket, .order(.notPossible(run.view, "its end is ordered already")))
    }
    run.kill = ScheduledRun.KillOrder(by: by, reason: reason)
    runs[runID] = run
    let order = run.killRecord(.init(by: by, reason: reason), at: now, host: settings.host)
    if run.isOccupying || run.phase == .recovering {
      append(before + [order], of: runID, then: .stop(ticket: ticket))
    } else {
      append(before + [order], of: runID, then: .none)
      endKilled(runID, ticket: ticket, at: now)
    }
  }
}
