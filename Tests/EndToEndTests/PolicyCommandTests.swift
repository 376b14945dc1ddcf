import Foundation
import Testing

@Suite("vigil policy") struct PolicyCommandTests {
  private static let policy = """
    {
      zone: "Europe/Berlin",
      roles: {ops: {groups: ["ops"]}, idle: {groups: ["x"]}},
      rules: [
        {name: "day", effect: "permit", roles: ["ops"], actions: ["run:trigger", "run:view"],
         jobs: ["etl-*"], when: {hours: "mon-fri 08:00-18:00"}},
        {name: "never", effect: "permit", groups: ["ops"], actions: ["run:view"], jobs: ["etl-daily"],
         when: {hours: "mon 09:00-10:00"}},
      ],
    }
    """

  private func write(_ folder: TemporaryFolder, _ name: String, _ text: String) throws -> String {
    try text.write(toFile: folder.path(name), atomically: true, encoding: .utf8)
    return folder.path(name)
  }

  @Test("check tells what is doubtful with its place, and exits with 3")
  func check() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let file = try write(folder, "policy.json5", Self.policy)
    let jobs = try write(folder, "jobs.json5", "{jobs: {'etl-daily': {}, report: {}}}")
    let ran = try BuiltTool.run(["policy", "check", file, "--jobs", jobs])
    #expect(ran.status == 3 && ran.errors.isEmpty, "\(ran.errors)")
    for line in [
      "\(file):3:41: unused_role: role \"idle\" is in no rule",
      "\(file):7:5: unreachable: rule \"never\" is never reached: rule \"day\" at line 5",
      "hole: nobody may run:trigger of report", "2 rules, 2 roles, 2 jobs: 2 problems, 4 holes",
    ] { #expect(ran.output.contains(line), "\(line)\n\(ran.output)") }
    let objects = try BuiltTool.run(["policy", "check", file, "--format", "jsonl"]).objects()
    #expect(objects.map { $0["kind"] as? String } == ["unused_role", "unreachable"])
    #expect(objects.map { $0["line"] as? Int } == [3, 7])
  }

