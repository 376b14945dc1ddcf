import GatewayAndScheduler
import Ingest
import Testing

@Suite("RunScheduler", .serialized)
struct RunSchedulerTests {
  private static let jobs = """
    { jobs: {
      quick: { command: ["/bin/true"], params: { n: { type: "integer", default: 1 } }, owner: "team" },
      secret: { command: ["/bin/true"],
        params: { password: { type: "string" }, ratio: { type: "number", default: 2.0 } } },
      single: { command: ["/bin/sleep", "300"], concurrency: { running: 1, when_full: "refuse" } },
    } }
    """

  @Test("the policy is asked again; what it says is in the journal before the answer")
  func decisions() async throws {
    let bench = try SchedulerBench(RunSchedulerTests.jobs)
    try await bench.scheduler.start()
    var request = RunRequest.by("alice", "quick")
    request.requestID = "r-1"
    request.remoteIP = "10.0.0.1"
    guard case .accepted(let view) = await bench.scheduler.trigger(request) else {
      throw BenchError(what: "not accepted")
    }
    #expect(view.owner == "team")
    let question = try #require(bench.policy.questions.first)
    #expect(question.action == "run:trigger")
    #expect(question.remoteIP == "10.0.0.1")
    bench.policy.set(.deny)
    request.requestID = "r-2"
    guard case .denied(let decision) = await bench.scheduler.trigger(request) else {
      throw BenchError(what: "not denied")
    }
    #expect(decision.rule == "stub")
    #expect(bench.policy.questions.last?.facts.triggerAges.count == 1)
    let ids = try bench.records().map(\.header.id)
    #expect(ids.contains("decision/r-1/scheduler"))
    #expect(ids.contains("decision/r-2/scheduler"))
    #expect(ids.contains("run/\(view.runID)/queued"))
    _ = try await bench.ended(view.runID)
    try await bench.end()
  }

  @Test("unknown jobs and unfit parameters leave no trace and ask nobody")
  func refused() async throws {
    let bench = try SchedulerBench(RunSchedulerTests.jobs)
    try await bench.scheduler.start()
    let count = try bench.records().count
    #expect(await bench.scheduler.trigger(.by("alice", "../quick")) == .unknownJob)
    #expect(
      await bench.scheduler.trigger(.by("alice", "quick", #"{"n":"x"}"#))
        == .invalid(["n: expected an integer"]))
    #expect(bench.policy.questions.isEmpty)
    #expect(try bench.records().count == count)
    try await bench.end()
  }

  @Test("a held run starts only when another person says so")
  func held() async throws {
    let bench = try SchedulerBench(RunSchedulerTests.jobs, policy: StubPolicy(.hold))
    try await bench.scheduler.start()
    guard case .held(let view) = await bench.scheduler.trigger(.by("alice", "quick")) else {
      throw BenchError(what: "not held")
    }
    let approval = try #require(await bench.scheduler.approvals().first)
    #expect(approval.approvalID == view.approvalID)
    #expect(approval.askedBy == "alice")
    let own = await bench.scheduler.settle(
      approval: approval.approvalID, by: .person("alice"), gives: true, reason: nil)
    guard case .refused = own else { throw BenchError(what: "\(own)") }
    let other = await bench.scheduler.settle(
      approval: approval.approvalID, by: .person("bob"), gives: true, reason: "fine")
    guard case .done = other else { throw BenchError(what: "\(other)") }
    #expect(try await bench.ended(view.runID).state == .succeeded)
    let again = await bench.scheduler.settle(
      approval: approval.approvalID, by: .person("bob"), gives: true, reason: nil)
    #expect(again == .unknown)
    try await bench.end()
    #expect(
      try bench.runRecords(view.runID).map(\.event) == [.held, .approved, .started, .succeeded])
    let words = try bench.records().compactMap { record in
      if case .approval(let body) = record.body { body } else { nil }
    }
    #expect(words.map(\.event) == [.requested, .given])
    #expect(words.last?.principal == "bob")
  }

  @Test("a refused run is rejected and never starts")
  func rejected() async throws {
    let bench = try SchedulerBench(RunSchedulerTests.jobs, policy: StubPolicy(.hold))
    try await bench.scheduler.start()
    guard case .held(let view) = await bench.scheduler.trigger(.by("alice", "quick")) else {
      throw BenchError(what: "not held")
    }
    let approvalID = try #require(view.approvalID)
    _ = await bench.scheduler.settle(
      approval: approvalID, by: .person("bob"), gives: false, reason: "not at night")
    let run = try await bench.ended(view.runID)
    #expect(run.state == .rejected)
    #expect(run.reason == "refused by bob: not at night")
    try await bench.end()
    #expect(try bench.runRecords(view.runID).map(\.event) == [.held, .rejected])
  }

