import Correlate
import Ingest

/// What a rule says about one subject, before it is an alert.
struct Draft: Sendable {
  let rule: String
  /// What `finding_id` is made of, beside rule and version.
  let subject: String
  /// What episodes are grouped by.
  let episodeSubject: String
  let timestamp: Timestamp
  /// What gaps between findings are measured by; the timestamp unless a rule judges an earlier
  /// instant.
  var episodeAt: Timestamp
  let pValue: Double
  /// Set by declared rules; otherwise the bands of p decide.
  var severity: Finding.Severity?
  var principal: String?
  var job: String?
  var requestID: String?
  var runID: String?
  var activityID: String?
  var observed: [Finding.Fact] = []
  var expected: [Finding.Fact] = []
  var history = Finding.History(events: 0, days: 0)
  var explanation = ""
  var evidence: [Int] = []
  /// The source that the finding is about, where it is about one.
  var source: String?
  /// When what it is about happened, where that is neither `timestamp` nor `episodeAt`.
  var happenedAt: Timestamp?
  /// The values that an approval teaches the rule.
  var lessons: [Double] = []
  /// Whether announced maintenance makes it informational.
  var heedsMaintenance = true

  init(
    rule: String, subject: String, episodeSubject: String, timestamp: Timestamp, pValue: Double
  ) {
    self.rule = rule
    self.subject = subject
    self.episodeSubject = episodeSubject
    self.timestamp = timestamp
    episodeAt = timestamp
    self.pValue = pValue
  }

  /// What a finding about who asked is named by: the activity where its id is known, else the
  /// request. A pipeline that hears the same records gives the same name, live or replayed.
  static func intent(of activity: Activity) -> String {
    intent(activity.activityID.isEmpty ? nil : activity.activityID, activity.requestID)
  }

  static func intent(_ activityID: String?, _ requestID: String?) -> String {
    activityID ?? "request/\(requestID ?? "")"
  }

  /// Takes over who and what from an activity.
  mutating func describe(_ activity: Activity) {
    principal = activity.principal
    job = activity.job
    requestID = activity.requestID
    runID = activity.runID
    activityID = activity.activityID.isEmpty ? nil : activity.activityID
    evidence = activity.evidence
  }
}

/// What the rules share: configuration, zones, the budget, the episodes, and the findings so far.
struct RuleContext: Sendable {
  /// Part of every `finding_id`: raised when a rule's meaning changes.
  static let rulesVersion = 1

  let configuration: DetectionConfiguration
  let zones: any ZoneLookup
  let identify: @Sendable (String) -> String
  private var budget: OnlineBudget
  private var episodes = EpisodeTable()
  private var reported = ReportedFindings()
  private(set) var findings: [Finding] = []
  var explanations = Explanations()
  /// Journal index of the approval at hand when a rule found it to be none: it teaches nothing.
  var misusedApproval: Int?

  init(
    configuration: DetectionConfiguration, zones: any ZoneLookup,
    identify: @escaping @Sendable (String) -> String
  ) {
    self.configuration = configuration
    self.zones = zones
    self.identify = identify
    budget = OnlineBudget(configuration.budget)
  }

  /// The level of one test, which is counted by asking.
  mutating func level(at now: Timestamp) -> Double {
    let spent = budget.level(at: now)
    return configuration.pMax ?? spent
  }

  /// One more run has started.
  mutating func countRun() { budget.countRun() }

  /// The level that the next test would have; counts none.
  func levelAhead(at now: Timestamp) -> Double {
    var ahead = budget
    return configuration.pMax ?? ahead.level(at: now)
  }

  /// The local hour by the principal's zone and the holidays that they keep.
  func localHour(
    _ instant: Timestamp, zone: String?, principal: String?, isService: Bool = false
  ) -> LocalHour {
    let known = zones.firstKnown(
      at: instant, zones: configuration.zones(record: zone, principal: principal))
    let hour = LocalHour(instant, offsetSeconds: known?.offset ?? 0)
    let calendar = configuration.calendar.calendar(
      principal: principal, zone: known?.zone, isService: isService)
    return calendar.map(hour.keeping) ?? hour
  }

