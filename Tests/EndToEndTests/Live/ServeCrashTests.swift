import Foundation
import TestSupport
import Testing

/// `kill -9` of the built `vigil serve` under load, at moments of a seed; in the long form a hundred.
@Suite(.serialized) struct ServeCrashTests {
  private static var isLong: Bool {
    ProcessInfo.processInfo.environment["VIGIL_CAMPAIGN"] == "long"
  }

  @Test(
    "every 202 that a client saw has its run in the journal, with one end or open, after each crash",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/python3"), "no python3"))
  func crashes() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let port = try freePort()
    try Self.files(port).forEach { name, text in
      try text.write(toFile: folder.path(name), atomically: true, encoding: .utf8)
    }
    var server = try start(folder)
    let made = try BuiltTool.run([
      "token", "create", "--for", "svc-load", "--scope", "run:trigger", "--state",
      folder.path("state"), "--journal", folder.path("journal"),
    ])
    let token = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
    let load = try LiveProcess(
      "/usr/bin/python3",
      [
        BuiltTool.root.appendingPathComponent("Tests/Live/trigger_load.py").path,
        "http://127.0.0.1:\(port)/jobs/short/runs", token, folder.path("accepted"), "8",
      ], log: folder.path("load.out"))
    var random = SplitMix(seed: 20)
    for moment in 0..<(Self.isLong ? 100 : 4) {
      // What varies is the moment: within start, load, or both.
      usleep(UInt32(20_000 + random.uniform() * 600_000))
      server.crash()
      server = try start(folder)
      try check(folder, "after crash \(moment)")
    }
    #expect(load.stop() == 0, "\(load.text)")
    let client = LiveClient(in: folder)
    try server.wait(for: "no open runs") { try openRuns(folder).isEmpty }
    #expect(try client.send("GET", "http://127.0.0.1:\(port)/healthz").status == 200)
    #expect(server.stop() == 0, "\(server.text)")
    try check(folder, "at the end")
    #expect(try accepted(folder).count > 10)
    let verified = try BuiltTool.run(["verify", "--journal", folder.path("journal")])
    #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
  }

  private static func files(_ port: UInt16) -> [(String, String)] {
    [
      (
        "vigil.json5",
        """
        { serve: { listen: "127.0.0.1:\(port)", journal: "journal", state: "state",
                   policy: "policy.json5", jobs: "jobs.json5" } }
        """
      ),
      (
        "policy.json5",
        #"{ rules: [{ name: "load", effect: "permit", principals: ["svc-load"], actions: ["run:*"] }] }"#
      ),
      (
        "jobs.json5",
        """
        { jobs: { "short": { command: ["/bin/sleep", "0.05"],
                             concurrency: { running: 4, when_full: "queue", queued: 10000 } } } }
        """
      ),
    ]
  }

  private func start(_ folder: TemporaryFolder) throws -> LiveProcess {
    let server = try LiveProcess(
      try BuiltTool.url().path, ["serve", "--config", folder.path("vigil.json5")],
      log: folder.path("serve-\(UUID().uuidString).out"))
    try server.wait(for: "vigil serve") { server.text.contains("listening on") }
    return server
  }

  private func accepted(_ folder: TemporaryFolder) throws -> [String] {
    let text = (try? String(contentsOfFile: folder.path("accepted"), encoding: .utf8)) ?? ""
    // The last line may be half there while the load goes on.
    return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
  }

  /// Events of each run, by the scheduler's own records.
  private func events(_ folder: TemporaryFolder) throws -> [String: [String]] {
    let segments = folder.path("journal") + "/segments"
    var events: [String: [String]] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: segments).sorted()
    where name.hasSuffix(".jsonl") {
      let text = try String(contentsOfFile: segments + "/" + name, encoding: .utf8)
      // A line that is being written has no newline yet.
      for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      where line.contains("\"kind\":\"run\"") && line.contains("\"source\":\"vigil/scheduler\"") {
        let object = try #require(
          try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        let run = try #require(object["run_id"] as? String)
        events[run, default: []].append(try #require(object["event"] as? String))
      }
    }
    return events
  }

  private static let ends: Set = [
    "succeeded", "failed", "killed", "timed_out", "lost", "rejected",
  ]

  private func openRuns(_ folder: TemporaryFolder) throws -> [String] {
    try events(folder).filter { !$0.value.contains { Self.ends.contains($0) } }.map(\.key)
  }

  private func check(_ folder: TemporaryFolder, _ when: String) throws {
    // First what clients saw, then the journal: what is accepted meanwhile is no matter.
    let accepted = try accepted(folder)
    let events = try events(folder)
    #expect(Set(accepted).count == accepted.count, "\(when): one run accepted twice")
    for run in accepted {
      #expect(events[run]?.contains("queued") == true, "\(when): run \(run) is not in the journal")
    }
    for (run, list) in events {
      #expect(list.count { $0 == "queued" } == 1, "\(when): run \(run): \(list)")
      #expect(list.count { Self.ends.contains($0) } <= 1, "\(when): run \(run): \(list)")
      #expect(list.count { $0 == "started" } <= 1, "\(when): run \(run): \(list)")
      #expect(!list.contains("lost"), "\(when): run \(run): \(list)")
    }
  }
}
