import Foundation
import GatewayAndScheduler
import Ingest
import Testing

@Suite("A scheduler that ends and begins again", .serialized)
struct SchedulerRecoveryTests {
  private static let jobs = """
    { jobs: {
      short: { command: ["/bin/sh", "-c", "sleep 0.3; exit 7"] },
      long: { command: ["/bin/sh", "-c", "sleep 300 & echo $! >&2; echo $$; wait"] },
      secret: { command: ["/bin/echo", "{password}"],
        params: { password: { type: "string", required: true }, ratio: { type: "number", default: 2.0 } },
        concurrency: { running: 1 } },
      slow: { command: ["/bin/sleep", "0.4"] },
    } }
    """

  private func accepted(_ outcome: TriggerOutcome) throws -> RunView {
    guard case .accepted(let view) = outcome else { throw BenchError(what: "\(outcome)") }
    return view
  }

  @Test("what ended while nobody watched has its true end, and what still runs is watched on")
  func adopted() async throws {
    let first = try SchedulerBench(SchedulerRecoveryTests.jobs)
    try await first.scheduler.start()
    let short = try accepted(await first.scheduler.trigger(.by("alice", "short")))
    let long = try accepted(await first.scheduler.trigger(.by("alice", "long")))
    for run in [short, long] {
      _ = try await first.waits("start") {
        await first.scheduler.run(run.runID)?.state == .started ? true : nil
      }
    }
    try await first.end()
    _ = try await first.waits("the short one's last line") {
      try first.file("events", short.runID).contains("exited") ? true : nil
    }
    let second = try SchedulerBench(SchedulerRecoveryTests.jobs, in: first.directory)
    try await second.scheduler.start()
    let found = try await second.ended(short.runID)
    #expect(found.state == .failed)
    #expect(found.exitCode == 7)
    #expect(await second.scheduler.run(long.runID)?.state == .started)
    guard case .done = await second.scheduler.kill(long.runID, by: .person("bob"), reason: nil)
    else { throw BenchError(what: "not killed") }
    #expect(try await second.ended(long.runID).state == .killed)
    try await second.end()
    for run in [short, long] {
      let records = try second.runRecords(run.runID)
      #expect(records.count { $0.event == .started } == 1)
      #expect(records.count { $0.event.isTerminal } == 1)
    }
  }

