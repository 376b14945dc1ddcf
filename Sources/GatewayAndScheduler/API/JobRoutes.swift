internal import Ingest

/// `/jobs`: what there is to run; and `/healthz`, `/openapi.json`, which anyone may ask.
extension TriggerAPI {
  var jobOperations: [APIOperation] {
    [
      APIOperation(
        method: .get, pattern: "/jobs", id: "listJobs",
        summary: "The jobs that the caller may see, with the schemas of their parameters",
        answers: [.init(.ok, "The jobs", "JobList")], handler: listJobs),
      APIOperation(
        method: .get, pattern: "/jobs/{job}", id: "getJob", summary: "One job",
        parameters: [.jobInPath],
        answers: [.init(.ok, "The job", "Job"), .problem(.notFound, "There is no such job")],
        handler: showJob),
    ]
  }

  private func listJobs(_ exchange: APIExchange) async throws(APIProblem) -> HTTPResponse {
    let call = try await exchange.admit("job:view")
    try await gate.judge(call, "job:view", job: nil)
    let jobs = await scheduler.jobs()
    let visible = await visibleJobs(call, "job:view", jobs.map(\.name))
    return .json(.ok) { writer in
      writer.objects("jobs", jobs.filter { visible.contains($0.name) }) { $0.encode(to: &$1) }
    }
  }

  private func showJob(_ exchange: APIExchange) async throws(APIProblem) -> HTTPResponse {
    let name = exchange.request.parameters["job"] ?? ""
    let call = try await exchange.admit("job:view", job: name)
    try await gate.judge(call, "job:view", job: name)
    guard APIText.isJobName(name), let job = await scheduler.job(name) else {
      throw TriggerAPI.unknownJob
    }
    return .json(.ok) { job.encode(to: &$0) }
  }

  var healthOperation: APIOperation {
    APIOperation(
      method: .get, pattern: "/healthz", id: "getHealth", summary: "Whether triggers are taken",
      needsCredential: false,
      answers: [
        .init(.ok, "All is well", "Health"),
        .problem(.serviceUnavailable, "Something is not; `detail` says what"),
      ]
    ) { (_) throws(APIProblem) in
      guard let ailment = await ailment() else { return .json(.ok) { $0.field("status", "ok") } }
      var problem = APIProblem(.serviceUnavailable, ailment)
      problem.retryAfterSeconds = APIProblem.recordsUnavailable.retryAfterSeconds
      throw problem
    }
  }

  /// - Parameter document: what it answers with.
  func documentOperation(_ document: [UInt8]) -> APIOperation {
    APIOperation(
      method: .get, pattern: "/openapi.json", id: "getDescription", summary: "This document",
      needsCredential: false, answers: [.init(.ok, "The description", "Description")]
    ) { (_) throws(APIProblem) in
      HTTPResponse(.ok, headers: ["Content-Type": "application/json"], body: document)
    }
  }
}
