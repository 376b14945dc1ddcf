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
    for (name, text) in Self.files(port, trace: folder.path("trace")) {
      try text.write(toFile: folder.path(name), atomically: true, encoding: .utf8)
    }
    var server = try start(folder)
    let made = try BuiltTool.run([
      "token", "create", "--for", "svc-load", "--scope", "run:trigger", "--state",
      folder.path("state"), "--journal", folder.path("journal"),
    ])
    let token = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
    var random = SeededRandom(seed: 20)
    for moment in 0..<(Self.isLong ? 100 : 4) {
      let load = try load(folder, port, token)
      // What varies is the moment: before the first trigger, or in the midst of them.
      usleep(UInt32(100_000 + random.next() % 500_000))
      server.crash()
      #expect(load.stop() == 0, "\(load.text)")
      server = try start(folder)
      try check(folder, "after crash \(moment)")
    }
    var open = try openRuns(folder)
    for _ in 0..<300 where !open.isEmpty {
      usleep(100_000)  // between two looks
      open = try openRuns(folder)
    }
    #expect(open.isEmpty, "\(open.count) runs without an end")
    let traced = try String(contentsOfFile: folder.path("trace"), encoding: .utf8)
      .split(separator: "\n")
    #expect(Set(traced).count == traced.count, "a run was really run twice")
    #expect(Set(traced) == Set(try events(folder).keys), "runs told of, and runs really run")
    #expect(server.stop() == 0, "\(server.text)")
    try check(folder, "at the end")
    #expect(try accepted(folder).count > 10)
    let verified = try BuiltTool.run(["verify", "--journal", folder.path("journal")])
    #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
  }

  /// The job leaves a line for each time that it is really run.
  private static func files(_ port: UInt16, trace: String) -> [(String, String)] {
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
        { jobs: { "short": { command: ["/bin/sh", "-c", "echo $AUDIT_RUN_ID >> \(trace); sleep 0.05"],
                             concurrency: { running: 4, when_full: "queue", queued: 40 } } } }
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

  /// What the scheduler's own records tell of each run, by their ids: `queued`, `started/1`, `ended`.
  private func events(_ folder: TemporaryFolder) throws -> [Substring: [Substring]] {
    let segments = folder.path("journal") + "/segments"
    let mark = "\"source\":\"vigil/scheduler\",\"id\":\"run/"
    var events: [Substring: [Substring]] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: segments).sorted()
    where name.hasSuffix(".jsonl") {
      let text = try String(contentsOfFile: segments + "/" + name, encoding: .utf8)
      for piece in text.components(separatedBy: mark).dropFirst() {
        let parts = piece.prefix { $0 != "\"" }.split(separator: "/", maxSplits: 1)
        try #require(parts.count == 2, "\(piece.prefix(200))")
        events[parts[0], default: []].append(parts[1])
      }
    }
    return events
  }

  private func openRuns(_ folder: TemporaryFolder) throws -> [Substring] {
    try events(folder).filter { !$0.value.contains("ended") }.map(\.key)
  }

  private func check(_ folder: TemporaryFolder, _ when: String) throws {
    let accepted = try accepted(folder)
    let events = try events(folder)
    #expect(Set(accepted).count == accepted.count, "\(when): one run accepted twice")
    for run in accepted {
      let isThere = events[run[...]]?.contains("queued") == true
      #expect(isThere, "\(when): run \(run) is not in the journal")
    }
    for (run, list) in events where Set(list).count != list.count || list.first != "queued" {
      Issue.record("\(when): run \(run): \(list)")
    }
  }

  private func load(
    _ folder: TemporaryFolder, _ port: UInt16, _ token: String
  ) throws -> LiveProcess {
    try LiveProcess(
      "/usr/bin/python3",
      [
        BuiltTool.root.appendingPathComponent("Tests/Live/trigger_load.py").path,
        "http://127.0.0.1:\(port)/jobs/short/runs", token, folder.path("accepted"), "4",
      ], log: folder.path("load.out"))
  }
}
