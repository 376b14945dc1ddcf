import Foundation
import GatewayAndScheduler
import Ingest
import Synchronization
import Testing

@Suite("Runs under real shims", .serialized)
struct ShimRunTests {
  @Test(
    "an exit status, a signal and a program that is not there each end the run as what they are")
  func ends() async throws {
    let bench = try SchedulerBench(
      """
      { jobs: {
        good: { command: ["/bin/sh", "-c", "echo out; echo err >&2"] },
        bad: { command: ["/bin/sh", "-c", "exit 3"] },
        gone: { command: ["/nonexistent/program"] },
        shot: { command: ["/bin/sh", "-c", "kill -9 $$"] },
        nowhere: { command: ["/bin/true"], directory: "/nonexistent" },
      } }
      """)
    try await bench.scheduler.start()
    let good = try await bench.runToEnd("good")
    #expect(good.state == .succeeded)
    #expect(good.exitCode == 0)
    #expect(try bench.file("stdout", good.runID) == "out\n")
    #expect(try bench.file("stderr", good.runID) == "err\n")
    let bad = try await bench.runToEnd("bad")
    #expect(bad.state == .failed)
    #expect(bad.exitCode == 3)
    #expect(bad.reason == "exit status 3")
    let gone = try await bench.runToEnd("gone")
    #expect(gone.state == .failed)
    #expect(gone.reason == "exec: errno 2")
    // `started` is told before the program is looked for: whether anybody looked in between is chance.
    let shot = try await bench.runToEnd("shot")
    #expect(shot.state == .killed)
    #expect(shot.signal == 9)
    #expect(try await bench.runToEnd("nowhere").reason == "directory: errno 2")
    try await bench.end()
    let events = try bench.runRecords(good.runID).map(\.event)
    #expect(events == [.queued, .started, .succeeded])
    let end = try #require(try bench.runRecords(good.runID).last)
    #expect(try #require(end.maxRSSBytes) > 100_000)
    #expect(end.cpuSeconds != nil && end.durationSeconds != nil && end.readBytes != nil)
  }

