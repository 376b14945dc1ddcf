/// One event of a step inside a run: a Luigi task, a node of the graph.
package struct TaskRecord: Sendable, Equatable {
  package enum Event: String, Sendable, CaseIterable {
    case pending, started, progress, succeeded, failed
    case timedOut = "timed_out"
    case broken, skipped
  }

  package var runID: String?
  /// Luigi's id recurs across runs; with the run id and the attempt it names one execution.
  package var taskID: String?
  /// The task's family.
  package var task: String?
  package var event: Event
  /// From 1.
  package var attempt: Int?
  /// Task ids that must be done first.
  package var dependsOn: [String] = []
  /// Redacted parameters, one JSON object.
  package var parameters: [UInt8]?
  package var owner: String?
  package var durationSeconds: Double?
  package var error: RunRecord.Failure?

  package init(event: Event) { self.event = event }

  func encode(to writer: inout JSONWriter) {
    writer.field("run_id", runID)
    writer.field("task_id", taskID)
    writer.field("task", task)
    writer.field("event", event.rawValue)
    writer.field("attempt", attempt)
    writer.field("depends_on", dependsOn)
    writer.field("params", json: parameters)
    writer.field("owner", owner)
    writer.field("duration_s", durationSeconds)
    error?.encode(to: &writer)
  }

  init(from reader: RecordReader) throws(RecordError) {
    runID = try reader.requiredString("run_id")
    taskID = try reader.requiredString("task_id")
    task = try reader.string("task")
    event = try reader.requiredEnumeration("event")
    attempt = try reader.integer("attempt", in: 1...1_000_000_000)
    dependsOn = try reader.strings("depends_on")
    parameters = try reader.object("params")
    owner = try reader.string("owner")
    durationSeconds = try reader.seconds("duration_s")
    error = try RunRecord.Failure(from: reader)
  }

  mutating func cutToLimits() {
    FieldLimit.identifier.cut(&runID, &taskID, &task, &owner)
    FieldLimit.list.cut(&dependsOn)
    FieldLimit.object.cut(&parameters)
    error?.cutToLimits()
  }
}