  /// The id that a draft's finding has.
  func findingID(_ draft: Draft) -> String {
    identify("\(draft.rule)/\(RuleContext.rulesVersion)/\(draft.subject)")
  }

  /// Whom a finding that was said is about, while it is remembered.
  func reportedPrincipal(of id: String) -> String? { reported.principal(of: id) }

  /// The finding that the approval is to teach.
  mutating func takeReported(_ approval: ApprovalRecord) -> ReportedFinding? {
    reported.take(approval)
  }

  /// Turns a draft into a finding of its episode.
  ///
  /// - Parameter working: the sums behind it, built only when somebody asks for them.
  mutating func report(_ draft: Draft, working: () -> Working) {
    let pValue = min(1, max(draft.pValue, 1e-300))
    let window = maintenance(draft)
    let episode = episodes.episode(
      of: draft, isMaintenance: window != nil, gapSeconds: configuration.episodeGapSeconds,
      identify: identify)
    // Declared rules always speak, and maintenance is no alert: neither spends.
    let isAlert = draft.severity == nil && window == nil && configuration.pMax == nil
    if episode.isNew, isAlert { budget.countAlert(at: draft.timestamp) }
    let announced = window.map {
      [Finding.Fact("maintenance", $0.name.isEmpty ? "announced" : $0.name)]
    }
    let id = findingID(draft)
    reported.note(draft, id: id)
    let severity = draft.severity ?? configuration.severity(pValue)
    let finding = Finding(
      findingID: id,
      rule: draft.rule, timestamp: draft.timestamp,
      severity: window == nil ? severity : .informational, pValue: pValue,
      principal: draft.principal, job: draft.job, requestID: draft.requestID,
      runID: draft.runID, activityID: draft.activityID, episodeID: episode.id,
      observed: draft.observed + (announced ?? []), expected: draft.expected,
      history: draft.history,
      explanation: draft.explanation, evidence: draft.evidence,
      score: Finding.score(pValue))
    findings.append(finding)
    explanations.note(finding, working)
  }

  mutating func takeFindings() -> [Finding] {
    defer { findings = [] }
    return findings
  }
}

extension RuleContext {
  /// What of the context is learnt and not set.
  struct Memory: Sendable, Codable {
    fileprivate var budget: OnlineBudget
    fileprivate var episodes: EpisodeTable
    fileprivate var reported: ReportedFindings
  }

  var memory: Memory {
    get { Memory(budget: budget, episodes: episodes, reported: reported) }
    set {
      budget = newValue.budget
      episodes = newValue.episodes
      reported = newValue.reported
    }
  }
}

/// Findings of one rule and subject with no gap longer than an hour share an episode.
struct EpisodeTable: Sendable, Codable {
  /// Subjects kept; beyond it those that are over are dropped, and all if none is.
  static let subjectCountMax = 4096

  private struct Episode: Codable {
    var id: String
    var last: Timestamp
  }

  private var open: [String: Episode] = [:]

  /// What happens under announced maintenance has episodes of its own: what follows it is news.
  mutating func episode(
    of draft: Draft, isMaintenance: Bool, gapSeconds: Double, identify: (String) -> String
  ) -> (id: String, isNew: Bool) {
    let key = "\(draft.rule)/\(draft.episodeSubject)\(isMaintenance ? "/maintenance" : "")"
    let at = draft.episodeAt
    if var episode = open[key], abs(at.seconds(since: episode.last)) <= gapSeconds {
      episode.last = max(episode.last, at)
      open[key] = episode
      return (episode.id, false)
    }
    let id = identify("episode/\(key)/\(at.rfc3339)")
    if open.count >= EpisodeTable.subjectCountMax {
      open = open.filter { at.seconds(since: $0.value.last) <= gapSeconds }
      if open.count >= EpisodeTable.subjectCountMax { open.removeAll() }
    }
    open[key] = Episode(id: id, last: at)
    return (id, true)
  }
}
