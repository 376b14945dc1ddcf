import Correlate
import Detect
import Ingest
import Testing

@Suite struct DeclaredRulesTests {
  /// A month of ordinary triggers, then a run without a request.
  private static func orphan(_ job: String, _ trigger: RunRecord.Trigger?) -> (History, Activity) {
    var history = History()
    for day in 0..<30 { history.trigger("etl", by: "anna", at: History.at(day: day, hour: 9)) }
    var activity = history.activity(job, principal: nil)
    activity.requestID = nil
    activity.trigger = trigger
    activity.startedAt = History.at(day: 30, hour: 3)
    let known = History.at(day: 30, hour: 3.02)
    history.add(History.at(day: 30, hour: 3), .started, activity)
    history.add(known, .triggered, activity)
    history.add(known, .requestMissing, activity)
    return (history, activity)
  }

  @Test("a run round the gateway is critical, whatever the budget")
  func orphanRun() throws {
    let (history, activity) = DeclaredRulesTests.orphan("etl", .request)
    var configuration = History.configuration("run_without_request")
    configuration.budget = .alertsPerDay(0)
    let found = try #require(history.findings(configuration).first)
    #expect(found.activityID == activity.activityID)
    #expect(found.severity == .critical)
    #expect(abs(found.pValue - 0.5 / 31) < 1e-12)
    #expect(found.history == Finding.History(events: 30, days: 30))
  }

  @Test(
    "an undeclared schedule is high; a declared job is quiet",
    arguments: [
      ([String](), 1), (["etl"], 0), (["e*l"], 0), (["*"], 0), (["other", "etl-*"], 1),
    ])
  func schedules(patterns: [String], count: Int) {
    let (history, _) = DeclaredRulesTests.orphan("etl", .schedule)
    var configuration = History.configuration("run_without_request")
    configuration.jobsWithoutRequest = patterns
    let findings = history.findings(configuration)
    #expect(findings.count == count)
    #expect(findings.allSatisfy { $0.severity == .high })
  }

  @Test("without any gateway nothing is said about going round it")
  func noGateway() {
    var history = History()
    for day in 0..<5 {
      let activity = history.activity("etl", principal: nil)
      history.add(History.at(day: day, hour: 3), .requestMissing, activity)
    }
    #expect(history.findings(History.configuration("run_without_request")).isEmpty)
  }

  @Test("an accepted trigger without a run is high, with an honest p")
  func lostTrigger() throws {
    var history = History()
    for day in 0..<19 { history.trigger("etl", by: "anna", at: History.at(day: day, hour: 9)) }
    var lost = history.activity("etl", principal: "anna")
    lost.runID = nil
    lost.requestedAt = History.at(day: 20, hour: 9)
    lost.state = .noRun
    let known = History.at(day: 20, hour: 9).advanced(bySeconds: 60)
    history.add(known, .triggered, lost)
    history.add(known, .runMissing, lost)
    let findings = history.findings(History.configuration("request_without_run"))
    let found = try #require(findings.first)
    #expect(findings.count == 1)
    #expect(found.severity == .high && found.timestamp == known)
    #expect(abs(found.pValue - 0.025) < 1e-12)
    #expect(found.explanation.contains("no run appeared within 60 s"))
  }

  @Test("a run before its request is told, a constant offset of the clocks is not")
  func clockSkew() {
    var history = History()
    func start(_ day: Int, lag: Double, job: String) {
      history.trigger(job, by: "anna", at: History.at(day: day, hour: 9)) { _ in }
      let index = history.events.count - 3
      guard case .activity(let update) = history.events[index].event else { return }
      var activity = update.activity
      activity.startedAt = activity.requestedAt?.advanced(bySeconds: lag)
      history.events[index].event = .activity(
        ActivityUpdate(at: update.at, change: .started, activity: activity))
    }
    for day in 0..<40 { start(day, lag: day == 30 ? -90 : 0.5, job: "sound") }
    for day in 0..<40 { start(day, lag: -1.5, job: "offset") }
    let findings = history.findings(History.configuration("clock_skew"))
    #expect(findings.map(\.job) == ["sound"])
  }

  @Test("a trigger by someone who does not own the job")
  func nonOwner() throws {
    var history = History()
    for day in 0..<60 {
      history.trigger("payroll", by: "olga", at: History.at(day: day, hour: 9)) {
        $0.owner = "olga"
      }
    }
    for day in 0..<60 {
      history.trigger("stock", by: "sven", at: History.at(day: day, hour: 9)) { $0.owner = "sven" }
    }
    let foreign = history.trigger("payroll", by: "sven", at: History.at(day: 60, hour: 9)) {
      $0.owner = "olga"
    }
    let member = history.trigger("payroll", by: "nils", at: History.at(day: 60, hour: 10)) {
      $0.owner = "finance"
      $0.groups = ["finance"]
    }
    let findings = history.findings(History.configuration("non_owner"))
    #expect(findings.map(\.activityID) == [foreign.activityID])
    #expect(!findings.contains { $0.activityID == member.activityID })
  }

  @Test("declared working time is a reason of its own, and none is assumed")
  func businessHours() throws {
    var history = History()
    for day in 0..<10 { history.trigger("etl", by: "anna", at: History.at(day: day, hour: 7.5)) }
    var configuration = History.configuration("off_hours")
    #expect(history.findings(configuration).isEmpty)
    configuration.businessHours = .init(firstHour: 7, endHour: 19, weekdays: [0, 1, 2, 3, 4])
    let weekend = history.findings(configuration)
    #expect(
      weekend.map(\.timestamp)
        == [5, 6].map {
          History.at(day: $0, hour: 7.5).advanced(bySeconds: 1)
        })
    #expect(weekend.allSatisfy { $0.severity == .low && $0.explanation.contains("declared") })
    configuration.businessHours?.firstHour = 8
    #expect(history.findings(configuration).count == 10)
  }
}
