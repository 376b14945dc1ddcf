import GatewayAndScheduler
import Ingest
import TestSupport
import Testing

/// A past that a policy made, with the questions as they were asked.
struct RecordedPast {
  struct Asked {
    let requestID: String
    let question: AccessQuestion
    let answer: AccessDecision
  }

  private(set) var records: [Record] = []
  private(set) var asked: [Asked] = []

  /// A day of triggers by four people on three jobs; open runs and ages are counted the plain way.
  init(_ policy: AccessPolicy, seed: UInt64, withDecisions: Bool, stepSeconds: Int = 90) {
    var random = SeededRandom(seed: seed)
    var runs: [(job: String, principal: String, from: Timestamp, to: Timestamp)] = []
    var triggers: [(principal: String, at: Timestamp)] = []
    var now = PolicyBuild.time("2026-11-24T04:00:00Z")
    for number in 0..<400 {
      now = now.advanced(bySeconds: Double(Int.random(in: 1...stepSeconds, using: &random)))
      let name = ["ada", "bob", "cy", "svc-ci"][Int.random(in: 0..<4, using: &random)]
      let job = ["etl-a", "etl-b", "report"][Int.random(in: 0..<3, using: &random)]
      var identity = PolicyBuild.identity(
        name, groups: name == "bob" ? ["ops", "dev"] : ["ops"],
        type: name == "svc-ci" ? .service : .human,
        credential: .oidc, zone: name == "cy" ? "Asia/Tokyo" : nil)
      if name == "svc-ci" { identity.issuer = "vigil" }
      var question = PolicyBuild.trigger(job, by: identity, at: now)
      question.remoteIP = "10.0.\(number % 3).1"
      question.facts.openRunsOfJob = runs.count { $0.job == job && $0.from < now && now <= $0.to }
      question.facts.openRunsOfPrincipal = runs.count {
        $0.principal == name && $0.from < now && now <= $0.to
      }
      question.facts.triggerAges = triggers.reversed().filter {
        $0.principal == name && $0.at < now
      }
      .map { now.seconds(since: $0.at) }.filter { $0 < 3600 }
      let answer = policy.decide(question)
      let id = "q\(number)"
      asked.append(Asked(requestID: id, question: question, answer: answer))
      if withDecisions { records.append(Self.decision(id, question, answer)) }
      if answer.effect != .deny {
        let queued = now.advanced(bySeconds: 0.002)
        let end = queued.advanced(bySeconds: Double(Int.random(in: 1...2000, using: &random)) + 0.5)
        runs.append((job, name, queued, end))
        triggers.append((name, queued))
        records.append(
          Self.run("r\(number)", id, answer.effect == .hold ? .held : .queued, job, name, queued))
        records.append(
          Self.run("r\(number)", nil, .started, job, name, queued.advanced(bySeconds: 0.1)))
        records.append(Self.run("r\(number)", nil, .succeeded, job, name, end))
      }
      records.append(Self.request(id, question, answer, run: "r\(number)", seconds: 0.03125))
    }
    let kinds: [RecordKind] = [.request, .decision, .run]
    records.sort { left, right in
      (left.header.timestamp, kinds.firstIndex(of: left.kind) ?? 3, left.header.id)
        < (right.header.timestamp, kinds.firstIndex(of: right.kind) ?? 3, right.header.id)
    }
  }

  static func decision(_ id: String, _ question: AccessQuestion, _ answer: AccessDecision) -> Record
  {
    var decision = DecisionRecord(effect: answer.effect)
    decision.requestID = id
    decision.principal = question.identity?.principal
    decision.principalType = question.identity?.principalType
    decision.issuer = question.identity?.issuer
    decision.groups = question.identity?.groups ?? []
    decision.action = question.action
    decision.job = question.job
    decision.rule = answer.rule
    decision.credential = question.identity?.credential
    let header = RecordHeader(timestamp: question.at, source: "vigil/gateway", id: "decision/\(id)")
    return Record(header: header, body: .decision(decision))
  }

  static func request(
    _ id: String, _ question: AccessQuestion, _ answer: AccessDecision, run: String, seconds: Double
  ) -> Record {
    var request = RequestRecord()
    request.requestID = id
    request.principal = question.identity?.principal
    request.principalType = question.identity?.principalType
    request.issuer = question.identity?.issuer
    request.groups = question.identity?.groups ?? []
    request.zone = question.identity?.zone
    request.remoteIP = question.remoteIP
    request.job = question.job
    request.status = answer.effect == .deny ? 403 : 202
    if answer.effect != .deny { request.runID = run }
    request.durationSeconds = seconds
    let header = RecordHeader(
      timestamp: question.at.advanced(bySeconds: seconds), source: "caddy/edge", id: id)
    return Record(header: header, body: .request(request))
  }

