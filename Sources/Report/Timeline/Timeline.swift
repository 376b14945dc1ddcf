package import Correlate
package import Detect
package import Ingest

/// Everything that touches a subject, in the order in which the journal took it in.
package struct Timeline: Sendable {
  /// One record, or one finding behind the last of its evidence.
  package enum Row: Sendable {
    case record(IndexedRecord)
    case finding(Finding)

    package var timestamp: Timestamp {
      switch self {
      case .record(let record): record.record.header.timestamp
      case .finding(let finding): finding.timestamp
      }
    }

    /// The entry, or the last entry that the finding rests on; -1 for a finding without any.
    package var index: Int {
      switch self {
      case .record(let record): record.index
      case .finding(let finding): finding.evidence.last ?? -1
      }
    }

    fileprivate var rank: Int { if case .record = self { 0 } else { 1 } }
  }

  package let subject: TimelineSubject
  /// By journal index, records before findings.
  package let rows: [Row]
  /// The subject's activities with a run, in the order in which they began.
  package let runs: [Activity]
  /// Measured between the sources that the rows come from.
  package let clocks: [ClockOffset]
  /// Records, findings and runs that are left out, for there are too many.
  package let cut: Cut

  package struct Cut: Sendable, Equatable {
    package var records = 0
    package var findings = 0
    package var runs = 0
    /// Links to runs and requests that were not followed.
    package var links = 0
    /// Event time of the first record that is left out.
    package var from: Timestamp?

    package var isWhole: Bool { records == 0 && findings == 0 && runs == 0 && links == 0 }
  }

  /// The sources of the rows, in the order of their names.
  package var sources: [String] {
    var names: Set<String> = []
    for case .record(let record) in rows { names.insert(record.record.header.source) }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}

/// Collects a timeline: first every event and finding, then every record again.
package struct TimelineBuilder: Sendable {
  /// What is kept.
  package struct Limits: Sendable {
    /// Records on the timeline; the first ones by journal index.
    package var recordCountMax = 5000
    /// Findings, and runs.
    package var findingCountMax = 2000
    package var runCountMax = 2000
    /// Runs and requests of the subject whose records are looked for.
    package var linkCountMax = 200_000

    package init() {}
  }

  private let subject: TimelineSubject
  private let since: Timestamp?
  private let until: Timestamp?
  private let limits: Limits
  private var runIDs: Set<String> = []
  private var requestIDs: Set<String> = []
  private var activityIDs: Set<String> = []
  private var evidence: Set<Int> = []
  private var findingIDs: Set<String> = []
  private var runs: [Activity] = []
  private var findings: [Finding] = []
  private var records: [IndexedRecord] = []
  private var cut = Timeline.Cut()

  package init(
    _ subject: TimelineSubject, since: Timestamp? = nil, until: Timestamp? = nil,
    _ limits: Limits = Limits()
  ) {
    self.subject = subject
    self.since = since
    self.until = until
    self.limits = limits
  }

  /// First pass: what correlation tells, in its order.
  package mutating func see(_ event: CorrelatedEvent) {
    guard case .activity(let update) = event, update.change == .settled,
      subject.touches(update.activity)
    else { return }
    let activity = update.activity
    guard activityIDs.count < limits.linkCountMax else {
      cut.links += 1
      return
    }
    let isAgain = !activityIDs.insert(activity.activityID).inserted
    evidence.formUnion(activity.evidence)
    if let id = activity.runID { runIDs.insert(id) }
    if let id = activity.requestID { requestIDs.insert(id) }
    // Opened again by a late record and told a second time: the last word counts.
    if isAgain { runs.removeAll { $0.activityID == activity.activityID } }
    guard activity.startedAt != nil || activity.queuedAt != nil, isWithin(activity) else { return }
    guard runs.count < limits.runCountMax else {
      cut.runs += 1
      return
    }
    runs.append(activity)
  }

  /// Behind the first pass: what detection said.
  package mutating func take(_ finding: Finding) {
    let isLinked =
      finding.activityID.map { activityIDs.contains($0) } ?? false
      || finding.runID.map { runIDs.contains($0) } ?? false
      || finding.requestID.map { requestIDs.contains($0) } ?? false
    guard isLinked || subject.touches(finding) else { return }
    if findingIDs.count < limits.linkCountMax { findingIDs.insert(finding.findingID) }
    guard isWithin(finding.timestamp) else { return }
    guard findings.count < limits.findingCountMax else {
      cut.findings += 1
      return
    }
    findings.append(finding)
  }

  /// Second pass: every record, in the order of the journal.
  package mutating func take(_ record: IndexedRecord) {
    guard isWithin(record.record.header.timestamp), touches(record) else { return }
    guard records.count < limits.recordCountMax else {
      cut.records += 1
      if cut.from == nil { cut.from = record.record.header.timestamp }
      return
    }
    records.append(record)
  }

  /// Whether the record belongs on the timeline, whenever it was.
  package func touches(_ record: IndexedRecord) -> Bool {
    if subject.touches(record) || evidence.contains(record.index) { return true }
    if let id = RecordWords.runID(record.record), runIDs.contains(id) { return true }
    if let id = RecordWords.requestID(record.record), requestIDs.contains(id) { return true }
    switch record.record.body {
    case .alert(let body):
      return body.findingID.map { findingIDs.contains($0) } ?? false
        || body.findings.contains { findingIDs.contains($0) }
    case .approval(let body):
      return body.subject == .finding && (body.subjectID.map { findingIDs.contains($0) } ?? false)
    default: return false
    }
  }

  /// - Parameter clocks: all that were measured.
  package consuming func finish(clocks: [ClockOffset]) -> Timeline {
    let rows =
      records.map { Timeline.Row.record($0) } + findings.map { Timeline.Row.finding($0) }
    let sorted = rows.enumerated().sorted {
      ($0.element.index, $0.element.rank, $0.offset) < (
        $1.element.index, $1.element.rank, $1.offset
      )
    }
    let sources = Set(records.map { $0.record.header.source })
    return Timeline(
      subject: subject, rows: sorted.map(\.element),
      runs: runs.enumerated().sorted {
        (TimelineBuilder.began($0.element), $0.offset) < (
          TimelineBuilder.began($1.element), $1.offset
        )
      }.map(\.element),
      clocks: clocks.filter {
        sources.contains($0.requestSource) && sources.contains($0.runSource)
      },
      cut: cut)
  }

  private static func began(_ activity: Activity) -> Timestamp {
    activity.queuedAt ?? activity.startedAt ?? .latest
  }

  private func isWithin(_ instant: Timestamp) -> Bool {
    since.map { instant >= $0 } ?? true && until.map { instant < $0 } ?? true
  }

  /// Whether some of the run lies within the period.
  private func isWithin(_ activity: Activity) -> Bool {
    let end = activity.endedAt ?? .latest
    return until.map { TimelineBuilder.began(activity) < $0 } ?? true
      && since.map { end >= $0 } ?? true
  }
}
