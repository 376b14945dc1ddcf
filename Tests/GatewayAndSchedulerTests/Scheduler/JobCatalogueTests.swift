import GatewayAndScheduler
import Ingest
import Testing

@Suite("JobCatalogue")
struct JobCatalogueTests {
  private static func problem(_ job: String) -> String {
    do {
      _ = try SchedulerBench.catalogue("{ jobs: { \(job) } }")
      return "accepted"
    } catch { return "\(error)" }
  }

  @Test(
    "names that are more than a name are refused",
    arguments: [
      "..", ".hidden", "a..b", "a/b", "../etc/passwd", "A", "", "-x", "a b", "a\\u0000b", "ä",
      "a%2fb", "a\\nb", String(repeating: "a", count: 129),
    ])
  func names(_ name: String) {
    #expect(Self.problem("\"\(name)\": { command: [\"/bin/true\"] }").contains("expected a name"))
  }

  @Test("a name of 128 bytes with dots and dashes is one")
  func longName() throws {
    let name = "a1.b-c_d" + String(repeating: "x", count: 120)
    #expect(Self.problem("\"\(name)\": { command: [\"/bin/true\"] }") == "accepted")
  }

  @Test(
    "a file that cannot be meant so is refused with what was expected",
    arguments: [
      ("a: { command: [] }", "expected the program"),
      ("a: { command: ['{p}'], params: { p: { type: 'string', required: true } } }", "own name"),
      ("a: { command: ['x', '{q}'] }", "required or has a default"),
      ("a: { command: ['x', '{p}'], params: { p: { type: 'string' } } }", "required or has"),
      ("a: { command: ['x', '{p'] }", "{ without }"),
      ("a: { command: ['x', 'p}'] }", "} without {"),
      ("a: { command: ['x\\u0000y'] }", "no NUL"),
      ("a: { command: ['x'], directory: 'relative' }", "an absolute path"),
      ("a: { command: ['x'], environment: ['AUDIT_USER=root'] }", "AUDIT_"),
      ("a: { command: ['x'], environment: ['VIGIL_RUN_TOKEN=1'] }", "VIGIL_"),
      ("a: { command: ['x'], environment: ['no value'] }", "NAME=value"),
      ("a: { command: ['x'], environment: ['1X=y'] }", "expected a name"),
      ("a: { command: ['x'], environment: ['DB_PASSWORD=hunter2'] }", "expected it in \"secrets\""),
      (
        "a: { command: ['x'], environment: ['API_TOKEN=x{p}'], params: { p: { type: 'date', "
          + "default: 'today' } } }", "expected it in \"secrets\""
      ),
      ("a: { command: ['x'], environment: ['PASSWORD_FILE=hunter2'] }", "expected it in"),
      ("a: { command: ['x'], secrets: { DB_PASSWORD: 'hunter2' } }", "found a literal"),
      ("a: { command: ['x'], secrets: { DB_PASSWORD: 123456789 } }", "found a literal"),
      ("a: { command: ['x'], secrets: { DB_PASSWORD: ['hunter2'] } }", "found a literal"),
      ("a: { command: ['x'], secrets: 'hunter2' }", "an object"),
      ("a: { command: ['x'], secrets: { 'VIGIL_X': 'env:X' } }", "AUDIT_ or VIGIL_"),
      ("a: { command: ['x'], secrets: { 'a b': 'env:X' } }", "expected a name"),
      ("a: { command: ['x'], environment: ['X=1'], secrets: { X: 'env:X' } }", "expected it once"),
      ("a: { command: ['x'], secrets: { X: 'file:relative' } }", "not absolute"),
      ("a: { command: ['x'], needs: ['b'] }", "needs \"b\", which is no job"),
      ("a: { command: ['x'], needs: ['a'] }", "a → a"),
      (
        "a: { command: ['x'], needs: ['b'] }, b: { command: ['x'], needs: ['c'] }, "
          + "c: { command: ['x'], needs: ['b'] }", "b → c → b"
      ),
      ("a: { command: ['x'], schedule: { cron: '61 * * * *' } }", "cron minute"),
      ("a: { command: ['x'], zone: 'Nowhere/Land' }", "zone"),
      (
        "a: { command: ['x', '{p}'], params: { p: { type: 'date', required: true } }, "
          + "schedule: { cron: '0 5 * * *' } }", "no default to be scheduled with"
      ),
      ("a: { command: ['x'], retries: { count: 21 } }", "from 0 to 20"),
      ("a: { command: ['x'], timeout: '31d' }", "a duration"),
      ("a: { command: ['x'], params: { 'P': { type: 'string' } } }", "parameter"),
      ("a: { command: ['x'], params: { p: { type: 'integer', max: 3, default: 4 } } }", "to 3"),
      ("a: { type: 'luigi', module: 'etl; rm', task: 'T' }", "dotted Python name"),
      ("a: { type: 'luigi', module: '--x', task: 'T' }", "dotted Python name"),
      ("a: { command: ['x'], shell: true }", "unknown key"),
    ])
  func refused(_ job: String, _ expected: String) {
    let problem = Self.problem(job)
    #expect(problem.contains(expected), "\(problem)")
    #expect(!problem.contains("hunter2") && !problem.contains("123456789"), "\(problem)")
  }

