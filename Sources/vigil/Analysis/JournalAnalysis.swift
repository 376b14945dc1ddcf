import Correlate
import Detect
import Ingest
import Report

/// A journal read in event-time order, correlated and judged.
struct JournalAnalysis {
  private let storage: any JournalStorage
  let reader: JournalReader
  private let configuration: ConfigurationFile
  private let tool: Tool

  init(_ directory: String, _ configuration: ConfigurationFile, _ tool: Tool) throws {
    storage = try JournalOpening.forReading(directory)
    reader = try JournalReader(storage)
    self.configuration = configuration
    self.tool = tool
  }

  /// Hands every event to `body`, in order.
  func correlate(_ body: (CorrelatedEvent) throws -> Void) throws -> EventPump {
    var pump = EventPump(configuration.joinWindow)
    try forEachRecord(columns: .analysis) { try pump.add($0, body) }
    try pump.finish(body)
    return pump
  }

  /// Hands every record to `body`, in event order.
  func forEachRecord(
    until end: Timestamp? = nil, columns: ColumnUse = .whole,
    _ body: (IndexedRecord) throws -> Void
  ) throws {
    var progress = Progress("reading", tool)
    var count = 0
    try reader.forEachRecordInEventOrder(until: end, columns: columns) { record in
      count += 1
      progress.step(count)
      try body(record)
    }
    progress.end()
    tellPruned()
  }

  /// An analysis that has read nothing yet.
  func blank(_ detection: DetectionConfiguration) -> Analysis {
    Analysis(
      window: configuration.joinWindow,
      pipeline: DetectionPipeline(
        configuration: detection, zones: configuration.zones, identify: Identifier.hash),
      identify: Identifier.hash)
  }

  func tellPruned() {
    guard reader.prunedEntryCount > 0 else { return }
    tool.printError(
      "\(Quantity.count(reader.prunedEntryCount)) pruned entries are not there to be read")
  }

  /// Findings in the order in which they could first be said: all, or those not said before. What
  /// was learnt is saved beside the journal.
  ///
  /// - Parameter raise: makes alerts of them. What it throws leaves everything unsaid for the next run.
  func detect(
    _ detection: DetectionConfiguration, onlyNew: Bool, raise: (([Finding]) throws -> Void)? = nil
  ) throws -> [Finding] {
    let run = journalDetection(detection, raises: raise != nil)
    var progress = Progress("reading", tool)
    let outcome =
      onlyNew
      ? try run.news { progress.step($0) } : try run.whole { progress.step($0) }
    progress.end()
    if let reason = outcome.rebuilt {
      tool.printError("saved baseline: \(TerminalText.escaped(reason)): read from the first entry")
    }
    if outcome.isWhole { tellPruned() }
    try raise?(outcome.findings)
    if let problem = run.save(outcome) {
      tool.printError("saved baseline: not saved: \(TerminalText.escaped(problem))")
    }
    return outcome.findings
  }

  private func journalDetection(
    _ detection: DetectionConfiguration, raises: Bool
  ) -> JournalDetection {
    let zones = configuration.zones
    var settings = JournalDetection.Settings(
      window: configuration.joinWindow, configuration: detection, program: Assembly.version,
      identify: Identifier.hash)
    settings.columns = .analysis
    settings.raises = raises
    return JournalDetection(
      reader, storage, settings,
      RecordedZones(zones) { zones.dataDigest(of: $0) })
  }
}

/// The detection pipeline with its zones, and what it has found.
struct Judge {
  private var pipeline: DetectionPipeline
  private var findings: [Finding] = []

  init(_ detection: DetectionConfiguration, _ configuration: ConfigurationFile) {
    pipeline = DetectionPipeline(
      configuration: detection, zones: configuration.zones, identify: Identifier.hash)
  }

  mutating func observe(_ event: CorrelatedEvent) { findings += pipeline.observe(event) }

  mutating func finish(at end: Timestamp?) -> [Finding] {
    if let end { findings += pipeline.finish(at: end) }
    return findings
  }
}
