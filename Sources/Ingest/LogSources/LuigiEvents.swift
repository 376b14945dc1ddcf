/// The Luigi event plugin's lines (`luigi-event/1`): a run and its tasks, seen from inside.
enum LuigiEvents: LogSource {
  static let format = LogFormat.luigi

  static func recognises(_ line: LineFields) -> Bool { line.hasSchema("luigi-event/") }

  static func read(_ line: LineFields) throws(LineError) -> SourceReading {
    try line.requireSchema("luigi-event/1")
    let root = line.root
    let name = try line.requiredText(root, "event")
    let body: RecordBody
    switch name {
    case "run.start": body = .run(try run(line, .started))
    case "run.end": body = .run(try run(line, .ended))
    case "task.processing_time":
      return .ignored("luigi: task.processing_time: task.success carries the elapsed time")
    default:
      guard let event = taskEvents[name] else {
        throw LineError(
          .unknownEvent, "an event that luigi-event/1 does not know",
          at: line.value(root, "event") ?? root)
      }
      body = .task(try task(line, name, event))
    }
    let header = RecordHeader(
      timestamp: try line.epochSeconds(root),
      source: line.sourceName("luigi", host: try line.text(root, "host")), id: "")
    return .record(Record(header: header, body: body))
  }

  private static let taskEvents: [String: TaskRecord.Event] = [
    "task.start": .started, "task.progress": .progress, "task.success": .succeeded,
    "task.failure": .failed, "task.process_failure": .failed, "task.timeout": .timedOut,
    "task.broken": .broken, "dependency.discovered": .pending, "dependency.missing": .pending,
    "dependency.present": .skipped,
  ]

  private static func run(
    _ line: LineFields, _ event: RunRecord.Event
  ) throws(LineError) -> RunRecord {
    let root = line.root
    var body = RunRecord(event: event)
    body.vantage = .inside
    body.runID = try line.requiredText(root, "run_id")
    body.host = try line.text(root, "host")
    body.pid = try line.integer(root, "pid", in: 0...Int.max)
    if event == .ended { body.durationSeconds = try line.seconds(root, "seconds") }
    guard let context = line.value(root, "context") else { return body }
    body.requestID = try line.text(context, "request_id")
    body.traceID = try line.text(context, "traceparent").flatMap(TraceParent.traceID)
    body.job = try line.text(context, "job")
    body.trigger = RunRecord.Trigger(emitterWord: try line.text(context, "trigger"))
    body.principal = try line.text(context, "user")
    body.groups = line.groups(line.value(context, "groups"))
    return body
  }

  private static func task(
    _ line: LineFields, _ name: String, _ event: TaskRecord.Event
  ) throws(LineError) -> TaskRecord {
    let root = line.root
    let task = try line.requiredObject(root, "task")
    var body = TaskRecord(event: event)
    body.runID = try line.requiredText(root, "run_id")
    body.taskID = try line.requiredText(task, "id")
    body.task = try line.text(task, "family")
    body.attempt = try line.integer(root, "attempt_in_process", in: 1...1_000_000_000)
    body.parameters = try line.objectText(task, "params")
    body.owner = owner(line, task)
    body.durationSeconds = try line.seconds(root, "elapsed")
    if let dependency = line.value(root, "dependency") {
      body.dependsOn = [try line.requiredText(dependency, "id")]
    }
    body.error = try failure(line, name)
    return body
  }

  /// Luigi's `owner_email`: one address, or several joined by commas.
  private static func owner(_ line: LineFields, _ task: LineFields.Node) -> String? {
    let owners = line.groups(line.value(task, "owner_email"))
    return owners.isEmpty ? nil : owners.joined(separator: ",")
  }

  /// Type and message; the traceback stays in `original` alone.
  private static func failure(
    _ line: LineFields, _ name: String
  ) throws(LineError) -> RunRecord.Failure? {
    if let exception = line.value(line.root, "exception") {
      return RunRecord.Failure(
        type: try line.text(exception, "type"), message: try line.text(exception, "message"))
    }
    switch name {
    case "task.timeout", "task.process_failure":
      return RunRecord.Failure(
        type: String(name.dropFirst(5)), message: try line.text(line.root, "message"))
    case "dependency.missing":
      return RunRecord.Failure(
        type: "dependency.missing", message: "an external dependency is absent")
    default: return nil
    }
  }
}
