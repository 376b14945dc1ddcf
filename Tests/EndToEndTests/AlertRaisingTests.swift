import Foundation
import Testing

/// What `vigil detect --raise` owes: a finding is raised once, and none is passed over because somebody looked.
@Suite("vigil detect --raise", .serialized) struct AlertRaisingTests {
  private func raise(_ journal: String, _ more: String...) throws -> String {
    let ran = try BuiltTool.run(
      [
        "detect", "--journal", journal, "--rule", "run_without_request", "--new", "--raise",
        "--raise-since", "2026-01-01",
      ] + more)
    #expect(ran.status == 0, "\(ran.errors)")
    return ran.errors
  }

  private func count(_ journal: String) throws -> Int {
    let ran = try BuiltTool.run(["alerts", "list", "--journal", journal, "--format", "jsonl"])
    #expect(ran.status == 0, "\(ran.errors)")
    return try ran.objects().count
  }

  @Test("what a person has looked at is raised all the same, and once")
  func lookedAt() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let journal = folder.path("journal")
    try AlertsCommandTests.fill(journal)
    for _ in 0..<2 {
      let looked = try BuiltTool.run([
        "detect", "--journal", journal, "--rule", "run_without_request",
      ])
      #expect(looked.output.contains("run_without_request"))
    }
    #expect(try raise(journal).contains("2 alerts raised"))
    #expect(try raise(journal).contains("0 alerts raised"))
    #expect(try count(journal) == 2)
  }

  @Test("an alert record that came from a file raises nothing and hides nothing")
  func imported() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let (first, second) = (folder.path("first"), folder.path("second"))
    try AlertsCommandTests.fill(first)
    #expect(try raise(first).contains("2 alerts raised"))
    let taken = try BuiltTool.run(["query", "--journal", first, "--format", "jsonl"])
    let moved = try BuiltTool.run(
      ["ingest", "--journal", second, "--origin", "vigil/second", "--format", "record", "-"],
      input: taken.output)
    #expect(moved.status == 0, "\(moved.errors)")
    #expect(try count(second) == 0)
    #expect(try raise(second).contains("2 alerts raised"))
    #expect(try count(second) == 2)
  }

  @Test("a raising that fails is made up for by the next run")
  func failed() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let journal = folder.path("journal")
    try AlertsCommandTests.fill(journal)
    // Somebody who holds the lock and takes no records.
    let holder = try ReceiverProcess(
      "/usr/bin/flock", ["--no-fork", journal + "/lock", "/bin/sleep", "60"],
      log: folder.path("holder"))
    try holder.wait(for: "the lock") {
      try BuiltTool.run(["record", "--journal", journal], input: "{}").status != 0
    }
    let failed = try BuiltTool.run([
      "detect", "--journal", journal, "--rule", "run_without_request", "--new", "--raise",
      "--raise-since", "2026-01-01",
    ])
    #expect(failed.status != 0, "\(failed.errors)")
    holder.crash()
    #expect(try raise(journal).contains("2 alerts raised"))
  }

  @Test("a damaged entry is told of, and the alerts beside it are listed all the same")
  func damaged() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let journal = folder.path("journal")
    try AlertsCommandTests.fill(journal)
    #expect(try raise(journal).contains("2 alerts raised"))
    let segment = journal + "/segments/000000000000.jsonl"
    var text = try String(contentsOfFile: segment, encoding: .utf8)
    let place = try #require(text.range(of: "\"kind\":\"request\""))
    text.replaceSubrange(place, with: "\"kind\":\"reqXest\"")
    try text.write(toFile: segment, atomically: true, encoding: .utf8)
    try? FileManager.default.removeItem(atPath: journal + "/derived")
    #expect(try count(journal) == 2)
  }
}

/// What `vigil serve` owes to the time in which it did not run.
@Suite("alerts across a stop of vigil serve", .serialized) struct AlertsAcrossStopTests {
  private func line(_ id: String, daysAgo: Double) -> String {
    let at = Date(timeIntervalSinceNow: -daysAgo * 86_400)
    let stamp = at.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    return
      #"{"v":1,"kind":"run","ts":"\#(stamp)","source":"launcher/a","id":"\#(id)","run_id":"\#(id)","request_id":"q-\#(id)","job":"etl","event":"started"}"#
      + "\n"
  }

  private func request(daysAgo: Double) -> String {
    let at = Date(timeIntervalSinceNow: -daysAgo * 86_400)
    let stamp = at.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    return
      #"{"v":1,"kind":"request","ts":"\#(stamp)","source":"caddy/a","id":"q\#(daysAgo)","request_id":"q\#(daysAgo)","principal":"alice","method":"POST","path":"/jobs/etl/runs","status":202,"job":"etl"}"#
      + "\n"
  }

  private func ingest(_ lines: String, _ journal: String) throws {
    let ran = try BuiltTool.run(
      ["ingest", "--journal", journal, "--origin", "vigil/stop", "--format", "record", "-"],
      input: lines)
    #expect(ran.status == 0, "\(ran.errors)")
  }

  private func raised(_ journal: String) throws -> Set<String> {
    let ran = try BuiltTool.run(["alerts", "list", "--journal", journal, "--format", "jsonl"])
    return Set(
      try ran.objects().compactMap { ($0["finding"] as? [String: Any])?["run_id"] as? String })
  }

  /// Runs a server until a condition holds for its journal.
  private func serve(
    _ folder: TemporaryFolder, until isThere: (RunningTool) throws -> Bool
  ) throws {
    let server = try RunningTool(["serve", "--config", folder.path("vigil.json5")], in: folder)
    try server.wait { try isThere(server) }
    #expect(server.stop() == 0, "\(server.errors)")
  }

  @Test("what happened while the server was down for three days is raised by its next start")
  func madeUpFor() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    for (name, text) in [
      ("policy.json5", "{ rules: [] }"), ("jobs.json5", "{ jobs: {} }"),
      ("vigil.json5", #"{ serve: { listen: "127.0.0.1:0", detection: { every: "100ms" } } }"#),
    ] {
      try text.write(toFile: folder.path(name), atomically: true, encoding: .utf8)
    }
    let journal = folder.path("journal")
    // Old news at the first start are history: six days ago is beyond its day.
    try ingest(
      request(daysAgo: 7) + line("old", daysAgo: 6) + request(daysAgo: 5.9), journal)
    try serve(folder) { $0.errors.contains("findings about times before") }
    #expect(try raised(journal).isEmpty)
    try ingest(line("meanwhile", daysAgo: 3) + request(daysAgo: 2.9), journal)
    try serve(folder) { _ in try raised(journal).contains("meanwhile") }
    #expect(try raised(journal) == ["meanwhile"])
  }
}
