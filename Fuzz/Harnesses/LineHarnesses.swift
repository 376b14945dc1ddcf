import Ingest

extension Harness {
  static let lines: [Harness] =
    LogFormat.allCases.map { format in
      Harness(
        "lines-\(format.rawValue)", words: lineWords, seeds: { LineSeeds.all },
        run: { try LineProperties.line($0, format) })
    } + [
      Harness(
        "redaction", byteCountMax: 1024,
        words: [
          "password=", "token", "Bearer ", "Basic ", "eyJ", "ghp_", "%25", "%3D", "\\u0070", "://",
          "?", "#", "&", ";", "[redacted]", "--password ", "'", "\"", "-----BEGIN PRIVATE KEY-----",
          "cGFzc3dvcmQ9",
        ],
        seeds: {
          texts(
            "/jobs/etl/runs?token=x&n=1#frag", "https://u:p@host/a%3Fb=c", "{\"a\":\"b\"}",
            "Bearer abc def", "cGFzc3dvcmQ9aHVudGVyMmh1bnRlcjI=", "password: x", "\\\"a\\\":1")
        }, run: RedactionProperties.run)
    ]

  private static let lineWords = [
    "\"ts\":", "\"level\":\"info\"", "\"msg\":\"handled request\"", "\"request\":{", "\"uri\":\"",
    "\"headers\":{", "\"duration\":", "\"status\":", "\"schema\":\"luigi-event/1\"",
    "\"schema\":\"trigger-event/1\"", "\"event\":\"task.start\"", "\"event\":\"run.end\"",
    "\"v\":1,\"kind\":\"run\"", "\"params\":{", "\"error\":{", "\"traceparent\":\"00-",
    "2026/11/23 23:47:24", "14.661µs", "1.7954772195531907e9", "+0200",
  ]
}

/// What holds for every line of every format.
enum LineProperties {
  static let needle = "NEEDLE7f3a9"

  static func line(_ bytes: [UInt8], _ format: LogFormat) throws {
    var settings = LogSettings()
    settings.lineByteCountMax = 4096
    var parser = LineParser(format: format, settings: settings)
    let found = parser.parse(bytes.span)
    try require(parser.parse(bytes.span) == found, "a parser used again reads otherwise")
    switch found {
    case .blank, .ignored: break
    case .rejected(let rejection): try check(rejection, bytes)
    case .record(let prepared): try check(prepared, &parser)
    }
    try plant(bytes, &parser)
  }

  private static func check(_ rejection: Rejection, _ bytes: [UInt8]) throws {
    try require(
      (0...bytes.count).contains(rejection.byteOffset), "rejected at \(rejection.byteOffset)")
    let isPrintable = rejection.excerpt.utf8.allSatisfy { (0x20..<0x7F).contains($0) }
    try require(isPrintable && rejection.excerpt.utf8.count <= 176, rejection.excerpt)
    try requireLegible(rejection.detail)
  }

  /// The entry is canonical and one line; redacting what was redacted changes nothing.
  private static func check(_ prepared: PreparedRecord, _ parser: inout LineParser) throws {
    try RecordProperties.requireCanonical(prepared.record)
    try require(!prepared.record.encoded().contains(0x0A), "an entry of two lines")
    // A native record's line is its entry; what it holds as `original` is another emitter's.
    guard prepared.format != .record, let original = prepared.record.header.original else { return }
    guard case .record(let again) = parser.parse(original.span) else {
      throw BrokenProperty(description: "the redacted line is no record: \(original.text)")
    }
    // A key that was replaced is replaced again, by the same text.
    let isVerbatim = again.isOriginalVerbatim || original.text.contains("\"[redacted ")
    try require(
      again.record == prepared.record && isVerbatim,
      "redacted again: \(again.record.encoded().text)")
  }

  /// A password put into the outermost object comes out nowhere.
  private static func plant(_ bytes: [UInt8], _ parser: inout LineParser) throws {
    guard let end = bytes.lastIndex(of: UInt8(ascii: "}")), !bytes.text.contains(needle) else {
      return
    }
    let member = Array(",\"password\":\"\(needle)\"".utf8)
    let planted = Array(bytes[..<end]) + member + Array(bytes[end...])
    try requireHidden(parser.parse(planted.span))
  }

  /// Nothing that is kept or shown of a line holds the needle.
  static func requireHidden(_ line: ParsedLine) throws {
    switch line {
    case .blank, .ignored: break
    case .rejected(let rejection):
      try require(!rejection.excerpt.contains(needle), "excerpt \(rejection.excerpt)")
      try require(!rejection.detail.contains(needle), "detail \(rejection.detail)")
    case .record(let prepared):
      let entry = prepared.record.encoded().text
      try require(!entry.contains(needle), "entry \(entry)")
    }
  }
}

