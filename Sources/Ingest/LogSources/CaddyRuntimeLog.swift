/// Caddy's runtime (default) log: failures, configuration changes, starts and stops as `control`
/// records; access lines of unmatched hosts as requests; warnings and errors as notices.
///
/// Everything else is ignored, counted by level and logger.
enum CaddyRuntimeLog: LogSource {
  static let format = LogFormat.caddyRuntime

  /// A zap line: level, message and time.
  static func recognises(_ line: LineFields) -> Bool {
    let keys = line.settings.keys
    guard let level = line.value(line.root, anyOf: keys.level),
      line.document.kind(level) == .string,
      line.value(line.root, anyOf: keys.message) != nil,
      line.value(line.root, anyOf: keys.time) != nil
    else { return false }
    return true
  }

  /// Whether the line is of a site's error log, which repeats the request's fields.
  static func isErrorLog(_ line: LineFields) -> Bool {
    if line.document.member(line.root, "err_id") != nil { return true }
    guard let logger = line.value(line.root, anyOf: line.settings.keys.logger),
      line.document.kind(logger) == .string
    else { return false }
    return line.document.bytes.span.extracting(line.document.range(logger))
      .hasBytes("http.log.error", at: 0)
  }

  static func read(_ line: LineFields) throws(LineError) -> SourceReading {
    if CaddyAccessLog.recognises(line) { return try CaddyAccessLog.read(line) }
    let entry = try RuntimeEntry(line)
    guard let event = entry.event else {
      let logger = FieldLimit.prefix(entry.logger ?? "no logger", byteCount: 64)
      return .ignored("caddy-runtime: \(entry.level): \(logger)")
    }
    var body = ControlRecord(event: event)
    body.subject = entry.subject
    body.reason = entry.reason(for: event)
    try readPeer(line, into: &body)
    let header = RecordHeader(
      timestamp: try line.caddyTime(line.root),
      source: line.settings.source ?? "caddy-runtime/\(line.settings.host)", id: "")
    return .record(Record(header: header, body: .control(body)))
  }

  /// The peer and target: of the failed request, or of the call to the admin API.
  private static func readPeer(
    _ line: LineFields, into body: inout ControlRecord
  ) throws(LineError) {
    let request = line.value(line.root, "request") ?? line.root
    guard line.document.kind(request) == .object, line.value(request, "uri") != nil else { return }
    body.remoteIP = try CaddyAccessLog.remoteIP(line, request)
    body.remotePort = try CaddyAccessLog.remotePort(line, request)
    body.path = RequestTarget(try line.requiredText(request, "uri")).path
    body.status = try line.integer(line.root, "status", in: 0...999)
  }
}

/// The fields of one runtime line, and what they mean.
private struct RuntimeEntry {
  let level: String
  let logger: String?
  let message: String
  let error: String?
  /// `POST /load`, on a call to the admin API.
  let call: String?
  let signal: String?

  init(_ line: LineFields) throws(LineError) {
    let root = line.root
    let keys = line.settings.keys
    guard let level = line.value(root, anyOf: keys.level).flatMap(line.document.string),
      let message = line.value(root, anyOf: keys.message).flatMap(line.document.string)
    else { throw LineError(.wrongType, "level or message is no string", at: root) }
    self.level = level.lowercased()
    self.message = message
    logger = line.value(root, anyOf: keys.logger).flatMap(line.meaningful)
    error = line.value(root, "error").flatMap(line.meaningful)
    signal = line.value(root, "signal").flatMap(line.meaningful)
    let method = line.value(root, "method").flatMap(line.meaningful)
    let path = line.value(root, "uri").flatMap(line.meaningful).map { RequestTarget($0).path }
    call = method.flatMap { method in path.map { "\(method) \($0)" } }
  }

  /// Nil for what is not kept.
  var event: ControlRecord.Event? {
    if let logger, logger.hasPrefix("http.log.error") { return .requestFailed }
    if logger == "http.handlers.reverse_proxy", isWarningOrWorse { return .requestFailed }
    if logger == "admin.api" {
      if message == "load complete" { return .configLoaded }
      if message == "request error" { return .configRefused }
      // Who changed (or tried to change) the configuration; reads are of no interest.
      if message == "received request", let call, !call.hasPrefix("GET ") { return .notice }
    }
    if logger == nil, message == "serving initial configuration" { return .gatewayStarted }
    if logger == nil, message == "shutdown complete" { return .gatewayStopped }
    return isWarningOrWorse ? .notice : nil
  }

  private var isWarningOrWorse: Bool {
    switch level {
    case "debug", "info": false
    default: true
    }
  }

  var subject: String? {
    if let call { return "\(logger ?? "caddy"): \(call)" }
    return logger ?? "caddy"
  }

  func reason(for event: ControlRecord.Event) -> String? {
    let detail = error ?? signal
    switch event {
    case .gatewayStarted, .configLoaded: return nil
    case .configRefused: return detail ?? message
    case .gatewayStopped: return detail
    default: return detail.map { "\(message): \($0)" } ?? message
    }
  }
}
