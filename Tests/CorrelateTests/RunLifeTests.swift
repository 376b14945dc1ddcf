import Correlate
import Ingest
import Testing

@Suite("The life of a run") struct RunLifeTests {
  private func life(_ records: [Record]) throws -> (
    activity: Activity, story: String, irregularities: RunIrregularities
  ) {
    var correlator = makeCorrelator()
    for record in indexed(records) { correlator.add(record) }
    let events = correlator.finish()
    let activity = try #require(settled(events).first { $0.runID == "r" })
    return (activity, story(events, of: "id:r"), correlator.summary.irregularities)
  }

  @Test("the way from request to end, with every field on it")
  func wholeLife() throws {
    let (activity, _, irregularities) = try life([
      run(0.995, .queued, "r", request: "q"), request(1, "q"), run(3, .started, "r", attempt: 1),
      run(8, .succeeded, "r", attempt: 1, duration: 4.75, exitCode: 0),
    ])
    #expect(activity.requestedAt == instant(0.99))
    #expect(activity.queuedAt == instant(0.995))
    #expect(activity.startedAt == instant(3))
    #expect(activity.endedAt == instant(8))
    #expect(activity.waitSeconds == 2.005)
    #expect(activity.durationSeconds == 4.75)
    #expect(activity.exitCode == 0)
    #expect(activity.attempts == 1)
    #expect(activity.principal == "alice")
    #expect(activity.evidence == [0, 1, 2, 3])
    #expect(irregularities == RunIrregularities())
  }

