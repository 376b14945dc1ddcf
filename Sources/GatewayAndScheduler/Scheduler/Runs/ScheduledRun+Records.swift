import Ingest

/// The records that tell of a run. Their ids are the same whenever the same thing is told again.
extension ScheduledRun {
  static let source = "vigil/scheduler"

  /// - Parameter key: what follows `run/<run id>/`.
  func record(
    _ event: RunRecord.Event, key: String, at instant: Timestamp, host: String,
    _ fill: (inout RunRecord) -> Void = { _ in }
  ) -> Record {
    var body = RunRecord(event: event)
    body.runID = runID
    body.requestID = requestID
    body.traceID = traceID
    body.job = job
    body.trigger = trigger
    body.principal = principal
    body.groups = groups
    body.owner = owner
    body.attempt = attempt
    body.host = host
    fill(&body)
    let header = RecordHeader(
      timestamp: instant, source: ScheduledRun.source, id: "run/\(runID)/\(key)")
    return Record(header: header, body: .run(body))
  }

  /// `queued` or `held`.
  func firstRecord(_ event: RunRecord.Event, host: String) -> Record {
    record(event, key: event.rawValue, at: queuedAt, host: host) {
      $0.parameters = redactedParameters
      guard let rootRunID else { return }
      $0.error = RunRecord.Failure(type: "needed_by", message: rootRunID)
    }
  }

  func startedRecord(_ started: AttemptReport.Started, host: String) -> Record {
    record(.started, key: "started/\(attempt)", at: started.at, host: host) {
      $0.pid = started.process
    }
  }

  /// An attempt that another will follow.
  func attemptRecord(_ end: AttemptEnd, host: String) -> Record {
    record(.progress, key: "attempt/\(attempt)", at: end.at, host: host) {
      end.fill(&$0)
      $0.error = RunRecord.Failure(
        type: "attempt_failed", message: end.failure?.message ?? "the attempt failed")
    }
  }

  /// The one terminal record.
  func endRecord(_ event: RunRecord.Event, _ end: AttemptEnd, host: String) -> Record {
    record(event, key: "ended", at: end.at, host: host) { end.fill(&$0) }
  }

  func killRecord(_ order: KillOrder, at instant: Timestamp, host: String) -> Record {
    record(.progress, key: "kill", at: instant, host: host) {
      $0.error = RunRecord.Failure(type: "kill_ordered", message: order.sentence)
    }
  }

  /// A node of the graph under this run.
  func taskRecord(
    _ event: TaskRecord.Event, job node: String, dependsOn: [String] = [], at instant: Timestamp,
    under root: String, failure: String? = nil
  ) -> Record {
    var body = TaskRecord(event: event)
    body.runID = root
    body.taskID = node
    body.task = node
    body.attempt = 1
    body.dependsOn = dependsOn
    body.error = failure.map { RunRecord.Failure(type: "run_failed", message: $0) }
    let header = RecordHeader(
      timestamp: instant, source: ScheduledRun.source,
      id: "task/\(root)/\(runID)/\(node)/\(event.rawValue)")
    return Record(header: header, body: .task(body))
  }
}

extension ScheduledRun.KillOrder {
  /// In the words of records: `by alice: it runs away`.
  var sentence: String { "by \(by)" + (reason.map { ": \($0)" } ?? "") }
}

/// How an attempt ended, or a run that had none.
struct AttemptEnd: Sendable {
  var at: Timestamp
  var durationSeconds: Double?
  var cpuSeconds: Double?
  var maxRSSBytes: Int?
  var readBytes: Int?
  var writeBytes: Int?
  var exitCode: Int?
  var signal: Int?
  var failure: (type: String, message: String)?

  init(at instant: Timestamp) { at = instant }

  func fill(_ body: inout RunRecord) {
    body.durationSeconds = durationSeconds
    body.cpuSeconds = cpuSeconds
    body.maxRSSBytes = maxRSSBytes
    body.readBytes = readBytes
    body.writeBytes = writeBytes
    body.exitCode = exitCode
    body.signal = signal
    body.error = failure.map { RunRecord.Failure(type: $0.type, message: $0.message) }
  }

}
