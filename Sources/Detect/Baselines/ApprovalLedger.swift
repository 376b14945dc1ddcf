import Ingest

/// What the records tell of approvals, and of the runs that they are about.
///
/// Remembers what the rules of approval need and no more: who asked, what was answered and when, and
/// when a run started and for whom.
struct ApprovalLedger: Sendable, Codable {
  /// One approval, from its request on.
  struct Entry: Sendable, Codable {
    /// What it is for, as the record words it.
    var subject: String
    var subjectID: String?
    var askedBy: String?
    var askedIndex: Int?
    /// The last answer, and its record.
    var isGiven = false
    var isRefused = false
    var answeredIndex: Int?
    var expiresAt: Timestamp?
    var isExpired = false
    var useCount = 0
    var usedIndex: Int?
  }

  /// A run that was told.
  struct Run: Sendable, Codable {
    var principal: String?
    var requestID: String?
    var startedAt: Timestamp?
    var evidence: [Int]
  }

  /// The policy's last word on whether somebody may give approvals.
  struct Right: Sendable, Codable {
    let isDenied: Bool
    let at: Timestamp
    let index: Int
  }

  /// Approvals, runs and people remembered, each; the oldest give way.
  static let countMax = 100_000

  private(set) var entries = RecentTable<Entry>(countMax: ApprovalLedger.countMax)
  private(set) var runs = RecentTable<Run>(countMax: ApprovalLedger.countMax)
  private(set) var rights = RecentTable<Right>(countMax: ApprovalLedger.countMax)

  mutating func note(_ id: String, _ entry: Entry) { entries[id] = entry }
  mutating func note(run id: String, _ run: Run) { runs[id] = run }
  mutating func note(right principal: String, _ right: Right) { rights[principal] = right }
}
