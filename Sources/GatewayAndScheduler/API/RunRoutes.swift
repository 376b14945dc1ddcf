internal import Ingest

/// `/runs`: what became of wishes, and the order to end a run.
extension TriggerAPI {
  var runOperations: [APIOperation] {
    [
      APIOperation(
        method: .get, pattern: "/runs", id: "listRuns",
        summary: "Runs, newest first; those of jobs that the caller may not see are left out",
        parameters: TriggerAPI.filterParameters,
        answers: [
          .init(.ok, "The runs, and the path of the next page where there is one", "RunList"),
          .problem(.badRequest, "A query item is unknown, repeated, or out of range"),
        ], handler: listRuns),
      APIOperation(
        method: .get, pattern: "/runs/{id}", id: "getRun", summary: "One run as it is now",
        parameters: [.runInPath],
        answers: [
          .init(.ok, "The run", "Run"), .problem(.notFound, "There is no such run"),
        ], handler: showRun),
      APIOperation(
        method: .post, pattern: "/runs/{id}/kill", id: "killRun", summary: "Ends a run",
        parameters: [.runInPath], bodySchema: "KillBody",
        answers: [
          .init(.accepted, "The order is given; GET tells when the run has ended", "Run"),
          .problem(.badRequest, "The body is no JSON"),
          .problem(.notFound, "There is no such run"),
          .problem(.conflict, "The run has ended already"),
          .problem(.contentTooLarge, "The body exceeds 16 KiB"),
          .problem(.unsupportedMediaType, "The body is not application/json"),
          .problem(.unprocessableContent, "The body says something else; `reasons` says what"),
        ], handler: killRun),
    ]
  }

  // MARK: Reading

  private func showRun(_ exchange: APIExchange) async throws(APIProblem) -> HTTPResponse {
    let (call, run) = try await found(exchange, "run:view")
    try await gate.judge(call, "run:view", job: run?.job, repeating: .recordingDenials)
    guard let run else { throw TriggerAPI.unknownRun }
    return .json(.ok) { run.encode(to: &$0) }
  }

  /// The caller, and the run that the path names. Its job is what the policy is asked about.
  private func found(
    _ exchange: APIExchange, _ action: String
  ) async throws(APIProblem) -> (APICall, RunView?) {
    let call = try await exchange.admit(action)
    let id = call.parameter("id")
    return (call, APIText.isIdentifier(id) ? await scheduler.run(id) : nil)
  }

  static let unknownRun = APIProblem(.notFound, "there is no such run")

  private func listRuns(_ exchange: APIExchange) async throws(APIProblem) -> HTTPResponse {
    let named = exchange.request.target.queryValue("job")
    let call = try await exchange.admit("run:view", job: named)
    try await gate.judge(call, "run:view", job: named)
    let filter = try TriggerAPI.filter(exchange.request.target.query)
    let page = await scheduler.runs(filter)
    let visible = await visibleJobs(call, "run:view", page.map(\.job))
    let next =
      page.count >= filter.countMax
      ? page.last.map { TriggerAPI.pagePath(filter, before: $0.runID) } : nil
    return .json(.ok) { writer in
      writer.objects("runs", page.filter { visible.contains($0.job) }) { $0.encode(to: &$1) }
      writer.field("next", next)
    }
  }

  /// Of these jobs the ones that the policy lets the caller see; each is asked about once.
  func visibleJobs(_ call: APICall, _ action: String, _ jobs: [String]) async -> Set<String> {
    var asked: Set<String> = []
    var visible: Set<String> = []
    for job in jobs where asked.insert(job).inserted {
      if await gate.mayView(call, action, job: job) { visible.insert(job) }
    }
    return visible
  }

  // MARK: The filter

  private static let filterParameters: [APIOperation.Parameter] = [
    .init(
      "job", in: .query, "Only runs of this job",
      #"{"type":"string","minLength":1,"maxLength":256}"#),
    .init(
      "principal", in: .query, "Only runs that this principal asked for",
      #"{"type":"string","minLength":1,"maxLength":256}"#),
    .init("state", in: .query, "Only runs in this state", OpenAPISchemas.stateReference),
    .init(
      "limit", in: .query, "Most runs in the answer",
      #"{"type":"integer","minimum":1,"maximum":1000,"default":100}"#),
    .init(
      "before", in: .query, "Only runs older than this one",
      #"{"type":"string","minLength":1,"maxLength":128}"#),
  ]

  private static func filter(
    _ query: [HTTPTarget.QueryItem]
  ) throws(APIProblem) -> RunFilter {
    var filter = RunFilter()
    var seen: Set<String> = []
    for item in query {
      let name = APIText.legible(item.name)
      guard seen.insert(item.name).inserted else {
        throw APIProblem(.badRequest, "query item \(name) is there twice")
      }
      let isTaken: Bool
      switch item.name {
      case "job": (filter.job, isTaken) = (item.value, APIText.isJobName(item.value))
      case "principal":
        (filter.principal, isTaken) = (item.value, (1...256).contains(item.value.utf8.count))
      case "state":
        filter.state = RunRecord.Event(rawValue: item.value)
        isTaken = filter.state.map(OpenAPISchemas.states.contains) ?? false
      case "limit":
        filter.countMax = Int(item.value) ?? 0
        isTaken = (1...1000).contains(filter.countMax)
      case "before": (filter.before, isTaken) = (item.value, APIText.isIdentifier(item.value))
      default: throw APIProblem(.badRequest, "unknown query item \(name)")
      }
      guard isTaken else {
        throw APIProblem(
          .badRequest,
          "query item \(name): found \"\(APIText.legible(item.value))\", which is none "
            + "of the values of /openapi.json")
      }
    }
    return filter
  }

  private static func pagePath(_ filter: RunFilter, before: String) -> String {
    var items = [("limit", "\(filter.countMax)"), ("before", before)]
    if let job = filter.job { items.append(("job", job)) }
    if let principal = filter.principal { items.append(("principal", principal)) }
    if let state = filter.state { items.append(("state", state.rawValue)) }
    return "/runs?"
      + items.map { "\($0.0)=\(APIText.pathSegment($0.1))" }.joined(separator: "&")
  }

  // MARK: The order

  private func killRun(_ exchange: APIExchange) async throws(APIProblem) -> HTTPResponse {
    let (call, run) = try await found(exchange, "run:kill")
    try await gate.judge(call, "run:kill", job: run?.job, repeating: .always)
    let reason = try TriggerAPI.body(call, APIBody.reason)
    guard let run else { throw TriggerAPI.unknownRun }
    let outcome = await scheduler.kill(run.runID, by: call.identity, reason: reason)
    let ordered = try TriggerAPI.settled(outcome, unknown: TriggerAPI.unknownRun)
    return .json(.accepted) { ordered.encode(to: &$0) }
  }

  /// The run of an order that was carried out; the problem of one that was not.
  static func settled(
    _ outcome: RunOrderOutcome, unknown: APIProblem
  ) throws(APIProblem) -> RunView {
    switch outcome {
    case .done(let run): return run
    case .unknown: throw unknown
    case .notPossible(let run, let reason):
      var problem = APIProblem(.conflict, reason)
      problem.runID = run.runID
      throw problem
    case .refused(let reason): throw APIProblem(.forbidden, reason)
    case .unavailable(let reason):
      var problem = APIProblem(.serviceUnavailable, reason)
      problem.retryAfterSeconds = APIProblem.recordsUnavailable.retryAfterSeconds
      throw problem
    }
  }
}