  @Test("a proposal to kill ends the run when a person agrees")
  func proposal() async throws {
    let bench = try SchedulerBench(RunSchedulerTests.jobs)
    try await bench.scheduler.start()
    guard case .accepted(let view) = await bench.scheduler.trigger(.by("alice", "single")) else {
      throw BenchError(what: "not accepted")
    }
    let proposed = await bench.scheduler.propose(kill: view.runID, reason: "runs for ever")
    guard case .done = proposed else { throw BenchError(what: "\(proposed)") }
    let approval = try #require(await bench.scheduler.approvals().first)
    #expect(approval.purpose == .kill)
    #expect(approval.askedBy == "vigil/detect")
    _ = await bench.scheduler.settle(
      approval: approval.approvalID, by: .person("bob"), gives: true, reason: nil)
    let run = try await bench.ended(view.runID)
    #expect(run.state == .killed)
    #expect(run.reason == "by bob: runs for ever")
    #expect(await bench.scheduler.approvals().isEmpty)
    try await bench.end()
  }

  @Test("the same key is the same run; with other parameters it is a conflict")
  func keys() async throws {
    let bench = try SchedulerBench(RunSchedulerTests.jobs)
    try await bench.scheduler.start()
    let outcomes = await withTaskGroup(of: TriggerOutcome.self) { group in
      for _ in 0..<20 {
        group.addTask { await bench.scheduler.trigger(.by("alice", "quick", key: "k")) }
      }
      var all: [TriggerOutcome] = []
      for await outcome in group { all.append(outcome) }
      return all
    }
    let accepted = outcomes.count { if case .accepted = $0 { true } else { false } }
    let repeated = outcomes.count { if case .repeated = $0 { true } else { false } }
    #expect(accepted == 1)
    #expect(repeated == 19)
    let other = await bench.scheduler.trigger(.by("alice", "quick", #"{"n":2}"#, key: "k"))
    guard case .keyConflict = other else { throw BenchError(what: "\(other)") }
    guard case .accepted(let view) = await bench.scheduler.trigger(.by("bob", "quick", key: "k"))
    else { throw BenchError(what: "bob's key is alice's") }
    _ = try await bench.ended(view.runID)
    try await bench.end()
  }

  @Test("a key with another secret is a conflict, though the journal shows both alike")
  func secretKeys() async throws {
    let bench = try SchedulerBench(RunSchedulerTests.jobs)
    try await bench.scheduler.start()
    func wish(_ password: String) -> RunRequest {
      .by("alice", "secret", #"{"password":"\#(password)"}"#, key: "k")
    }
    guard case .accepted(let view) = await bench.scheduler.trigger(wish("aaa")) else {
      throw BenchError(what: "not accepted")
    }
    #expect(String(decoding: view.parameters, as: UTF8.self).contains("[redacted]"))
    guard case .keyConflict(let other) = await bench.scheduler.trigger(wish("bbb")) else {
      throw BenchError(what: "another secret was answered with the first run")
    }
    #expect(other.runID == view.runID)
    guard case .repeated = await bench.scheduler.trigger(wish("aaa")) else {
      throw BenchError(what: "not repeated")
    }
    _ = try await bench.ended(view.runID)
    try await bench.end()
  }

  @Test("beyond its concurrency a job that refuses is limited")
  func limited() async throws {
    let bench = try SchedulerBench(RunSchedulerTests.jobs)
    try await bench.scheduler.start()
    guard case .accepted(let view) = await bench.scheduler.trigger(.by("alice", "single")) else {
      throw BenchError(what: "not accepted")
    }
    guard case .limited = await bench.scheduler.trigger(.by("bob", "single")) else {
      throw BenchError(what: "not limited")
    }
    #expect(
      await bench.scheduler.facts(principal: "alice", job: "single", at: SchedulerBench.now())
        .openRunsOfJob == 1)
    _ = await bench.scheduler.kill(view.runID, by: .person("alice"), reason: nil)
    _ = try await bench.ended(view.runID)
    try await bench.end()
  }

  @Test("without a journal nothing is triggered")
  func failClosed() async throws {
    let bench = try SchedulerBench(RunSchedulerTests.jobs)
    #expect(
      await bench.scheduler.trigger(.by("alice", "quick"))
        == .unavailable("the scheduler is not started"))
    try await bench.scheduler.start()
    try bench.queue.close()
    guard case .unavailable = await bench.scheduler.trigger(.by("alice", "quick")) else {
      throw BenchError(what: "triggered without a journal")
    }
    #expect(await bench.scheduler.runs(RunFilter()).isEmpty)
    await bench.scheduler.stop()
  }
}
