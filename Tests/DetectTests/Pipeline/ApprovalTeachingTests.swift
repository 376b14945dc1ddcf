import Correlate
import Detect
import Ingest
import Testing

/// Approvals of rules that learn at once: what was approved is not told again.
@Suite struct ApprovalTeachingTests {
  private static func approved(
    _ history: History, _ configuration: DetectionConfiguration, from day: Int, end: Int? = nil
  ) throws -> (before: [Finding], after: [Finding]) {
    let since = History.at(day: day, hour: 0)
    let last = end.map { History.at(day: $0, hour: 0) }
    let before = history.findings(configuration, end: last).filter { $0.timestamp >= since }
    let first = try #require(before.first)
    var taught = history
    let at = first.timestamp.advanced(bySeconds: 1)
    taught.approval(at, .given, by: "auditor", .finding, of: first.findingID)
    let after = taught.findings(configuration, end: last).filter { $0.timestamp >= since }
    return (before, after)
  }

  @Test("a duration that a person approved is no runaway the next time")
  func runaway() throws {
    var random = SplitMix(seed: 1)
    var history = History()
    for day in 0..<300 {
      history.trigger(
        "etl", by: "cron", at: History.at(day: day, hour: 2),
        seconds: 600 * Elementary.exp(0.1 * random.normal()))
    }
    for day in 300..<302 {
      history.trigger("etl", by: "cron", at: History.at(day: day, hour: 2), seconds: 4000)
    }
    let (before, after) = try ApprovalTeachingTests.approved(
      history, History.configuration("runaway", pMax: 0.02), from: 300)
    #expect(before.contains { $0.timestamp > History.at(day: 301, hour: 0) })
    #expect(Set(after.map(\.activityID)).count == 1, "\(after.map(\.explanation))")
  }

  @Test("a use of memory that a person approved is no blowup the next time")
  func blowup() throws {
    var random = SplitMix(seed: 1)
    var history = History()
    for day in 0..<302 {
      let size = day < 300 ? 1e9 * Elementary.exp(0.1 * random.normal()) : 8e9
      history.trigger("etl", by: "cron", at: History.at(day: day, hour: 2)) {
        $0.maxRSSBytes = Int(size)
      }
    }
    let (before, after) = try ApprovalTeachingTests.approved(
      history, History.configuration("resource_blowup", pMax: 0.02), from: 300)
    #expect(before.contains { $0.timestamp > History.at(day: 301, hour: 0) })
    #expect(after.count == 1)
  }

  @Test("an interval that a person approved is not missed the next time")
  func missed() throws {
    var random = SplitMix(seed: 1)
    var history = History()
    for day in 0..<290 where ![260, 261, 262, 280, 281, 282].contains(day) {
      let hour = 2 + random.uniform() / 60
      history.trigger("nightly", by: "cron", at: History.at(day: day, hour: hour))
    }
    let (before, after) = try ApprovalTeachingTests.approved(
      history, History.configuration("missed_schedule", pMax: 0.02), from: 260)
    #expect(before.contains { $0.timestamp > History.at(day: 280, hour: 0) })
    #expect(!after.contains { $0.timestamp > History.at(day: 280, hour: 0) })
  }

  @Test("a lag that a person approved is the clocks' way")
  func clockSkew() throws {
    var history = History()
    for day in 0..<70 {
      let lag = [60, 65].contains(day) ? -90.0 : 1
      let at = History.at(day: day, hour: 9)
      history.trigger("etl", by: "anna", at: at) {
        $0.requestedAt = at.advanced(bySeconds: 1 - lag)
      }
    }
    let (before, after) = try ApprovalTeachingTests.approved(
      history, History.configuration("clock_skew"), from: 60)
    #expect(Set(before.map(\.activityID)).count == 2)
    #expect(Set(after.map(\.activityID)).count == 1)
  }

  @Test("an approval that is misused teaches nothing")
  func misused() throws {
    var history = History()
    history.addOffice(count: 20, days: 0..<80, seed: 4)
    for day in [60, 61] {
      history.trigger("report-1", by: "worker-7", at: History.at(day: day, hour: 3.1))
    }
    var configuration = History.configuration("off_hours", "approval_misuse", pMax: 0.005)
    func toldAgain(_ prepare: (inout History) -> Void) throws -> Bool {
      let first = try #require(
        history.findings(configuration).first { $0.timestamp > History.at(day: 60, hour: 3.1) })
      var taught = history
      prepare(&taught)
      taught.approval(
        History.at(day: 60, hour: 10), .given, by: "worker-9", .finding, of: first.findingID)
      return taught.findings(configuration).contains {
        $0.rule == "off_hours" && $0.principal == "worker-7"
          && $0.timestamp > History.at(day: 61, hour: 3.1)
      }
    }
    #expect(try !toldAgain { _ in })
    #expect(
      try toldAgain {
        $0.approval(History.at(day: 60, hour: 9), .requested, by: "worker-9", .finding)
      })
    #expect(
      try toldAgain {
        $0.decision(
          History.at(day: 60, hour: 9), .deny, by: "worker-9", action: "approval:give")
      })
    configuration.enabledRules = ["off_hours"]
    #expect(try !toldAgain { _ in })
  }

  @Test("an approval teaches once, whoever repeats it")
  func once() throws {
    var history = History()
    history.addOffice(count: 20, days: 0..<80, seed: 4)
    for day in [60, 61] {
      history.trigger("report-1", by: "worker-7", at: History.at(day: day, hour: 3.1))
    }
    let configuration = History.configuration("off_hours", pMax: 0.999)
    let flagged = try #require(
      history.findings(configuration).first { $0.timestamp > History.at(day: 60, hour: 3.1) })
    func p(_ count: Int) throws -> Double {
      var taught = history
      for index in 0..<count {
        taught.approval(
          History.at(day: 60, hour: 10 + Double(index)), .given, "a-\(index)", by: "auditor",
          .finding, of: flagged.findingID)
      }
      let at = History.at(day: 61, hour: 3.1).advanced(bySeconds: 1)
      return try #require(taught.findings(configuration).first { $0.timestamp == at }).pValue
    }
    #expect(try p(1) == p(3))
    #expect(try p(0) < p(1))
  }
}
