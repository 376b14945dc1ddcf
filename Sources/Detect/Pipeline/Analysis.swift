package import Correlate
package import Ingest

/// Records in, findings out: correlation and detection as one value, which can be saved.
///
/// Takes records in event order. Going on from a saved value gives the findings, and the bytes, that
/// going on from the value itself would have given.
package struct Analysis: Sendable, Codable {
  private var correlator: Correlator
  private var pipeline: DetectionPipeline
  /// The latest event time heard: the end of what was read.
  package private(set) var end: Timestamp?

  package init(
    window: JoinWindow, pipeline: DetectionPipeline,
    identify: @escaping @Sendable (String) -> String
  ) {
    correlator = Correlator(window: window, identify: identify)
    self.pipeline = pipeline
  }

  /// What correlation has counted so far.
  package var summary: CorrelationSummary { correlator.summary }

  /// How much each rule has learnt.
  package var learnt: [LearntCount] { pipeline.learnt }

  /// Asks for the sums behind findings whose id begins with one of `prefixes`.
  package mutating func explain(prefixes: [String]) { pipeline.explain(prefixes: prefixes) }

  /// The sums asked for of the findings since the last time.
  package mutating func takeExplained() -> [ExplainedFinding] { pipeline.takeExplained() }

  private static let ownSources: Set = [Journal.controlSource, Journal.importSource]

  /// Whether a record tells of what is analysed. The journal's and the import's own records, whose
  /// time is that of the import, do not.
  package static func isHeard(_ record: Record) -> Bool { isHeard(source: record.header.source) }

  /// See `isHeard`: it depends on the source alone.
  package static func isHeard(source: String) -> Bool { !ownSources.contains(source) }

  /// Joins one record and judges what it completes.
  package mutating func add(
    _ record: IndexedRecord, seeing watch: (CorrelatedEvent) -> Void = { _ in }
  ) -> [Finding] {
    guard Analysis.isHeard(record.record) else { return [] }
    end = max(end ?? record.record.header.timestamp, record.record.header.timestamp)
    correlator.add(record)
    var findings: [Finding] = []
    for event in correlator.advance() {
      watch(event)
      findings += pipeline.observe(event)
    }
    return findings
  }

  /// Lets time pass by a clock: what should have come by now and has not is told. Records that come
  /// later than `JoinWindow.latenessSeconds` after it may say otherwise.
  package mutating func wait(until clock: Timestamp) -> [Finding] {
    guard let heard = end, clock > heard else { return [] }
    end = clock
    var findings: [Finding] = []
    for event in correlator.wait(until: clock) {
      findings += pipeline.observe(event)
    }
    return findings
  }

  /// Makes ready for questions about `instant`: what the first trigger of a day would do.
  package mutating func prepare(for instant: Timestamp) { pipeline.prepare(for: instant) }

  /// How rare a trigger of `principal` at `instant` would be, from 0 to 1; nil for a pipeline without
  /// the rule. Teaches nothing.
  package func offHoursP(
    of principal: String, at instant: Timestamp, zone: String?, isService: Bool
  ) -> Double? {
    pipeline.offHoursP(of: principal, at: instant, zone: zone, isService: isService)
  }

  /// The end of what was read: settles what is open, and lets time pass up to the last event.
  package mutating func finish(
    seeing watch: (CorrelatedEvent) -> Void = { _ in }
  ) -> [Finding] {
    var findings: [Finding] = []
    for event in correlator.finish() {
      watch(event)
      findings += pipeline.observe(event)
    }
    if let end { findings += pipeline.finish(at: end) }
    return findings
  }
}

/// On two threads: the caller's joins, another judges. The same findings in the same order.
extension Analysis {
  /// Gives the rules to a thread of their own, until `end(_:)`.
  package mutating func begin() -> DetectionLane { DetectionLane(pipeline.takeOut()) }

  /// Joins one record; what it completes is judged in its turn.
  package mutating func add(_ record: IndexedRecord, to lane: inout DetectionLane) {
    guard Analysis.isHeard(record.record) else { return }
    let timestamp = record.record.header.timestamp
    end = max(end ?? timestamp, timestamp)
    correlator.add(record)
    lane.add(correlator.advance())
  }

  /// See `finish(seeing:)`.
  package mutating func finish(to lane: inout DetectionLane) {
    lane.add(correlator.finish())
    if let end { lane.finish(at: end) }
  }

  /// Takes the rules back, when they have judged everything, and what they found.
  package mutating func end(_ lane: consuming DetectionLane) -> [Finding] {
    let (judged, findings) = lane.end()
    pipeline = judged
    return findings
  }
}
