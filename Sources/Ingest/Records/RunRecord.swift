/// One event in the life of a run: one execution of a job.
package struct RunRecord: Sendable, Equatable {
  /// What happened. `ended` is Luigi's run.end: over as seen from inside, outcome not told.
  package enum Event: String, Sendable, CaseIterable, Codable {
    case queued, held, approved, rejected, started, progress, succeeded, failed, killed
    case timedOut = "timed_out"
    case lost, ended

    /// Whether the event says how the run (or this attempt) came out.
    package var isTerminal: Bool {
      switch self {
      case .succeeded, .failed, .killed, .timedOut, .lost, .rejected: true
      case .queued, .held, .approved, .started, .progress, .ended: false
      }
    }
  }

  /// What made the run come about.
  package enum Trigger: String, Sendable, CaseIterable, Codable {
    case request, schedule, retry, manual
  }

  /// Where the event was seen from. Inside events never add a second start or end.
  package enum Vantage: String, Sendable, CaseIterable { case outside, inside }

  /// Type and message of an exception or refusal, redacted.
  package struct Failure: Sendable, Equatable, Codable {
    package var type: String?
    package var message: String?

    package init(type: String? = nil, message: String? = nil) {
      self.type = type
      self.message = message
    }
  }

  /// Nil only for `rejected`: a refused trigger has no run.
  package var runID: String?
  package var requestID: String?
  package var traceID: String?
  package var job: String?
  package var event: Event
  /// `inside` when the run itself reported it; written only then.
  package var vantage: Vantage = .outside
  package var trigger: Trigger?
  package var principal: String?
  package var groups: [String] = []
  package var owner: String?
  /// From 1.
  package var attempt: Int?
  package var host: String?
  package var pid: Int?
  /// Redacted parameters, one JSON object.
  package var parameters: [UInt8]?
  /// Seconds of this attempt, on terminal events and `ended`.
  package var durationSeconds: Double?
  package var cpuSeconds: Double?
  package var maxRSSBytes: Int?
  package var readBytes: Int?
  package var writeBytes: Int?
  package var exitCode: Int?
  package var signal: Int?
  package var error: Failure?

  package init(event: Event) { self.event = event }

  func encode(to writer: inout JSONWriter) {
    writer.field("run_id", runID)
    writer.field("request_id", requestID)
    writer.field("trace_id", traceID)
    writer.field("job", job)
    writer.field("event", event.rawValue)
    if vantage == .inside { writer.field("vantage", vantage.rawValue) }
    writer.field("trigger", trigger?.rawValue)
    writer.field("principal", principal)
    writer.field("groups", groups)
    writer.field("owner", owner)
    writer.field("attempt", attempt)
    writer.field("host", host)
    writer.field("pid", pid)
    writer.field("params", json: parameters)
    writer.field("duration_s", durationSeconds)
    writer.field("cpu_s", cpuSeconds)
    writer.field("max_rss_bytes", maxRSSBytes)
    writer.field("read_bytes", readBytes)
    writer.field("write_bytes", writeBytes)
    writer.field("exit_code", exitCode)
    writer.field("signal", signal)
    error?.encode(to: &writer)
  }

  init(from reader: RecordReader) throws(RecordError) {
    runID = try reader.string("run_id")
    requestID = try reader.string("request_id")
    traceID = try reader.string("trace_id")
    job = try reader.string("job")
    event = try reader.requiredEnumeration("event")
    vantage = try reader.enumeration("vantage") ?? .outside
    trigger = try reader.enumeration("trigger")
    principal = try reader.string("principal")
    groups = try reader.strings("groups")
    owner = try reader.string("owner")
    attempt = try reader.integer("attempt", in: 1...1_000_000_000)
    host = try reader.string("host")
    pid = try reader.integer("pid", in: 0...Int.max)
    parameters = try reader.object("params")
    durationSeconds = try reader.seconds("duration_s")
    cpuSeconds = try reader.seconds("cpu_s")
    maxRSSBytes = try reader.integer("max_rss_bytes", in: 0...Int.max)
    readBytes = try reader.integer("read_bytes", in: 0...Int.max)
    writeBytes = try reader.integer("write_bytes", in: 0...Int.max)
    exitCode = try reader.integer("exit_code", in: -1_000_000...1_000_000)
    signal = try reader.integer("signal", in: 0...1024)
    error = try Failure(from: reader)
    guard runID != nil || event == .rejected else { throw RecordError(.missingField, "run_id") }
  }

  mutating func cutToLimits() {
    FieldLimit.identifier.cut(&runID, &requestID, &traceID, &job, &principal, &owner, &host)
    FieldLimit.list.cut(&groups)
    FieldLimit.object.cut(&parameters)
    error?.cutToLimits()
  }
}

extension RunRecord.Failure {
  func encode(to writer: inout JSONWriter) {
    writer.beginObject("error")
    writer.field("type", type)
    writer.field("message", message)
    writer.endObject()
  }

  init?(from reader: RecordReader) throws(RecordError) {
    guard let inner = try reader.nested("error") else { return nil }
    type = try inner.string("type")
    message = try inner.string("message")
  }

  mutating func cutToLimits() {
    FieldLimit.text.cut(&type)
    FieldLimit.path.cut(&message)
  }
}
