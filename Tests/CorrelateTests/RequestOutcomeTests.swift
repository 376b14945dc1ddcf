import Correlate
import Ingest
import Testing

@Suite struct RequestOutcomeTests {
  struct Example: Sendable {
    let status: Int?
    var principal: String? = "alice"
    var duration: Double? = 0.2
    let outcome: RequestOutcome
  }

  @Test(
    "a status has one outcome",
    arguments: [
      Example(status: nil, outcome: .unstated),
      Example(status: 42, outcome: .unstated),
      Example(status: 600, outcome: .unstated),
      Example(status: 101, outcome: .answered),
      Example(status: 200, outcome: .answered),
      Example(status: 202, outcome: .answered),
      Example(status: 304, principal: nil, outcome: .answered),
      Example(status: 302, outcome: .answered),
      Example(status: 302, principal: nil, outcome: .unauthenticated),
      Example(status: 307, principal: nil, outcome: .unauthenticated),
      Example(status: 401, outcome: .unauthenticated),
      Example(status: 403, outcome: .denied),
      Example(status: 404, outcome: .clientError),
      Example(status: 413, outcome: .clientError),
      Example(status: 500, outcome: .serverError),
      Example(status: 501, outcome: .serverError),
      Example(status: 502, outcome: .upstreamFailed),
      Example(status: 504, outcome: .upstreamFailed),
      Example(status: 0, duration: 0.000005979, outcome: .unhandled),
      Example(status: 0, duration: 0.087363816, outcome: .clientGone),
      Example(status: 0, duration: nil, outcome: .clientGone),
    ])
  func outcome(_ example: Example) {
    let line = request(
      1, "q", status: example.status, job: nil, principal: example.principal,
      duration: example.duration)
    let outcomes = correlate([line]).compactMap { event -> RequestOutcome? in
      guard case .request(_, let outcome) = event else { return nil }
      return outcome
    }
    #expect(outcomes == [example.outcome])
  }

  @Test("every request has exactly one outcome, whatever its status, and triggers an activity")
  func everyStatus() {
    let lines = (0...999).map { request(Double($0), "q\($0)", status: $0) }
    var correlator = makeCorrelator()
    for line in indexed(lines) { correlator.add(line) }
    let events = correlator.finish()
    #expect(correlator.summary.requests.values.reduce(0, +) == 1000)
    #expect(settled(events).count == 1000)
    #expect(correlator.summary.settled == 1000)
  }
}
