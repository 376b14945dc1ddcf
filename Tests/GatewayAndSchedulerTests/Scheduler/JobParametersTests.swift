import GatewayAndScheduler
import Ingest
import Testing

@Suite("JobParameters")
struct JobParametersTests {
  private static let job = """
    { jobs: { j: {
      command: ["/bin/echo", "{word}", "--date={date}", "pre{word}post", "{n}", "{{literal}}"],
      outputs: ["/data/{file}.csv"],
      params: {
        word: { type: "string", default: "x" }, date: { type: "date", default: "yesterday" },
        n: { type: "integer", default: 1 }, temperature: { type: "integer", min: -10, max: 10, default: 0 },
        file: { type: "string", default: "f" }, id: { type: "string", characters: "identifier", max_bytes: 8 },
        path: { type: "string", characters: "path" }, flag: { type: "boolean" },
        mode: { type: "string", one_of: ["fast", "-s"] }, ratio: { type: "number", min: 0, max: 1 },
      } } } }
    """

  private func call(_ parameters: String) throws -> Result<[String], JobParametersRefusal> {
    let job = try #require(try SchedulerBench.catalogue(JobParametersTests.job)["j"])
    let now = try #require(Timestamp(rfc3339: "2026-11-24T05:00:00Z"))
    return job.check(Array(parameters.utf8), at: now).flatMap { job.invocation($0) }
      .map(\.arguments)
  }

  @Test(
    "a value stays inside its argument, whatever it holds",
    arguments: [
      "; rm -rf /", "$(reboot)", "`id`", "a b  c", "\"quoted\"", "'", "a|b&c>d", "*", "{n}", "{{",
      "a=b", "\\\\", "ünïcode", "%s%n", "a--b",
    ])
  func inside(_ value: String) throws {
    let text = value.replacing("\"", with: "\\\"")
    let arguments = try call("{\"word\":\"\(text)\"}").get()
    let meant = value == "\\\\" ? "\\" : value
    #expect(
      arguments == [
        "/bin/echo", meant, "--date=2026-11-23", "pre\(meant)post", "1", "{literal}",
      ])
  }

  @Test(
    "what does not fit is refused with a sentence, and nothing of it is quoted back",
    arguments: [
      (#"{"word":"--help"}"#, "word: a value that begins with -"),
      (#"{"word":"-"}"#, "word: a value that begins with -"),
      (#"{"n":-5}"#, "n: a value that begins with -"),
      (#"{"word":"a\u0000b"}"#, "word: expected"), (#"{"word":"a\nb"}"#, "word: expected"),
      (#"{"word":"\u001b[31m"}"#, "word: expected"), (#"{"word":"a\u2028b"}"#, "word: expected"),
      (#"{"word":"a\u202eb"}"#, "word: expected"), (#"{"word":5}"#, "word: expected"),
      (#"{"word":null}"#, "word: expected"), (#"{"word":["a"]}"#, "word: expected"),
      (#"{"n":1.5}"#, "n: expected an integer"), (#"{"n":"1"}"#, "n: expected an integer"),
      (#"{"n":99999999999999999999}"#, "n: expected an integer"),
      (#"{"date":"2026-02-30"}"#, "date: expected a date"),
      (#"{"date":"2026-11-24; ls"}"#, "date: expected a date"),
      (#"{"temperature":-11}"#, "temperature: expected an integer from -10 to 10"),
      (#"{"file":"../../etc/passwd"}"#, "file: is part of a path"),
      (#"{"file":".."}"#, "file: is part of a path"),
      (#"{"id":"a b"}"#, "id: expected"), (#"{"id":"123456789"}"#, "id: expected"),
      (#"{"path":"a/../b"}"#, "path: expected"), (#"{"path":"a b"}"#, "path: expected"),
      (#"{"flag":"true"}"#, "flag: expected true or false"),
      (#"{"mode":"slow"}"#, "mode: expected one of"), (#"{"ratio":1.5}"#, "ratio: expected"),
      (#"{"other":1}"#, "\"other\": the job has no such parameter"),
      (#"["a"]"#, "parameters: expected one JSON object"), ("{", "parameters: expected one JSON"),
      (#"{"word":"a","word":"b"}"#, "parameters: expected one JSON object"),
    ])
  func refused(_ parameters: String, _ expected: String) throws {
    guard case .failure(let refusal) = try call(parameters) else {
      Issue.record("accepted \(parameters)")
      return
    }
    #expect(refusal.sentences.contains { $0.hasPrefix(expected) }, "\(refusal.sentences)")
  }

  @Test("every fault is told at once")
  func all() throws {
    guard case .failure(let refusal) = try call(#"{"n":"x","flag":1,"zzz":2}"#) else {
      Issue.record("accepted")
      return
    }
    #expect(refusal.sentences.count == 3)
  }

  @Test("a range that states negative numbers allows them, and choices may be what is declared")
  func allowed() throws {
    #expect(try call(#"{"temperature":-5,"mode":"-s","ratio":0.25,"flag":true}"#).get().count == 6)
  }

  @Test("a text beyond 16 KiB is not looked at")
  func tooLong() throws {
    let text = "{\"word\":\"" + String(repeating: "a", count: 17_000) + "\"}"
    guard case .failure = try call(text) else {
      Issue.record("accepted")
      return
    }
  }
}
