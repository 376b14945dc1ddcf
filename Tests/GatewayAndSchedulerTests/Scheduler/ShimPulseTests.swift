import Foundation
import GatewayAndScheduler
import Ingest
import Testing

@Suite("Shims that fall silent", .serialized)
struct ShimPulseTests {
  /// A silence of 1.2 s.
  private static func quick(_ settings: inout SupervisionSettings) {
    settings.heartbeatMilliseconds = 100
  }

  private func started(_ bench: SchedulerBench) async throws -> (run: String, shim: Int32) {
    guard case .accepted(let view) = await bench.scheduler.trigger(.by("alice", "long")) else {
      throw BenchError(what: "not accepted")
    }
    let shim = try await bench.waits("start") { () -> Int32? in
      guard await bench.scheduler.run(view.runID)?.state == .started else { return nil }
      let events = try bench.file("events", view.runID)
      return events.firstMatch(of: /"shim_pid":(\d+)/).flatMap { Int32($0.1) }
    }
    return (view.runID, shim)
  }

  private func gaps(_ bench: SchedulerBench) throws -> [String] {
    try bench.records().compactMap { record in
      guard case .control(let control) = record.body, control.event == .sourceGap else {
        return nil
      }
      return control.reason
    }
  }

  @Test(
    "a shim that was stopped is told to go on; both are recorded, and the run is none the worse")
  func goesOn() async throws {
    let bench = try SchedulerBench(
      #"{ jobs: { long: { command: ["/bin/sleep", "4"] } } }"#, supervise: Self.quick)
    try await bench.scheduler.start()
    let (run, shim) = try await started(bench)
    #expect(kill(shim, SIGSTOP) == 0)
    let told = try await bench.waits("a shim that beats again") { () -> [String]? in
      let told = try gaps(bench)
      return told.contains { $0.hasSuffix("it beats again") } ? told : nil
    }
    #expect(told.count == 2 && told[0].hasSuffix("it was told to go on"), "\(told)")
    #expect(try await bench.ended(run).state == .succeeded)
    try await bench.end()
  }

  @Test("a shim that stays stopped though its run is to end is killed, with all of its run")
  func killed() async throws {
    let bench = try SchedulerBench(
      #"{ jobs: { long: { command: ["/bin/sleep", "300"] } } }"#, supervise: Self.quick)
    try await bench.scheduler.start()
    let (run, shim) = try await started(bench)
    // Somebody stops it whenever it goes on.
    let stopper = Task {
      while !Task.isCancelled, kill(shim, SIGSTOP) == 0 {
        try await Task.sleep(for: .microseconds(200), clock: ContinuousClock())
      }
    }
    defer { stopper.cancel() }
    let outcome = await bench.scheduler.kill(run, by: .person("bob"), reason: "enough")
    guard case .done = outcome else { throw BenchError(what: "\(outcome)") }
    let end = try await bench.ended(run)
    #expect(end.state == .lost || end.state == .killed, "\(end)")
    let records = try bench.runRecords(run)
    #expect(records.count { $0.event.isTerminal } == 1)
    #expect(kill(shim, 0) == -1 || end.state == .killed)
    try await bench.end()
  }
}
