import Ingest
import Testing

@Suite struct LuigiEventsTests {
  private static let context =
    #""context":{"request_id":"r-1","user":"dave","groups":"admins","trigger":"schedule","#
    + #""job":"reindex","traceparent":null}"#
  private static let task =
    #""task":{"id":"Crashy_d002_b44","family":"Crashy","module":"m","params":{"tag":"d002"},"#
    + #""owner_email":["a@example.com","b@example.com"],"resources":{},"retry_count":null}"#

  private func parse(_ event: String, _ rest: String = "") -> ParsedLine {
    var parser = LineParser(format: .auto)
    return parser.parse(
      #"{"schema":"luigi-event/1","ts":1795477139.3293717,"event":"\#(event)","run_id":"run-1","#
        + LuigiEventsTests.context + #","host":"pipelines-1","pid":9,"root_pid":9\#(rest)}"#)
  }

  private func parseTask(_ event: String, _ rest: String = "") -> TaskRecord? {
    parse(event, "," + LuigiEventsTests.task + rest).task
  }

  @Test func aRunSeenFromInsideStartsAndEnds() throws {
    let parsed = parse("run.end", #","seconds":0.25"#)
    var expected = RunRecord(event: .ended)
    expected.vantage = .inside
    expected.runID = "run-1"
    expected.requestID = "r-1"
    expected.job = "reindex"
    expected.trigger = .schedule
    expected.principal = "dave"
    expected.groups = ["admins"]
    expected.host = "pipelines-1"
    expected.pid = 9
    expected.durationSeconds = 0.25
    #expect(parsed.run == expected)
    #expect(parsed.prepared?.record.header.source == "luigi/pipelines-1")
    #expect(parsed.prepared?.record.header.timestamp.rfc3339 == "2026-11-23T23:38:59.329372Z")
    #expect(parsed.prepared?.format == .luigi)
    let started = try #require(parse("run.start", #","argv":[],"cwd":"/srv""#).run)
    #expect(started.event == .started && started.durationSeconds == nil)
  }

  @Test(arguments: [
    ("task.start", TaskRecord.Event.started), ("task.progress", .progress),
    ("task.success", .succeeded), ("task.failure", .failed), ("task.process_failure", .failed),
    ("task.timeout", .timedOut), ("task.broken", .broken), ("dependency.discovered", .pending),
    ("dependency.missing", .pending), ("dependency.present", .skipped),
  ])
  func everyTaskEventHasItsRecord(_ name: String, _ event: TaskRecord.Event) throws {
    let task = try #require(parseTask(name))
    #expect(task.event == event)
    #expect(task.runID == "run-1" && task.taskID == "Crashy_d002_b44" && task.task == "Crashy")
    #expect(task.owner == "a@example.com,b@example.com")
    #expect(task.parameters == Array(#"{"tag":"d002"}"#.utf8))
  }

  @Test func durationsAttemptsAndDependenciesAreCarried() {
    #expect(parseTask("task.success", #","elapsed":0.5"#)?.durationSeconds == 0.5)
    #expect(parseTask("task.success", #","elapsed":null"#)?.durationSeconds == nil)
    #expect(parseTask("task.start", #","attempt_in_process":2"#)?.attempt == 2)
    let dependency = parseTask(
      "dependency.discovered", #","dependency":{"id":"Extract_1","family":"Extract"}"#)
    #expect(dependency?.dependsOn == ["Extract_1"])
  }

  @Test func anExceptionKeepsTypeAndMessageAndLosesItsSecrets() throws {
    let exception =
      #","exception":{"type":"builtins.ValueError","message":"login with password=hunter2 failed","#
      + #""traceback":"line 1\n  token = \"abcdef123\"\n"}"#
    let parsed = parse("task.failure", "," + LuigiEventsTests.task + exception)
    #expect(parsed.task?.error?.type == "builtins.ValueError")
    #expect(parsed.task?.error?.message == "login with password=[redacted] failed")
    let original = try #require(parsed.prepared?.record.header.original)
    let text = String(decoding: original, as: UTF8.self)
    #expect(!text.contains("hunter2") && !text.contains("abcdef123"))
    #expect(text.contains("line 1"))
  }

  @Test func endsWithoutAnExceptionStillSayWhatHappened() {
    let death = parseTask("task.process_failure", #","message":"died with exit code 137""#)
    #expect(
      death?.error
        == RunRecord.Failure(type: "process_failure", message: "died with exit code 137"))
    #expect(parseTask("task.timeout", #","message":"x""#)?.error?.type == "timeout")
    #expect(parseTask("dependency.missing")?.error?.type == "dependency.missing")
  }

  @Test func processingTimesAreIgnoredForTheSuccessCarriesThem() {
    #expect(
      parse("task.processing_time", "," + LuigiEventsTests.task + #","seconds":1"#).ignoredReason?
        .hasPrefix("luigi: task.processing_time") == true)
  }

  @Test func unknownEventsAndMissingTasksAreRejected() {
    #expect(parse("task.exploded").rejection?.reason == .unknownEvent)
    #expect(parse("task.start").rejection?.reason == .missingField)
    #expect(parse("task.start", #","task":"x""#).rejection?.reason == .wrongType)
    #expect(
      parse("task.start", #","task":{"id":"","family":"F"}"#).rejection?.reason == .missingField)
  }
}