  @Test(
    "at its deadline a job and all it started are ended, deaf to TERM and in another session too")
  func timeout() async throws {
    let bench = try SchedulerBench(
      """
      { jobs: { deaf: { timeout: "200ms", grace: "100ms", command: ["/bin/sh", "-c",
        "trap '' TERM; setsid /bin/sh -c 'trap \\"\\" TERM; echo $$ >&2; exec sleep 300' & sleep 300"] } } }
      """)
    try await bench.scheduler.start()
    let run = try await bench.runToEnd("deaf")
    #expect(run.state == .timedOut)
    #expect(run.signal == 9)
    let child = try #require(
      Int32(try bench.file("stderr", run.runID).trimmingCharacters(in: .whitespacesAndNewlines)))
    #expect(kill(child, 0) == -1, "process \(child) is still there")
    try await bench.end()
  }

  @Test("a shell that dies of TERM at once leaves those it started their grace to clean up")
  func grace() async throws {
    let bench = try SchedulerBench(
      """
      { jobs: { wrapped: { grace: "1h", command: ["/bin/sh", "-c",
        "/bin/sh -c 'trap \\"sleep 0.2; date +%s%6N; exit 0\\" TERM; echo ready; while :; do sleep 0.05; done' & wait"] } } }
      """)
    try await bench.scheduler.start()
    guard case .accepted(let view) = await bench.scheduler.trigger(.by("alice", "wrapped")) else {
      throw BenchError(what: "not accepted")
    }
    _ = try await bench.waits("the child's trap") {
      (try? bench.file("stdout", view.runID)) == "ready\n" ? true : nil
    }
    _ = await bench.scheduler.kill(view.runID, by: .person("bob"), reason: nil)
    let run = try await bench.ended(view.runID)
    // The leader's own end, not that of its child.
    #expect(run.state == .killed && run.signal == 15)
    let lines = try bench.file("stdout", run.runID).split(separator: "\n")
    #expect(lines.count == 2, "the child was cut off: \(lines)")
    let cleaned = try #require(lines.last.flatMap { Int64($0) })
    let ended = try #require(run.endedAt)
    #expect(ended.microseconds < cleaned)
    try await bench.end()
  }

  @Test("who is deaf to TERM is killed with the grace over, though the leader went long before")
  func deafChild() async throws {
    let bench = try SchedulerBench(
      """
      { jobs: { deaf: { timeout: "300ms", grace: "200ms", command: ["/bin/sh", "-c",
        "/bin/sh -c 'trap \\"\\" TERM; echo $$ >&2; exec sleep 300' & wait"] } } }
      """)
    try await bench.scheduler.start()
    let run = try await bench.runToEnd("deaf")
    #expect(run.state == .timedOut && run.signal == 15)
    let child = try #require(
      Int32(try bench.file("stderr", run.runID).trimmingCharacters(in: .whitespacesAndNewlines)))
    #expect(kill(child, 0) == -1, "process \(child) is still there")
    try await bench.end()
  }

  @Test("what a leader leaves that ended by itself has no grace")
  func leftovers() async throws {
    let bench = try SchedulerBench(
      """
      { jobs: { left: { grace: "1h", command: ["/bin/sh", "-c", "sleep 300 & echo $! >&2"] } } }
      """)
    try await bench.scheduler.start()
    let run = try await bench.runToEnd("left")
    #expect(run.state == .succeeded)
    let child = try #require(
      Int32(try bench.file("stderr", run.runID).trimmingCharacters(in: .whitespacesAndNewlines)))
    #expect(kill(child, 0) == -1, "process \(child) is still there")
    try await bench.end()
  }

  @Test("output beyond the limit is counted, and never stops the job")
  func flood() async throws {
    let bench = try SchedulerBench(
      """
      { jobs: { flood: { limits: { output_bytes: 1000 },
        command: ["/bin/sh", "-c", "head -c 5000000 /dev/zero; echo done >&2"] } } }
      """)
    try await bench.scheduler.start()
    let run = try await bench.runToEnd("flood")
    #expect(run.state == .succeeded)
    #expect(try bench.file("stderr", run.runID) == "done\n")
    let output = try bench.file("stdout", run.runID)
    #expect(output.hasSuffix("[vigil: 4999000 more bytes were not kept: limit 1000]\n"))
    #expect(output.utf8.count < 1100)
    try await bench.end()
  }

  @Test("a job sees its own environment and who asked, and no descriptor of ours")
  func environment() async throws {
    let bench = try SchedulerBench(
      """
      { jobs: { look: { command: ["/bin/sh", "-c", "env | sort; ls /proc/self/fd | tr '\\n' ' '; pwd"],
        environment: ["COLOUR=blue {n}"], directory: "/usr", params: { n: { type: "integer", default: 4 } } } } }
      """)
    try await bench.scheduler.start()
    let run = try await bench.runToEnd("look", #"{"n":5}"#)
    let output = try bench.file("stdout", run.runID)
    let names = output.split(separator: "\n").compactMap { $0.split(separator: "=").first }
      .filter { $0.allSatisfy { $0.isUppercase || $0 == "_" } }
    #expect(
      Set(names) == [
        "AUDIT_RUN_ID", "AUDIT_USER", "AUDIT_GROUPS", "AUDIT_JOB", "AUDIT_TRIGGER",
        "AUDIT_TRACEPARENT", "AUDIT_ATTEMPT", "COLOUR", "PATH", "PWD", "VIGIL_RUN_SOCKET",
        "VIGIL_RUN_TOKEN",
      ])
    #expect(output.contains("COLOUR=blue 5\n"))
    #expect(output.contains("AUDIT_GROUPS=data,ops\n"))
    #expect(output.contains("AUDIT_RUN_ID=\(run.runID)\n"))
    // 3 is the folder that ls itself reads.
    #expect(output.hasSuffix("0 1 2 3 /usr\n"))
    try await bench.end()
  }

  @Test("limits hold for the job")
  func limits() async throws {
    let bench = try SchedulerBench(
      """
      { jobs: {
        files: { limits: { open_files: 16 }, command: ["/bin/sh", "-c", "ulimit -n"] },
        spin: { limits: { cpu_s: 1 }, command: ["/bin/sh", "-c", "while :; do :; done"] },
      } }
      """)
    try await bench.scheduler.start()
    let files = try await bench.runToEnd("files")
    #expect(try bench.file("stdout", files.runID) == "16\n")
    let spin = try await bench.runToEnd("spin")
    #expect(spin.state == .killed)
    try await bench.end()
  }

  @Test("an order to kill is recorded before it is carried out, and names who gave it")
  func killed() async throws {
    let bench = try SchedulerBench(
      #"{ jobs: { long: { command: ["/bin/sleep", "300"] } } }"#)
    try await bench.scheduler.start()
    guard case .accepted(let view) = await bench.scheduler.trigger(.by("alice", "long")) else {
      throw BenchError(what: "not accepted")
    }
    _ = try await bench.waits("start") {
      await bench.scheduler.run(view.runID)?.state == .started ? true : nil
    }
    let outcome = await bench.scheduler.kill(view.runID, by: .person("bob"), reason: "too long")
    guard case .done = outcome else { throw BenchError(what: "\(outcome)") }
    let run = try await bench.ended(view.runID)
    #expect(run.state == .killed)
    #expect(run.reason == "by bob: too long")
    try await bench.end()
    let records = try bench.runRecords(view.runID)
    #expect(records.map(\.event) == [.queued, .started, .progress, .killed])
    #expect(records[2].error?.message == "by bob: too long")
  }

  @Test("a failing job is tried again as often as its retries say, and has one terminal record")
  func retries() async throws {
    let bench = try SchedulerBench(
      """
      { jobs: { shaky: { retries: { count: 3, delay: "10ms" },
        command: ["/bin/sh", "-c", "test $AUDIT_ATTEMPT = 3"] } } }
      """)
    try await bench.scheduler.start()
    let run = try await bench.runToEnd("shaky")
    #expect(run.state == .succeeded)
    #expect(run.attempt == 3)
    try await bench.end()
    #expect(
      try bench.runRecords(run.runID).map(\.event) == [
        .queued, .started, .progress, .started, .progress, .started, .succeeded,
      ])
  }

  @Test("secrets are read for each attempt, reach the job alone, and stand in no record")
  func secrets() async throws {
    let source = ScriptedSecrets(["one-9f", "two-9f"])
    let bench = try SchedulerBench(
      """
      { jobs: { load: { retries: { count: 1, delay: "10ms" }, secrets: { DB_PASSWORD: "file:/s" },
        command: ["/bin/sh", "-c", "echo $DB_PASSWORD; test $AUDIT_ATTEMPT = 2"] } } }
      """, supervise: { $0.secrets = source })
    try await bench.scheduler.start()
    let run = try await bench.runToEnd("load")
    #expect(run.state == .succeeded)
    #expect(try bench.file("stdout", run.runID) == "one-9f\n")
    #expect(try bench.file("stdout", run.runID, attempt: 2) == "two-9f\n")
    let place = "\(bench.state)/runs/\(run.runID)/1"
    let mode = try FileManager.default.attributesOfItem(atPath: place + "/spec")[.posixPermissions]
    #expect(mode as? Int == 0o600)
    try await bench.end()
    for record in try bench.records() {
      #expect(!String(decoding: record.encoded(), as: UTF8.self).contains("-9f"))
    }
  }

  @Test("a secret that cannot be read is a start that failed, with the reason and the next attempt")
  func noSecret() async throws {
    let source = ScriptedSecrets([nil, "here"])
    let bench = try SchedulerBench(
      """
      { jobs: {
        load: { retries: { count: 1, delay: "10ms" }, secrets: { DB_PASSWORD: "file:/s" },
          command: ["/bin/sh", "-c", "test $DB_PASSWORD = here"] },
        never: { secrets: { A: "env:A", DB_PASSWORD: "file:/s" }, command: ["/bin/true"] },
      } }
      """, supervise: { $0.secrets = source })
    try await bench.scheduler.start()
    let run = try await bench.runToEnd("load")
    #expect(run.state == .succeeded && run.attempt == 2)
    let never = try await bench.runToEnd("never")
    #expect(never.state == .failed && never.startedAt == nil)
    #expect(never.reason == "A: secret env:A: gone", "\(never.reason ?? "")")
    try await bench.end()
    let told = try bench.runRecords(run.runID).compactMap { $0.error?.message }
    #expect(told == ["DB_PASSWORD: secret file:/s: gone"], "\(told)")
  }

  @Test("a run that is ended while its secrets are read never starts")
  func killedBeforeStart() async throws {
    let source = ScriptedSecrets(["late"], waits: true)
    let bench = try SchedulerBench(
      #"{ jobs: { load: { secrets: { S: "exec:/slow" }, command: ["/bin/sleep", "300"] } } }"#,
      supervise: { $0.secrets = source })
    try await bench.scheduler.start()
    guard case .accepted(let view) = await bench.scheduler.trigger(.by("alice", "load")) else {
      throw BenchError(what: "not accepted")
    }
    _ = try await bench.waits("reading") { source.isAsked ? true : nil }
    _ = await bench.scheduler.kill(view.runID, by: .person("bob"), reason: "enough")
    let run = try await bench.ended(view.runID)
    #expect(run.state == .killed && run.startedAt == nil)
    source.letGo()
    try await bench.end()
    #expect(try bench.runRecords(view.runID).map(\.event) == [.queued, .progress, .killed])
    #expect(!FileManager.default.fileExists(atPath: "\(bench.state)/runs/\(view.runID)/1"))
  }
}

/// A secret that is another one, or not there, each time it is read.
private final class ScriptedSecrets: SecretSource {
  private let values: Mutex<[String?]>
  private let asked = Mutex(false)
  private let gate = AsyncStream<Void>.makeStream()
  private let waits: Bool

  init(_ values: [String?], waits: Bool = false) {
    self.values = Mutex(values)
    self.waits = waits
  }

  var isAsked: Bool { asked.withLock { $0 } }

  func letGo() { gate.continuation.finish() }

  func read(_ reference: SecretReference) async throws(SecretError) -> SecretReading {
    asked.withLock { $0 = true }
    if waits { for await _ in gate.stream {} }
    let value = values.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    guard let value else { throw SecretError(reference, "gone") }
    return SecretReading(Secret(Array(value.utf8)))
  }
}
