import Ingest
import Testing

@Suite struct LauncherEventsTests {
  private func parse(_ rest: String, _ settings: LogSettings = LogSettings()) -> ParsedLine {
    var parser = LineParser(format: .launcher, settings: settings)
    return parser.parse(#"{"schema":"trigger-event/1","ts":1795477135.6631844,\#(rest)}"#)
  }

  @Test func aRequestedRunIsQueued() throws {
    let prepared = try #require(
      parse(
        #""event":"run.requested","run_id":"run-1","job":"export","params":{"tag":"d0","#
          + #""password":"hunter2"},"request_id":"r-1","user":"alice","groups":"ops,data","#
          + #""trigger":"http","traceparent":"#
          + #""00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01""#
      ).prepared)
    var expected = RunRecord(event: .queued)
    expected.runID = "run-1"
    expected.requestID = "r-1"
    expected.traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
    expected.job = "export"
    expected.trigger = .request
    expected.principal = "alice"
    expected.groups = ["ops", "data"]
    expected.parameters = Array(#"{"tag":"d0","password":"[redacted]"}"#.utf8)
    #expect(prepared.record.body == .run(expected))
    #expect(prepared.record.header.timestamp.rfc3339 == "2026-11-23T23:38:55.663184Z")
    #expect(prepared.record.header.source == "launcher/local")
    #expect(prepared.format == .launcher)
  }

  @Test(arguments: [
    (0, "", RunRecord.Event.succeeded, nil), (1, "", .failed, nil), (128, "", .failed, nil),
    (137, "", .killed, 9), (-15, "", .killed, 15), (255, "", .killed, nil),
    (-15, #","timed_out":true"#, .timedOut, 15), (-9, #","killed_by":"deadline""#, .timedOut, 9),
    (143, #","reason":"deadline""#, .timedOut, 15), (-15, #","timed_out":false"#, .killed, 15),
    (-15, #","reason":"operator""#, .killed, 15), (0, #","timed_out":true"#, .succeeded, nil),
  ])
  func anExitCodeDecidesTheOutcome(
    _ code: Int, _ rest: String, _ event: RunRecord.Event, _ signal: Int?
  ) throws {
    let run = try #require(
      parse(
        #""event":"run.exited","run_id":"a","user":"u","job":"j","pid":7,"exit_code":\#(code),"#
          + #""seconds":1.5,"cpu_s":0.25,"max_rss_bytes":1024\#(rest)"#
      ).run)
    #expect(run.event == event)
    #expect(run.exitCode == code)
    #expect(run.signal == signal)
    #expect(run.durationSeconds == 1.5 && run.cpuSeconds == 0.25 && run.maxRSSBytes == 1024)
    #expect(run.pid == 7 && run.vantage == .outside)
  }

  @Test func aSpawnedRunStartsAndItsArgumentsAreRedactedInTheOriginal() throws {
    let prepared = try #require(
      parse(
        #""event":"run.spawned","run_id":"a","request_id":"r","pid":32319,"#
          + #""argv":["--module","m","--api-key","k-123","--tag","d0","--token=t-9"]"#
      ).prepared)
    let original = String(decoding: try #require(prepared.record.header.original), as: UTF8.self)
    #expect(
      original.hasSuffix(
        #""argv":["--module","m","--api-key","[redacted]","--tag","d0","--token=[redacted]"]}"#))
    guard case .run(let run) = prepared.record.body else {
      Issue.record("expected a run, found \(prepared.record.body)")
      return
    }
    #expect(run.event == .started && run.pid == 32_319)
  }

  @Test func aRejectedTriggerHasNoRun() throws {
    let run = try #require(
      parse(#""event":"run.rejected","reason":"bad_body","job":"j","request_id":"r","user":"u""#)
        .run)
    #expect(run.event == .rejected && run.runID == nil)
    #expect(run.error == RunRecord.Failure(type: "bad_body"))
    #expect(run.requestID == "r" && run.principal == "u")
  }

  @Test(arguments: [
    (#""event":"run.requested","job":"j""#, Rejection.Reason.missingField),
    (#""event":"run.exited","run_id":"a""#, .missingField),
    (#""event":"run.exited","run_id":"a","exit_code":"0""#, .wrongType),
    (#""event":"run.paused","run_id":"a""#, .unknownEvent),
    (#""run_id":"a""#, .missingField),
    (#""event":"run.spawned","run_id":"a","pid":-1"#, .outOfRange),
  ])
  func whatCannotBeARunIsRejected(_ rest: String, _ reason: Rejection.Reason) {
    #expect(parse(rest).rejection?.reason == reason)
  }

  @Test func anotherSchemaVersionIsRefusedByName() {
    var parser = LineParser(format: .auto)
    for family in ["trigger-event", "luigi-event"] {
      let parsed = parser.parse(#"{"schema":"\#(family)/2","ts":1,"event":"run.start"}"#)
      #expect(parsed.rejection?.reason == .unknownVersion)
    }
  }

  @Test func theSourceIsTheLinesHostTheSettingsHostOrTheOverride() throws {
    let rest = #""event":"run.spawned","run_id":"a""#
    var settings = LogSettings()
    settings.host = "edge-1"
    #expect(parse(rest, settings).prepared?.record.header.source == "launcher/edge-1")
    #expect(
      parse(rest + #","host":"worker-3""#, settings).prepared?.record.header.source
        == "launcher/worker-3")
    settings.source = "scheduler/main"
    #expect(
      parse(rest + #","host":"worker-3""#, settings).prepared?.record.header.source
        == "scheduler/main")
  }

  @Test func originalsAreDroppedWhenSettingsSaySo() throws {
    var settings = LogSettings()
    settings.keepsOriginal = false
    let prepared = try #require(parse(#""event":"run.spawned","run_id":"a""#, settings).prepared)
    #expect(prepared.record.header.original == nil)
    #expect(prepared.isOriginalVerbatim)
  }
}