  static func run(
    _ id: String, _ requestID: String?, _ event: RunRecord.Event, _ job: String,
    _ principal: String,
    _ at: Timestamp
  ) -> Record {
    var run = RunRecord(event: event)
    run.runID = id
    run.requestID = requestID
    run.job = job
    run.principal = principal
    run.trigger = .request
    return Record(
      header: RecordHeader(timestamp: at, source: "vigil/scheduler", id: "\(id)/\(event)"),
      body: .run(run))
  }
}

@Suite struct PolicyReplayTests {
  private static let first = """
    {zone: "Europe/Berlin", rules: [
      {name: "limited", effect: "permit", groups: ["ops"], actions: ["run:trigger"], jobs: ["etl-*"],
       when: {hours: "mon-fri 08:00-18:00"},
       limits: {open_runs_of_job: 3, open_runs_of_principal: 4, triggers: {count: 6, per: "30m"}}},
      {name: "near", effect: "hold", principals: ["*"], actions: ["*"], when: {networks: ["10.0.1.0/24"]}},
    ]}
    """
  private static let second = """
    {zone: "UTC", rules: [
      {name: "limited", effect: "permit", groups: ["dev"], principals: ["svc-*"], actions: ["run:*"],
       limits: {open_runs_of_job: 2, triggers: {count: 3, per: "10m"}}},
      {name: "day", effect: "permit", groups: ["ops"], actions: ["run:trigger"],
       when: {hours: "mon-fri 06:00-12:00"}},
      {name: "near", effect: "hold", principals: ["*"], actions: ["*"], when: {networks: ["10.0.2.0/24"]}},
    ]}
    """

  /// A request's 202 does not tell a run that is held from one that is queued: without decisions
  /// the past is one of a policy that holds nothing.
  private func made(_ withDecisions: Bool) throws -> AccessPolicy {
    try PolicyBuild.policy(
      withDecisions ? Self.first : Self.first.replacing("\"hold\"", with: "\"permit\""))
  }

  private func replay(
    _ policy: AccessPolicy, _ records: [Record], since: Timestamp? = nil, until: Timestamp? = nil
  ) -> ([PolicyReplay.Difference], PolicyReplay.Summary) {
    var replay = PolicyReplay(policy, since: since, until: until)
    var differences: [PolicyReplay.Difference] = []
    for (index, record) in records.enumerated() {
      replay.observe(IndexedRecord(index: index, record: record)) { differences.append($0) }
    }
    replay.finish { differences.append($0) }
    return (differences, replay.summary)
  }

