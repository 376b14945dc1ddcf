import Correlate
import Detect
import Ingest
import Testing

@Suite struct MaintenancePlanTests {
  private static func part(
    _ day: Int, hours: ClosedRange<Double>, jobs: [String] = [], sources: [String] = []
  ) -> MaintenancePlan.Part {
    let window = MaintenanceWindows.Window(
      from: History.at(day: day, hour: hours.lowerBound),
      to: History.at(day: day, hour: hours.upperBound), name: "move of the database")
    return .init(windows: MaintenanceWindows([window]), jobs: jobs, sources: sources)
  }

  @Test(
    "a window covers what its lists match, and everything without lists",
    arguments: [
      ([], [], "etl", nil, true), ([], [], nil, nil, true), (["e*"], [], "etl", nil, true),
      (["e*"], [], "report", nil, false), (["e*"], [], nil, "caddy/edge-1", false),
      ([], ["caddy/*"], nil, "caddy/edge-1", true), ([], ["caddy/*"], "etl", nil, false),
      (["e*"], ["caddy/*"], "etl", nil, true), (["e*"], ["caddy/*"], nil, "caddy/a", true),
    ] as [([String], [String], String?, String?, Bool)])
  func scope(jobs: [String], sources: [String], job: String?, source: String?, covers: Bool) {
    var plan = MaintenancePlan()
    plan.parts = [MaintenancePlanTests.part(1, hours: 2...4, jobs: jobs, sources: sources)]
    let at = History.at(day: 1, hour: 3)
    #expect((plan.window(from: at, to: at, job: job, source: source) != nil) == covers)
  }

  @Test("a stretch is covered when any instant of it is, as a scan over all windows says")
  func stretches() {
    var random = SplitMix(seed: 3)
    for _ in 0..<200 {
      let windows = (0..<8).map { _ in
        let from = Double(Int.random(in: 0...40, using: &random))
        return MaintenanceWindows.Window(
          from: History.at(day: 0, hour: from),
          to: History.at(day: 0, hour: from + Double(Int.random(in: 1...9, using: &random))),
          name: "")
      }
      let from = History.at(day: 0, hour: Double(Int.random(in: -2...50, using: &random)))
      let to = from.advanced(bySeconds: Double(Int.random(in: 0...5, using: &random)) * 3600)
      let covered = windows.contains { $0.from <= to && $0.to > from }
      #expect((MaintenanceWindows(windows).window(from: from, to: to) != nil) == covered)
    }
  }

  private static func night(_ part: MaintenancePlan.Part?, again: Bool = true) -> [Finding] {
    var history = History()
    history.addOffice(count: 20, days: 0..<60, seed: 5)
    history.trigger("report-1", by: "worker-7", at: History.at(day: 50, hour: 3.1))
    if again { history.trigger("report-1", by: "worker-7", at: History.at(day: 51, hour: 3.1)) }
    var configuration = History.configuration("off_hours")
    if let part { configuration.maintenance.parts = [part] }
    return history.findings(configuration).filter {
      $0.principal == "worker-7" && $0.timestamp > History.at(day: 50, hour: 2)
    }
  }

  @Test("what falls into a window is told, marked and informational; the night after is an alert")
  func marked() throws {
    let part = MaintenancePlanTests.part(50, hours: 2...5, jobs: ["report-*"])
    let findings = MaintenancePlanTests.night(part)
    #expect(findings.count == 2)
    let first = try #require(findings.first)
    #expect(first.severity == .informational)
    #expect(first.observed.last == .init("maintenance", "move of the database"))
    let second = try #require(findings.last)
    #expect(second.severity > .informational)
    #expect(!second.observed.contains { $0.name == "maintenance" })
    let other = MaintenancePlanTests.night(.init(windows: part.windows, jobs: ["else"]))
    #expect(other.allSatisfy { $0.severity > .informational })
  }

  @Test("what happens in a window teaches nothing: the next night is as strange as without it")
  func teachesNothing() throws {
    let part = MaintenancePlanTests.part(50, hours: 2...5)
    var history = History()
    history.addOffice(count: 20, days: 0..<60, seed: 5)
    let night = History.at(day: 51, hour: 3.1)
    history.trigger("report-1", by: "worker-7", at: night)
    let alone = try #require(
      history.findings(History.configuration("off_hours"))
        .first { $0.timestamp == night.advanced(bySeconds: 1) })
    let after = try #require(MaintenancePlanTests.night(part).last)
    #expect(abs(after.pValue / alone.pValue - 1) < 0.05)
  }

  @Test("runs under maintenance teach no durations")
  func durations() throws {
    func findings(_ parts: [MaintenancePlan.Part]) -> [Finding] {
      var history = History()
      for day in 0..<60 {
        let isLong = day >= 40 && day < 50
        history.trigger(
          "etl", by: "cron", at: History.at(day: day, hour: 2), seconds: isLong ? 9000 : 300)
      }
      history.trigger("etl", by: "cron", at: History.at(day: 61, hour: 2), seconds: 4000)
      var configuration = History.configuration("runaway", pMax: 0.01)
      configuration.maintenance.parts = parts
      return history.findings(configuration).filter { $0.timestamp > History.at(day: 61, hour: 0) }
    }
    let windows = (40..<50).map { MaintenancePlanTests.part($0, hours: 1...6, jobs: ["etl"]) }
    #expect(findings([]).isEmpty)
    #expect(!findings(windows).isEmpty)
  }

  @Test("a run round the gateway within a window is informational, however late it is known")
  func declared() throws {
    var history = History()
    for day in 0..<30 { history.trigger("etl", by: "anna", at: History.at(day: day, hour: 9)) }
    var activity = history.activity("etl", principal: nil)
    activity.startedAt = History.at(day: 30, hour: 3.99)
    let known = History.at(day: 30, hour: 4.2)
    history.add(known, .requestMissing, activity)
    var configuration = History.configuration("run_without_request")
    #expect(history.findings(configuration).map(\.severity) == [.critical])
    configuration.maintenance.parts = [MaintenancePlanTests.part(30, hours: 3...4)]
    #expect(history.findings(configuration).map(\.severity) == [.informational])
  }
}
