import Foundation
import TestSupport
import Testing

/// The whole way with the real programs: provider, Caddy, Vigil, Luigi; afterwards the journal is asked.
@Suite(
  .serialized,
  .enabled(if: LivePrograms.areUsable, "not here: \(LivePrograms.missing.joined(separator: ", "))"))
struct LiveStackTests {
  @Test(
    "login, triggers, refusals, rotations and pipelines leave one linked, verifiable journal",
    arguments: CaddyRelease.wanted.filter { $0 != .first })
  func story(_ release: CaddyRelease) throws {
    try #require(LivePrograms.missing.isEmpty, "missing: \(LivePrograms.missing)")
    let stack = try LiveStack(release)
    defer { stack.remove() }
    var story = LiveStory(stack)
    try story.anonymous()
    try story.login()
    try story.permitted()
    try story.denied()
    try story.spoofed()
    try story.malformed()
    try story.rotatedKey()
    try story.serviceToken()
    try story.held()
    try story.pipelines()
    try story.roundTheGateway()
    try story.crash()
    try stack.stop()
    try story.ask()
  }
}

/// The acts of the story; what each of them leads one to expect of the journal is noted on the way.
struct LiveStory {
  private let stack: LiveStack
  /// A person with a session.
  private let alice: LiveClient
  private let bob: LiveClient
  private let machine: LiveClient
  /// Every run that a client was told of, and who asked for it.
  private var runs: [String: String] = [:]
  private var unlaunchedRequests = 0
  private let refusals = LiveRefusals()

  init(_ stack: LiveStack) {
    self.stack = stack
    alice = stack.client()
    bob = stack.client()
    machine = stack.client()
  }

  // MARK: Who

  func anonymous() throws {
    let stranger = stack.client()
    let api = try stranger.send("POST", stack.address + "/jobs/quick/runs")
    #expect(api.status == 401)
    refusals.note(api)
    #expect(api.headers["www-authenticate"] != nil && api.headers["x-request-id"] != nil)
    let page = try stranger.send(
      "GET", stack.address + "/runs", headers: ["Accept": "text/html"])
    #expect(page.status == 302)
    #expect(page.headers["location"]?.contains("/auth/login?to=") == true)
    #expect(try stranger.send("GET", stack.address + "/auth/verify").status == 404)
  }

  /// The code flow with PKCE, as a browser goes it.
  func login() throws {
    try login(alice, "alice")
    try login(bob, "bob")
    let who = try alice.send("GET", stack.address + "/auth/whoami").object()
    #expect(who["principal"] as? String == "alice")
  }

  private func login(_ client: LiveClient, _ name: String) throws {
    let start = try client.send("GET", stack.address + "/auth/login?to=/runs")
    #expect(start.status == 303, "\(start.body)")
    let asked = try #require(start.headers["location"])
    #expect(asked.contains("code_challenge_method=S256"))
    let back = try stack.provider.authorize(name, asked)
    #expect(back.hasPrefix(stack.address + "/auth/callback?"))
    let landed = try client.send("GET", back)
    #expect(landed.status == 303 && landed.headers["location"] == "/runs", "\(landed.body)")
    let cookie = try #require(landed.cookies.first { $0.hasPrefix("__Host-vigil=") })
    #expect(cookie.contains("HttpOnly"))
    #expect(cookie.contains("Secure") && cookie.contains("SameSite=Lax"))
    // The same answer of the provider's a second time is nobody's login.
    let again = try client.send("GET", back)
    #expect(again.status == 401, "\(again)")
  }

  // MARK: What they may

  private func trigger(
    _ client: LiveClient, _ job: String, headers: [String: String] = [:], body: String? = nil
  ) throws -> LiveClient.Answer {
    var fields = ["Origin": stack.address, "Content-Type": "application/json"]
    fields.merge(headers) { $1 }
    let answer = try client.send(
      "POST", stack.address + "/jobs/\(job)/runs", headers: fields, body: body ?? "{}")
    refusals.note(answer)
    return answer
  }

  private mutating func accepted(
    _ client: LiveClient, _ principal: String, _ job: String, headers: [String: String] = [:],
    body: String? = nil
  ) throws -> String {
    let answer = try trigger(client, job, headers: headers, body: body)
    #expect(answer.status == 202, "\(job): \(answer.body)")
    let run = try #require(answer.headers["x-run-id"], "\(answer.body)")
    #expect(answer.headers["location"] == "/runs/\(run)")
    runs[run] = principal
    return run
  }

