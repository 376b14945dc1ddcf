import Correlate
import Detect
import Ingest
import Testing

@Suite struct RunawayRuleTests {
  private static let configuration = History.configuration("runaway")

  /// 60 days of one job a day and ten others, durations lognormal around 10 minutes.
  private static func past(_ seed: UInt64, sigma: Double = 0.2, days: Int = 60) -> History {
    var random = SplitMix(seed: seed)
    var history = History()
    for day in 0..<days {
      for job in 0..<10 {
        history.trigger(
          "job-\(job)", by: "cron", at: History.at(day: day, hour: 2 + Double(job) / 4),
          seconds: 600 * Elementary.exp(sigma * random.normal()))
      }
    }
    return history
  }

  @Test(
    "a run that never ends is found at the instant at which p reaches the level",
    arguments: 1...5 as ClosedRange<UInt64>)
  func hungJob(seed: UInt64) throws {
    var history = RunawayRuleTests.past(seed)
    let start = History.at(day: 60, hour: 2)
    let hung = history.trigger("job-3", by: "cron", at: start, seconds: nil)
    let configuration = History.configuration("runaway", pMax: 1e-3)
    let findings = history.findings(configuration, end: History.at(day: 61, hour: 0))
      .filter { $0.activityID == hung.activityID }
    let first = try #require(findings.first, "seed \(seed)")
    let elapsed = first.timestamp.seconds(since: start) - 1
    #expect(elapsed > 600 && elapsed < 2 * 3600, "seed \(seed): \(elapsed)")
    #expect(abs(first.pValue / 1e-3 - 1) < 1e-3, "seed \(seed)")
    for (early, late) in zip(findings, findings.dropFirst()) {
      #expect(late.timestamp > early.timestamp && late.pValue < early.pValue)
    }
    #expect(Set(findings.map(\.findingID)).count == findings.count)
    #expect(Set(findings.map(\.activityID)).count == 1)
  }

