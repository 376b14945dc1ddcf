import GatewayAndScheduler
import Ingest
import TestSupport
import Testing

@Suite("SchedulerStateMachine")
struct SchedulerStateMachineTests {
  private static let plain = #"{ jobs: { a: { command: ["/bin/true"] } } }"#

  @Test("decision and queued are in the journal, in this order, before the answer and the start")
  func order() throws {
    var bench = try SchedulerMachineBench(Self.plain)
    bench.refusal = "disk full"
    let lost = bench.trigger("a", ticket: 7)
    #expect(bench.answers[7] == .trigger(.unavailable("disk full")))
    #expect(bench.launched.isEmpty)
    #expect(bench.machine.view(lost) == nil)
    bench.refusal = nil
    let runID = bench.trigger("a", ticket: 8)
    #expect(bench.journal.map(\.kind) == [.decision, .run])
    guard case .trigger(.accepted(let view))? = bench.answers[8] else {
      Issue.record("\(bench.answers)")
      return
    }
    #expect(view.runID == runID && view.state == .queued)
    #expect(bench.launched.map(\.runID) == [runID])
  }

  @Test("what is true while the journal is down is told when it is back, and nothing new starts")
  func behind() throws {
    var bench = try SchedulerMachineBench(
      #"{ jobs: { a: { command: ["/bin/true"], concurrency: { running: 1 } } } }"#)
    let first = bench.trigger("a")
    bench.trigger("a", ticket: 2)
    bench.refusal = "down"
    bench.run(first, exit: 0)
    #expect(bench.launched.count == 1)
    #expect(bench.machine.view(first)?.state == .started)
    bench.refusal = nil
    bench.tick(after: 1)
    #expect(bench.machine.view(first)?.state == .succeeded)
    #expect(bench.events(first) == [.queued, .started, .succeeded])
    #expect(bench.launched.count == 2)
  }

  @Test(
    "places are given in the order of asking, to jobs that have one",
    arguments: [(1, 3, ["a1"]), (2, 3, ["a1", "b1"]), (4, 3, ["a1", "b1", "b2"])])
  func places(_ all: Int, _ asked: Int, _ expected: [String]) throws {
    var settings = SchedulerSettings()
    settings.runningMax = all
    var bench = try SchedulerMachineBench(
      #"{ jobs: { a: { command: ["/bin/true"], concurrency: { running: 1 } }, b: { command: ["/bin/true"] } } }"#,
      settings)
    var names: [String: String] = [:]
    for name in ["a1", "a2", "b1", "b2"] {
      names[bench.trigger(String(name.prefix(1)))] = name
    }
    #expect(bench.launched.map { names[$0.runID] } == expected)
  }

  @Test("attempts follow one another after growing pauses, and the last one's end is the run's")
  func retries() throws {
    var bench = try SchedulerMachineBench(
      #"{ jobs: { a: { command: ["/bin/true"], retries: { count: 2, delay: "10s", factor: 3 } } } }"#
    )
    let runID = bench.trigger("a")
    bench.run(runID, exit: 1)
    bench.tick(after: 9)
    #expect(bench.launched.count == 1)
    bench.tick(after: 1)
    #expect(bench.launched.map(\.attempt) == [1, 2])
    bench.run(runID, attempt: 2, exit: 1)
    bench.tick(after: 29)
    #expect(bench.launched.count == 2)
    bench.tick(after: 1)
    bench.run(runID, attempt: 3, exit: 5)
    #expect(
      bench.events(runID) == [
        .queued, .started, .progress, .started, .progress, .started, .failed,
      ])
    #expect(bench.machine.view(runID)?.exitCode == 5)
  }