  mutating func permitted() throws {
    let run = try accepted(alice, "alice", "quick", body: #"{"params":{"text":"; $(id) `id`"}}"#)
    try wait(run, for: "succeeded")
    let option = try trigger(alice, "quick", body: #"{"params":{"text":"--help"}}"#)
    #expect(option.status == 422)
    // The same wish again, under the client's own name for it, is the same run.
    let key = ["Idempotency-Key": "night-1"]
    let first = try accepted(alice, "alice", "quick", headers: key)
    #expect(try trigger(alice, "quick", headers: key).headers["x-run-id"] == first)
    let other = try trigger(
      alice, "quick", headers: key, body: #"{"params":{"text":"another"}}"#)
    #expect(other.status == 409)
    #expect(try trigger(alice, "quick", body: #"{"params":{"txt":1}}"#).status == 422)
    #expect(try trigger(alice, "nothing").status == 404)
  }

  func denied() throws {
    let answer = try trigger(bob, "quick")
    #expect(answer.status == 403)
    // A page of another site cannot use the session.
    let foreign = try trigger(alice, "quick", headers: ["Origin": "https://evil.example"])
    #expect(foreign.status == 403)
  }

  /// Headers that name somebody, through Caddy and past it.
  func spoofed() throws {
    let names = ["Remote-User": "alice", "Remote-Groups": "data-eng", "X-Request-Id": "mine"]
    let stranger = stack.client()
    #expect(try trigger(stranger, "quick", headers: names).status == 401)
    let past = try stranger.send(
      "POST", stack.direct + "/jobs/quick/runs", headers: names, body: "{}")
    #expect(past.status == 401)
    refusals.note(past)
    #expect(past.headers["x-request-id"] != "mine")
    let forged = try stranger.send(
      "POST", stack.direct + "/jobs/quick/runs",
      headers: ["X-Vigil-Assertion": "eyJhIjoxfQ.AAAA"], body: "{}")
    #expect(forged.status == 401)
    refusals.note(forged)
  }

  /// What is no request, or too much of one: each has its status, and a record that says which.
  func malformed() throws {
    let stranger = stack.client()
    let huge = ["Authorization": "Bearer " + String(repeating: "a", count: 100_000)]
    for address in [stack.address, stack.direct] {
      // curl sends no such field over HTTP/2.
      let answer = try stranger.send(
        "POST", address + "/jobs/quick/runs", headers: huge, body: "{}", words: ["--http1.1"])
      #expect(answer.status == 431, "\(answer)")
    }
    #expect(try stranger.send("GET", stack.direct + "/nothing/here").status == 404)
    #expect(try stranger.send("DELETE", stack.direct + "/jobs").status == 405)
    let body = String(repeating: " ", count: 100_000) + "{}"
    #expect(
      try stranger.send("POST", stack.direct + "/jobs/quick/runs", body: body).status == 413)
  }

  mutating func rotatedKey() throws {
    let before = try stack.provider.machineToken(machine)
    _ = try accepted(machine, "svc-ci", "quick", headers: ["Authorization": "Bearer \(before)"])
    try stack.provider.rotateKey()
    let after = try stack.provider.machineToken(machine)
    // A key that nobody has seen makes Vigil ask once for the new set.
    _ = try accepted(machine, "svc-ci", "quick", headers: ["Authorization": "Bearer \(after)"])
    // The provider keeps the old key: what it signed is good until it expires.
    _ = try accepted(machine, "svc-ci", "quick", headers: ["Authorization": "Bearer \(before)"])
    let broken = before.dropLast(6) + "AAAAAA"
    let answer = try trigger(machine, "quick", headers: ["Authorization": "Bearer \(broken)"])
    #expect(answer.status == 401)
  }

  mutating func serviceToken() throws {
    let words = ["--state", stack.state, "--journal", stack.journal]
    let made = try BuiltTool.run(
      ["token", "create", "--for", "svc-night", "--scope", "run:trigger:quick"] + words)
    #expect(made.status == 0, "\(made.errors)")
    let old = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
    let client = stack.client()
    _ = try accepted(client, "svc-night", "quick", headers: ["Authorization": "Bearer \(old)"])
    #expect(
      try trigger(client, "publish", headers: ["Authorization": "Bearer \(old)"]).status == 403)
    let id = try #require(old.split(separator: "_").dropFirst().first)
    let rotated = try BuiltTool.run(["token", "rotate", String(id), "--overlap", "0s"] + words)
    #expect(rotated.status == 0, "\(rotated.errors)")
    let new = rotated.output.trimmingCharacters(in: .whitespacesAndNewlines)
    _ = try accepted(client, "svc-night", "quick", headers: ["Authorization": "Bearer \(new)"])
    #expect(
      try trigger(client, "quick", headers: ["Authorization": "Bearer \(old)"]).status == 401)
  }

