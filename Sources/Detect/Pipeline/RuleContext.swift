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

  /// Takes over who and what from an activity.
  mutating func describe(_ activity: Activity) {
    principal = activity.principal
    job = activity.job
    requestID = activity.requestID
    runID = activity.runID
    activityID = activity.activityID
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
  private(set) var findings: [Finding] = []
  var explanations = Explanations()

  init(
    configuration: DetectionConfiguration, zones: any ZoneLookup,
    identify: @escaping @Sendable (String) -> String
  ) {
    self.configuration = configuration
    self.zones = zones
    self.identify = identify
    budget = OnlineBudget(alertsPerDay: configuration.alertsPerDay)
  }

  /// The level of one test, which is counted by asking.
  mutating func level(at now: Timestamp) -> Double {
    let spent = budget.level(at: now)
    return configuration.pMax ?? spent
  }

  func localHour(_ instant: Timestamp, zone: String?, principal: String?) -> LocalHour {
    zones.localHour(
      at: instant, zones: configuration.zones(record: zone, principal: principal))
  }

  /// The id that a draft's finding has.
  func findingID(_ draft: Draft) -> String {
    identify("\(draft.rule)/\(RuleContext.rulesVersion)/\(draft.subject)")
  }

  /// Turns a draft into a finding of its episode.
  ///
  /// - Parameter working: the sums behind it, built only when somebody asks for them.
  mutating func report(_ draft: Draft, working: () -> Working) {
    let pValue = min(1, max(draft.pValue, 1e-300))
    let episode = episodes.episode(
      of: draft, gapSeconds: configuration.episodeGapSeconds, identify: identify)
    let finding = Finding(
      findingID: findingID(draft),
      rule: draft.rule, timestamp: draft.timestamp,
      severity: draft.severity ?? configuration.severity(pValue), pValue: pValue,
      principal: draft.principal, job: draft.job, requestID: draft.requestID,
      runID: draft.runID, activityID: draft.activityID, episodeID: episode,
      observed: draft.observed, expected: draft.expected, history: draft.history,
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
  }

  var memory: Memory {
    get { Memory(budget: budget, episodes: episodes) }
    set {
      budget = newValue.budget
      episodes = newValue.episodes
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

  mutating func episode(
    of draft: Draft, gapSeconds: Double, identify: (String) -> String
  ) -> String {
    let key = "\(draft.rule)/\(draft.episodeSubject)"
    let at = draft.episodeAt
    if var episode = open[key], abs(at.seconds(since: episode.last)) <= gapSeconds {
      episode.last = max(episode.last, at)
      open[key] = episode
      return episode.id
    }
    let id = identify("episode/\(key)/\(at.rfc3339)")
    if open.count >= EpisodeTable.subjectCountMax {
      open = open.filter { at.seconds(since: $0.value.last) <= gapSeconds }
      if open.count >= EpisodeTable.subjectCountMax { open.removeAll() }
    }
    open[key] = Episode(id: id, last: at)
    return id
  }
}