/// Secrets behind any text, in the places where the lists promise to find them.
enum RedactionProperties {
  static func run(_ bytes: [UInt8]) throws {
    try passesOverOnlyWhatIsClean(bytes)
    let text = bytes.text
    guard !text.contains(LineProperties.needle) else { return }
    let needle = LineProperties.needle
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("level", "info")
    writer.field("ts", 1_795_477_219.5)
    writer.field("logger", "http.log.access")
    writer.field("msg", "handled request")
    writer.beginObject("request")
    writer.field("method", "GET")
    writer.field("uri", text + "?access=" + needle)
    writer.beginObject("headers")
    writer.field("Authorization", [text + needle, needle])
    writer.field("X-Other", [text + needle])
    writer.endObject()
    writer.endObject()
    writer.field("db_password", text + needle)
    writer.field("note", text + " password=" + needle)
    writer.field("duration", 0.5)
    writer.field("status", 200)
    writer.endObject()
    var parser = LineParser(format: .caddy)
    try LineProperties.requireHidden(parser.parse(writer.bytes.span))
    try LineProperties.line(writer.bytes, .caddy)
  }
}

extension RedactionProperties {
  private static let redactor = TextRedactor(RedactionList())

  /// A text that is passed over by its bytes' classes alone is one in which no rule finds anything.
  private static func passesOverOnlyWhatIsClean(_ bytes: [UInt8]) throws {
    var redactor = redactor
    if bytes.span.isInert(isURL: false) {
      try require(redactor.redacted(bytes.span) == nil, "a secret in the inert \(bytes.text)")
    }
    if bytes.span.isInert(isURL: true) {
      try require(redactor.redactedURL(bytes.span) == nil, "a secret in the inert \(bytes.text)")
    }
  }
}

/// Lines as the recorded fixtures have them, one of each kind.
enum LineSeeds {
  static let all =
    texts(
      """
      {"level":"info","ts":1795477219.5531907,"logger":"http.log.access.log0","msg":"handled \
      request","request":{"remote_ip":"127.0.0.1","remote_port":"43658","proto":"HTTP/2.0",\
      "method":"POST","host":"pipelines.localhost:8443","uri":"/jobs/etl/runs?token=x","headers":\
      {"User-Agent":["curl/7.88.1"],"Cookie":[]},"tls":{"resumed":false,"version":772,\
      "cipher_suite":4865,"proto":"h2","server_name":"pipelines.localhost"}},"user_id":"dave",\
      "duration":0.00346116,"size":236,"status":200,"resp_headers":{"X-Run-Id":["r-1"]}}
      """,
      """
      {"level":"error","ts":"2026/11/23 23:47:24.979","logger":"http.log.access","msg":"handled \
      request","request":{"method":"GET","uri":"/"},"duration":"14.661µs","status":502}
      """,
      """
      {"level":"error","ts":1795477132.66,"logger":"http.log.error","msg":"dial tcp: refused",\
      "request":{"method":"GET","uri":"/x"},"duration":0.1,"status":502,"err_id":"a","err_trace":""}
      """,
      """
      {"level":"info","ts":1795477132.661229,"logger":"admin","msg":"admin endpoint started",\
      "address":"localhost:2019","enforce_origin":false,"origins":["//localhost:2019"]}
      """)
    + texts(
      """
      {"schema":"luigi-event/1","ts":1795477135.8695252,"event":"run.start","run_id":"edfde37c",\
      "context":{"request_id":"63fbdf30","user":"alice","groups":"operators","trigger":"http",\
      "job":"broken","traceparent":null},"host":"p-1","pid":32319,"argv":["--password","x"]}
      """,
      """
      {"schema":"luigi-event/1","ts":1795477136.5,"event":"task.failure","run_id":"edfde37c",\
      "task":{"id":"A_1","family":"A","params":{"date":"2026-11-24"},"owner_email":["a@b.c"]},\
      "error":{"type":"ValueError","message":"token=abc"},"host":"p-1","pid":7}
      """,
      """
      {"schema":"trigger-event/1","ts":1795477135.6631844,"event":"run.requested","run_id":\
      "edfde37c","job":"broken","params":{"tag":"d000"},"request_id":"63fbdf30","user":"alice",\
      "groups":"operators,data-eng","trigger":"http","traceparent":null}
      """,
      "2026/11/23 23:47:24.979\tINFO\tserving initial configuration", "{\"ts\":1}", " \n")
    + RecordProperties.records.map { $0.encoded() }
}
