import Foundation
import Testing

/// What is learnt of the past counts at the gate, in the built tool: a trigger at an hour that is strange
/// for its principal waits for another person, and so does the end of a run that goes on for too long.
@Suite(.serialized) struct LiveHabitTests {
  private static let dayCount = 60
  private static let secondsOfDay = 86_400.0

  @Test(
    "a trigger at a strange hour is held, a runaway is proposed for killing, another person decides"
  )
  func heldAndProposed() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let port = try freePort()
    for (name, text) in Self.files(port) {
      try text.write(toFile: folder.path(name), atomically: true, encoding: .utf8)
    }
    let made = try BuiltTool.run([
      "ingest", "--journal", folder.path("journal"), "--format", "record",
      folder.path("past.jsonl"),
    ])
    try #require(made.errors.contains("1,440 new records"), "\(made.errors)")
    let server = try LiveProcess(
      try BuiltTool.url().path, ["serve", "--config", folder.path("vigil.json5")],
      log: folder.path("serve.out"))
    // Habits are known from the first turn on; until then no such rule matches.
    try server.wait(for: "the first turn of detection") {
      server.text.contains("live detection read")
    }
    var acts = HabitActs(folder, port)
    let night = try acts.trigger(by: "alice", "nap", seconds: 0)
    #expect(night.state == "held", "it is twelve hours from when alice works")
    let day = try acts.trigger(by: "bob", "nap", seconds: 0)
    #expect(day.state == "queued", "bob works at this hour")
    try acts.settleByOthers(try #require(night.approval), asker: "alice")
    try acts.wait(night.run, for: "succeeded")

    let long = try acts.trigger(by: "bob", "nap", seconds: 600)
    let proposal = try acts.proposal(for: long.run)
    #expect(proposal["purpose"] as? String == "kill")
    #expect(proposal["asked_by"] as? String == "vigil/detect")
    // Detection asked for this one: any person may say yes, also whose run it is.
    #expect(try acts.settle(try #require(proposal["approval_id"] as? String), by: "alice") == 200)
    try acts.wait(long.run, for: "killed")

    #expect(server.stop() == 0, "\(server.text)")
    let verified = try BuiltTool.run(["verify", "--journal", folder.path("journal")])
    #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
    try acts.expectRecords(held: night.run, killed: long.run)
  }

  /// Alice's days are on the other side of the clock, whatever the time is; bob's are about now.
  private static func files(_ port: UInt16) -> [(String, String)] {
    [
      (
        "vigil.json5",
        """
        { zone: "UTC",
          serve: { listen: "127.0.0.1:\(port)", journal: "journal", state: "state",
                   policy: "policy.json5", jobs: "jobs.json5", users: "users.json5",
                   detection: { every: "200ms" } } }
        """
      ),
      (
        "policy.json5",
        """
        { roles: { people: { groups: ["ops"] } },
          rules: [
            { name: "strange hours", effect: "hold", roles: ["people"], actions: ["run:trigger"],
              when: { off_hours_p_below: 0.01 } },
            { name: "people", effect: "permit", roles: ["people"],
              actions: ["run:*", "job:*", "approval:*"] },
          ] }
        """
      ),
      (
        "jobs.json5",
        """
        { jobs: { "nap": { command: ["/bin/sleep", "{seconds}"], owner: "alice", timeout: "20m",
                           grace: "1s",
                           params: { seconds: { type: "integer", default: 0, min: 0, max: 900 } } } } }
        """
      ),
      (
        "users.json5",
        """
        { accounts: { alice: { type: "human", groups: ["ops"], zone: "UTC" },
                      bob: { type: "human", groups: ["ops"], zone: "UTC" } } }
        """
      ),
      ("past.jsonl", past(endingAt: Date())),
    ]
  }

  /// Two months of both people's triggers, a few a day, each with its run of about two seconds.
  private static func past(endingAt now: Date) -> String {
    var lines: [(Date, String)] = []
    for day in 1...dayCount {
      for (name, shift) in [("alice", secondsOfDay / 2), ("bob", 0)] {
        for turn in 0..<3 {
          let wobble = Double((day * 31 + turn * 17) % 40 - 20) * 60
          let at = now.addingTimeInterval(
            -Double(day) * secondsOfDay + shift - secondsOfDay * (shift > 0 ? 1 : 0) + wobble)
          lines += run(
            "\(name)-\(day)-\(turn)", name, at, seconds: 1.5 + Double((day * 7 + turn) % 10) / 10)
        }
      }
    }
    return lines.sorted { $0.0 < $1.0 }.map(\.1).joined(separator: "\n") + "\n"
  }

