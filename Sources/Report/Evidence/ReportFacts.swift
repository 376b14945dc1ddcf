import Correlate
import Detect
import Ingest

/// What a report says about a period, added up row by row in the order of event time.
///
/// Memory: at most `pairCountMax` pairs of person and job, 500 rows of each list, a day's count for
/// each day, and for each finding a word and 16 bytes for each entry that it rests on.
struct ReportFacts: Sendable {
  static let pairCountMax = 5_000
  static let dayCountMax = 4_000
  static let findingWordCountMax = 100_000

  /// One person and one job.
  struct Access: Sendable {
    var triggerCount = 0
    var refusedCount = 0
    var runCount = 0
    var lastAt: Timestamp?
    var lastIndex = 0
    /// Whether the policy said yes at least once.
    var isPermitted = false
  }

  struct Pair: Hashable, Comparable, Sendable {
    let principal: String
    let job: String

    static func < (left: Pair, right: Pair) -> Bool {
      (left.principal, left.job) < (right.principal, right.job)
    }
  }

  /// One line of a list: when, who, what, why, where it stands.
  struct Event: Sendable {
    let at: Timestamp
    let principal: String?
    let what: String
    let detail: String?
    let index: Int
  }

  /// A suppression as it was made, or its early end.
  struct Suppression: Sendable {
    let at: Timestamp
    /// What it withholds; of an early end, the suppression.
    let subject: String
    let owner: String?
    let principal: String?
    let reason: String?
    /// When it ends by itself; nil on an early end, and for one that never does.
    let expiresAt: Timestamp?
    let isLifted: Bool
    let index: Int
  }

  struct Approval: Sendable {
    let at: Timestamp
    let approvalID: String
    let subject: String
    let event: ApprovalRecord.Event
    let principal: String?
    let requester: String?
    let delaySeconds: Double?
    let index: Int
  }

  var kindCounts: [RecordKind: Int] = [:]
  var earliest: Timestamp?
  var latest: Timestamp?
  /// When the journal got the oldest entry that is there; its own clock, not a source's.
  var receivedFrom: Timestamp?
  /// When it got the newest of those that were pruned.
  var prunedUntil: Timestamp?
  var triggersByDay: [Int: Int] = [:]
  var triggersByHour = [Int](repeating: 0, count: 168)
  var sources: Set<String> = []

  var triggers = EvidenceList()
  var incompleteTriggers = EvidenceList()
  var anonymousTriggers = EvidenceList()
  var refusedRequests = EvidenceList()
  var refusals = LimitedRows<Event>()

  var access: [Pair: Access] = [:]
  var omittedPairCount = 0

  var decisions: [DecisionRecord.Effect: Int] = [:]
  var decisionEvidence = EvidenceList()
  var denials = EvidenceList()

  var approvals = LimitedRows<Approval>()
  var approvalEvidence = EvidenceList()
  var selfApprovals = EvidenceList()
  private var requested: [String: (at: Timestamp, principal: String?)] = [:]

  var privileged = LimitedRows<Event>()
  var privilegedEvidence = EvidenceList()
  var namelessPrivileged = EvidenceList()
  var changes = LimitedRows<Event>()
  var changeEvidence = EvidenceList()
  var unhashedChanges = EvidenceList()
  /// Of watched programs, whose logs say neither who nor what.
  var unattributedLoads = EvidenceList()
  /// Loads that name no person: whatever made the program read a file is not in the log.
  var namelessLoads = EvidenceList()
  var gaps = LimitedRows<Event>()
  var gapEvidence = EvidenceList()
  var clockEvidence = EvidenceList()
  var logAccess = LimitedRows<Event>()
  var logAccessEvidence = EvidenceList()
  var logLife = LimitedRows<Event>()
  var logLifeEvidence = EvidenceList()
  var pruneEvidence = EvidenceList()
  var logins = EvidenceList()
  var failedLogins = EvidenceList()

  var states: [Activity.State: Int] = [:]
  var runCount = 0
  var joinedRunCount = 0
  var unjoinedRuns = EvidenceList()
  var deniedYetRan = EvidenceList()

  var suppressions = LimitedRows<Suppression>()
  var findings = LimitedRows<Finding>()
  /// Over every finding, not only over those that are listed.
  var tallies: [FindingKind: FindingTally] = [:]
  /// What was last said about a finding, by its id.
  var fates: [String: String] = [:]

  private static let suppressed = AlertRecord.Event.suppressed.rawValue

  /// Whether somebody handled a finding. One that was suppressed is told no more, which is no answer.
  func isHandled(_ finding: Finding) -> Bool {
    fate(of: finding).map { $0 != ReportFacts.suppressed } ?? false
  }

  /// Takes in a record.
  ///
  /// - Parameter hour: the hour of the week in the report's zone; asked for triggers only.
  mutating func add(_ record: IndexedRecord, hour: (Timestamp) -> Int) {
    let header = record.record.header
    kindCounts[record.record.kind, default: 0] += 1
    if let received = header.receivedAt { receivedFrom = min(receivedFrom ?? received, received) }
    if Analysis.isHeard(record.record) {
      earliest = min(earliest ?? header.timestamp, header.timestamp)
      latest = max(latest ?? header.timestamp, header.timestamp)
      if sources.count < ReportFacts.pairCountMax { sources.insert(header.source) }
    }
    switch record.record.body {
    case .request(let body): add(body, header, record.index, hour)
    case .decision(let body): add(body, header, record.index)
    case .approval(let body): add(body, header, record.index)
    case .alert(let body): add(body, header, record.index)
    case .control(let body): add(body, header, record.index)
    case .run, .task: break
    }
  }

