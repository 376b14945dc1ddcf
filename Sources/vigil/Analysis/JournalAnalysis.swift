import Correlate
import Detect
import Ingest
import Report

/// A journal read in event-time order, correlated and judged.
struct JournalAnalysis {
  private let reader: JournalReader
  private let configuration: ConfigurationFile
  private let tool: Tool

  init(_ directory: String, _ configuration: ConfigurationFile, _ tool: Tool) throws {
    reader = try JournalReader(JournalOpening.forReading(directory))
    self.configuration = configuration
    self.tool = tool
  }

  /// Hands every event to `body`, in order.
  func correlate(_ body: (CorrelatedEvent) throws -> Void) throws -> EventPump {
    var pump = EventPump(configuration.joinWindow)
    var progress = Progress("reading", tool)
    try reader.forEachRecordInEventOrder { record in
      progress.step(pump.recordCount)
      try pump.add(record, body)
    }
    try pump.finish(body)
    progress.end()
    if reader.prunedEntryCount > 0 {
      tool.printError(
        "\(Quantity.count(reader.prunedEntryCount)) pruned entries are not there to be read")
    }
    return pump
  }

  /// Every finding, in the order in which it could first be said.
  func detect(_ detection: DetectionConfiguration) throws -> (findings: [Finding], pump: EventPump)
  {
    var judge = Judge(detection, configuration)
    let pump = try correlate { judge.observe($0) }
    return (judge.finish(at: pump.end), pump)
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
