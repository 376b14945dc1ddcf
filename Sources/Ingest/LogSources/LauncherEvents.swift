/// The launcher's own lines (`trigger-event/1`): the spine of a run, seen from outside.
enum LauncherEvents: LogSource {
  static let format = LogFormat.launcher

  static func recognises(_ line: LineFields) -> Bool { line.hasSchema("trigger-event/") }

  static func read(_ line: LineFields) throws(LineError) -> SourceReading {
    try line.requireSchema("trigger-event/1")
    let root = line.root
    let name = try line.requiredText(root, "event")
    var body = RunRecord(event: .queued)
    switch name {
    case "run.requested": body.event = .queued
    case "run.spawned": body.event = .started
    case "run.exited": try readExit(line, into: &body)
    case "run.rejected":
      body.event = .rejected
      body.error = RunRecord.Failure(
        type: try line.text(root, "reason"), message: try line.text(root, "message"))
    default:
      throw LineError(
        .unknownEvent,
        "an event of no known name, expected run.requested, run.spawned, run.exited "
          + "or run.rejected", at: line.value(root, "event") ?? root)
    }
    try readIdentity(line, into: &body)
    try readUsage(line, into: &body)
    let header = RecordHeader(
      timestamp: try line.epochSeconds(root),
      source: line.sourceName("launcher", host: body.host), id: "")
    return .record(Record(header: header, body: .run(body)))
  }

  private static func readIdentity(
    _ line: LineFields, into body: inout RunRecord
  ) throws(LineError) {
    let root = line.root
    body.runID =
      body.event == .rejected
      ? try line.text(root, "run_id") : try line.requiredText(root, "run_id")
    body.requestID = try line.text(root, "request_id")
    body.traceID = try line.text(root, "traceparent").flatMap(TraceParent.traceID)
    body.job = try line.text(root, "job")
    body.trigger = RunRecord.Trigger(emitterWord: try line.text(root, "trigger"))
    body.principal = try line.text(root, "user")
    body.groups = line.groups(line.value(root, "groups"))
    body.owner = try line.text(root, "owner")
    body.attempt = try line.integer(root, "attempt", in: 1...1_000_000_000)
    body.host = try line.text(root, "host")
    body.pid = try line.integer(root, "pid", in: 0...Int.max)
    body.parameters = try line.objectText(root, "params")
  }

  private static func readUsage(
    _ line: LineFields, into body: inout RunRecord
  ) throws(LineError) {
    let root = line.root
    if body.event.isTerminal { body.durationSeconds = try line.seconds(root, "seconds") }
    body.cpuSeconds = try line.seconds(root, "cpu_s")
    body.maxRSSBytes = try line.integer(root, "max_rss_bytes", in: 0...Int.max)
    body.readBytes = try line.integer(root, "read_bytes", in: 0...Int.max)
    body.writeBytes = try line.integer(root, "write_bytes", in: 0...Int.max)
  }

  /// 0 succeeded; negative (Python's -signal) or above 128 (a shell's 128 + signal) killed, or
  /// timed out when the launcher says that its deadline did it; anything else failed.
  private static func readExit(
    _ line: LineFields, into body: inout RunRecord
  ) throws(LineError) {
    guard let code = try line.integer(line.root, "exit_code", in: -1_000_000...1_000_000) else {
      throw LineError(.missingField, "exit_code is absent", at: line.root)
    }
    body.exitCode = code
    let signal = code < 0 ? -code : code - 128
    if code < 0 || code > 128 {
      body.event = .killed
      // 64 is the highest real-time signal of Linux; 255 and the like name none.
      if (1...64).contains(signal) { body.signal = signal }
    } else {
      body.event = code == 0 ? .succeeded : .failed
    }
    if code != 0, try isDeadline(line) { body.event = .timedOut }
  }

  /// `"timed_out":true`, or a `reason` or `killed_by` that names the deadline.
  private static func isDeadline(_ line: LineFields) throws(LineError) -> Bool {
    if let flag = line.value(line.root, "timed_out") {
      guard let isSet = line.document.boolean(flag) else {
        throw line.wrongType("timed_out", "true or false", flag)
      }
      if isSet { return true }
    }
    for key: StaticString in ["reason", "killed_by"] {
      switch try line.text(line.root, key) {
      case "deadline", "timeout", "timed_out": return true
      default: continue
      }
    }
    return false
  }
}

extension RunRecord.Trigger {
  /// The emitters' words for it; a word that is none of them is left out.
  init?(emitterWord word: String?) {
    switch word {
    case "http", "request": self = .request
    case "schedule", "cron", "timer": self = .schedule
    case "retry": self = .retry
    case "manual", "cli": self = .manual
    default: return nil
    }
  }
}

extension LineFields {
  /// Whether the `schema` key begins with a family's name.
  func hasSchema(_ family: StaticString) -> Bool {
    guard let schema = document.member(root, "schema"), document.kind(schema) == .string else {
      return false
    }
    return document.bytes.span.extracting(document.range(schema)).hasBytes(family, at: 0)
  }

  func requireSchema(_ schema: StaticString) throws(LineError) {
    guard let found = document.member(root, "schema") else {
      throw LineError(.missingField, "schema is absent", at: root)
    }
    guard document.equals(found, schema) else {
      throw LineError(.unknownVersion, "a schema version other than \(schema)", at: found)
    }
  }

  /// `ts` as seconds since the epoch, as Python's `time.time()` gives them; the schema fixes it.
  func epochSeconds(_ object: Node) throws(LineError) -> Timestamp {
    guard let node = value(object, "ts") else {
      throw LineError(.missingField, "ts is absent", at: object)
    }
    guard document.kind(node) == .number else { throw wrongType("ts", "a number", node) }
    let text = document.bytes[document.range(node)]
    guard
      let instant = JSONNumber.microseconds(text, exponent: 6)
        .flatMap(Timestamp.init(microseconds:))
    else { throw LineError(.badTime, "ts is no time in seconds since 1970", at: node) }
    return instant
  }

  /// The configured source, else `program/host` with the line's own host if it names one.
  func sourceName(_ program: String, host: String?) -> String {
    settings.source ?? "\(program)/\(host ?? settings.host)"
  }
}