  private mutating func add(_ body: AlertRecord, _ header: RecordHeader, _ index: Int) {
    // What came from a file is another journal's word: nobody here has answered or suppressed.
    guard !header.isImported else { return }
    if let id = body.findingID { note(id, body.event.rawValue) }
    // One without an end and an owner says that another one withheld a finding.
    let isOwn = body.match != nil || body.expiresAt != nil || body.suppressionID == nil
    guard body.event == .lifted || body.event == .suppressed && isOwn else { return }
    let subject =
      body.event == .lifted
      ? "suppression \(body.suppressionID ?? "-")"
      : body.match?.words ?? "finding \(body.findingID ?? "-")"
    suppressions.add(
      Suppression(
        at: header.timestamp, subject: subject, owner: body.owner, principal: body.principal,
        reason: body.reason, expiresAt: body.expiresAt, isLifted: body.event == .lifted,
        index: index))
  }

  private mutating func note(_ findingID: String, _ word: String) {
    // Delivery says nothing about what people did.
    let deliveries = ["raised", "queued", "delivered", "delivery_failed", "abandoned", "lifted"]
    guard !deliveries.contains(word) else { return }
    guard fates.count < ReportFacts.findingWordCountMax || fates[findingID] != nil else { return }
    // What is told no more may have been handled before.
    if word == ReportFacts.suppressed, fates[findingID] != nil { return }
    fates[findingID] = word
  }

  private mutating func add(
    _ body: RequestRecord, _ header: RecordHeader, _ index: Int, _ hour: (Timestamp) -> Int
  ) {
    if let status = body.status, status == 401 || status == 403 {
      refusedRequests.add(index)
      refusals.add(
        Event(
          at: header.timestamp, principal: body.principal,
          what: "\(status) \(body.method ?? "") \(body.path ?? "")", detail: body.remoteIP,
          index: index))
    }
    guard body.job != nil else { return }
    triggers.add(index)
    let day = Int(header.timestamp.microseconds / 86_400_000_000)
    if triggersByDay.count < ReportFacts.dayCountMax || triggersByDay[day] != nil {
      triggersByDay[day, default: 0] += 1
    }
    triggersByHour[hour(header.timestamp) % 168] += 1
    if body.principal == nil { anonymousTriggers.add(index) }
    if body.principal == nil || body.remoteIP == nil || body.status == nil || body.path == nil {
      incompleteTriggers.add(index)
    }
  }

  private mutating func add(_ body: DecisionRecord, _ header: RecordHeader, _ index: Int) {
    decisions[body.effect, default: 0] += 1
    decisionEvidence.add(index)
    let action = body.action ?? "access"
    if body.effect == .deny {
      denials.add(index)
      refusals.add(
        Event(
          at: header.timestamp, principal: body.principal, what: "deny \(action) \(body.job ?? "")",
          detail: body.reason ?? body.rule, index: index))
    }
    if let job = body.job, action == "run:trigger", body.effect == .permit {
      update(Pair(principal: body.principal ?? "(anonymous)", job: job)) { $0.isPermitted = true }
    }
    guard !["run:trigger", "run:view", "access"].contains(action), body.effect != .deny else {
      return
    }
    addPrivileged(
      Event(
        at: header.timestamp, principal: body.principal, what: action, detail: body.job,
        index: index))
  }

  mutating func addPrivileged(_ event: Event) {
    privileged.add(event)
    privilegedEvidence.add(event.index)
    if event.principal == nil { namelessPrivileged.add(event.index) }
  }

  private mutating func update(_ pair: Pair, _ body: (inout Access) -> Void) {
    guard access[pair] != nil || access.count < ReportFacts.pairCountMax else {
      omittedPairCount += 1
      return
    }
    body(&access[pair, default: Access()])
  }

  private mutating func add(_ body: ApprovalRecord, _ header: RecordHeader, _ index: Int) {
    approvalEvidence.add(index)
    let id = body.approvalID ?? header.id
    if body.subject == .finding, let subject = body.subjectID, body.event == .given {
      note(subject, "approved")
    }
    let asked = requested[id]
    if body.event == .requested, requested.count < ReportFacts.pairCountMax {
      requested[id] = (header.timestamp, body.principal)
    }
    if body.event == .given, let giver = body.principal, giver == asked?.principal {
      selfApprovals.add(index)
    }
    approvals.add(
      Approval(
        at: header.timestamp, approvalID: id,
        subject: [body.subject.rawValue, body.subjectID].compactMap { $0 }.joined(separator: " "),
        event: body.event, principal: body.principal,
        requester: body.event == .requested ? nil : asked?.principal,
        delaySeconds: body.event == .requested
          ? nil : asked.map { header.timestamp.seconds(since: $0.at) }, index: index))
  }
}