  @Test("news of an attempt that is over changes nothing")
  func stale() throws {
    var bench = try SchedulerMachineBench(
      #"{ jobs: { a: { command: ["/bin/true"], retries: { count: 1, delay: "1s" } } } }"#)
    let runID = bench.trigger("a")
    bench.run(runID, exit: 1)
    bench.tick(after: 1)
    bench.run(runID, attempt: 1, exit: 0)
    #expect(bench.machine.view(runID)?.state.isTerminal == false)
    bench.run(runID, attempt: 2, exit: 0)
    bench.run(runID, attempt: 2, exit: 1)
    #expect(bench.events(runID).count { $0.isTerminal } == 1)
    #expect(bench.machine.view(runID)?.state == .succeeded)
  }

  @Test("what a run needs runs first, each once, and the nodes are tasks under the run asked for")
  func graph() throws {
    var bench = try SchedulerMachineBench(
      """
      { jobs: { top: { command: ["/bin/true"], needs: ["left", "right"] },
        left: { command: ["/bin/true"], needs: ["base"] },
        right: { command: ["/bin/true"], needs: ["base"] }, base: { command: ["/bin/true"] } } }
      """)
    let top = bench.trigger("top")
    #expect(bench.launched.map(\.job.name) == ["base"])
    bench.run(bench.launched[0].runID, exit: 0)
    #expect(bench.launched.map(\.job.name).sorted() == ["base", "left", "right"])
    bench.run(bench.launched[1].runID, exit: 0)
    bench.run(bench.launched[2].runID, exit: 0)
    #expect(bench.launched.map(\.job.name).last == "top")
    bench.run(top, exit: 0)
    #expect(bench.events(top) == [.queued, .started, .succeeded])
    #expect(bench.tasks.filter { $0.hasPrefix("base") }.first == "base pending")
    #expect(bench.tasks.contains("left succeeded") && bench.tasks.contains("right succeeded"))
    let again = bench.trigger("top")
    #expect(bench.launched.last?.runID == again)
    #expect(bench.tasks.suffix(2) == ["left skipped", "right skipped"])
  }

  @Test(
    "the first record of what is needed names the run that was asked for, or that a schedule began",
    arguments: [true, false])
  func needed(isScheduled: Bool) throws {
    var bench = try SchedulerMachineBench(
      """
      { jobs: { top: { command: ["/bin/true"], needs: ["left"], schedule: { cron: "0 6 * * *" } },
        left: { command: ["/bin/true"], needs: ["base"] }, base: { command: ["/bin/true"] } } }
      """, at: "2026-11-24T05:59:59Z")
    bench.tick(after: 0)
    if isScheduled { bench.tick(after: 61) } else { bench.trigger("top") }
    let first = bench.journal.compactMap { record -> RunRecord? in
      if case .run(let body) = record.body, body.event == .queued { body } else { nil }
    }
    #expect(first.map(\.job) == ["top", "left", "base"])
    #expect(first.map(\.trigger) == Array(repeating: isScheduled ? .schedule : .request, count: 3))
    #expect(first[0].error == nil)
    #expect(first.dropFirst().allSatisfy { $0.error?.type == "needed_by" })
    #expect(first.dropFirst().allSatisfy { $0.error?.message == first[0].runID })
    #expect(Set(first.map(\.principal)).count == 1 && Set(first.map(\.requestID)).count == 1)
  }

  @Test("when what a run needs fails, the run fails with it and never starts")
  func propagation() throws {
    var bench = try SchedulerMachineBench(
      #"{ jobs: { top: { command: ["/bin/true"], needs: ["base"] }, base: { command: ["/bin/true"] } } }"#
    )
    let top = bench.trigger("top")
    let base = bench.launched[0].runID
    bench.run(base, exit: 1)
    #expect(bench.events(top) == [.queued, .failed])
    #expect(bench.machine.view(top)?.reason == "upstream base: run \(base) failed")
    #expect(bench.machine.openCount == 0)
  }

  @Test(
    "Luigi's exit statuses are told as what they mean",
    arguments: [
      (1, "could not be loaded"), (2, "refused its arguments"), (4, "an exception"),
      (10, "under way"), (20, "missing"), (25, "nobody was allowed"), (30, "a task failed"),
      (35, "requirements"), (40, "could not be reached"), (99, "exit status 99"),
    ])
  func luigi(_ code: Int, _ expected: String) throws {
    var bench = try SchedulerMachineBench(
      #"{ jobs: { a: { type: "luigi", module: "m", task: "T" } } }"#)
    let runID = bench.trigger("a")
    bench.run(runID, exit: code)
    let view = try #require(bench.machine.view(runID))
    #expect(view.state == .failed && view.exitCode == code)
    #expect(view.reason?.contains(expected) ?? false, "\(view.reason ?? "")")
  }

  @Test("a run whose outputs are all there succeeds without a start")
  func skipped() throws {
    var bench = try SchedulerMachineBench(
      #"{ jobs: { a: { command: ["/bin/true"], outputs: ["/out"] } } }"#)
    bench.complete = ["a"]
    let runID = bench.trigger("a")
    #expect(bench.events(runID) == [.queued, .succeeded])
    #expect(bench.tasks == ["a skipped"])
    #expect(bench.launched.isEmpty)
  }

  @Test("a held run that nobody speaks for is rejected when its time is over")
  func expiry() throws {
    var settings = SchedulerSettings()
    settings.approvalSeconds = 60
    var bench = try SchedulerMachineBench(Self.plain, settings)
    let runID = bench.trigger("a", .hold)
    let approval = try #require(bench.machine.pendingApprovals.first)
    bench.tick(after: 59)
    #expect(bench.machine.view(runID)?.state == .held)
    bench.tick(after: 1)
    #expect(bench.events(runID) == [.held, .rejected])
    bench.handle(
      .settled(
        approvalID: approval.approvalID, by: "bob", gives: true, reason: nil, ticket: 9))
    #expect(bench.answers[9] == .order(.unknown))
    #expect(bench.launched.isEmpty)
  }

  @Test("a run is killed wherever it stands, and its shim is told when it has one")
  func kills() throws {
    var bench = try SchedulerMachineBench(
      #"{ jobs: { a: { command: ["/bin/true"], concurrency: { running: 1 } } } }"#)
    let running = bench.trigger("a")
    let waiting = bench.trigger("a")
    let held = bench.trigger("a", .hold)
    for (ticket, runID) in [(11, waiting), (12, held), (13, running)] {
      bench.handle(.killOrdered(runID: runID, by: "bob", reason: nil, ticket: ticket))
    }
    #expect(bench.events(waiting) == [.queued, .progress, .killed])
    #expect(bench.events(held) == [.held, .progress, .killed])
    #expect(bench.stopped == [running])
    #expect(bench.machine.pendingApprovals.isEmpty)
    bench.handle(.killOrdered(runID: running, by: "bob", reason: nil, ticket: 14))
    guard case .order(.notPossible)? = bench.answers[14] else {
      Issue.record("\(bench.answers)")
      return
    }
  }

  @Test(
    "missed times are skipped, made up for once, or in full; none is run twice",
    arguments: [("skip", 0), ("once", 1), ("all", 3)])
  func missed(_ policy: String, _ expected: Int) throws {
    let jobs = """
      { jobs: { a: { command: ["/bin/true"], schedule: { cron: "0 * * * *", missed: "\(policy)" } } } }
      """
    var bench = try SchedulerMachineBench(jobs, at: "2026-11-24T05:30:00Z")
    bench.tick(after: 0)
    #expect(bench.launched.isEmpty)
    // Nobody looks for three hours and a half.
    bench.tick(after: 3.5 * 3600 - 60)
    #expect(bench.launched.count == expected)
    bench.tick(after: 120)
    #expect(bench.launched.count == expected + 1)
    bench.tick(after: 1)
    #expect(bench.launched.count == expected + 1)
    let triggers = bench.journal.compactMap { record in
      if case .run(let body) = record.body { body.trigger } else { nil }
    }
    #expect(triggers.allSatisfy { $0 == .schedule })
  }

  @Test("ended runs beyond what is remembered are forgotten, and their directories removed")
  func forgetting() throws {
    var settings = SchedulerSettings()
    settings.finishedMax = 3
    var bench = try SchedulerMachineBench(Self.plain, settings)
    var runIDs: [String] = []
    for _ in 0..<5 {
      runIDs.append(bench.trigger("a"))
      bench.run(runIDs.last ?? "", exit: 0)
    }
    #expect(bench.pruned == Array(runIDs.prefix(2)))
    #expect(bench.machine.views(RunFilter()).map(\.runID) == runIDs.suffix(3).reversed())
    #expect(bench.machine.frontier == 4 * 2 + 1)
  }

  @Test("the books read again are the books: states, approvals, orders, facts")
  func restored() throws {
    let jobs =
      #"{ jobs: { a: { command: ["/bin/true"], concurrency: { running: 1 }, retries: { count: 1 } } } }"#
    var bench = try SchedulerMachineBench(jobs)
    let ended = bench.trigger("a")
    bench.run(ended, exit: 0)
    let retried = bench.trigger("a")
    bench.run(retried, exit: 1)
    let held = bench.trigger("a", .hold)
    let again = try SchedulerMachineBench(jobs, after: bench)
    #expect(again.machine.view(ended)?.state == .succeeded)
    #expect(again.machine.view(held)?.state == .held)
    #expect(again.machine.pendingApprovals.map(\.askedBy) == ["alice"])
    #expect(
      again.machine.pendingApprovals.map(\.approvalID)
        == bench.machine.pendingApprovals.map(\.approvalID))
    #expect(again.machine.view(retried)?.attempt == 2)
    let facts = again.machine.facts(principal: "alice", job: "a", at: again.clock.now)
    #expect(facts.openRunsOfJob == 2)
    #expect(facts.triggerAges.count == 3)
  }
}