  /// Alice asks, alice may not approve, bob does.
  mutating func held() throws {
    let answer = try trigger(alice, "held")
    #expect(answer.status == 202, "\(answer.body)")
    let object = try answer.object()
    #expect(object["state"] as? String == "held")
    let run = try #require(object["run_id"] as? String)
    let approval = try #require(object["approval_id"] as? String)
    runs[run] = "alice"
    func word(_ client: LiveClient) throws -> Int {
      try client.send(
        "POST", stack.address + "/approvals/\(approval)",
        headers: ["Origin": stack.address, "Content-Type": "application/json"],
        body: #"{"verdict":"give","reason":"looked at it"}"#
      ).status
    }
    #expect(try word(alice) == 403)
    #expect(try word(bob) == 200)
    try wait(run, for: "succeeded")
  }

  // MARK: Luigi

  mutating func pipelines() throws {
    for job in ["publish", "failing", "stuck"] {
      try FileManager.default.createDirectory(
        atPath: stack.folder.path("work") + "/" + job, withIntermediateDirectories: true)
    }
    let publish = try accepted(alice, "alice", "publish")
    let failing = try accepted(alice, "alice", "failing")
    let stuck = try accepted(alice, "alice", "stuck")
    try wait(publish, for: "succeeded")
    try wait(failing, for: "failed")
    try wait(stuck, for: "timed_out")
  }

  /// A crash in the middle of a run: the next start finds it with its true end.
  mutating func crash() throws {
    let run = try accepted(alice, "alice", "stuck")
    try wait(run, for: "started")
    try stack.crashVigil()
    try wait(run, for: "timed_out")
  }

  private func wait(_ run: String, for state: String) throws {
    var seen = ""
    for _ in 0..<1200 {
      let answer = try alice.send("GET", stack.address + "/runs/\(run)")
      seen = answer.body
      if answer.status == 200, try answer.object()["state"] as? String == state { return }
      usleep(50_000)  // between two looks
    }
    Issue.record("run \(run): expected \(state), found \(seen)")
  }

  /// A pipeline that somebody starts by hand: its plugin has no token and writes to its file, which is
  /// brought in.
  mutating func roundTheGateway() throws {
    let live = BuiltTool.root.appendingPathComponent("Tests/Live/pipelines").path
    let plugin = BuiltTool.root.appendingPathComponent("Integrations/luigi").path
    let folder = stack.folder.path("work") + "/by-hand"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let log = stack.folder.path("logs") + "/luigi-events.jsonl"
    let process = try LiveProcess(
      LivePrograms.python,
      [
        "-m", "luigi", "--module", "live_pipeline", "Render", "--folder", folder,
        "--local-scheduler",
      ],
      log: stack.folder.path("by-hand.out"),
      environment: [
        "PYTHONPATH": "\(live):\(plugin)", "LUIGI_CONFIG_PATH": "\(live)/live_pipeline.cfg",
        "AUDIT_LUIGI_LOG": log, "PYTHONDONTWRITEBYTECODE": "1",
      ])
    #expect(process.wait() == 0, "\(process.text)")
    // The log is followed.
    usleep(500_000)
    unlaunchedRequests = 1
  }

  // MARK: Afterwards

  func ask() throws {
    let verified = try BuiltTool.run(["verify", "--journal", stack.journal])
    #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
    let answers = LiveJournal(stack.journal, configuration: stack.folder.path("vigil.json5"))
    try answers.expectEveryRun(runs)
    try answers.expectRefusals(refusals.requestIDs)
    try answers.expectFailedRequests([404: 1, 405: 1, 413: 1, 431: 2])
    try answers.expectLuigi()
    try answers.expectFindings(runsByHand: unlaunchedRequests)
  }
}

/// Requests that were refused for who asked or what they may: each must have a record.
final class LiveRefusals {
  private(set) var requestIDs: [String] = []

  func note(_ answer: LiveClient.Answer) {
    guard answer.status == 401 || answer.status == 403 else { return }
    requestIDs.append(answer.headers["x-request-id"] ?? "none, for status \(answer.status)")
  }
}