  @Test("an attempt that failed and another that followed")
  func retry() throws {
    let (activity, story, _) = try life([
      request(0, "q"), run(1, .started, "r", request: "q", attempt: 1),
      run(2, .failed, "r", attempt: 1, duration: 1, exitCode: 30, error: "no rows"),
      run(900, .started, "r", attempt: 2), run(905, .succeeded, "r", attempt: 2),
    ])
    #expect(
      story == "triggered@1 started@1 ended@2 started@900 ended@905 settled@905")
    #expect(activity.attempts == 2)
    #expect(activity.state == .succeeded)
    #expect(activity.durationSeconds == 5)
    #expect(activity.exitCode == nil)
    #expect(activity.error == nil)
    #expect(activity.waitSeconds == 1.01)
  }

  @Test("an attempt whose end nobody told ends when the next one starts, and is told as it stood")
  func attemptSnapshot() throws {
    let events = correlate([
      run(1, .started, "r", attempt: 1), task(2, .failed, "a", run: "r"),
      run(3, .started, "r", attempt: 2), run(4, .succeeded, "r", attempt: 2),
    ])
    let ended = try #require(updates(events).first { $0.change == .attemptEnded }?.activity)
    #expect(ended.state == .open)
    #expect(ended.attempts == 1)
    #expect(ended.startedAt == instant(1))
    #expect(ended.endedAt == nil)
    #expect(ended.tasks.failed == 1)
    #expect(ended.activityID == "id:r")
  }

  @Test("cancelled before it started: an end without a start")
  func cancelled() throws {
    let (activity, story, _) = try life([
      request(0, "q"), run(7, .killed, "r", request: "q", attempt: 1, duration: 0),
    ])
    #expect(story == "triggered@7 ended@7 settled@7")
    #expect(activity.attempts == 0)
    #expect(activity.startedAt == nil)
    #expect(activity.durationSeconds == 0)
  }

  @Test("an end before its start by the clock: both kept, counted, and the run does not go on")
  func endBeforeStart() throws {
    let (activity, story, irregularities) = try life([
      run(5, .succeeded, "r", duration: 4), run(6, .started, "r"),
    ])
    #expect(activity.state == .succeeded)
    #expect(activity.startedAt == instant(6))
    #expect(activity.durationSeconds == 4)
    #expect(irregularities.startsAfterEnd == 1)
    #expect(story == "ended@5 progressed@6 triggered@6 settled@6")
  }

  @Test("of two ends the first stands, unless it was lost")
  func twoEnds() throws {
    let same = try life([run(1, .started, "r"), run(2, .failed, "r"), run(3, .failed, "r")])
    #expect(same.irregularities.repeatedEnds == 1)
    let other = try life([run(1, .started, "r"), run(2, .failed, "r"), run(3, .succeeded, "r")])
    #expect(other.activity.state == .failed)
    #expect(other.irregularities.conflictingEnds == 1)
    let found = try life([run(1, .started, "r"), run(2, .lost, "r"), run(3, .succeeded, "r")])
    #expect(found.activity.state == .succeeded)
    #expect(found.story == "started@1 ended@2 progressed@3 triggered@3 settled@3")
  }

  @Test("a start told twice, and words about an attempt that another has followed, are counted")
  func repeats() throws {
    let (activity, _, irregularities) = try life([
      run(1, .started, "r", attempt: 1), run(1.1, .started, "r", attempt: 1),
      run(3, .started, "r", attempt: 2), run(4, .failed, "r", attempt: 1),
    ])
    #expect(irregularities.repeatedStarts == 1)
    #expect(irregularities.staleAttempts == 1)
    #expect(activity.state == .open)
    #expect(activity.attempts == 2)
    #expect(activity.evidence == [0, 1, 2, 3])
  }

  @Test("words from inside add no second start or end")
  func insideIsDetail() throws {
    let (activity, story, _) = try life([
      request(0, "q"), run(1, .started, "r", request: "q"), inside(1.2, .started, "r"),
      inside(3, .ended, "r"), run(3.1, .succeeded, "r", duration: 2.1),
      inside(3.2, .progress, "other"),
    ])
    #expect(story == "triggered@1 started@1 ended@3.1 settled@3.2")
    #expect(activity.startedAt == instant(1))
    #expect(activity.outcomeSource == .launcher)
    #expect(activity.dangling == nil)
  }

  @Test("an exit that comes after Luigi's word was taken corrects it")
  func correction() throws {
    let (activity, story, _) = try life([
      run(1, .started, "r"), inside(2, .ended, "r"), run(100, .failed, "r", exitCode: 40),
    ])
    #expect(story == "started@1 triggered@61 ended@62 progressed@100 settled@100")
    #expect(activity.state == .failed)
    #expect(activity.outcomeSource == .launcher)
  }

  @Test("steps count by their last state, and the last failure explains the run")
  func tasks() throws {
    let (activity, _, _) = try life([
      run(1, .started, "r"), task(2, .pending, "a", run: "r"), task(2, .pending, "b", run: "r"),
      task(2, .skipped, "c", run: "r"), task(3, .started, "a", run: "r"),
      task(4, .failed, "a", run: "r", error: "first"), task(5, .started, "a", run: "r"),
      task(6, .succeeded, "a", run: "r"), task(7, .broken, "b", run: "r", error: "second"),
      task(8, .started, "d", run: "r"), run(9, .failed, "r"),
    ])
    #expect(activity.tasks.total == 4)
    #expect(activity.tasks.succeeded == 1)
    #expect(activity.tasks.failed == 1)
    #expect(activity.tasks.dangling == 1)
    #expect(activity.error?.message == "second")
  }

  @Test("a run that took long is open at the end, as long as others took as long")
  func longRun() throws {
    let (activity, _, _) = try life([
      run(0, .started, "long"), run(40_000, .succeeded, "long"), run(40_001, .started, "r"),
      run(100_000, .started, "other"),
    ])
    #expect(activity.state == .open)
    #expect(activity.dangling == nil)
  }

  @Test("evidence keeps the first records, and room for terminal ones")
  func evidence() throws {
    let progress = (0..<200).map { run(2 + Double($0) / 100, .progress, "r") }
    let (activity, _, _) = try life(
      [run(1, .started, "r")] + progress + [run(9, .succeeded, "r")])
    #expect(activity.evidence == Array(0..<56) + [201])
    #expect(activity.evidenceOmitted == 145)
  }
}
