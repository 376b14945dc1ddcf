import GatewayAndScheduler
import Ingest
import Testing

/// One request to the API, and the status that it must get.
struct APIScenario: Sendable, CustomTestStringConvertible {
  let operation: String
  let status: Int
  var method = HTTPMethod.get
  let target: String
  var name: String? = "alice"
  var headers: HTTPHeaders = [:]
  var body = ""
  var isBroken = false
  var ailment: String?
  var outcome: (@Sendable (RunView) -> TriggerOutcome)?
  var order: (@Sendable (RunView) -> RunOrderOutcome)?

  var testDescription: String { "\(operation) \(status) \(body.prefix(40))" }

  func answer() async throws -> (HTTPResponse, APIBench) {
    let bench = APIBench(ailment: ailment)
    if isBroken { bench.sink.breakDown() }
    if let outcome { bench.scheduler.answer(outcome) }
    if let order { bench.scheduler.settleWith(order) }
    return (try await bench.ask(method, target, as: name, headers, body: body), bench)
  }

  static let all: [APIScenario] = triggers + reads + kills + approvals + open

  private static func trigger(
    _ status: Int, job: String = "etl", as name: String? = "alice", _ headers: HTTPHeaders = [:],
    body: String = "", isBroken: Bool = false,
    outcome: (@Sendable (RunView) -> TriggerOutcome)? = nil
  ) -> APIScenario {
    APIScenario(
      operation: "triggerRun", status: status, method: .post, target: "/jobs/\(job)/runs",
      name: name, headers: headers, body: body, isBroken: isBroken, outcome: outcome)
  }

  private static let long = "{\"params\":{\"a\":\"\(String(repeating: "x", count: 16 << 10))\"}}"

  private static let triggers: [APIScenario] = [
    trigger(202), trigger(202, body: "{}"), trigger(202, body: "{\"params\":{\"a\":[1]}}"),
    trigger(202, ["Idempotency-Key": "k1"], outcome: { .repeated($0) }),
    trigger(202, job: "held", outcome: { .held($0.waiting) }),
    trigger(202, ["Content-Type": "application/json; charset=utf-8"], body: "{}"),
    trigger(400, body: "{"), trigger(400, body: "{\"params\":{\"a\":1,\"a\":2}}"),
    trigger(400, body: "{\"params\":{},\"params\":{}}"), trigger(400, body: "{} {}"),
    trigger(400, ["Idempotency-Key": "two words"]), trigger(400, ["Idempotency-Key": "é"]),
    trigger(400, ["Idempotency-Key": String(repeating: "k", count: 257)]),
    trigger(400, ["Idempotency-Key": "a", "idempotency-key": "b"]),
    trigger(401, as: nil), trigger(401, as: "expired"),
    trigger(403, as: "stranger"), trigger(403, outcome: { _ in .denied(APIScenario.no) }),
    trigger(404, job: "nowhere", outcome: { _ in .unknownJob }),
    trigger(409, outcome: { _ in .limited("three runs of etl are open already") }),
    trigger(409, outcome: { .keyConflict($0) }), trigger(409, job: "busy"),
    trigger(413, body: long),
    trigger(415, ["Content-Type": "text/plain"], body: "{}"),
    trigger(415, ["Content-Type": "application/json; charset=latin1"], body: "{}"),
    trigger(415, ["Content-Type": "application/json", "content-type": "text/plain"], body: "{}"),
    trigger(415, ["Content-Type": ""], body: "{}"),
    trigger(422, body: "{\"params\":[]}"), trigger(422, body: "[]"),
    trigger(422, body: "{\"parms\":{}}"),
    trigger(422, outcome: { _ in .invalid(["day: expected a date", "size: expected a number"]) }),
    trigger(503, isBroken: true), trigger(503, as: "unreachable"), trigger(503, as: "unreadable"),
    trigger(503, outcome: { _ in .unavailable("the journal takes no records") }),
  ]

  static let no = AccessDecision(.deny, rule: "night", reason: "not at night", policySHA256: "00")

  private static func read(
    _ operation: String, _ status: Int, _ target: String, as name: String? = "alice",
    isBroken: Bool = false
  ) -> APIScenario {
    APIScenario(
      operation: operation, status: status, target: target, name: name, isBroken: isBroken)
  }

