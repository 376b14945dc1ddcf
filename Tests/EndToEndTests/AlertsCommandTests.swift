import Foundation
import Testing

@Suite("vigil alerts", .serialized) struct AlertsCommandTests {
  private let folder: TemporaryFolder
  private let journal: String

  /// A journal with a run that nobody asked for: a finding, raised.
  init() throws {
    folder = try TemporaryFolder()
    journal = folder.path("journal")
    try AlertsCommandTests.fill(journal)
    let raised = try BuiltTool.run([
      "detect", "--journal", journal, "--rule", "run_without_request", "--raise", "--raise-since",
      "2026-01-01",
    ])
    #expect(raised.status == 0 && raised.errors.contains("2 alerts raised"), "\(raised.errors)")
  }

  /// Four days of triggers and runs, and two runs that nobody asked for.
  static func fill(_ journal: String) throws {
    let lines = (0..<4).flatMap { day in
      // Somebody triggers, a run follows; on the second day two runs that nobody asked for.
      let date = "2026-11-2\(3 + day)"
      let asked = [
        #"{"v":1,"kind":"request","ts":"\#(date)T09:00:00Z","source":"caddy/a","id":"q\#(day)","request_id":"q\#(day)","principal":"alice","method":"POST","path":"/jobs/etl/runs","status":202,"job":"etl"}"#,
        #"{"v":1,"kind":"run","ts":"\#(date)T09:00:01Z","source":"launcher/a","id":"r\#(day)","run_id":"r\#(day)","request_id":"q\#(day)","job":"etl","event":"started"}"#,
        #"{"v":1,"kind":"run","ts":"\#(date)T09:01:00Z","source":"launcher/a","id":"e\#(day)","run_id":"r\#(day)","request_id":"q\#(day)","job":"etl","event":"succeeded"}"#,
      ]
      guard day == 1 else { return asked }
      return asked
        + ["etl", "wipe"].map { job in
          #"{"v":1,"kind":"run","ts":"\#(date)T15:00:00Z","source":"launcher/a","id":"\#(job)","run_id":"lone-\#(job)","request_id":"nobody-\#(job)","job":"\#(job)","event":"started","principal":"mallory"}"#
        }
    }
    let ran = try BuiltTool.run(
      ["ingest", "--journal", journal, "--origin", "vigil/alerts", "--format", "record", "-"],
      input: lines.joined(separator: "\n") + "\n")
    #expect(ran.status == 0, "\(ran.errors)")
  }

  private func alerts(_ words: String...) throws -> BuiltTool.Result {
    try BuiltTool.run(["alerts"] + words + ["--journal", journal])
  }

  private func list(_ words: String...) throws -> [[String: Any]] {
    let ran = try BuiltTool.run(
      ["alerts", "list", "--journal", journal, "--format", "jsonl"] + words)
    #expect(ran.status == 0, "\(ran.errors)")
    return try ran.objects()
  }

  private func ids(_ objects: [[String: Any]]) -> [String] {
    objects.compactMap { $0["finding_id"] as? String }
  }