  @Test("the policy that made the past answers it as it did", arguments: 0..<6, [true, false])
  func same(seed: Int, withDecisions: Bool) throws {
    let policy = try made(withDecisions)
    let past = RecordedPast(policy, seed: UInt64(seed), withDecisions: withDecisions)
    let (differences, summary) = replay(policy, past.records)
    #expect(differences.isEmpty, "seed \(seed): \(differences.first.debugDescription)")
    #expect(summary.askedCount == past.asked.count && summary.withoutRequestCount == 0)
    #expect(withDecisions ? summary.decisionCount == 400 : summary.requestCount == 400)
    let limited = past.asked.filter { $0.answer.limit != nil }
    #expect(
      Set(limited.compactMap(\.answer.limit)).count == 3, "every limit was reached in this past")
  }

  @Test(
    "another policy differs where it does on the questions as they were", arguments: 0..<6,
    [true, false])
  func changed(seed: Int, withDecisions: Bool) throws {
    let policy = try made(withDecisions)
    let other = try PolicyBuild.policy(Self.second)
    let past = RecordedPast(policy, seed: UInt64(seed), withDecisions: withDecisions)
    let expected = past.asked.filter { other.decide($0.question).effect != $0.answer.effect }
    let (differences, summary) = replay(other, past.records)
    #expect(
      !expected.isEmpty && differences.map(\.requestID) == expected.map(\.requestID), "seed \(seed)"
    )
    for (difference, asked) in zip(differences, expected) {
      #expect(difference.question.facts == asked.question.facts, "seed \(seed): \(asked.requestID)")
      #expect(
        difference.new == other.decide(asked.question)
          && difference.oldEffect == asked.answer.effect)
      #expect(difference.oldRule == (withDecisions ? asked.answer.rule : nil))
    }
    #expect(summary.changes.values.reduce(0, +) == expected.count)
  }

  @Test("since and until choose the questions, not the past that they rest on")
  func window() throws {
    let policy = try PolicyBuild.policy(Self.first)
    let other = try PolicyBuild.policy(Self.second)
    let past = RecordedPast(policy, seed: 3, withDecisions: true)
    let (since, until) = (past.asked[100].question.at, past.asked[300].question.at)
    let (all, _) = replay(other, past.records)
    let (some, summary) = replay(other, past.records, since: since, until: until)
    #expect(some == all.filter { since <= $0.question.at && $0.question.at < until })
    #expect(summary.decisionCount == 200)
  }

  @Test("a request just before the end is not asked where its decision is just after it")
  func edge() throws {
    let policy = try PolicyBuild.policy(Self.first)
    let until = PolicyBuild.tuesday
    var early = status(202, at: 1)
    guard case .request(var request) = early.body else { return }
    request.durationSeconds = 2
    early.body = .request(request)
    let (_, summary) = replay(policy, [one("limited", .permit), early], until: until)
    #expect(summary.askedCount == 0)
  }

  private func one(_ rule: String, _ effect: DecisionRecord.Effect) -> Record {
    let question = PolicyBuild.trigger(by: PolicyBuild.identity("ada", groups: ["ops"]))
    return RecordedPast.decision(
      "q", question, AccessDecision(effect, rule: rule, reason: "", policySHA256: ""))
  }

  private func status(_ status: Int?, at seconds: Double = 1) -> Record {
    var request = RequestRecord()
    request.requestID = "q"
    request.principal = "ada"
    request.groups = ["ops"]
    request.job = "etl-daily"
    request.status = status
    request.remoteIP = "10.0.1.1"
    let header = RecordHeader(
      timestamp: PolicyBuild.tuesday.advanced(bySeconds: seconds), source: "caddy/edge", id: "q")
    return Record(header: header, body: .request(request))
  }

  @Test(
    "what no policy decided is not asked, nor is its request",
    arguments: ["credential", "scope", "route", "public", "forwarded", "approver"])
  func notAsked(rule: String) throws {
    let (differences, summary) = replay(
      try PolicyBuild.policy(Self.first), [one(rule, .deny), status(403)])
    #expect(differences.isEmpty && summary.askedCount == 0 && summary.notAskedCount == 1)
  }

  @Test("the scheduler's decision as the gateway's is asked once, another one too")
  func twice() throws {
    let policy = try PolicyBuild.policy(Self.first)
    var (_, summary) = replay(
      policy, [one("limited", .permit), one("limited", .permit), status(202)])
    #expect(summary.decisionCount == 1 && summary.repeatedCount == 1)
    let (differences, other) = replay(
      policy, [one("limited", .permit), one("limited", .deny), status(409)])
    #expect(other.decisionCount == 2 && differences.map(\.oldEffect) == [.deny])
    summary = other
    #expect(summary.changes == ["deny -> permit": 1])
  }

  @Test("a request that was recorded before its decision is not asked beside it")
  func skewed() throws {
    let (_, summary) = replay(
      try PolicyBuild.policy(Self.first), [status(202, at: -1), one("limited", .permit)])
    #expect(
      summary.decisionCount == 1 && summary.requestCount == 0 && summary.withoutRequestCount == 0)
  }

  @Test(
    "a status that says nothing of a policy is counted, not asked",
    arguments: [0, 404, 409, 422, 500, 502, nil])
  func untold(code: Int?) throws {
    let (_, summary) = replay(try PolicyBuild.policy(Self.first), [status(code)])
    #expect(summary.askedCount == 0 && summary.untoldCount == 1)
  }

  @Test("a trigger that nobody asked for with a credential is denied where it was let through")
  func anonymous() throws {
    var record = status(202)
    guard case .request(var request) = record.body else { return }
    request.principal = nil
    record.body = .request(request)
    let (differences, _) = replay(try PolicyBuild.policy(Self.first), [record])
    #expect(differences.map(\.new.rule) == ["credential"])
  }

  @Test("a decision whose request never comes is asked without its address, and that is counted")
  func withoutRequest() throws {
    var late = status(202, at: 4000)
    late.header.id = "other"
    guard case .request(var request) = late.body else { return }
    request.requestID = "other"
    request.job = nil
    late.body = .request(request)
    let (_, summary) = replay(try PolicyBuild.policy(Self.first), [one("limited", .permit), late])
    #expect(summary.decisionCount == 1 && summary.withoutRequestCount == 1)
  }
}
