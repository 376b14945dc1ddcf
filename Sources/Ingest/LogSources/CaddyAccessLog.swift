/// Caddy's access log, as 2.6 to 2.11 write it: one `request` record a line.
///
/// The id and identity are the gateway's own words: `log_append` keys (2.8+), response headers and
/// `user_id`; never the request's headers, which the client chose.
enum CaddyAccessLog: LogSource {
  static let format = LogFormat.caddy

  /// A request with its outcome, of a logger that is not the error log.
  static func recognises(_ line: LineFields) -> Bool {
    let document = line.document
    guard let request = document.member(line.root, "request"),
      document.kind(request) == .object, document.member(line.root, "status") != nil,
      document.member(request, "uri") != nil
    else { return false }
    return document.member(line.root, "resp_headers") != nil
      || document.member(line.root, "size") != nil && !CaddyRuntimeLog.isErrorLog(line)
  }

  static func read(_ line: LineFields) throws(LineError) -> SourceReading {
    let root = line.root
    let request = try line.requiredObject(root, "request")
    let headers = line.value(root, "resp_headers")
    var body = RequestRecord()
    try readTarget(line, request, into: &body)
    try readAnswer(line, headers, into: &body)
    try readTLS(line, request, into: &body)
    body.requestID = try requestID(line, headers)
    body.traceID = try traceID(line)
    body.principal = try line.text(root, "user_id")
    body.groups = groups(line, headers)
    if let method = body.method, let path = body.path {
      body.job =
        line.settings.triggerRoutes.lazy
        .compactMap { $0.job(method: method, path: path) }.first
    }
    let header = RecordHeader(
      timestamp: try line.caddyTime(root),
      source: line.settings.source ?? "caddy/\(line.settings.host)", id: body.requestID ?? "")
    return .record(Record(header: header, body: .request(body)))
  }

  private static func readTarget(
    _ line: LineFields, _ request: LineFields.Node, into body: inout RequestRecord
  ) throws(LineError) {
    body.remoteIP = try CaddyAccessLog.remoteIP(line, request)
    body.remotePort = try remotePort(line, request)
    body.method = try line.text(request, "method")
    body.host = try line.text(request, "host")
    if let headers = line.value(request, "headers") {
      body.userAgent = line.headerValue(headers, "user-agent")
    }
    let target = RequestTarget(try line.requiredText(request, "uri"))
    body.path = target.path
    body.queryKeys = target.queryKeys
  }

  /// From 2.7 on the client behind trusted proxies, before that the peer itself.
  static func remoteIP(
    _ line: LineFields, _ request: LineFields.Node
  ) throws(LineError) -> String? {
    if let client = try line.text(request, "client_ip") { return client }
    return try line.text(request, "remote_ip")
  }

  /// Caddy writes the port as a string.
  static func remotePort(
    _ line: LineFields, _ request: LineFields.Node
  ) throws(LineError) -> Int? {
    guard let node = line.value(request, "remote_port") else { return nil }
    guard line.document.kind(node) == .string else {
      return try line.integer(request, "remote_port", in: 0...65_535)
    }
    guard let text = line.meaningful(node) else { return nil }
    guard let port = Int(text), (0...65_535).contains(port) else {
      throw LineError(.outOfRange, "remote_port is no port number", at: node)
    }
    return port
  }

  private static func readAnswer(
    _ line: LineFields, _ headers: LineFields.Node?, into body: inout RequestRecord
  ) throws(LineError) {
    body.status = try line.integer(line.root, "status", in: 0...999)
    body.durationSeconds = try line.caddyDuration(line.root)
    body.bytesIn = try line.integer(line.root, "bytes_read", in: 0...Int.max)
    body.bytesOut = try line.integer(line.root, "size", in: 0...Int.max)
    guard let headers else { return }
    body.runID =
      line.headerValue(headers, "x-run-id")
      ?? line.headerValue(headers, "location").flatMap(runID(location:))
  }

  /// The id in `/runs/<id>`, relative or absolute.
  private static func runID(location: String) -> String? {
    let path = location.utf8.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
    let segments = path.split(separator: UInt8(ascii: "/"))
    guard segments.count >= 2, segments[segments.count - 2].elementsEqual("runs".utf8) else {
      return nil
    }
    return segments.last.map { String(Substring($0)) }
  }

  private static func readTLS(
    _ line: LineFields, _ request: LineFields.Node, into body: inout RequestRecord
  ) throws(LineError) {
    guard let tls = line.value(request, "tls") else { return }
    body.tlsVersion = try line.integer(tls, "version", in: 0...65_535).map(TLSNames.version)
    body.tlsCipher = try line.integer(tls, "cipher_suite", in: 0...65_535)
      .map(TLSNames.cipherSuite)
  }

  private static func requestID(
    _ line: LineFields, _ headers: LineFields.Node?
  ) throws(LineError) -> String? {
    if let appended = try line.text(line.root, "request_id") { return appended }
    if let headers, let minted = line.headerValue(headers, "x-request-id") { return minted }
    return try line.text(line.root, "uuid")
  }

  private static func traceID(_ line: LineFields) throws(LineError) -> String? {
    for key: StaticString in ["traceID", "trace_id"] {
      if let text = try line.text(line.root, key), TraceParent.isTraceID(text.utf8) { return text }
    }
    return nil
  }

  private static func groups(_ line: LineFields, _ headers: LineFields.Node?) -> [String] {
    let appended = line.groups(line.value(line.root, "groups"))
    if !appended.isEmpty { return appended }
    guard let headers, let value = line.headerValue(headers, "x-auth-groups") else { return [] }
    return LineFields.list(value)
  }
}

extension LineFields {
  /// The first meaningful value of a header; `name` in lower case.
  func headerValue(_ headers: Node, _ name: StaticString) -> String? {
    var result: String?
    document.forEachMember(headers) { key, values in
      let range = document.range(key)
      guard result == nil, range.count == name.utf8CodeUnitCount,
        document.bytes.span.extracting(range).hasBytes(name, at: 0, ignoringCase: true)
      else { return }
      document.forEachElement(values) { element in
        if result == nil { result = meaningful(element) }
      }
    }
    return result
  }
}
