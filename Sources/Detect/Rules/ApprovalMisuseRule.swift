import Correlate
import Ingest

/// An approval that breaks the rules of approval, as far as records prove it. A declared rule.
///
/// Severity high, always said, once per approval and reason:
///
/// - `self_approval`: given by who asked for it, or by the principal whose run or finding it is;
/// - `no_right`: the policy's last word on `approval:give` to the giver, before, was a denial;
/// - `after_the_fact`: given for a run that had started;
/// - `expired`: given or used after its `expires_at`, or after it was said to have expired;
/// - `refused`: given or used after it was refused;
/// - `not_given`: used without having been given;
/// - `reused`: an approval of a run that was used a second time;
/// - `other_subject`: given or used for another subject than it was asked for.
///
/// p = Krichevsky-Trofimov share of misuses among the giver's (user's) approvals. What is misused
/// teaches no other rule.
struct ApprovalMisuseRule: DetectionRule {
  static let name = "approval_misuse"
  static let interest: EventInterest = [.activities, .records]

  private enum Reason: String {
    case selfApproval = "self_approval"
    case noRight = "no_right"
    case afterTheFact = "after_the_fact"
    case expired, refused
    case notGiven = "not_given"
    case reused
    case otherSubject = "other_subject"
  }

  /// One misuse, with the words and the records that prove it.
  private struct Misuse {
    let reason: Reason
    let words: String
    var evidence: [Int] = []
  }

  private var ledger = ApprovalLedger()
  private var rates = DeclaredRates()

  mutating func observe(_ event: CorrelatedEvent, _ context: inout RuleContext) {
    switch event {
    case .activity(let update):
      if update.change == .triggered || update.change == .started { learn(update.activity) }
    case .record(let indexed):
      switch indexed.record.body {
      case .decision(let decision): learn(decision, indexed)
      case .approval(let approval): judge(approval, indexed, &context)
      default: break
      }
    case .request: break
    }
  }

  private mutating func learn(_ activity: Activity) {
    guard let id = activity.runID else { return }
    let known = ledger.runs[id]
    // The first start counts: a retry is covered by the approval of its run.
    ledger.note(
      run: id,
      .init(
        principal: activity.principal ?? known?.principal, requestID: activity.requestID,
        startedAt: known?.startedAt ?? activity.startedAt, evidence: activity.evidence))
  }

  private mutating func learn(_ decision: DecisionRecord, _ indexed: IndexedRecord) {
    guard decision.action == "approval:give", let principal = decision.principal else { return }
    ledger.note(
      right: principal,
      .init(
        isDenied: decision.effect == .deny, at: indexed.record.header.timestamp,
        index: indexed.index))
  }

  private mutating func judge(
    _ approval: ApprovalRecord, _ indexed: IndexedRecord, _ context: inout RuleContext
  ) {
    let id = approval.approvalID ?? ""
    let at = indexed.record.header.timestamp
    var entry =
      ledger.entries[id]
      ?? .init(subject: approval.subject.rawValue, subjectID: approval.subjectID)
    let misuses: [Misuse]
    switch approval.event {
    case .given: misuses = judgeGiven(approval, entry, at, context)
    case .used: misuses = judgeUsed(approval, entry, at)
    case .requested, .refused, .expired: misuses = []
    }
    if !misuses.isEmpty { context.misusedApproval = indexed.index }
    for misuse in misuses {
      context.report(draft(misuse, approval, id, entry, indexed)) {
        ShareWorking.working(
          rates.rate(approval.principal ?? ""),
          facts: ["approval \(Legible.name(id)), \(approval.event.rawValue): \(misuse.words)"],
          usual: "in order", strange: "misused")
      }
    }
    if approval.event == .given || approval.event == .used {
      rates.learn(approval.principal ?? "", isStrange: !misuses.isEmpty, at: at)
    }
    ApprovalMisuseRule.apply(approval, indexed.index, &entry)
    ledger.note(id, entry)
  }

  private static func apply(
    _ approval: ApprovalRecord, _ index: Int, _ entry: inout ApprovalLedger.Entry
  ) {
    if entry.subjectID == nil { entry.subjectID = approval.subjectID }
    if let expiresAt = approval.expiresAt { entry.expiresAt = expiresAt }
    switch approval.event {
    case .requested:
      entry.askedBy = approval.principal
      entry.askedIndex = index
    case .given, .refused:
      entry.isGiven = approval.event == .given
      entry.isRefused = approval.event == .refused
      entry.answeredIndex = index
    case .expired: entry.isExpired = true
    case .used:
      entry.useCount += 1
      entry.usedIndex = index
    }
  }
}

// MARK: What is proved