  @Test("check exits with 2 and the place where the text is no policy")
  func broken() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let file = try write(folder, "policy.json5", "{rules: [\n {name: \"a\" effect: \"permit\"}]}")
    let ran = try BuiltTool.run(["policy", "check", file])
    #expect(ran.status == 2 && ran.errors.contains("line 2, column 13"), "\(ran.errors)")
    let jobs = try write(folder, "jobs.json5", "{jobs: []}")
    let good = try write(folder, "good.json5", "{}")
    #expect(try BuiltTool.run(["policy", "check", good, "--jobs", jobs]).status == 2)
    #expect(try BuiltTool.run(["policy", "check", good]).status == 0)
  }

  @Test("test asks in the name of stub accounts, and exits with 3 when an answer differs")
  func cases() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let file = try write(folder, "policy.json5", Self.policy)
    func cases(_ expected: String) -> String {
      """
      {at: "2026-11-24T09:00:00+01:00", accounts: {ada: {groups: ["ops"]}}, cases: [
        {name: "by day", who: "ada", request: "POST /jobs/etl-daily/runs", expect: "permit", rule: "day"},
        {name: "at night", who: "ada", action: "run:trigger", job: "etl-daily",
         at: "2026-11-24T23:00:00+01:00", expect: "\(expected)"},
        {name: "nobody", action: "run:trigger", job: "etl-daily", expect: "deny", rule: "credential"},
      ]}
      """
    }
    let good = try BuiltTool.run(
      ["policy", "test", file, try write(folder, "good.json5", cases("deny"))])
    #expect(
      good.status == 0 && good.output.contains("3 cases, 0 differ"), "\(good.errors)\(good.output)")
    let bad = try write(folder, "bad.json5", cases("permit"))
    let differs = try BuiltTool.run(["policy", "test", file, bad])
    #expect(differs.status == 3 && differs.output.contains("3 cases, 1 differ"))
    let line = try #require(differs.output.split(separator: "\n").first { $0.contains("DIFFERS") })
    for word in [
      "at night", "permit", "deny", "default", "\"day\" needs the hours mon-fri 08:00-18:00",
    ] {
      #expect(line.contains(word), "\(line)")
    }
    let objects = try BuiltTool.run(["policy", "test", file, bad, "--format", "jsonl"]).objects()
    #expect(objects.map { $0["met"] as? Bool } == [true, false, true])
    #expect(objects[1]["found"] as? String == "deny" && objects[1]["rule"] as? String == "default")
  }

  @Test("replay tells, request by request, what a changed policy would have answered")
  func replay() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let file = try write(folder, "policy.json5", Self.policy)
    let journal = folder.path("journal")
    func line(_ id: String, _ ts: String, _ members: String) -> String {
      #"{"v":1,"ts":"\#(ts)","source":"vigil/gateway","id":"\#(id)",\#(members)}"#
    }
    let decision = #""kind":"decision","principal":"ada","action":"run:trigger","job":"etl-daily""#
    let lines = [
      line(
        "d1", "2026-11-24T08:00:00Z",
        decision + #","request_id":"q1","groups":["ops"],"effect":"permit","rule":"old""#),
      line(
        "d2", "2026-11-24T22:00:00Z",
        decision + #","request_id":"q2","groups":["ops"],"effect":"permit","rule":"old""#),
      line(
        "d3", "2026-11-24T09:00:00Z",
        decision + #","request_id":"q3","effect":"deny","rule":"credential""#),
      line(
        "q4", "2026-11-24T10:00:00Z",
        #""kind":"request","request_id":"q4","principal":"bob","method":"POST","path":"/jobs/etl-daily/runs","status":202,"job":"etl-daily""#
      ),
      line(
        "q5", "2026-11-24T11:00:00Z",
        #""kind":"request","request_id":"q5","principal":"bob","method":"POST","path":"/jobs/etl-daily/runs","status":403,"job":"etl-daily""#
      ),
    ]
    let ingested = try BuiltTool.run(
      ["ingest", "--journal", journal, "--format", "record", "-"],
      input: lines.joined(separator: "\n") + "\n")
    #expect(ingested.status == 0, "\(ingested.errors)")
    let words = ["policy", "replay", "--journal", journal, "--policy", file]
    let table = try BuiltTool.run(words)
    #expect(table.status == 0, "\(table.errors)")
    #expect(
      table.output.contains(
        "4 questions asked again (2 decisions, 2 requests without one): 2 answered otherwise: 2 permit -> deny"
      ), "\(table.output)")
    #expect(table.output.contains("1 decisions that no policy made"))
    let objects = try BuiltTool.run(words + ["--format", "jsonl"]).objects()
    #expect(objects.map { $0["kind"] as? String } == ["difference", "difference", "summary"])
    #expect(objects.map { $0["request_id"] as? String } == ["q4", "q2", nil])
    #expect(
      objects[1]["old_rule"] as? String == "old" && objects[1]["rule"] as? String == "default")
    let later = try BuiltTool.run(words + ["--format", "jsonl", "--since", "2026-11-24T12:00:00Z"])
      .objects()
    #expect(later.map { $0["request_id"] as? String } == ["q2", nil])
  }

  @Test(
    "what cannot be meant is wrong usage",
    arguments: [
      ["policy"], ["policy", "prove"], ["policy", "check"], ["policy", "check", "a", "b"],
      ["policy", "test", "a"],
      ["policy", "replay"], ["policy", "check", "a", "--journal", "x"],
      ["policy", "replay", "--journal", "x", "--policy", "y", "--since", "yesterday"],
      ["policy", "check", "/nonexistent"],
    ])
  func usage(words: [String]) throws { #expect(try BuiltTool.run(words).status == 2) }
}
