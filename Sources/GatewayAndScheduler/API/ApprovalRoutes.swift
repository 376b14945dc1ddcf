internal import Ingest

/// `/approvals`: what waits for a person's word.
extension TriggerAPI {
  var approvalOperations: [APIOperation] {
    [
      APIOperation(
        method: .get, pattern: "/approvals", id: "listApprovals",
        summary: "What waits for a word, of the jobs that the caller may see",
        answers: [.init(.ok, "The approvals asked for", "ApprovalList")], handler: listApprovals),
      APIOperation(
        method: .post, pattern: "/approvals/{id}", id: "settleApproval",
        summary: "Gives or refuses an approval: a person, and never the one who asked",
        parameters: [.approvalInPath], bodySchema: "Verdict",
        answers: [
          .init(.ok, "The run as it is after the word", "Run"),
          .problem(.badRequest, "The body is no JSON"),
          .problem(.notFound, "Nothing of this id waits for a word"),
          .problem(.conflict, "The word came too late"),
          .problem(.contentTooLarge, "The body exceeds 16 KiB"),
          .problem(.unsupportedMediaType, "The body is not application/json"),
          .problem(.unprocessableContent, "The body says something else; `reasons` says what"),
        ], handler: settle),
    ]
  }

  private func listApprovals(_ exchange: APIExchange) async throws(APIProblem) -> HTTPResponse {
    let call = try await exchange.admit("approval:view")
    try await gate.judge(call, "approval:view", job: nil)
    let pending = await scheduler.approvals()
    let visible = await visibleJobs(call, "approval:view", pending.map(\.run.job))
    return .json(.ok) { writer in
      writer.objects("approvals", pending.filter { visible.contains($0.run.job) }) {
        $0.encode(to: &$1)
      }
    }
  }

  private func settle(_ exchange: APIExchange) async throws(APIProblem) -> HTTPResponse {
    let action = "approval:give"
    let call = try await exchange.admit(action)
    let id = call.parameter("id")
    let pending = await scheduler.approvals().first { $0.approvalID == id }
    let job = pending?.run.job
    try await gate.judge(
      call, action, job: job, repeating: .always,
      objection: TriggerAPI.objection(to: call.identity, settling: pending).map { ("approver", $0) }
    )
    let verdict = try TriggerAPI.body(call, APIBody.verdict)
    let unknown = APIProblem(.notFound, "nothing of this id waits for a word")
    guard pending != nil else { throw unknown }
    let outcome = await scheduler.settle(
      approval: id, by: call.identity, gives: verdict.gives, reason: verdict.reason)
    let run = try TriggerAPI.settled(outcome, unknown: unknown)
    return .json(.ok) { run.encode(to: &$0) }
  }

  /// Why somebody whom the policy lets settle approvals may not settle this one: it is another person's
  /// to do. The scheduler refuses the asker too; here it is part of the decision that is recorded.
  private static func objection(
    to approver: Identity, settling pending: PendingApproval?
  ) -> String? {
    guard approver.principalType == .human else {
      return "only a person can approve: \(APIText.legible(approver.principal)) is a service"
    }
    return pending?.askedBy == approver.principal
      ? "who asked for a run cannot approve of it" : nil
  }
}