  @Test("what was queued is started later, with the parameters that the journal does not show")
  func queued() async throws {
    let first = try SchedulerBench(SchedulerRecoveryTests.jobs) { $0.runningMax = 1 }
    try await first.scheduler.start()
    _ = try accepted(await first.scheduler.trigger(.by("alice", "slow")))
    let wish = RunRequest.by("alice", "secret", #"{"password":"hunter2"}"#, key: "once")
    let queued = try accepted(await first.scheduler.trigger(wish))
    try await first.end()
    let second = try SchedulerBench(SchedulerRecoveryTests.jobs, in: first.directory)
    try await second.scheduler.start()
    #expect(try await second.ended(queued.runID).state == .succeeded)
    #expect(try second.file("stdout", queued.runID) == "hunter2\n")
    guard case .repeated(let again) = await second.scheduler.trigger(wish) else {
      throw BenchError(what: "not repeated")
    }
    #expect(again.runID == queued.runID)
    let other = RunRequest.by("alice", "secret", #"{"password":"hunter3"}"#, key: "once")
    guard case .keyConflict = await second.scheduler.trigger(other) else {
      throw BenchError(what: "another secret was answered with the first run")
    }
    try await second.end()
    let text = try second.records().map { String(decoding: $0.encoded(), as: UTF8.self) }.joined()
    #expect(!text.contains("hunter2"))
    #expect(text.contains("[redacted]"))
  }

  @Test("where a run's own parameters are gone, its key is told by what the journal shows")
  func goneParameters() async throws {
    func wish(_ password: String, _ ratio: Double) -> RunRequest {
      .by("alice", "secret", #"{"password":"\#(password)","ratio":\#(ratio)}"#, key: "k")
    }
    let first = try SchedulerBench(SchedulerRecoveryTests.jobs)
    try await first.scheduler.start()
    let run = try accepted(await first.scheduler.trigger(wish("hunter2", 0.5)))
    _ = try await first.ended(run.runID)
    try await first.end()
    try FileManager.default.removeItem(atPath: "\(first.state)/runs/\(run.runID)/params")
    let second = try SchedulerBench(SchedulerRecoveryTests.jobs, in: first.directory)
    try await second.scheduler.start()
    guard case .repeated = await second.scheduler.trigger(wish("hunter3", 0.5)) else {
      throw BenchError(what: "not repeated")
    }
    guard case .keyConflict = await second.scheduler.trigger(wish("hunter2", 0.25)) else {
      throw BenchError(what: "other parameters, no conflict")
    }
    try await second.end()
  }

  @Test("a run whose shim was killed is lost, and its processes are ended first")
  func lost() async throws {
    let bench = try SchedulerBench(SchedulerRecoveryTests.jobs)
    try await bench.scheduler.start()
    let run = try accepted(await bench.scheduler.trigger(.by("alice", "long")))
    let report = try await bench.waits("start") { () -> AttemptReport.Started? in
      guard let output = try? bench.file("stdout", run.runID), output.hasSuffix("\n") else {
        return nil
      }
      var report = AttemptReport()
      report.read(Array(try bench.file("events", run.runID).utf8))
      return report.started
    }
    let child = try #require(
      Int32(try bench.file("stderr", run.runID).trimmingCharacters(in: .whitespacesAndNewlines)))
    #expect(kill(child, 0) == 0)
    kill(Int32(report.shim), SIGKILL)
    let view = try await bench.ended(run.runID)
    #expect(view.state == .lost)
    #expect(view.reason == "its shim or the machine died: nobody saw its end")
    _ = try await bench.waits("end of what was left") { kill(child, 0) == -1 ? true : nil }
    #expect(kill(Int32(report.process), 0) == -1)
    try await bench.end()
  }

  @Test("a shim killed while nobody watched is lost at the next start")
  func lostUnwatched() async throws {
    let first = try SchedulerBench(SchedulerRecoveryTests.jobs)
    try await first.scheduler.start()
    let run = try accepted(await first.scheduler.trigger(.by("alice", "long")))
    _ = try await first.waits("start") {
      await first.scheduler.run(run.runID)?.state == .started ? true : nil
    }
    try await first.end()
    var report = AttemptReport()
    report.read(Array(try first.file("events", run.runID).utf8))
    kill(Int32(try #require(report.started).shim), SIGKILL)
    let second = try SchedulerBench(SchedulerRecoveryTests.jobs, in: first.directory)
    try await second.scheduler.start()
    #expect(try await second.ended(run.runID).state == .lost)
    try await second.end()
  }

  @Test("a thousand runs end, each with one start and one end in the journal")
  func thousand() async throws {
    let bench = try SchedulerBench(#"{ jobs: { quick: { command: ["/bin/true"] } } }"#) {
      $0.runningMax = 8
    }
    try await bench.scheduler.start()
    let runIDs = try await withThrowingTaskGroup(of: String.self) { group in
      for number in 0..<1000 {
        group.addTask {
          let wish = RunRequest.by("user\(number % 7)", "quick", key: "\(number)")
          return try accepted(await bench.scheduler.trigger(wish)).runID
        }
      }
      var all: [String] = []
      for try await runID in group { all.append(runID) }
      return all
    }
    #expect(Set(runIDs).count == 1000)
    for runID in runIDs { #expect(try await bench.ended(runID).state == .succeeded) }
    try await bench.end()
    var events: [String: [RunRecord.Event]] = [:]
    for case .run(let body) in try bench.records().map(\.body) {
      events[body.runID ?? "", default: []].append(body.event)
    }
    #expect(events.count == 1000)
    #expect(events.values.allSatisfy { $0 == [.queued, .started, .succeeded] })
  }
}
