import Correlate
import Ingest
import Testing

@Suite("Request and run join by run id, then request id, then trace id") struct JoinTests {
  private func run(_ records: [Record], window: JoinWindow = .standard) -> (
    activities: [Activity], summary: CorrelationSummary
  ) {
    var correlator = makeCorrelator(window)
    for record in indexed(records) { correlator.add(record) }
    let events = correlator.finish()
    return (settled(events), correlator.summary)
  }

  @Test("the run that the answer named is joined by run id, though the request id fits as well")
  func runID() {
    let (activities, summary) = run([
      CorrelateTests.run(0.9, .started, "r", request: "q"), request(1, "q", run: "r"),
    ])
    #expect(activities.map(\.link) == [.runID])
    #expect(activities.map(\.linkConfidence) == [1])
    #expect(summary.joins == [.runID: 1])
  }

  @Test("a run record that learns of its request later joins then")
  func laterRequestID() {
    let (activities, _) = run([
      request(1, "q"), inside(2, .started, "r"),
      CorrelateTests.run(3, .progress, "r", request: "q"),
    ])
    #expect(activities.map(\.link) == [.requestID])
    #expect(activities.map(\.activityID) == ["id:r"])
  }

  @Test("one request and one run of a trace join at the end of the window")
  func trace() {
    let records = [
      request(1, "q", trace: "t"), CorrelateTests.run(2, .started, "r", trace: "t"), tick(300),
    ]
    #expect(run(records).activities.map(\.link) == [.traceID])
    #expect(story(correlate(records), of: "id:r") == "started@2 triggered@61 settled@300")
  }

  @Test("a trace with two requests, or two runs, is ambiguous: not joined, and counted")
  func ambiguousTrace() {
    for extra in [request(3, "p", trace: "t"), CorrelateTests.run(3, .started, "s", trace: "t")] {
      let (activities, summary) = run([
        request(1, "q", trace: "t"), CorrelateTests.run(2, .started, "r", trace: "t"), extra,
        tick(300),
      ])
      #expect(activities.allSatisfy { $0.link == .none })
      #expect(activities.count == 3)
      #expect(summary.ambiguousTraces > 0)
    }
  }

  @Test("a trace does not join what stronger keys keep apart")
  func contradictedTrace() {
    let (activities, _) = run([
      request(1, "q", trace: "t"),
      CorrelateTests.run(2, .started, "r", request: "elsewhere", trace: "t"), tick(300),
    ])
    #expect(activities.map(\.link) == [.none, .none])
  }

  @Test("names never join: same job, same principal, same second")
  func names() {
    let (activities, summary) = run([
      request(1, "q"), CorrelateTests.run(1, .started, "r"), tick(300),
    ])
    #expect(Set(activities.map(\.state)) == [.noRun, .open])
    #expect(summary.joins == [:])
    #expect(summary.runsWithoutRequest == 1)
  }

  @Test("a run that claims the request of another run's answer stays without a request")
  func claimedRequest() throws {
    let (activities, summary) = run([
      request(1, "q", run: "r"), CorrelateTests.run(1.1, .started, "r", request: "q"),
      CorrelateTests.run(2, .started, "rogue", request: "q"), tick(300),
    ])
    let rogue = try #require(activities.first { $0.runID == "rogue" })
    #expect(rogue.link == .none)
    #expect(summary.requestsMissing == 1)
  }

  @Test("a second run of one request shares it and says so", arguments: [1.5, 0.5])
  func sharedRequest(requestAt: Double) throws {
    let (activities, summary) = run([
      request(requestAt, "q"), CorrelateTests.run(1, .started, "first", request: "q"),
      CorrelateTests.run(1.2, .started, "second", request: "q"), tick(300),
    ])
    let second = try #require(activities.first { $0.runID == "second" })
    #expect(second.sharesRequest)
    #expect(second.link == .requestID)
    #expect(second.principal == "alice")
    #expect(activities.filter(\.sharesRequest).count == 1)
    #expect(summary.sharedRequests == 1)
    #expect(summary.requestsMissing == 0)
  }

  @Test("a request told twice is one activity")
  func repeatedRequest() {
    let (activities, summary) = run([request(1, "q"), request(1.1, "q"), tick(300)])
    #expect(activities.count == 1)
    #expect(summary.repeatedTriggers == 1)
    #expect(activities.first?.evidence == [0, 1])
  }

