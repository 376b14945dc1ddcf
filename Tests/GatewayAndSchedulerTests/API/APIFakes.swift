import GatewayAndScheduler
import Ingest
import Synchronization
import TestSupport

/// Keeps what is appended, or refuses everything.
final class MemorySink: RecordSink {
  private let state = Mutex<(records: [Record], isBroken: Bool)>(([], false))

  var records: [Record] { state.withLock { $0.records } }

  var decisions: [DecisionRecord] {
    records.compactMap { if case .decision(let decision) = $0.body { decision } else { nil } }
  }

  func breakDown(_ isBroken: Bool = true) { state.withLock { $0.isBroken = isBroken } }

  func append(_ record: Record) async throws(WriterRefusal) -> Acknowledgement {
    let outcome = state.withLock { state -> Acknowledgement? in
      guard !state.isBroken else { return nil }
      let isKnown = state.records.contains {
        $0.header.source == record.header.source && $0.header.id == record.header.id
      }
      if isKnown { return .duplicate }
      state.records.append(record)
      return .appended(index: state.records.count - 1)
    }
    guard let outcome else { throw WriterRefusal(.stopped, "the disk is full") }
    return outcome
  }
}

/// Counts what is appended; for measuring.
final class CountingSink: RecordSink {
  let count = Atomic(0)

  func append(_ record: Record) async throws(WriterRefusal) -> Acknowledgement {
    .appended(index: count.add(1, ordering: .relaxed).oldValue)
  }
}

/// Believes `Authorization: Bearer NAME` for the names of `people`, `Cookie: session=NAME`, and
/// `X-Vigil-Assertion: NAME REQUEST-ID`.
struct FakeChecker: CredentialChecker {
  static let people = ["alice", "bob", "svc-ci", "stranger"]

  func authenticate(_ request: HTTPRequest, at now: Timestamp) async -> Authentication {
    if let assertion = request.headers["X-Vigil-Assertion"] {
      let parts = assertion.split(separator: " ").map(String.init)
      guard parts.count == 2 else { return .refused(CredentialRefusal("malformed")) }
      var origin = RequestOrigin(requestID: parts[1])
      origin.remoteIP = "192.0.2.7"
      return .authenticated(FakeChecker.identity(parts[0], .oidc), origin)
    }
    if let cookie = request.headers["Cookie"], cookie.hasPrefix("session=") {
      if request.headers["Sec-Fetch-Site"] == "cross-site" {
        return .refused(CredentialRefusal("cross_site", credential: .session))
      }
      return .authenticated(FakeChecker.identity(String(cookie.dropFirst(8)), .session), nil)
    }
    guard let value = request.headers["Authorization"] else { return .anonymous }
    let name = String(value.dropFirst("Bearer ".count))
    if FakeChecker.people.contains(name) {
      return .authenticated(FakeChecker.identity(name, .serviceToken), nil)
    }
    guard name != "unreachable" else {
      return .refused(CredentialRefusal("provider_unreachable", credential: .oidc))
    }
    guard name != "unreadable" else {
      return .refused(CredentialRefusal("store_unavailable", credential: .serviceToken))
    }
    var refusal = CredentialRefusal("expired", "since\nyesterday", credential: .serviceToken)
    refusal.credentialID = "tok-1"
    return .refused(refusal)
  }

  static func identity(_ name: String, _ credential: DecisionRecord.Credential) -> Identity {
    var identity = Identity(
      principal: name, principalType: name.hasPrefix("svc-") ? .service : .human,
      credential: credential)
    identity.groups = name == "stranger" ? [] : ["operators"]
    return identity
  }
}

/// Lets everybody but `stranger` do everything, holds what is done to `held`, hides the job `secret`; lets
/// `svc-ci` do what concerns `etl` and nothing else.
struct FakePolicy: AccessJudging {
  func decide(_ question: AccessQuestion) -> AccessDecision {
    let isElsewhere =
      question.identity?.principal == "svc-ci" && question.job != "etl" && !question.jobIsOpen
    if question.identity?.principal == "stranger" || question.job == "secret" || isElsewhere {
      return AccessDecision(
        .deny, rule: "default", reason: "no rule lets this be", policySHA256: "00")
    }
    if question.job == "busy" {
      var decision = AccessDecision(
        .deny, rule: "operators", reason: "two runs of it are open", policySHA256: "00")
      decision.limit = .openRunsOfJob
      return decision
    }
    let isHeld = question.job == "held" && !question.action.hasSuffix(":view")
    return AccessDecision(
      isHeld ? .hold : .permit, rule: isHeld ? "four-eyes" : "operators",
      reason: isHeld ? "needs a second person" : "an operator", policySHA256: "00")
  }
}

struct FakeFacts: AccessFactsSource {
  func facts(principal: String?, job: String?, at now: Timestamp) async -> AccessFacts {
    AccessFacts()
  }
}

/// Answers what it is told to, and keeps what it was asked.
final class FakeScheduler: RunScheduling {
  struct State {
    var outcome: (@Sendable (RunView) -> TriggerOutcome)?
    var order: (@Sendable (RunView) -> RunOrderOutcome)?
    var requests: [RunRequest] = []
    /// Kills and words on approvals, as text.
    var orders: [String] = []
    var filters: [RunFilter] = []
  }

  private let state = Mutex(State())

  var seen: State { state.withLock { $0 } }

  func answer(_ outcome: @escaping @Sendable (RunView) -> TriggerOutcome) {
    state.withLock { $0.outcome = outcome }
  }

  func settleWith(_ order: @escaping @Sendable (RunView) -> RunOrderOutcome) {
    state.withLock { $0.order = order }
  }