  private static let reads: [APIScenario] =
    [
      ("listRuns", "/runs"), ("getRun", "/runs/run-1"), ("listJobs", "/jobs"),
      ("getJob", "/jobs/etl"), ("listApprovals", "/approvals"),
    ].flatMap { operation, target in
      [
        read(operation, 200, target), read(operation, 401, target, as: nil),
        read(operation, 403, target, as: "stranger"),
        read(operation, 503, target, isBroken: true),
      ]
    } + [
      read("getRun", 404, "/runs/run-9"), read("getRun", 403, "/runs/run-2"),
      read("getRun", 404, "/runs/%24%28id%29"), read("getJob", 404, "/jobs/nowhere"),
      read("getJob", 403, "/jobs/secret"), read("getJob", 404, "/jobs/a%20b"),
      read("listRuns", 200, "/runs?job=etl&principal=alice&state=timed_out&limit=1&before=run-9"),
      read("listRuns", 400, "/runs?limit=0"), read("listRuns", 400, "/runs?limit=1001"),
      read("listRuns", 400, "/runs?state=progress"), read("listRuns", 400, "/runs?colour=red"),
      read("listRuns", 400, "/runs?job=etl&job=etl"), read("listRuns", 400, "/runs?before=a%0Ab"),
      read("listRuns", 400, "/runs?principal="),
    ]

  private static func kill(
    _ status: Int, _ id: String = "run-1", as name: String? = "alice",
    headers: HTTPHeaders = [:], body: String = "", isBroken: Bool = false,
    order: (@Sendable (RunView) -> RunOrderOutcome)? = nil
  ) -> APIScenario {
    APIScenario(
      operation: "killRun", status: status, method: .post, target: "/runs/\(id)/kill", name: name,
      headers: headers, body: body, isBroken: isBroken, order: order)
  }

  private static let kills: [APIScenario] = [
    kill(202), kill(202, body: "{\"reason\":\"runs away\"}"), kill(400, body: "nonsense"),
    kill(401, as: nil), kill(403, as: "stranger"), kill(403, "run-2"),
    kill(403, order: { _ in .refused("only its owner") }), kill(404, "run-9"),
    kill(404, order: { _ in .unknown }), kill(409, order: { .notPossible($0, "it has ended") }),
    kill(413, body: long), kill(415, headers: ["Content-Type": "text/plain"], body: "{}"),
    kill(422, body: "{\"reason\":7}"), kill(422, body: "{\"signal\":9}"),
    kill(422, body: "{\"reason\":\"\(String(repeating: "r", count: 501))\"}"),
    kill(503, isBroken: true), kill(503, order: { _ in .unavailable("no journal") }),
  ]

  private static func settle(
    _ status: Int, _ id: String = "ap-1", as name: String? = "bob", headers: HTTPHeaders = [:],
    body: String = "{\"verdict\":\"give\"}", isBroken: Bool = false,
    order: (@Sendable (RunView) -> RunOrderOutcome)? = nil
  ) -> APIScenario {
    APIScenario(
      operation: "settleApproval", status: status, method: .post, target: "/approvals/\(id)",
      name: name, headers: headers, body: body, isBroken: isBroken, order: order)
  }

  private static let approvals: [APIScenario] = [
    settle(200), settle(200, body: "{\"verdict\":\"refuse\",\"reason\":\"not today\"}"),
    settle(400, body: "{\"verdict\""), settle(401, as: nil), settle(403, as: "stranger"),
    settle(403, as: "alice"), settle(403, "ap-2"),
    settle(403, order: { _ in .refused("asked for it himself") }), settle(404, "ap-9"),
    settle(404, order: { _ in .unknown }), settle(409, order: { .notPossible($0, "expired") }),
    settle(413, body: long), settle(415, headers: ["Content-Type": "text/plain"]),
    settle(422, body: ""), settle(422, body: "{\"verdict\":\"maybe\"}"), settle(422, body: "{}"),
    settle(503, isBroken: true), settle(503, order: { _ in .unavailable("no journal") }),
  ]

  private static let open: [APIScenario] = [
    read("getHealth", 200, "/healthz", as: nil),
    APIScenario(
      operation: "getHealth", status: 503, target: "/healthz", name: nil,
      ailment: "the journal takes no records"),
    read("getDescription", 200, "/openapi.json", as: nil),
  ]
}

extension RunView {
  /// The run as one that waits for an approval.
  fileprivate var waiting: RunView {
    var view = self
    view.state = .held
    view.approvalID = "ap-7"
    return view
  }
}