  @Test(
    "a name that only looks like a secret's is taken: a parameter's value, a path, and what is kept",
    arguments: [
      "TOKEN={p}", "DB_PASSWORD_FILE=/run/secrets/db", "MAX_TOKENS=4", "DB_PASSWORD=",
      "TOKEN_URL=http://id/{p}",
    ])
  func looksSecret(_ variable: String) throws {
    var redaction = RedactionList()
    redaction.keptNames = ["token_url"]
    let text = Array(
      """
      { jobs: { a: { command: ["x"], environment: ["\(variable)"],
        params: { p: { type: "string", default: "v" } } } } }
      """.utf8)
    let catalogue = try JobCatalogue.read(
      text.span, file: "jobs.json5", zones: ZoneCatalogue(directory: "/usr/share/zoneinfo"),
      redaction: redaction)
    #expect(catalogue["a"]?.environment.count == 1)
  }

  @Test("a job of type luigi becomes one command, each parameter one option with its value inside")
  func luigi() throws {
    let catalogue = try SchedulerBench.catalogue(
      """
      { jobs: { daily: { type: "luigi", module: "etl.daily", task: "Load", luigi: ["/usr/bin/luigi"],
        arguments: ["--local-scheduler"], luigi_config: "/etc/luigi.cfg",
        params: { run_date: { type: "date", required: true }, tag: { type: "string", default: "a" } } } } }
      """)
    let job = try #require(catalogue["daily"])
    let now = SchedulerBench.now()
    let text = Array(#"{"run_date":"2026-11-24","tag":"--module=x"}"#.utf8)
    let parameters = try job.check(text, at: now).get()
    let call = try job.invocation(parameters).get()
    #expect(
      call.arguments == [
        "/usr/bin/luigi", "--module", "etl.daily", "Load", "--run-date=2026-11-24",
        "--tag=--module=x", "--local-scheduler",
      ])
  }

  @Test("the schema is JSON that names types, ranges, choices and what is required")
  func schema() throws {
    let catalogue = try SchedulerBench.catalogue(
      """
      { jobs: { a: { command: ["x", "{n}", "{m}"], params: {
        n: { type: "integer", min: 1, max: 9, required: true, summary: "how \\"many\\"" },
        m: { type: "string", one_of: ["fast", "slow"], default: "fast" } } } } }
      """)
    let schema = try #require(catalogue["a"]).parameterSchema
    var document = JSONDocument()
    try document.parse(schema.span)
    let text = String(decoding: schema, as: UTF8.self)
    #expect(
      text == #"{"type":"object","properties":{"n":{"type":"integer","minimum":1,"maximum":9,"#
        + #""description":"how \"many\""},"m":{"type":"string","enum":["fast","slow"],"#
        + #""maxLength":256,"default":"fast"}},"required":["n"],"additionalProperties":false}"#)
  }

  @Test("what a job needs comes before it, each once")
  func upstream() {
    let graph = JobGraph(["d": ["b", "c"], "b": ["a"], "c": ["a"], "a": []])
    #expect(graph.upstream(of: "d") == ["a", "b", "c"])
    #expect(throws: Never.self) { try graph.check() }
  }
}
