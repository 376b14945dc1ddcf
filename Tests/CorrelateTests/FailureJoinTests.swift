import Correlate
import Ingest
import Testing

@Suite("Error lines join their requests") struct FailureJoinTests {
  private func summary(_ records: [Record]) -> CorrelationSummary {
    var correlator = makeCorrelator()
    for record in indexed(records) { correlator.add(record) }
    _ = correlator.finish()
    return correlator.summary
  }

  @Test("the reason becomes the error of an unanswered trigger, whichever line came first")
  func reason() throws {
    for lineAt in [1.9996, 2.0004] {
      let events = correlate([request(2, "q", status: 502), failure(lineAt, "connection refused")])
      let activity = try #require(settled(events).first)
      #expect(activity.state == .unanswered)
      #expect(activity.error?.message == "connection refused")
      #expect(activity.evidence == [0, 1])
    }
  }

  @Test("a run that appears after all keeps the gateway's reason out of its own error")
  func runAfterAll() throws {
    let events = correlate([
      failure(1.9996, "EOF"), request(2, "q", status: 502),
      run(3, .started, "r", request: "q"), run(4, .succeeded, "r"),
    ])
    let activity = try #require(settled(events).first)
    #expect(activity.state == .succeeded)
    #expect(activity.status == 502)
    #expect(activity.error == nil)
  }

  @Test("of several on one connection the nearest in time is taken, each once")
  func nearest() throws {
    let events = correlate([
      failure(2.0000, "first"), request(2.0003, "q1", status: 502), failure(2.0100, "second"),
      request(2.0102, "q2", status: 502), request(2.0110, "q3", status: 502),
    ])
    let errors = settled(events).map { $0.error?.message }
    #expect(errors == ["first", "second", nil])
  }

  @Test("another port, another status or more than 50 ms keep them apart")
  func apart() {
    let apart = [
      failure(2, "port", port: 4001), failure(2, "status", status: 504), failure(1.94, "early"),
      request(2.0, "q", status: 502), failure(2.06, "late"),
    ]
    let sums = summary(apart)
    #expect(sums.failureRecords == 4)
    #expect(sums.failedRequests == 1)
    #expect(sums.failedRequestsExplained == 0)
  }

  @Test("no more than 256 of one peer and path wait for their error lines")
  func candidateCountMax() {
    let requests = (0..<300).map { request(1 + Double($0) / 1e5, "q\($0)", status: 502, job: nil) }
    let failures = (0..<300).map { failure(1.004 + Double($0) / 1e5, "\($0)") }
    #expect(summary(requests + failures).failedRequestsExplained == 256)
  }

  @Test("requests that are no triggers are explained too, and counted")
  func counts() {
    let sums = summary([
      failure(1, "a"), request(1.0001, "q", status: 502, job: nil),
      request(5, "p", status: 500, job: nil), request(6, "o", status: 404, job: nil),
    ])
    #expect(sums.failedRequests == 2)
    #expect(sums.failedRequestsExplained == 1)
  }
}