  @Test("a wish made again under its idempotency key is the same activity, and no trigger is lost")
  func repeatedWish() throws {
    let (activities, summary) = run([
      decision(0.9, .permit, request: "q"), request(1, "q", run: "r"),
      CorrelateTests.run(1.1, .started, "r", request: "q"),
      decision(5.9, .permit, request: "again"), request(6, "again", run: "r"),
      CorrelateTests.run(7, .succeeded, "r", request: "q"), tick(300),
    ])
    let activity = try #require(activities.first)
    #expect(activities.count == 1)
    #expect(activity.requestID == "q" && activity.evidence == [0, 1, 2, 3, 4, 5])
    #expect(summary.repeatedTriggers == 1 && summary.runsMissing == 0)
  }

  @Test("a run that comes hours after its trigger is joined under the id told before")
  func lateRun() {
    let events = correlate([
      CorrelateTests.run(0, .started, "other"), request(1, "q"),
      CorrelateTests.run(9000, .started, "r", request: "q"),
      CorrelateTests.run(9001, .succeeded, "r"), tick(9100),
    ])
    #expect(
      story(events, of: "id:q")
        == "triggered@61 runMissing@61 started@9000 ended@9001 settled@9061")
    #expect(settled(events).first { $0.activityID == "id:q" }?.link == .requestID)
  }

  @Test("a request that completes after the run gave up on it is joined, and told as progress")
  func lateRequest() {
    let events = correlate([
      tick(0), CorrelateTests.run(1, .started, "r", request: "q"), request(100, "q"), tick(101),
    ])
    #expect(
      story(events, of: "id:r")
        == "started@1 triggered@61 requestMissing@61 progressed@100 settled@101")
  }

  @Test("schedules and retries need no request: known at once, nothing missing")
  func autonomous() {
    for trigger in [RunRecord.Trigger.schedule, .retry] {
      let events = correlate([
        tick(0), CorrelateTests.run(1, .started, "r", trigger: trigger), tick(300),
      ])
      #expect(story(events, of: "id:r") == "triggered@1 started@1 settled@300")
    }
  }

  @Test("a run that began before the first request proves nothing about its request")
  func beforeListening() {
    let events = correlate([
      request(10, "other", job: nil), inside(20, .ended, "r", duration: 31), tick(300),
    ])
    #expect(story(events, of: "id:r") == "ended@20 triggered@80 settled@80")
  }

  @Test("a run waits for its request as long as requestSeconds, a trigger as long as seconds")
  func separateWindows() {
    var window = JoinWindow.standard
    window.seconds = 1000
    window.requestSeconds = 5
    let events = correlate(
      [request(1, "q"), CorrelateTests.run(2, .started, "r"), tick(2000)], window: window)
    #expect(story(events, of: "id:r") == "started@2 triggered@7 requestMissing@7 settled@2000")
    #expect(story(events, of: "id:q") == "triggered@1001 runMissing@1001 settled@2000")
  }

  @Test("without any id the activity is named after source and record id")
  func nameless() {
    let events = correlate([request(1, nil, status: 403)])
    #expect(settled(events).map(\.activityID) == ["id:caddy/edge-1\nrequest--1.0"])
  }

  @Test("the median offset is that of the newest 255 pairs, the minimum that of all")
  func medianOffset() throws {
    let records = (1...400).flatMap { number in
      [
        request(Double(number) * 10, "q\(number)", duration: 0),
        CorrelateTests.run(
          Double(number) * 10 + Double(number) / 1000, .started, "r\(number)", request: "q\(number)"
        ),
      ]
    }
    let offset = try #require(run(records).summary.clockOffsets.first)
    #expect(offset.count == 400)
    #expect(abs(offset.minSeconds - 0.001) < 1e-9)
    #expect(abs(offset.medianSeconds - 0.273) < 1e-9)
  }

  @Test("offsets are measured per pair of sources, and impossible pairs marked")
  func clockOffsets() throws {
    let (activities, summary) = run([
      request(10, "q1", duration: 0.5), CorrelateTests.run(9.6, .started, "r1", request: "q1"),
      request(20, "q2", duration: 0.5), CorrelateTests.run(15, .started, "r2", request: "q2"),
      request(30, "q3", duration: 0.5), CorrelateTests.run(29.7, .started, "r3", request: "q3"),
    ])
    let offset = try #require(summary.clockOffsets.first)
    #expect(summary.clockOffsets.count == 1)
    #expect(offset.requestSource == "caddy/edge-1")
    #expect(offset.runSource == "launcher/pipelines-1")
    #expect(offset.count == 3)
    #expect(offset.impossibleCount == 1)
    #expect(abs(offset.minSeconds + 4.5) < 1e-9)
    #expect(abs(offset.medianSeconds - 0.1) < 1e-9)
    #expect(activities.map(\.clockOffsetSeconds) == [nil, -4.5, nil])
    #expect(activities.map { $0.waitSeconds == nil } == [false, true, false])
  }
}
