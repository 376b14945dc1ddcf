import Correlate
import Ingest
import Testing

/// One way into a state: the records, and how the activity of `id` must stand at the end.
struct StateCase: Sendable, CustomTestStringConvertible {
  let name: String
  let state: Activity.State
  var link = Activity.Link.none
  var source: Activity.OutcomeSource?
  var dangling: Activity.State?
  let id: String
  let story: String
  let records: [Record]

  var testDescription: String { name }
}

/// Every state of an activity, reached by the records that a gateway, a launcher and Luigi write.
/// A `tick` is a request beside the point.
let stateCases: [StateCase] = [
  StateCase(
    name: "accepted, and the input ends within the window", state: .requested, id: "id:q",
    story: "triggered@30 settled@30", records: [request(0, "q"), tick(30)]),
  StateCase(
    name: "queued, not started", state: .queued, link: .requestID, id: "id:r",
    story: "triggered@1 settled@5",
    records: [request(1, "q"), run(0.995, .queued, "r", request: "q"), tick(5)]),
  StateCase(
    name: "held for approval", state: .held, link: .requestID, id: "id:r",
    story: "triggered@2 settled@5",
    records: [
      decision(1, .hold, request: "q"), request(1.5, "q"), run(2, .held, "r", request: "q"),
      tick(5),
    ]),
  StateCase(
    name: "approved, not started", state: .approved, link: .requestID, id: "id:r",
    story: "triggered@2 settled@5",
    records: [
      request(1, "q"), run(2, .held, "r", request: "q"), approval(3, run: "r"),
      run(4, .approved, "r"), tick(5),
    ]),
  StateCase(
    name: "started, and the input ends", state: .open, link: .runID, id: "id:r",
    story: "started@0.997 triggered@1 settled@90",
    records: [
      run(0.995, .queued, "r", request: "q"), run(0.997, .started, "r"),
      request(1, "q", run: "r"), tick(90),
    ]),
  StateCase(
    name: "exit 0", state: .succeeded, link: .requestID, source: .launcher, id: "id:r",
    story: "triggered@1 started@1 ended@5 settled@65",
    records: [
      request(0, "q"), run(1, .started, "r", request: "q"), run(5, .succeeded, "r"), tick(400),
    ]),
  StateCase(
    name: "exit 30", state: .failed, link: .requestID, source: .launcher, id: "id:r",
    story: "triggered@1 started@1 ended@5 settled@3605",
    records: [
      request(0, "q"), run(1, .started, "r", request: "q"), run(5, .failed, "r", exitCode: 30),
      tick(4000),
    ]),
  StateCase(
    name: "killed", state: .killed, link: .requestID, source: .launcher, id: "id:r",
    story: "triggered@1 started@1 ended@5 settled@9",
    records: [request(0, "q"), run(1, .started, "r", request: "q"), run(5, .killed, "r"), tick(9)]),
  StateCase(
    name: "timed out", state: .timedOut, link: .requestID, source: .launcher, id: "id:r",
    story: "triggered@1 started@1 ended@5 settled@9",
    records: [
      request(0, "q"), run(1, .started, "r", request: "q"), run(5, .timedOut, "r"), tick(9),
    ]),
  StateCase(
    name: "lost", state: .lost, link: .requestID, source: .launcher, id: "id:r",
    story: "triggered@1 started@1 ended@5 settled@9",
    records: [request(0, "q"), run(1, .started, "r", request: "q"), run(5, .lost, "r"), tick(9)]),
  StateCase(
    name: "refused by the gateway", state: .denied, id: "id:q",
    story: "triggered@1 settled@61", records: [request(1, "q", status: 403), tick(300)]),
  StateCase(
    name: "refused by the policy", state: .denied, id: "id:q",
    story: "triggered@1 settled@61",
    records: [decision(0.9, .deny, request: "q"), request(1, "q"), tick(300)]),
  StateCase(
    name: "a denial whose access line is lost", state: .denied, id: "id:q",
    story: "triggered@61 settled@61", records: [decision(1, .deny, request: "q"), tick(300)]),
  StateCase(
    name: "refused by the trigger service's status", state: .rejected, id: "id:q",
    story: "triggered@1 settled@61", records: [request(1, "q", status: 413), tick(300)]),
  StateCase(
    name: "refused by the trigger service's record", state: .rejected, id: "id:q",
    story: "triggered@1 settled@61",
    records: [
      run(0.99, .rejected, nil, request: "q", error: "bad_body"), request(1, "q", status: 422),
      tick(300),
    ]),
  StateCase(
    name: "nobody answered", state: .unanswered, id: "id:q",
    story: "triggered@61 settled@3661", records: [request(1, "q", status: 502), tick(4000)]),
  StateCase(
    name: "accepted, and no run within the window", state: .noRun, id: "id:q",
    story: "triggered@61 runMissing@61 settled@300",
    records: [run(0, .started, "other"), request(1, "q"), tick(300)]),
  StateCase(
    name: "spawned, never spoken of again, and its launcher went on for longer than an hour",
    state: .exitMissing, dangling: .exitMissing, id: "id:r",
    story: "started@1 triggered@61 requestMissing@61 ended@4000 settled@4000",
    records: [tick(0), run(1, .started, "r"), run(4000, .started, "other")]),
  StateCase(
    name: "started inside, never spoken of again, and Luigi went on for longer than an hour",
    state: .endMissing, dangling: .endMissing, id: "id:r",
    story: "started@1 triggered@61 requestMissing@61 ended@4000 settled@4000",
    records: [tick(0), inside(1, .started, "r"), inside(4000, .started, "other")]),
  StateCase(
    name: "over, nobody says how, and nothing from inside", state: .noEvents, dangling: .noEvents,
    id: "id:r", story: "started@1 triggered@61 requestMissing@61 ended@65 settled@300",
    records: [tick(0), run(1, .started, "r"), run(5, .ended, "r"), tick(300)]),
  StateCase(
    name: "only known from inside", state: .succeeded, source: .luigi, id: "id:r",
    story: "started@1 progressed@3 ended@4 triggered@61 requestMissing@61 settled@64",
    records: [
      tick(0), inside(1, .started, "r"), task(2, .started, "a", run: "r"),
      task(3, .succeeded, "a", run: "r"), inside(4, .ended, "r"), tick(300),
    ]),
  StateCase(
    name: "no exit record, Luigi says failed, and the launcher went on", state: .failed,
    link: .requestID, source: .luigi, dangling: .exitMissing, id: "id:r",
    story: "triggered@1 started@1 progressed@3 ended@64 settled@90",
    records: [
      request(0, "q"), run(1, .started, "r", request: "q"), inside(1.5, .started, "r"),
      task(2, .started, "a", run: "r"), task(3, .failed, "a", run: "r", error: "no rows"),
      inside(4, .ended, "r"), run(90, .started, "other"),
    ]),
  StateCase(
    name: "killed from outside: no end from inside", state: .killed, link: .requestID,
    source: .launcher, dangling: .endMissing, id: "id:r",
    story: "triggered@1 started@1 ended@5 settled@90",
    records: [
      request(0, "q"), run(1, .started, "r", request: "q"), inside(1.5, .started, "r"),
      run(5, .killed, "r"), inside(90, .started, "other"),
    ]),
  StateCase(
    name: "a usage error: nothing from inside, where others speak", state: .failed,
    link: .requestID, source: .launcher, dangling: .noEvents, id: "id:r",
    story: "triggered@11 started@11 ended@12 settled@90",
    records: [
      run(1, .started, "first"), inside(2, .started, "first"), request(10, "q"),
      run(11, .started, "r", request: "q"), run(12, .failed, "r", exitCode: 2),
      inside(90, .progress, "first"),
    ]),
]