  /// Runs `run-1` and `run-3` of `etl`, `run-2` of `secret`, `run-4` of `held`.
  static let views: [RunView] = [
    ("run-1", "etl"), ("run-2", "secret"), ("run-3", "etl"), ("run-4", "held"),
  ].map {
    var view = RunView(
      runID: $0.0, job: $0.1, state: .started, trigger: .request, queuedAt: Build.time(0))
    view.principal = "alice"
    view.parameters = Array("{\"day\":\"2026-11-24\"}".utf8)
    return view
  }

  func trigger(_ request: RunRequest) async -> TriggerOutcome {
    let outcome = state.withLock { state in
      state.requests.append(request)
      return state.outcome
    }
    var view = RunView(
      runID: "0123456789abcdef0123456789abcdef", job: request.job, state: .queued,
      trigger: request.trigger, queuedAt: Build.time(0))
    view.requestID = request.requestID
    view.principal = request.identity?.principal
    view.parameters = request.parameters
    return outcome?(view) ?? .accepted(view)
  }

  func run(_ runID: String) async -> RunView? {
    FakeScheduler.views.first { $0.runID == runID }
  }

  func runs(_ filter: RunFilter) async -> [RunView] {
    state.withLock { $0.filters.append(filter) }
    return Array(FakeScheduler.views.prefix(filter.countMax))
  }

  func kill(_ runID: String, by identity: Identity, reason: String?) async -> RunOrderOutcome {
    order("kill \(runID) by \(identity.principal): \(reason ?? "-")")
  }

  func settle(
    approval approvalID: String, by identity: Identity, gives: Bool, reason: String?
  ) async -> RunOrderOutcome {
    order("\(gives ? "give" : "refuse") \(approvalID) by \(identity.principal): \(reason ?? "-")")
  }

  private func order(_ text: String) -> RunOrderOutcome {
    let order = state.withLock { state in
      state.orders.append(text)
      return state.order
    }
    return order?(FakeScheduler.views[0]) ?? .done(FakeScheduler.views[0])
  }

  func approvals() async -> [PendingApproval] {
    zip(["ap-1", "ap-2"], FakeScheduler.views).map { id, view in
      var approval = PendingApproval(
        approvalID: id, purpose: .start, run: view, requestedAt: Build.time(0),
        expiresAt: Build.time(3600))
      approval.askedBy = "alice"
      return approval
    }
  }

  func jobs() async -> [JobView] {
    ["etl", "held", "secret"].map { name in
      var job = JobView(
        name: name, kind: "command", parameterSchema: Array("{\"type\":\"object\"}".utf8))
      job.needs = ["extract"]
      job.nextRun = Build.time(60)
      return job
    }
  }

  func job(_ name: String) async -> JobView? { await jobs().first { $0.name == name } }
}

/// The trigger API over fakes, asked without a socket.
struct APIBench: Sendable {
  let sink = MemorySink()
  let scheduler = FakeScheduler()
  let handler: HTTPHandler
  /// What a server tells of requests that no handler saw, as `vigil serve` keeps it.
  let incidents: HTTPIncidentRecords

  init(
    settings: TriggerAPISettings = TriggerAPISettings(), ailment: String? = nil,
    hasRandomBytes: Bool = true
  ) {
    let api = TriggerAPI(
      scheduler: scheduler, checkers: [FakeChecker()], policy: FakePolicy(), facts: FakeFacts(),
      sink: sink, surroundings: Surroundings.fake(hasRandomBytes: hasRandomBytes),
      settings: settings, ailment: { ailment })
    var router = Router()
    router.addTriggerAPI(api)
    incidents = HTTPIncidentRecords(
      "http", sink: sink, surroundings: Surroundings.fake(hasRandomBytes: hasRandomBytes))
    handler = APIFront.handler(
      router, surroundings: Surroundings.fake(hasRandomBytes: hasRandomBytes),
      incidents: incidents)
  }

  /// The records of requests that no handler saw, once there are so many or nothing more comes.
  func failures(_ count: Int) async -> [ControlRecord] {
    func told() -> [ControlRecord] {
      sink.records.compactMap { if case .control(let body) = $0.body { body } else { nil } }
    }
    for _ in 0..<100_000 where told().count < count { await Task.yield() }
    // One too many has its chance to come.
    for _ in 0..<1000 { await Task.yield() }
    return told()
  }

  func ask(
    _ method: HTTPMethod, _ target: String, as name: String? = "alice",
    _ headers: HTTPHeaders = [:],
    body: String = ""
  ) async throws -> HTTPResponse {
    var headers = headers
    if let name { headers.append("Authorization", "Bearer \(name)") }
    if !body.isEmpty, headers["Content-Type"] == nil {
      headers.append("Content-Type", "application/json")
    }
    let request = HTTPRequest(
      method: method, target: try HTTPTarget(Array(target.utf8)), headers: headers,
      body: Array(body.utf8), peer: .loopback(port: 40000))
    return await handler(request)
  }
}

extension Surroundings {
  /// A clock that stands still, and random bytes that count.
  static func fake(hasRandomBytes: Bool = true) -> Surroundings {
    let counter = FakeCounter()
    return Surroundings(
      now: { Build.time(0) },
      randomBytes: { count in
        guard hasRandomBytes else { return nil }
        return Array(repeating: 0, count: count - 1) + [UInt8(truncatingIfNeeded: counter.next())]
      })
  }
}

private final class FakeCounter: Sendable {
  private let value = Atomic(0)
  func next() -> Int { value.add(1, ordering: .relaxed).newValue }
}

extension HTTPResponse {
  var text: String { String(decoding: body, as: UTF8.self) }
}
