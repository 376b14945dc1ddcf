import Correlate
import Ingest
import Testing

@Suite("A run that another needs was asked for with that one") struct NeededRunTests {
  private func run(
    _ records: [Record], window: JoinWindow = .standard
  ) -> (activities: [Activity], events: [CorrelatedEvent], summary: CorrelationSummary) {
    var correlator = makeCorrelator(window)
    for record in indexed(records) { correlator.add(record) }
    let events = correlator.finish()
    return (settled(events), events, correlator.summary)
  }

  /// `r` was asked for as `q`, and `need` came about because of it.
  private func graph(requestAt: Double, named: String? = "r", after: [Record] = []) -> [Record] {
    [
      tick(0), request(requestAt, "q", run: named),
      CorrelateTests.run(1, .queued, "r", request: "q"),
      CorrelateTests.run(1.1, .queued, "need", request: "q", neededBy: "r"),
      CorrelateTests.run(1.2, .started, "need", request: "q"),
      CorrelateTests.run(2, .succeeded, "need", request: "q"),
      CorrelateTests.run(2.1, .started, "r", request: "q"),
      CorrelateTests.run(3, .succeeded, "r", request: "q"),
    ] + after + [tick(9000)]
  }

  @Test(
    "it shares the request and its person, whether that was heard before, between or after",
    arguments: [0.5, 1.05, 1.5, 20], ["r", nil])
  func shared(requestAt: Double, named: String?) throws {
    let (activities, events, summary) = run(graph(requestAt: requestAt, named: named))
    let need = try #require(activities.first { $0.runID == "need" })
    #expect(need.link == .requestID && need.linkConfidence == 1 && need.sharesRequest)
    #expect(need.principal == "alice" && need.requestID == "q" && need.status == 202)
    #expect(activities.first { $0.runID == "r" }?.sharesRequest == false)
    #expect(summary.sharedRequests == 1 && summary.requestsMissing == 0)
    #expect(summary.runsWithoutRequest == 0)
    let triggered = updates(events).filter { $0.change == .triggered }.map { seconds($0.at) }
    #expect(triggered == [max(1, requestAt), max(1.1, requestAt)])
  }

  @Test("of several runs that one needs, and of what those need, none lacks a request")
  func several() {
    let more = ["a", "b", "c"].map {
      CorrelateTests.run(1.5, .queued, $0, request: "q", neededBy: "r")
    }
    let (activities, _, summary) = run(graph(requestAt: 4, after: more))
    #expect(activities.filter(\.sharesRequest).count == 4)
    #expect(activities.allSatisfy { $0.principal == "alice" })
    #expect(summary.requestsMissing == 0)
  }

  @Test("beyond a thousand that wait for one request, they are joined when their window ends")
  func many() {
    let needs = (0...1000).map {
      CorrelateTests.run(1.1, .queued, "need\($0)", request: "q", neededBy: "r")
    }
    let (activities, events, summary) = run(
      [tick(0), CorrelateTests.run(1, .queued, "r", request: "q"), request(2, "q", run: "r")]
        + needs + [tick(300)])
    #expect(activities.count == 1002 && activities.allSatisfy { $0.link != .none })
    #expect(summary.sharedRequests == 1001 && summary.requestsMissing == 0)
    let triggered = updates(events).filter { $0.change == .triggered }.map { seconds($0.at) }
    #expect(triggered.count { $0 == 2 } == 1001 && triggered.count { $0 == 61.1 } == 1)
  }

  @Test("held for hours by a person, what it needs is joined when it goes on")
  func held() {
    let (activities, _, summary) = run([
      tick(0), CorrelateTests.run(1, .held, "r", request: "q"), request(1.2, "q", run: "r"),
      CorrelateTests.run(20_000, .approved, "r", request: "q"),
      CorrelateTests.run(20_000.1, .queued, "need", request: "q", neededBy: "r"), tick(30_000),
    ])
    #expect(activities.count == 2 && activities.allSatisfy { $0.principal == "alice" })
    #expect(summary.sharedRequests == 1 && summary.requestsMissing == 0)
  }

  @Test("it is joined though the run that needs it has settled before its own window ends")
  func settledRoot() {
    var window = JoinWindow.standard
    window.requestSeconds = 600
    let (_, _, summary) = run(graph(requestAt: 1.5), window: window)
    #expect(summary.sharedRequests == 1 && summary.requestsMissing == 0)
  }

  @Test("a request that comes after the window is joined all the same")
  func lateRequest() {
    let (activities, events, summary) = run(graph(requestAt: 62))
    #expect(summary.requestsMissing == 2 && summary.sharedRequests == 1)
    #expect(activities.allSatisfy { $0.link != .none })
    #expect(story(events, of: "id:need").contains("requestMissing@61.1 progressed@62 settled"))
  }

  @Test("which run its first record names is heard of late, and counts then")
  func lateWord() {
    let (_, _, summary) = run([
      request(1, "q", run: "r"), CorrelateTests.run(1, .started, "r", request: "q"),
      CorrelateTests.run(1.1, .started, "need", request: "q"),
      CorrelateTests.run(5, .queued, "need", request: "q", neededBy: "r"), tick(300),
    ])
    #expect(summary.sharedRequests == 1 && summary.requestsMissing == 0)
  }

  @Test(
    "nothing less joins: another run named, another request, a word from inside, or one at the end",
    arguments: [
      CorrelateTests.run(1.1, .queued, "odd", request: "q", neededBy: "other"),
      CorrelateTests.run(1.1, .queued, "odd", request: "p", neededBy: "r"),
      CorrelateTests.run(1.1, .queued, "odd", neededBy: "r"),
      CorrelateTests.run(1.1, .failed, "odd", request: "q", neededBy: "r"),
      CorrelateTests.run(1.1, .queued, "odd", request: "q", neededBy: "odd"),
      CorrelateTests.run(1.1, .queued, "odd", request: "q", error: "r"),
      insideNeed(),
    ], [0.5, 1.5])
  func unrelated(record: Record, requestAt: Double) throws {
    let (activities, _, summary) = run(graph(requestAt: requestAt, after: [record]))
    let odd = try #require(activities.first { $0.runID == "odd" })
    #expect(odd.link == .none && odd.principal == nil)
    #expect(summary.requestsMissing == 1 && summary.sharedRequests == 1)
  }

  private static func insideNeed() -> Record {
    let record = CorrelateTests.run(1.1, .queued, "odd", request: "q", neededBy: "r")
    guard case .run(var body) = record.body else { return record }
    body.vantage = .inside
    return Record(header: record.header, body: .run(body))
  }

  @Test("what a schedule's run needs lacks no request either")
  func schedule() {
    let (activities, _, summary) = run([
      tick(0), CorrelateTests.run(1, .queued, "r", trigger: .schedule),
      CorrelateTests.run(1.1, .queued, "need", trigger: .schedule, neededBy: "r"), tick(300),
    ])
    #expect(activities.count == 2 && summary.requestsMissing == 0)
    #expect(activities.allSatisfy { $0.link == .none && $0.principal == nil })
  }
}
