import Ingest

/// What is remembered of a finding that a person may still approve.
struct ReportedFinding: Sendable, Codable {
  let rule: String
  /// What its id is made of, and what its episode is grouped by: the rule's own keys.
  let subject: String
  let episodeSubject: String
  let timestamp: Timestamp
  let principal: String?
  let job: String?
  let activityID: String?
  let requestID: String?
  let source: String?
  /// The values that approval teaches, as the rule stated them.
  let lessons: [Double]

  init(_ draft: Draft) {
    rule = draft.rule
    subject = draft.subject
    episodeSubject = draft.episodeSubject
    timestamp = draft.timestamp
    principal = draft.principal
    job = draft.job
    activityID = draft.activityID
    requestID = draft.requestID
    source = draft.source
    lessons = draft.lessons
  }
}

/// The findings that a person may still approve, by id; the oldest are forgotten.
///
/// An approval teaches once. It teaches nothing when nobody is named as its giver, or when the giver
/// is the principal whom the finding is about: nobody vouches for themselves.
struct ReportedFindings: Sendable, Codable {
  /// Findings remembered at least; at most twice as many.
  static let countMax = 50_000

  private var table = RecentTable<ReportedFinding>(countMax: ReportedFindings.countMax)

  mutating func note(_ draft: Draft, id: String) { table[id] = ReportedFinding(draft) }

  func principal(of id: String) -> String? { table[id]?.principal }

  /// The finding that an approval is to teach; it is forgotten with that.
  mutating func take(_ approval: ApprovalRecord) -> ReportedFinding? {
    guard approval.subject == .finding, approval.event == .given, let id = approval.subjectID,
      let giver = approval.principal, let finding = table[id], finding.principal != giver
    else { return nil }
    table[id] = nil
    return finding
  }
}