extension ApprovalMisuseRule {
  private func judgeGiven(
    _ approval: ApprovalRecord, _ entry: ApprovalLedger.Entry, _ at: Timestamp,
    _ context: RuleContext
  ) -> [Misuse] {
    var misuses = common(approval, entry, at)
    if let giver = approval.principal {
      if let asked = ownWish(giver, approval, entry, context) { misuses.append(asked) }
      if let right = ledger.rights[giver], right.isDenied {
        misuses.append(
          Misuse(
            reason: .noRight,
            words: "the policy had last denied them approval:give, at "
              + "\(right.at.rfc3339.prefix(19))Z", evidence: [right.index]))
      }
    }
    let tolerance = context.configuration.clockSkewToleranceSeconds
    if approval.subject == .run, let run = approval.subjectID.flatMap({ ledger.runs[$0] }),
      let startedAt = run.startedAt, startedAt.advanced(bySeconds: tolerance) < at
    {
      misuses.append(
        Misuse(
          reason: .afterTheFact,
          words: "the run had started \(Legible.duration(at.seconds(since: startedAt))) before",
          evidence: Array(run.evidence.prefix(2))))
    }
    return misuses
  }

  private func ownWish(
    _ giver: String, _ approval: ApprovalRecord, _ entry: ApprovalLedger.Entry,
    _ context: RuleContext
  ) -> Misuse? {
    if entry.askedBy == giver {
      return Misuse(
        reason: .selfApproval, words: "they had asked for it themselves",
        evidence: entry.askedIndex.map { [$0] } ?? [])
    }
    guard let id = approval.subjectID else { return nil }
    if approval.subject == .run, let run = ledger.runs[id], run.principal == giver {
      return Misuse(
        reason: .selfApproval, words: "the run is their own",
        evidence: Array(run.evidence.prefix(1)))
    }
    if approval.subject == .finding, context.reportedPrincipal(of: id) == giver {
      return Misuse(reason: .selfApproval, words: "the finding is about themselves")
    }
    return nil
  }

  private func judgeUsed(
    _ approval: ApprovalRecord, _ entry: ApprovalLedger.Entry, _ at: Timestamp
  ) -> [Misuse] {
    var misuses = common(approval, entry, at)
    if !entry.isGiven, !entry.isRefused {
      misuses.append(Misuse(reason: .notGiven, words: "nobody had given it"))
    }
    if entry.useCount > 0, approval.subject == .run {
      misuses.append(
        Misuse(
          reason: .reused,
          words: "it had been used \(Legible.count(entry.useCount, "time")) before",
          evidence: entry.usedIndex.map { [$0] } ?? []))
    }
    return misuses
  }

  /// What neither giving nor using allows.
  private func common(
    _ approval: ApprovalRecord, _ entry: ApprovalLedger.Entry, _ at: Timestamp
  ) -> [Misuse] {
    var misuses: [Misuse] = []
    if let expiresAt = entry.expiresAt ?? approval.expiresAt, at > expiresAt {
      misuses.append(
        Misuse(
          reason: .expired,
          words: "it had expired \(Legible.duration(at.seconds(since: expiresAt))) before"))
    } else if entry.isExpired {
      misuses.append(Misuse(reason: .expired, words: "it was said to have expired"))
    }
    if entry.isRefused {
      misuses.append(
        Misuse(
          reason: .refused, words: "it had been refused",
          evidence: entry.answeredIndex.map { [$0] } ?? []))
    }
    if let asked = entry.subjectID, let now = approval.subjectID,
      asked != now || entry.subject != approval.subject.rawValue
    {
      misuses.append(
        Misuse(
          reason: .otherSubject,
          words: "it was for \(entry.subject) \(Legible.name(asked))"))
    }
    return misuses
  }

  private func draft(
    _ misuse: Misuse, _ approval: ApprovalRecord, _ id: String, _ entry: ApprovalLedger.Entry,
    _ indexed: IndexedRecord
  ) -> Draft {
    let rate = rates.rate(approval.principal ?? "")
    let at = indexed.record.header.timestamp
    // A second use of the kind is another finding.
    let serial = misuse.reason == .reused ? "#\(entry.useCount)" : ""
    var draft = Draft(
      rule: ApprovalMisuseRule.name,
      subject: "\(id)/\(approval.event.rawValue)/\(misuse.reason.rawValue)\(serial)",
      episodeSubject: id, timestamp: at, pValue: rate.share)
    draft.heedsMaintenance = false
    draft.severity = .high
    draft.principal = approval.principal
    if approval.subject == .run { draft.runID = approval.subjectID }
    draft.requestID = draft.runID.flatMap { ledger.runs[$0]?.requestID }
    draft.evidence = Array(Set(misuse.evidence + [indexed.index])).sorted()
    draft.observed = [
      .init("approval_id", id), .init("event", approval.event.rawValue),
      .init("reason", misuse.reason.rawValue), .init("subject", approval.subject.rawValue),
    ]
    if let subject = approval.subjectID { draft.observed.append(.init("subject_id", subject)) }
    draft.expected = [.init("share", rate.share)]
    draft.history = rate.history
    let about = approval.subjectID.map { " \(Legible.name($0))" } ?? ""
    draft.explanation =
      "\(Legible.name(approval.principal ?? "somebody")) "
      + (approval.event == .given ? "gave" : "used")
      + " approval \(Legible.name(id)) of \(approval.subject.rawValue)\(about): \(misuse.words)"
    return draft
  }
}