  @Test(
    "a finding is raised once, acknowledged and resolved by people, and the journal stays whole")
  func lifecycle() throws {
    defer { folder.remove() }
    let again = try BuiltTool.run([
      "detect", "--journal", journal, "--rule", "run_without_request", "--raise", "--raise-since",
      "2026-01-01",
    ])
    #expect(again.errors.contains("0 alerts raised"), "\(again.errors)")
    let open = ids(try list())
    try #require(open.count == 2)
    let prefix = String(open[0].prefix(10))
    #expect(try alerts("ack", prefix, "--by", "kim", "--reason", "looking").status == 0)
    #expect(ids(try list("--where", "state=acknowledged and by=kim")) == [open[0]])
    #expect(
      ids(try list("--where", "state=raised and rule=run_without_request and since=2000-01-01"))
        == [open[1]])
    #expect(try alerts("resolve", "--where", "principal=mallory", "--by", "kim").status == 0)
    #expect(try list().isEmpty && list("--all").count == 2)
    let late = try alerts("ack", prefix, "--by", "kim")
    #expect(late.status == 2 && late.errors.contains("found it resolved"), "\(late.errors)")
    let shown = try alerts("show", prefix)
    for word in ["mallory", "alert raised", "alert acknowledged", "looking", "alert resolved"] {
      #expect(shown.output.contains(word), "\(word): \(shown.output)")
    }
    #expect(try BuiltTool.run(["verify", "--journal", journal]).status == 0)
  }

  @Test(
    "a suppression has an owner, a reason and an end, withholds, is listed everywhere, and is lifted"
  )
  func suppressions() throws {
    defer { folder.remove() }
    let bare = try alerts("suppress", "--job", "etl", "--for", "7d", "--by", "kim")
    #expect(bare.status == 2 && bare.errors.contains("--reason is missing"))
    let made = try alerts(
      "suppress", "--job", "etl", "--rule", "run_without_request", "--for", "7d", "--by", "kim",
      "--reason", "migration", "--owner", "data-team")
    #expect(made.status == 0, "\(made.errors)")
    let id = made.output.trimmingCharacters(in: .newlines)
    #expect(ids(try list("--where", "state=suppressed and job=etl")).count == 1)
    #expect(try list().count == 1)
    let listed = try alerts("suppressions", "--format", "jsonl").objects()
    #expect(listed.map { $0["suppression_id"] as? String } == [id])
    #expect(listed[0]["owner"] as? String == "data-team")
    #expect(listed[0]["reason"] as? String == "migration" && listed[0]["expires_at"] != nil)
    let state = try BuiltTool.run([
      "replay", "--journal", journal, "--at", "2099-01-01", "--format", "jsonl",
    ])
    #expect(state.status == 0, "\(state.errors)")
    let exported = try BuiltTool.run([
      "export", "--journal", journal, "--since", "2026-01-01", "--until", "2099-01-01", "--out",
      folder.path("out"), "--by", "kim",
    ])
    #expect(exported.status == 0, "\(exported.errors)")
    let report = try String(contentsOfFile: folder.path("out/report.html"), encoding: .utf8)
    for word in ["job etl", "data-team", "migration"] { #expect(report.contains(word), "\(word)") }
    #expect(try alerts("lift", String(id.prefix(6)), "--by", "kim").status == 0)
    #expect(try alerts("suppressions", "--format", "jsonl").objects().isEmpty)
    #expect(try alerts("suppressions", "--all").output.contains("lifted"))
    #expect(try alerts("lift", id, "--by", "kim").status == 2)
    #expect(try list().count == 1, "what was withheld stays so")
  }

  @Test(
    "a word too many or too few is wrong usage and changes nothing",
    arguments: [
      ["ack"], ["ack", "ffffffff"], ["ack", ""], ["show"], ["lift", "x"], ["frobnicate"],
      ["suppress", "--reason", "r"], ["suppress", "--reason", "r", "--for", "1d"],
      ["suppress", "--reason", "r", "--for", "900d", "--job", "x"],
      ["suppress", "--reason", "r", "--until", "2020-01-01", "--job", "x"],
      ["suppress", "--reason", "r", "--for", "1d", "--until", "2099-01-01", "--job", "x"],
      ["list", "--reason", "r"], ["list", "--where", "state=foo"], ["ack", "--where", "job=none"],
    ])
  func usage(_ words: [String]) throws {
    defer { folder.remove() }
    let before = try list("--all").count
    let hasPerson = ["ack", "suppress", "lift"].contains(words[0])
    let ran = try BuiltTool.run(
      ["alerts"] + words + ["--journal", journal] + (hasPerson ? ["--by", "kim"] : []))
    #expect(ran.status == 2, "\(words): \(ran.output)")
    #expect(try list("--all").count == before)
    #expect(try list("--where", "state!=raised").isEmpty)
  }

  @Test("words are taken beside a running writer, which appends them")
  func besideWriter() throws {
    defer { folder.remove() }
    let log = folder.path("access.log")
    try "".write(toFile: log, atomically: true, encoding: .utf8)
    let writer = try RunningTool.follow(log, into: journal, folder)
    let open = ids(try list())
    let ran = try alerts("ack", open[0], "--by", "kim")
    #expect(ran.status == 0, "\(ran.errors)")
    #expect(ids(try list("--where", "state=acknowledged")) == [open[0]])
    #expect(writer.stop() == 0)
  }

  @Test("a server with the key alerts delivers alone, takes people's words, and ends in order")
  func besideServer() throws {
    defer { folder.remove() }
    for (name, text) in [
      ("policy.json5", "{ rules: [] }"), ("jobs.json5", "{ jobs: {} }"),
      (
        "vigil.json5",
        #"{ alerts: {}, serve: { listen: "127.0.0.1:0", detection: { live: false } } }"#
      ),
    ] {
      try text.write(toFile: folder.path(name), atomically: true, encoding: .utf8)
    }
    let config = folder.path("vigil.json5")
    let server = try RunningTool(["serve", "--config", config], in: folder)
    try server.wait { server.errors.contains("0 alert sinks") }
    let other = try alerts("deliver", "--config", config)
    #expect(other.status == 2 && other.errors.contains("another process"), "\(other.errors)")
    let open = ids(try list())
    #expect(
      try alerts("suppress", open[0], "--by", "kim", "--reason", "r", "--for", "1h").status == 0)
    // By match: it is the server that writes down what was withheld.
    let made = try alerts(
      "suppress", "--rule", "run_without_request", "--by", "kim", "--reason", "r", "--for", "1h")
    let id = made.output.trimmingCharacters(in: .newlines)
    try server.wait {
      try BuiltTool.run(
        ["query", "--journal", journal, "--count", "event=suppressed and suppression_id=\(id)"]
      ).output == "2\n"
    }
    #expect(server.stop() == 0, "\(server.errors)")
    #expect(try BuiltTool.run(["verify", "--journal", journal]).status == 0)
  }

  @Test("deliver needs the key alerts, tells what is due, and is alone")
  func deliver() throws {
    defer { folder.remove() }
    let config = folder.path("vigil.json5")
    try "{}".write(toFile: config, atomically: true, encoding: .utf8)
    let none = try alerts("deliver", "--config", config)
    #expect(none.status == 2 && none.errors.contains("found no key \"alerts\""))
    try "{ alerts: { group: { wait: \"0s\" } } }".write(
      toFile: config, atomically: true, encoding: .utf8)
    let ran = try alerts("deliver", "--config", config)
    #expect(ran.status == 0 && ran.errors.contains("0 messages delivered"), "\(ran.errors)")
    let other = try RunningTool(
      ["alerts", "deliver", "--follow", "--journal", journal, "--config", config], in: folder)
    try other.wait {
      try alerts("deliver", "--config", config).errors.contains("another process delivers them")
    }
    #expect(other.stop() == 0)
    try "{ alerts: { routes: [{ sinks: [\"nobody\"] }] } }".write(
      toFile: config, atomically: true, encoding: .utf8)
    let wrong = try alerts("deliver", "--config", config)
    #expect(wrong.status == 2 && wrong.errors.contains("found the sink \"nobody\""))
  }
}
