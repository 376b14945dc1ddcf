import Foundation
import Testing

/// Commands beside `vigil serve` find what it has in its configuration, as they are written in the manuals.
@Suite("the configuration of vigil serve, for the commands beside it") struct ServeDefaultsTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path("books/state"), withIntermediateDirectories: true)
    let run =
      #"{"schema":"trigger-event/1","ts":1.5,"event":"run.requested","run_id":"r","job":"j"}"#
    let made = try BuiltTool.run(
      ["ingest", "--journal", folder.path("books/journal"), "-"], input: run)
    #expect(made.status == 0, "\(made.errors)")
    try write(
      "books/policy.json5",
      """
      {rules: [{name: "all", effect: "permit", groups: ["ops"], actions: ["run:*"], jobs: ["*"]},
        {name: "reports", effect: "permit", groups: ["ops"], actions: ["report:view"]}]}
      """)
    try write("books/jobs.json5", #"{jobs: {etl: {command: ["/bin/true"]}}}"#)
    try write(
      "vigil.json5",
      """
      { serve: { journal: "books/journal", state: "books/state", policy: "books/policy.json5",
        jobs: "books/jobs.json5", routes: [{ route: "GET /report", action: "report:view" }] } }
      """)
  }

  private func write(_ name: String, _ text: String) throws {
    try text.write(toFile: folder.path(name), atomically: true, encoding: .utf8)
  }

  /// In the folder of the configuration, or anywhere with its name.
  private func run(_ words: [String], stated: Bool) throws -> BuiltTool.Result {
    stated
      ? try BuiltTool.run(words + ["--config", folder.path("vigil.json5")])
      : try BuiltTool.run(words, in: folder.url.path)
  }

  @Test(
    "tokens are made, rotated, revoked and listed without a word on where",
    arguments: [true, false])
  func tokens(stated: Bool) throws {
    defer { folder.remove() }
    let words = [
      "token", "create", "--for", "svc-ci", "--scope", "run:trigger:etl", "--expires", "30d",
    ]
    let made = try run(words, stated: stated)
    #expect(made.status == 0 && made.output.hasPrefix("vigil_"), "\(made.errors)")
    #expect(made.errors.contains("vigil.json5: taken for what is not given") == !stated)
    let id = String(made.output.dropFirst(6).prefix(16))
    #expect(try run(["token", "rotate", id, "--overlap", "1h"], stated: stated).status == 0)
    #expect(try run(["token", "revoke", id], stated: stated).status == 0)
    let listed = try run(["token", "list", "--format", "jsonl"], stated: stated)
    #expect(try listed.objects().first?["state"] as? String == "revoked", "\(listed.errors)")
    #expect(FileManager.default.fileExists(atPath: folder.path("books/state/tokens.jsonl")))
    // A state directory of its own has a journal of its own.
    let other = try run(["token", "list", "--state", folder.path("books/state")], stated: false)
    #expect(other.status == 0 && other.errors.isEmpty && other.output.contains("not asked"))
    let half = words + ["--state", folder.path("books/state")]
    let refused = try run(half, stated: false)
    #expect(refused.status == 2 && refused.errors.contains("--journal is missing"))
    #expect(try run(half, stated: true).status == 0)
  }

  @Test("a policy is checked, tested and replayed without its name", arguments: [true, false])
  func policy(stated: Bool) throws {
    defer { folder.remove() }
    let checked = try run(["policy", "check"], stated: stated)
    #expect(checked.status == 0 && checked.output.contains("1 jobs"), "\(checked.errors)")
    try write(
      "cases.json5",
      """
      {at: "2026-11-24T09:00:00+01:00", accounts: {ada: {groups: ["ops"]}}, cases: [
        {name: "a route of ours", who: "ada", request: "GET /report", expect: "permit"},
      ]}
      """)
    let tested = try run(["policy", "test", folder.path("cases.json5")], stated: stated)
    #expect(tested.status == 0 && tested.output.contains("1 cases, 0 differ"), "\(tested.errors)")
    let replayed = try run(
      ["policy", "replay", "--journal", folder.path("books/journal")], stated: stated)
    #expect(replayed.status == 0 && replayed.output.contains("0 questions"), "\(replayed.errors)")
    #expect(try run(["policy", "replay"], stated: stated).status == 0)
  }

  @Test("jobs are checked without a name, with the names that the configuration keeps")
  func jobs() throws {
    defer { folder.remove() }
    for stated in [true, false] {
      let checked = try run(["jobs", "check"], stated: stated)
      #expect(checked.status == 0 && checked.output == "etl  command\n", "\(checked.errors)")
    }
    try write(
      "books/jobs.json5",
      #"{jobs: {etl: {command: ["/bin/true"], environment: ["TOKEN_URL=https://id.test"]}}}"#)
    let refused = try run(["jobs", "check"], stated: true)
    #expect(refused.status == 2 && refused.errors.contains("redaction.kept_names"))
    #expect(!refused.errors.contains("id.test"))
    try write(
      "vigil.json5",
      #"{ serve: { jobs: "books/jobs.json5" }, redaction: { kept_names: ["TOKEN_URL"] } }"#)
    #expect(try run(["jobs", "check"], stated: true).status == 0)
  }

  @Test("what nobody says is missing, and a file of other things is no configuration of serve")
  func missing() throws {
    defer { folder.remove() }
    try write("vigil.json5", "{ zone: \"UTC\" }")
    for (words, what) in [
      (["token", "list"], "--state is missing: expected it, --config FILE, or vigil.json5"),
      (["policy", "check"], "the policy's FILE is missing: expected it, --config FILE, or"),
      (["policy", "test", "cases"], "the policy's FILE is missing"),
      (["policy", "replay"], "--journal is missing"),
      (["jobs", "check"], "the jobs' FILE is missing"),
    ] {
      let ran = try run(words, stated: false)
      #expect(ran.status == 2 && ran.errors.contains(what), "\(ran.errors)")
      let stated = try run(words, stated: true)
      #expect(stated.status == 2 && stated.errors.contains("found no \"serve\" in it"))
    }
  }
}
