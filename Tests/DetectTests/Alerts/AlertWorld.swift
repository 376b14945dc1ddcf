import Detect
import Ingest
import TestSupport

/// A queue over a journal that is an array, with a clock that the test moves.
struct AlertWorld {
  let settings: AlertSettings
  let events: [String: Set<AlertNotification.Event>]
  private(set) var journal: [Record] = []
  private(set) var queue: AlertQueue
  var now = Build.time(0)

  init(_ settings: AlertSettings, events: [String: Set<AlertNotification.Event>]? = nil) {
    self.settings = settings
    let all = Set(AlertNotification.Event.allCases)
    self.events =
      events ?? Dictionary(uniqueKeysWithValues: settings.sinkNames.map { ($0, all) })
    queue = AlertQueue(settings, sinkEvents: self.events)
  }

  /// One sink, told at once and without a rate that counts.
  static func plain(_ sinks: [String] = ["ops"], _ edit: (inout AlertSettings) -> Void = { _ in })
    -> AlertWorld
  {
    var settings = AlertSettings(sinkNames: sinks)
    settings.groupWaitSeconds = 0
    settings.groupIntervalSeconds = 0
    settings.rate = MessageRate(messageCount: 10_000, seconds: 1)
    edit(&settings)
    return AlertWorld(settings)
  }

  static func finding(
    _ id: String, _ severity: Finding.Severity = .high, rule: String = "off_hours",
    job: String? = "etl", principal: String? = "alice", episode: String? = nil
  ) -> Finding {
    Finding(
      findingID: id, rule: rule, timestamp: Build.time(0), severity: severity, pValue: 0.001,
      principal: principal, job: job, episodeID: episode, observed: [.init("hour", 3)],
      expected: [.init("hours", [9, 10.5]), .init("zone", "UTC")],
      history: .init(events: 10, days: 5), explanation: "what \(id) says", evidence: [1, 2],
      score: 30)
  }

  mutating func append(_ record: Record) {
    journal.append(record)
    queue.take(record, index: journal.count - 1)
  }

  mutating func raise(_ finding: Finding, owner: String? = nil) {
    var alert = AlertRecord(event: .raised)
    (alert.findingID, alert.finding, alert.owner) = (finding.findingID, finding.encoded(), owner)
    append(record(alert))
  }

  /// A person's word about a finding.
  mutating func say(_ event: AlertRecord.Event, _ id: String, reason: String? = nil) {
    var alert = AlertRecord(event: event)
    (alert.findingID, alert.principal, alert.reason) = (id, "kim", reason)
    append(record(alert))
  }

  mutating func suppress(
    _ id: String = "s1", for seconds: Double = 3600, finding: String? = nil,
    _ edit: (inout AlertRecord.Match) -> Void = { _ in }
  ) {
    var alert = AlertRecord(event: .suppressed)
    var match = AlertRecord.Match()
    edit(&match)
    (alert.suppressionID, alert.findingID) = (id, finding)
    alert.match = match.isEmpty ? nil : match
    (alert.owner, alert.principal, alert.reason) = ("team", "kim", "known")
    alert.expiresAt = now.advanced(bySeconds: seconds)
    append(record(alert))
  }

  func record(_ alert: AlertRecord) -> Record {
    Record(
      header: RecordHeader(timestamp: now, source: "test", id: "\(journal.count)"),
      body: .alert(alert))
  }

  /// Writes what is due; gives it.
  @discardableResult
  mutating func decide() -> [AlertRecord] {
    let records = queue.decide(at: now)
    for record in records { append(record) }
    return AlertWorld.alerts(records)
  }

  /// What is due, for a test that lets others write before it is appended.
  mutating func decided() -> [Record] { queue.decide(at: now) }

  /// Writes only the first records of what is due: then the process dies.
  mutating func decideAndDie(after count: Int) {
    let records = queue.decide(at: now)
    journal += records.prefix(count)
    restart()
  }

  mutating func due() -> [AlertNotification] { queue.due(at: now) }

  mutating func settle(_ key: String, _ outcome: AlertOutcome, draw: Double = 1) {
    if let record = queue.outcome(of: key, outcome, at: now, draw: draw) { append(record) }
  }

  /// What is told now when every attempt succeeds.
  @discardableResult
  mutating func tell() -> [AlertNotification] {
    var told: [AlertNotification] = []
    while true {
      let written = decide()
      let due = due()
      for notification in due { settle(notification.key, .delivered) }
      told += due
      if written.isEmpty, due.isEmpty { return told }
    }
  }

  /// A new process that knows nothing but the journal.
  mutating func restart() {
    queue = AlertQueue(settings, sinkEvents: events)
    for (index, record) in journal.enumerated() { queue.take(record, index: index) }
  }

  mutating func pass(_ seconds: Double) { now = now.advanced(bySeconds: seconds) }

  /// Lets time pass with a turn at every eighth of it; gives what was written.
  @discardableResult
  mutating func passInTurns(_ seconds: Double) -> [AlertRecord] {
    var written = decide()
    for _ in 0..<8 {
      pass(seconds / 8)
      written += decide()
    }
    return written
  }

  static func alerts(_ records: [Record]) -> [AlertRecord] {
    records.compactMap { record in
      if case .alert(let alert) = record.body { alert } else { nil }
    }
  }

  var alerts: [AlertRecord] { AlertWorld.alerts(journal) }
}