  private static func run(
    _ id: String, _ name: String, _ at: Date, seconds: Double
  ) -> [(Date, String)] {
    func line(_ kind: String, _ after: Double, _ rest: String) -> (Date, String) {
      let time = at.addingTimeInterval(after)
      return (
        time,
        "{\"v\":1,\"kind\":\"\(kind)\",\"ts\":\"\(stamp(time))\",\"source\":\"past/\(kind)\","
          + rest
      )
    }
    let who = "\"principal\":\"\(name)\""
    func event(_ event: String, _ after: Double, _ more: String = "") -> (Date, String) {
      line(
        "run", after,
        "\"id\":\"\(id)/\(event)\",\"run_id\":\"\(id)\",\"request_id\":\"q-\(id)\",\"job\":\"nap\","
          + "\"event\":\"\(event)\",\"trigger\":\"request\",\(who)\(more)}")
    }
    return [
      line(
        "request", 0.02,
        "\"id\":\"q-\(id)\",\"request_id\":\"q-\(id)\",\(who),\"principal_type\":\"human\","
          + "\"groups\":[\"ops\"],\"zone\":\"UTC\",\"method\":\"POST\",\"path\":\"/jobs/nap/runs\","
          + "\"status\":202,\"duration_s\":0.02,\"job\":\"nap\",\"run_id\":\"\(id)\"}"),
      event("queued", 0.01), event("started", 0.05),
      event("succeeded", 0.05 + seconds, ",\"duration_s\":\(seconds),\"exit_code\":0"),
    ]
  }

  private static func stamp(_ date: Date) -> String {
    date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
  }
}

/// What the people of the test do.
struct HabitActs {
  private let folder: TemporaryFolder
  private let address: String
  private let client: LiveClient
  private var tokens: [String: String] = [:]

  init(_ folder: TemporaryFolder, _ port: UInt16) {
    self.folder = folder
    address = "http://127.0.0.1:\(port)"
    client = LiveClient(in: folder)
  }

  private mutating func headers(of name: String) throws -> [String: String] {
    if tokens[name] == nil {
      let made = try BuiltTool.run([
        "token", "create", "--for", name, "--scope", "run:*", "--scope", "job:*", "--scope",
        "approval:*", "--state", folder.path("state"), "--journal", folder.path("journal"),
      ])
      try #require(made.status == 0, "\(made.errors)")
      tokens[name] = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }
    return ["Authorization": "Bearer \(tokens[name] ?? "")", "Content-Type": "application/json"]
  }

  mutating func trigger(
    by name: String, _ job: String, seconds: Int
  ) throws -> (run: String, state: String?, approval: String?) {
    let answer = try client.send(
      "POST", address + "/jobs/\(job)/runs", headers: try headers(of: name),
      body: "{\"params\":{\"seconds\":\(seconds)}}")
    #expect(answer.status == 202, "\(answer.body)")
    let object = try answer.object()
    return (
      try #require(object["run_id"] as? String), object["state"] as? String,
      object["approval_id"] as? String
    )
  }

  /// The asker's own word does not count; the other's does.
  mutating func settleByOthers(_ approval: String, asker: String) throws {
    #expect(try settle(approval, by: asker) == 403)
    #expect(try settle(approval, by: asker == "alice" ? "bob" : "alice") == 200)
  }

  mutating func settle(_ approval: String, by name: String) throws -> Int {
    try client.send(
      "POST", address + "/approvals/\(approval)", headers: try headers(of: name),
      body: #"{"verdict":"give","reason":"looked at it"}"#
    ).status
  }

  /// The proposal to end a run, once detection has made it.
  mutating func proposal(for run: String) throws -> [String: Any] {
    var seen = ""
    for _ in 0..<1200 {
      let answer = try client.send("GET", address + "/approvals", headers: try headers(of: "alice"))
      seen = answer.body
      let list = try answer.object()["approvals"] as? [[String: Any]] ?? []
      let mine = list.first { ($0["run"] as? [String: Any])?["run_id"] as? String == run }
      if let mine { return mine }
      usleep(100_000)  // between two looks
    }
    Issue.record("nobody proposed to end \(run): \(seen)")
    return [:]
  }

  mutating func wait(_ run: String, for state: String) throws {
    var seen = ""
    for _ in 0..<600 {
      let answer = try client.send("GET", address + "/runs/\(run)", headers: try headers(of: "bob"))
      seen = answer.body
      if answer.status == 200, try answer.object()["state"] as? String == state { return }
      usleep(50_000)  // between two looks
    }
    Issue.record("run \(run): expected \(state), found \(seen)")
  }

  /// Machine-checked and human-approved, in the journal: who asked, which rule held, who gave their word.
  func expectRecords(held: String, killed: String) throws {
    let result = try BuiltTool.run([
      "query", "--journal", folder.path("journal"), "--format", "jsonl", "since=1h",
    ])
    #expect(result.status == 0, "\(result.errors)")
    let records = try result.objects()
    let decisions = records.filter {
      $0["kind"] as? String == "decision" && $0["rule"] as? String == "strange hours"
    }
    #expect(Set(decisions.compactMap { $0["principal"] as? String }) == ["alice"], "\(decisions)")
    #expect(decisions.allSatisfy { $0["effect"] as? String == "hold" })
    let approvals = records.filter { $0["kind"] as? String == "approval" }
    func given(_ run: String) -> [String] {
      approvals.filter {
        $0["subject_id"] as? String == run && $0["event"] as? String == "given"
      }.compactMap { $0["principal"] as? String }
    }
    #expect(given(held) == ["bob"] && given(killed) == ["alice"], "\(approvals)")
    let raised = records.filter {
      $0["kind"] as? String == "alert" && $0["event"] as? String == "raised"
    }.compactMap { $0["finding"] as? [String: Any] }
    #expect(
      raised.contains {
        $0["rule"] as? String == "runaway" && $0["run_id"] as? String == killed
      }, "\(raised)")
  }
}
