import Ingest
import Testing

@Suite struct CaddyRuntimeLogTests {
  private func parse(_ line: String, _ format: LogFormat = .auto) -> ParsedLine {
    var parser = LineParser(format: format)
    return parser.parse(line)
  }

  private func line(_ level: String, _ logger: String?, _ message: String, _ rest: String = "")
    -> String
  {
    let name = logger.map { #""logger":"\#($0)","# } ?? ""
    return #"{"level":"\#(level)","ts":1795477205.1038697,\#(name)"msg":"\#(message)"\#(rest)}"#
  }

  @Test func aFailedRequestCarriesWhatJoinsItToItsAccessLine() throws {
    let text = line(
      "error", "http.log.error.log0", "dial tcp 127.0.0.1:9092: connect: connection refused",
      #","request":{"remote_ip":"127.0.0.2","remote_port":"59620","method":"GET","#
        + #""host":"h","uri":"/x?token=s3cr3t"},"duration":0.001,"status":502,"err_id":"n0ydt4ytw""#
    )
    let prepared = try #require(parse(text).prepared)
    var expected = ControlRecord(event: .requestFailed)
    expected.subject = "http.log.error.log0"
    expected.reason = "dial tcp 127.0.0.1:9092: connect: connection refused"
    expected.remoteIP = "127.0.0.2"
    expected.remotePort = 59_620
    expected.path = "/x"
    expected.status = 502
    #expect(prepared.record.body == .control(expected))
    #expect(prepared.record.header.source == "caddy-runtime/local")
    #expect(prepared.record.header.id.isEmpty)
    #expect(prepared.format == .caddyRuntime)
  }

  @Test(
    arguments: [
      (
        "error", "http.handlers.reverse_proxy", "aborting with incomplete response",
        #","error":"unexpected EOF""#, ControlRecord.Event.requestFailed,
        "aborting with incomplete response: unexpected EOF"
      ),
      ("info", "admin.api", "load complete", "", .configLoaded, nil),
      (
        "error", "admin.api", "request error", #","error":"loading config: bad","status_code":400"#,
        .configRefused, "loading config: bad"
      ),
      ("info", nil, "serving initial configuration", "", .gatewayStarted, nil),
      (
        "info", nil, "shutdown complete", #","signal":"SIGTERM","exit_code":0"#, .gatewayStopped,
        "SIGTERM"
      ),
      (
        "warn", "tls", "stapling OCSP", #","error":"no server""#, .notice,
        "stapling OCSP: no server"
      ),
      ("WARN", "tls", "stapling OCSP", "", .notice, "stapling OCSP"),
      ("panic", "x", "boom", "", .notice, "boom"),
    ] as [(String, String?, String, String, ControlRecord.Event, String?)])
  func whatMattersBecomesAControlRecord(
    _ level: String, _ logger: String?, _ message: String, _ rest: String,
    _ event: ControlRecord.Event, _ reason: String?
  ) throws {
    let control = try #require(parse(line(level, logger, message, rest)).control)
    #expect(control.event == event)
    #expect(control.reason == reason)
  }

  @Test func aCallThatWritesTheConfigurationIsANoticeOfItsCaller() throws {
    let call =
      #","method":"POST","uri":"/load","remote_ip":"127.0.0.1","remote_port":"50504","#
      + #""headers":{"Authorization":["Bearer abcdef"]}"#
    let parsed = parse(line("info", "admin.api", "received request", call))
    let control = try #require(parsed.control)
    #expect(control.event == .notice)
    #expect(control.subject == "admin.api: POST /load")
    #expect(control.remoteIP == "127.0.0.1" && control.remotePort == 50_504)
    #expect(control.path == "/load")
    let read = call.replacing("POST", with: "GET").replacing("/load", with: "/config/")
    #expect(
      parse(line("info", "admin.api", "received request", read)).ignoredReason
        == "caddy-runtime: info: admin.api")
  }

  @Test(arguments: [("info", "tls"), ("debug", "http.stdlib"), ("info", nil)])
  func theRestIsIgnoredUnderItsLevelAndLogger(_ level: String, _ logger: String?) {
    #expect(
      parse(line(level, logger, "something")).ignoredReason
        == "caddy-runtime: \(level): \(logger ?? "no logger")")
  }

  @Test func anUnmatchedHostIsARequestWithStatusZero() throws {
    let text =
      #"{"level":"info","ts":1795477148.239021,"logger":"http.log.access","#
      + #""msg":"handled request","request":{"remote_ip":"127.0.0.1","remote_port":"37766","#
      + #""method":"GET","host":"unknown.example","uri":"/jobs","headers":{}},"user_id":"","#
      + #""duration":0.000005979,"size":0,"status":0,"resp_headers":{"Server":["Caddy"]}}"#
    for format in [LogFormat.auto, .caddyRuntime, .caddy] {
      let prepared = try #require(parse(text, format).prepared)
      #expect(prepared.record.header.source == "caddy/local")
      #expect(prepared.record.header.id.isEmpty)
      #expect(parse(text, format).request?.status == 0)
      #expect(prepared.isOriginalVerbatim)
    }
  }

  @Test func anAccessFileTakesNoRuntimeLine() {
    #expect(parse(line("info", nil, "x"), .caddy).rejection?.reason == .unknownShape)
  }

  @Test func aTimeThatCannotBeReadIsARejection() {
    let text = line("error", "tls", "x").replacing("1795477205.1038697", with: "12")
    #expect(parse(text).rejection?.reason == .badTime)
  }
}