@Suite struct ActivityStateTests {
  @Test(
    "an activity ends in the state, link, outcome and story of its records", arguments: stateCases)
  func state(_ example: StateCase) throws {
    let events = correlate(example.records)
    let activity = try #require(settled(events).first { $0.activityID == example.id })
    #expect(activity.state == example.state)
    #expect(activity.link == example.link)
    #expect(activity.outcomeSource == example.source)
    #expect(activity.dangling == example.dangling)
    #expect(story(events, of: example.id) == example.story)
  }

  @Test("the table reaches every state")
  func allStates() {
    let reached = Set(stateCases.map(\.state))
    #expect(Activity.State.allCases.filter { !reached.contains($0) } == [])
  }

  @Test(
    "every activity of the table is triggered once and settled once, last", arguments: stateCases)
  func tellsOnce(_ example: StateCase) {
    let told = updates(correlate(example.records))
    let all = told.filter { $0.change != .requested }
    #expect(told.count { $0.change == .requested } == Set(all.map(\.activity.activityID)).count)
    for id in Set(all.map(\.activity.activityID)) {
      let changes = all.filter { $0.activity.activityID == id }.map(\.change)
      #expect(changes.filter { $0 == .triggered }.count == 1)
      #expect(changes.filter { $0 == .settled }.count == 1)
      #expect(changes.last == .settled)
    }
  }
}
