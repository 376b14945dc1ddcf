internal import Ingest

/// `POST /jobs/{job}/runs`: somebody wants a job run.
extension TriggerAPI {
  var triggerOperations: [APIOperation] {
    [
      APIOperation(
        method: .post, pattern: "/jobs/{job}/runs", id: "triggerRun",
        summary: "Triggers a run of a job, or has it wait for an approval",
        parameters: [
          .jobInPath,
          .init(
            "Idempotency-Key", in: .header,
            "The client's own name for this wish: a repetition is answered with the same run",
            #"{"type":"string","minLength":1,"maxLength":256,"pattern":"^[!-~]+$"}"#),
          .init(
            "traceparent", in: .header, "W3C Trace Context; taken over when it is well-formed",
            #"{"type":"string"}"#),
        ],
        bodySchema: "TriggerBody",
        answers: [
          .init(
            .accepted, "Queued, held for an approval (`state` is `held`), or known from before",
            "Run", headers: ["Location", "X-Run-Id", "Idempotency-Replayed"]),
          .problem(.badRequest, "The body is no JSON, or a header is malformed"),
          .problem(.notFound, "There is no such job"),
          .problem(.conflict, "A limit is reached, or the key was used with other parameters"),
          .problem(.contentTooLarge, "The body exceeds 16 KiB"),
          .problem(.unsupportedMediaType, "The body is not application/json"),
          .problem(.unprocessableContent, "The parameters do not fit; `reasons` says why"),
        ], handler: trigger)
    ]
  }

  private func trigger(_ exchange: APIExchange) async throws(APIProblem) -> HTTPResponse {
    let job = exchange.request.parameters["job"] ?? ""
    let call = try await exchange.admit("run:trigger", job: job)
    try await gate.judge(call, "run:trigger", job: job, takesHold: true)
    guard APIText.isJobName(job) else { throw TriggerAPI.unknownJob }
    var request = RunRequest(
      job: job, parameters: try TriggerAPI.body(call, APIBody.parameters), trigger: .request)
    request.identity = call.identity
    request.requestID = call.requestID
    request.traceID = call.traceID
    request.remoteIP = call.remoteIP
    request.idempotencyKey = try TriggerAPI.idempotencyKey(call.request.headers)
    return try TriggerAPI.answer(await scheduler.trigger(request))
  }

  static let unknownJob = APIProblem(.notFound, "there is no such job")

  private static func idempotencyKey(
    _ headers: HTTPHeaders
  ) throws(APIProblem) -> String? {
    let values = headers.values("Idempotency-Key")
    guard let value = values.first else { return nil }
    guard values.count == 1, APIText.isPlainToken(value) else {
      throw APIProblem(
        .badRequest,
        "Idempotency-Key: expected one header of 1 to 256 printable ASCII characters "
          + "without spaces")
    }
    return value
  }

  private static func answer(_ outcome: TriggerOutcome) throws(APIProblem) -> HTTPResponse {
    switch outcome {
    case .accepted(let run), .held(let run): return accepted(run)
    case .repeated(let run):
      var response = accepted(run)
      response.headers.append("Idempotency-Replayed", "true")
      return response
    case .keyConflict(let run):
      var problem = APIProblem(
        .conflict, "this Idempotency-Key was used before, with other parameters")
      problem.runID = run.runID
      throw problem
    case .unknownJob: throw unknownJob
    case .invalid(let reasons):
      var problem = APIProblem(.unprocessableContent, "the parameters do not fit the job's schema")
      problem.reasons = reasons
      throw problem
    case .denied(let decision): throw APIGate.forbidden(decision)
    case .limited(let reason):
      var problem = APIProblem(.conflict, reason)
      problem.retryAfterSeconds = APIProblem.limitRetrySeconds
      throw problem
    case .unavailable(let reason):
      var problem = APIProblem(.serviceUnavailable, reason)
      problem.retryAfterSeconds = APIProblem.recordsUnavailable.retryAfterSeconds
      throw problem
    }
  }

  private static func accepted(_ run: RunView) -> HTTPResponse {
    var response = HTTPResponse.json(.accepted) { run.encode(to: &$0) }
    response.headers.append("Location", "/runs/\(APIText.pathSegment(run.runID))")
    response.headers.append("X-Run-Id", run.runID)
    return response
  }
}

// MARK: What every POST has in common

extension TriggerAPI {
  /// Reads a body: `application/json`, or nothing at all.
  static func body<Value>(
    _ call: APICall, _ read: ([UInt8]) throws(APIBodyError) -> Value
  ) throws(APIProblem) -> Value {
    let request = call.request
    if request.body.count <= APIBody.byteCountMax, !request.body.isEmpty,
      !isJSON(request.headers)
    {
      throw APIProblem(.unsupportedMediaType, "Content-Type: expected application/json")
    }
    do {
      return try read(request.body)
    } catch {
      throw APIProblem(error)
    }
  }

  /// One header, the media type without parameters but for `charset=utf-8`.
  private static func isJSON(_ headers: HTTPHeaders) -> Bool {
    guard let value = headers.onlyValue("Content-Type") else { return false }
    let parts = value.split(separator: ";", maxSplits: 4, omittingEmptySubsequences: false)
      .map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
    return parts.first == "application/json"
      && parts.dropFirst().allSatisfy { $0 == "charset=utf-8" || $0 == "charset=\"utf-8\"" }
  }
}

extension APIOperation.Parameter {
  static let jobInPath = APIOperation.Parameter(
    "job", in: .path, "The job's name", #"{"type":"string","minLength":1,"maxLength":256}"#)
  static let runInPath = APIOperation.Parameter(
    "id", in: .path, "The run's id", #"{"type":"string","minLength":1,"maxLength":128}"#)
  static let approvalInPath = APIOperation.Parameter(
    "id", in: .path, "The approval's id", #"{"type":"string","minLength":1,"maxLength":128}"#)
}
