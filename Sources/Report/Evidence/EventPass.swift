package import Correlate
package import Detect
package import Ingest

/// Walks the records of a range in the order of event time: joins them, judges them where asked, and
/// hands the rows of the period to the sinks. The same for whoever makes a package and whoever checks
/// one.
///
/// Memory: what correlating holds, 8 bytes for each activity, and the findings of the period.
package struct EventPass {
  private let query: ExportQuery
  private let range: Range<Int>
  private let transform: RecordTransform?
  private let selection: RowSelection?
  private let sinks: [any ExportSink]
  /// One of the two joins.
  private var correlator: Correlator?
  private var analysis: Analysis?
  private var told = ActivityRevisions()
  private var findings: PeriodFindings
  /// Earliest event time of what was heard from the watched systems, in the period or not.
  package private(set) var heardFrom: Timestamp?

  /// - Parameters:
  ///   - range: indexes of the entries that count; others are passed over.
  ///   - analysis: judges too, and tells findings; nil only joins.
  ///   - transform: applied before anything is joined or judged.
  ///   - selection: which rows of the period are wanted; nil for all. Joined and judged are all records.
  package init(
    _ query: ExportQuery, _ range: Range<Int>, window: JoinWindow, analysis: Analysis?,
    identify: @escaping @Sendable (String) -> String, _ transform: RecordTransform?,
    _ selection: RowSelection?, to sinks: [any ExportSink]
  ) {
    self.query = query
    self.range = range
    self.transform = transform
    self.selection = selection
    self.sinks = sinks
    self.analysis = analysis
    findings = PeriodFindings(query)
    correlator =
      analysis == nil
      ? Correlator(window: window, identify: identify, tellsOnlySettled: true) : nil
  }

  /// Takes the next record in event order.
  package mutating func add(_ next: IndexedRecord) throws {
    guard range.contains(next.index) else { return }
    let record =
      transform.map { IndexedRecord(index: next.index, record: $0.apply(next.record)) } ?? next
    let instant = record.record.header.timestamp
    if Analysis.isHeard(record.record) { heardFrom = min(heardFrom ?? instant, instant) }
    if query.admits(instant), selection?.contains(record.index) ?? true {
      for sink in sinks { try sink.record(record) }
    }
    try advance(with: record)
  }

  private mutating func advance(with record: IndexedRecord) throws {
    var events: [CorrelatedEvent] = []
    if analysis != nil {
      try findings.add(analysis?.add(record) { events.append($0) } ?? [])
    } else if Analysis.isHeard(record.record) {
      correlator?.add(record)
      events = correlator?.advance() ?? []
    }
    try tell(events)
  }

  /// Settles what is open. `more` are findings from elsewhere.
  package mutating func finish(adding more: [Finding] = []) throws {
    var events: [CorrelatedEvent] = []
    events = correlator?.finish() ?? []
    try findings.add(analysis?.finish { events.append($0) } ?? [])
    try tell(events)
    try findings.add(more)
    for finding in findings.kept where selection?.contains(anyOf: finding.evidence) ?? true {
      for sink in sinks { try sink.finding(finding) }
    }
  }

  private mutating func tell(_ events: [CorrelatedEvent]) throws {
    for case .activity(let update) in events where update.change == .settled {
      guard update.activity.firstKnown.map({ query.admits($0) }) ?? isUnbounded,
        selection?.contains(anyOf: update.activity.evidence) ?? true
      else { continue }
      let row = ActivityRow(
        update.activity, revision: told.next(of: update.activity.activityID))
      for sink in sinks { try sink.activity(row) }
    }
  }

  private var isUnbounded: Bool { query.since == nil && query.until == nil }
}

/// How often each activity has been told, by the first 64 bits of its id, which is a hash.
struct ActivityRevisions {
  private var told: Set<UInt64> = []
  private var again: [UInt64: Int] = [:]

  mutating func next(of activityID: String) -> Int {
    let key = UInt64(activityID.prefix(16), radix: 16) ?? UInt64(activityID.utf8.count)
    if told.insert(key).inserted { return 1 }
    let revision = (again[key] ?? 1) + 1
    again[key] = revision
    return revision
  }
}
