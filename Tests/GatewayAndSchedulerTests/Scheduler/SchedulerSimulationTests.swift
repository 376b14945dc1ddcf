import Foundation
import GatewayAndScheduler
import Ingest
import Testing

@Suite("Scheduler under deaths at any moment")
struct SchedulerSimulationTests {
  /// VIGIL_CAMPAIGN=long looks longer.
  private static let seedCount: UInt64 =
    ProcessInfo.processInfo.environment["VIGIL_CAMPAIGN"] == "long" ? 3000 : 60
  private static let jobs = """
    { jobs: {
      plain: { command: ["/bin/true"] },
      shaky: { command: ["/bin/true"], retries: { count: 2, delay: "5s" } },
      narrow: { command: ["/bin/true"], concurrency: { running: 1 } },
      strict: { command: ["/bin/true"], concurrency: { running: 2, when_full: "refuse" } },
      top: { command: ["/bin/true"], needs: ["left", "right"] },
      left: { command: ["/bin/true"], needs: ["base"] },
      right: { command: ["/bin/true"], needs: ["base"], outputs: ["/out/right"] },
      base: { command: ["/bin/true"] },
    } }
    """

  @Test(
    "whatever was accepted is in the journal, each run ends once, and no attempt starts twice",
    arguments: 1...seedCount)
  func deaths(_ seed: UInt64) throws {
    var settings = SchedulerSettings()
    settings.runningMax = 4
    settings.approvalSeconds = 600
    var simulation = SchedulerSimulation(
      try SchedulerBench.catalogue(SchedulerSimulationTests.jobs), settings, seed: seed)
    for _ in 0..<2500 { simulation.step() }
    check(simulation, seed, isOver: false)
    simulation.settleDown()
    check(simulation, seed, isOver: true)
    // The simulation is one: processes died, and runs ran.
    #expect(simulation.deathCount > 5, "seed \(seed)")
    #expect(simulation.accepted.count > 15, "seed \(seed)")
    #expect(simulation.shims.values.count { $0.startCount == 1 } > 15, "seed \(seed)")
  }

  private func check(_ simulation: SchedulerSimulation, _ seed: UInt64, isOver: Bool) {
    var events: [String: [RunRecord]] = [:]
    for case .run(let body) in simulation.journal.map(\.body) {
      if let runID = body.runID { events[runID, default: []].append(body) }
    }
    for runID in simulation.accepted {
      #expect(events[runID] != nil, "seed \(seed): \(runID) was accepted and is not there")
    }
    for (runID, records) in events {
      let told = records.map(\.event)
      let ends = told.filter(\.isTerminal)
      #expect(ends.count <= 1, "seed \(seed): \(runID): \(told)")
      #expect(told.first == .queued || told.first == .held, "seed \(seed): \(runID): \(told)")
      if let end = ends.first { #expect(told.last == end, "seed \(seed): \(runID): \(told)") }
      if isOver {
        #expect(ends.count == 1, "seed \(seed): \(runID) is open: \(told)")
      }
      let attempts = records.filter { $0.event == .started }.map(\.attempt)
      #expect(Set(attempts).count == attempts.count, "seed \(seed): \(runID): \(told)")
    }
    var words: [String: Int] = [:]
    for case .approval(let body) in simulation.journal.map(\.body) where body.event != .requested {
      words[body.approvalID ?? "", default: 0] += 1
    }
    #expect(words.values.allSatisfy { $0 == 1 }, "seed \(seed): an approval has two words")
    for (key, shim) in simulation.shims {
      #expect(shim.startCount <= 1, "seed \(seed): \(key) ran \(shim.startCount) times")
    }
    // What ran is known to have run.
    if isOver {
      for (key, shim) in simulation.shims where shim.startCount == 1 {
        let runID = String(key.split(separator: "/")[0])
        let started = events[runID]?.contains { $0.event == .started } ?? false
        #expect(started, "seed \(seed): \(key) ran and nobody told")
      }
    }
  }
}
