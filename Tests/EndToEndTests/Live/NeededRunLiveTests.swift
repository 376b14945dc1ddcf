import Foundation
import Testing

/// A job with `needs`, asked for with one request, in the built tool: all that ran was asked for by the person.
@Suite(.serialized) struct NeededRunLiveTests {
  @Test(
    "every run of a graph has the request's person, and none is said to have come round the gateway",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/curl"), "no curl"))
  func graph() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let port = try freePort()
    for (name, text) in Self.files(port) {
      try text.write(toFile: folder.path(name), atomically: true, encoding: .utf8)
    }
    let server = try LiveProcess(
      try BuiltTool.url().path, ["serve", "--config", folder.path("vigil.json5")],
      log: folder.path("serve.out"))
    try server.wait(for: "vigil serve") { server.text.contains("listening on") }
    let runs = try run(folder, "http://127.0.0.1:\(port)")
    #expect(server.stop() == 0, "\(server.text)")
    try check(folder, Set(runs))
  }

  /// The first extract takes longer than the join window, so that a request that was missed would be told
  /// of while it runs.
  private static func files(_ port: UInt16) -> [(String, String)] {
    [
      (
        "vigil.json5",
        """
        { join: { window: "1s", lateness: "1s" },
          serve: { listen: "127.0.0.1:\(port)", journal: "journal", state: "state",
                   policy: "policy.json5", jobs: "jobs.json5", detection: { every: "100ms" } } }
        """
      ),
      (
        "policy.json5",
        #"{ rules: [{ name: "all", effect: "permit", principals: ["svc-*"], actions: ["run:*"] }] }"#
      ),
      (
        "jobs.json5",
        """
        { jobs: { "extract": { command: ["/bin/sleep", "3"] },
                  "transform": { command: ["/bin/true"], needs: ["extract"] },
                  "check": { command: ["/bin/true"] },
                  "publish": { command: ["/bin/true"], needs: ["transform", "check"] } } }
        """
      ),
    ]
  }

  /// Asks for `publish`; the ids of all four runs once they have ended.
  private func run(_ folder: TemporaryFolder, _ address: String) throws -> [String] {
    let made = try BuiltTool.run([
      "token", "create", "--for", "svc-graph", "--scope", "run:*", "--state",
      folder.path("state"), "--journal", folder.path("journal"),
    ])
    let token = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
    let client = LiveClient(in: folder)
    let headers = ["Authorization": "Bearer \(token)", "Content-Type": "application/json"]
    let asked = try client.send(
      "POST", address + "/jobs/publish/runs", headers: headers, body: "{}")
    try #require(asked.status == 202, "\(asked.body)")
    var seen: [[String: Any]] = []
    for _ in 0..<1200 {
      let answer = try client.send("GET", address + "/runs", headers: headers)
      seen = try #require(try answer.object()["runs"] as? [[String: Any]], "\(answer.body)")
      let states = seen.compactMap { $0["state"] as? String }
      if states.count == 4, states.allSatisfy({ $0 == "succeeded" }) {
        return seen.compactMap { $0["run_id"] as? String }
      }
      usleep(50_000)  // between two looks
    }
    Issue.record("expected four runs that succeeded, found \(seen)")
    return []
  }

  private func check(_ folder: TemporaryFolder, _ runs: Set<String>) throws {
    let journal = folder.path("journal")
    let settings = ["--config", folder.path("vigil.json5"), "--format", "jsonl"]
    let activities = try BuiltTool.run(["activity", "--journal", journal] + settings).objects()
      .filter { runs.contains($0["run_id"] as? String ?? "") }
    #expect(activities.count == 4 && runs.count == 4)
    for activity in activities {
      #expect(activity["principal"] as? String == "svc-graph", "\(activity)")
      #expect(["run_id", "request_id"].contains(activity["link"] as? String), "\(activity)")
      #expect(activity["link_confidence"] as? Double == 1)
    }
    #expect(Set(activities.compactMap { $0["request_id"] as? String }).count == 1)
    let found = try BuiltTool.run(["detect", "--journal", journal] + settings)
    #expect(found.status == 0, "\(found.errors)")
    let rules = try found.objects().compactMap { $0["rule"] as? String }
    #expect(!rules.contains("run_without_request"), "\(rules)")
    let alerts = try BuiltTool.run([
      "query", "--journal", journal, "kind=alert", "--format", "jsonl",
    ])
    #expect(alerts.status == 0, "\(alerts.errors)")
    #expect(!alerts.output.contains("run_without_request"), "\(alerts.output)")
  }
}