  @Test("the end of what was read is not passed")
  func endOfInput() throws {
    var history = RunawayRuleTests.past(1)
    let start = History.at(day: 60, hour: 2)
    history.trigger("job-3", by: "cron", at: start, seconds: nil)
    let end = start.advanced(bySeconds: 700)
    #expect(
      history.findings(RunawayRuleTests.configuration, end: end)
        .allSatisfy { $0.timestamp <= end })
  }

  @Test("with a budget a run is said while it runs, and once more when it is beyond doubt")
  func saidOnce() throws {
    var history = RunawayRuleTests.past(2)
    let run = history.trigger(
      "job-3", by: "cron", at: History.at(day: 60, hour: 2), seconds: 30_000)
    let findings = history.findings(RunawayRuleTests.configuration)
      .filter { $0.activityID == run.activityID }
    #expect(findings.count == 2)
    #expect(Set(findings.map(\.episodeID)).count == 1)
    #expect(findings.last?.severity == .high)
    let ended = try #require(run.startedAt).advanced(bySeconds: 30_000)
    #expect(findings.allSatisfy { $0.timestamp < ended })
  }

  @Test("a slowly growing job stays quiet", arguments: 1...3 as ClosedRange<UInt64>)
  func slowGrowth(seed: UInt64) {
    var random = SplitMix(seed: seed)
    var history = RunawayRuleTests.past(seed, days: 150)
    for day in 0..<150 {
      history.trigger(
        "growing", by: "cron", at: History.at(day: day, hour: 6),
        seconds: 600 * Elementary.exp(Double(day) * 0.01 + 0.1 * random.normal()))
    }
    let findings = history.findings(History.configuration("runaway", pMax: 2e-3))
      .filter { $0.job == "growing" && $0.timestamp > History.at(day: 30, hour: 0) }
    #expect(
      Set(findings.map(\.activityID)).count <= 1, "seed \(seed): \(findings.map(\.explanation))")
  }

  @Test("failed runs do not teach the healthy body")
  func failedRuns() throws {
    var history = RunawayRuleTests.past(3)
    for day in 40..<60 {
      history.trigger(
        "job-4", by: "cron", at: History.at(day: day, hour: 12), seconds: 5, state: .failed)
    }
    let run = history.trigger("job-4", by: "cron", at: History.at(day: 60, hour: 2), seconds: 650)
    #expect(
      !history.findings(RunawayRuleTests.configuration)
        .contains { $0.activityID == run.activityID })
  }

  @Test("siblings that started together do not set each other's norm")
  func siblings() {
    var history = RunawayRuleTests.past(4)
    var ids: Set<String> = []
    for index in 0..<6 {
      let run = history.trigger(
        "job-5", by: "cron", at: History.at(day: 60, hour: 2 + Double(index) / 3600),
        seconds: 20_000)
      ids.insert(run.activityID)
    }
    let found = history.findings(RunawayRuleTests.configuration)
      .filter { ids.contains($0.activityID ?? "") }
    #expect(Set(found.map(\.activityID)).count == 6)
    #expect(Set(found.map(\.episodeID)).count == 1)
  }

  @Test("a job without a past is judged by all jobs, and says so")
  func coldStart() throws {
    var history = RunawayRuleTests.past(5)
    let run = history.trigger("new", by: "cron", at: History.at(day: 60, hour: 2), seconds: nil)
    let findings = history.findings(
      History.configuration("runaway", pMax: 0.01), end: History.at(day: 90, hour: 0)
    ).filter { $0.activityID == run.activityID }
    let first = try #require(findings.first)
    #expect(first.history == Finding.History(events: 0, days: 0))
    #expect(first.explanation.contains("the job has no past"))
  }

  @Test("each attempt has a clock of its own")
  func attempts() {
    var history = RunawayRuleTests.past(7)
    var activity = history.trigger(
      "job-7", by: "cron", at: History.at(day: 60, hour: 2), seconds: nil)
    for attempt in 2...12 {
      let at = History.at(day: 60, hour: 2 + Double(attempt - 1) * 0.12)
      history.add(at, .attemptEnded, activity)
      activity.attempts = attempt
      history.add(at.advanced(bySeconds: 1), .started, activity)
    }
    let end = History.at(day: 60, hour: 3.4)
    #expect(
      !history.findings(RunawayRuleTests.configuration, end: end)
        .contains { $0.activityID == activity.activityID })
  }

  @Test("a run whose end is missing keeps its clock; one that ended does not")
  func missingEnd() {
    var history = RunawayRuleTests.past(6)
    var activity = history.trigger(
      "job-6", by: "cron", at: History.at(day: 60, hour: 2), seconds: nil)
    activity.state = .exitMissing
    activity.dangling = .exitMissing
    history.add(History.at(day: 60, hour: 2.1), .ended, activity)
    history.add(History.at(day: 60, hour: 2.1), .settled, activity)
    let findings = history.findings(
      RunawayRuleTests.configuration, end: History.at(day: 62, hour: 0))
    #expect(findings.contains { $0.activityID == activity.activityID })
  }
}

@Suite struct ResourceBlowupRuleTests {
  @Test("ten times the memory is found, and a longer run with the usual CPU share is not")
  func blowup() throws {
    var random = SplitMix(seed: 1)
    var history = History()
    for day in 0..<60 {
      let seconds = 600 * Elementary.exp(0.5 * random.normal())
      history.trigger("etl", by: "cron", at: History.at(day: day, hour: 2), seconds: seconds) {
        $0.cpuSeconds = 0.9 * seconds * (0.9 + 0.1 * random.uniform())
        $0.maxRSSBytes = Int(1e9 * (0.9 + 0.2 * random.uniform()))
      }
    }
    let large = history.trigger("etl", by: "cron", at: History.at(day: 60, hour: 2)) {
      $0.cpuSeconds = 54
      $0.maxRSSBytes = 10_000_000_000
    }
    let long = history.trigger("etl", by: "cron", at: History.at(day: 61, hour: 2), seconds: 6000) {
      $0.cpuSeconds = 5400
      $0.maxRSSBytes = 1_000_000_000
    }
    let findings = history.findings(History.configuration("resource_blowup"))
    let found = try #require(findings.last { $0.activityID == large.activityID })
    #expect(found.explanation.contains("10 GB of memory"))
    #expect(!findings.contains { $0.activityID == long.activityID })
  }
}
