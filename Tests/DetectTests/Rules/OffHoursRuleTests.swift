import Correlate
import Detect
import Ingest
import Testing

@Suite struct OffHoursRuleTests {
  private static let configuration = History.configuration("off_hours")

  private static func office(_ seed: UInt64, days: Int = 60) -> History {
    var history = History()
    history.addOffice(count: 20, days: 0..<days, seed: seed)
    return history
  }

  private static func about(_ principal: String, _ findings: [Finding]) -> [Finding] {
    findings.filter { $0.principal == principal }
  }

  @Test(
    "a day worker's account at three in the night is found", arguments: 1...3 as ClosedRange<UInt64>
  )
  func compromisedAccount(seed: UInt64) throws {
    var history = OffHoursRuleTests.office(seed)
    let at = History.at(day: 57, hour: 3.2)
    history.trigger("report-1", by: "worker-7", at: at)
    let findings = OffHoursRuleTests.about(
      "worker-7", history.findings(OffHoursRuleTests.configuration))
    let found = try #require(
      findings.last { $0.timestamp == at.advanced(bySeconds: 1) }, "seed \(seed)")
    #expect(found.pValue < 0.005, "seed \(seed)")
    #expect(found.history.days >= 35)
    #expect(found.explanation.contains("worker-7 triggered report-1 at 03:12"))
    #expect(found.explanation.contains("active days"))
  }

  @Test("a night worker's habit stays quiet", arguments: 1...3 as ClosedRange<UInt64>)
  func nightWorker(seed: UInt64) {
    var history = OffHoursRuleTests.office(seed, days: 90)
    var random = SplitMix(seed: seed &+ 100)
    for day in 0..<90 where day % 7 < 5 {
      for _ in 0..<4 {
        let hour = 25 + 2 * random.normal()
        history.trigger(
          "nightly", by: "night", at: History.at(day: day, hour: min(29, max(21, hour))))
      }
    }
    let findings = OffHoursRuleTests.about(
      "night", history.findings(History.configuration("off_hours", pMax: 0.003)))
    let later = findings.filter { $0.timestamp > History.at(day: 21, hour: 0) }
    #expect(later.isEmpty, "seed \(seed): \(later.map(\.explanation))")
  }

  @Test(
    "neither clock change disturbs a habit at a fixed local hour",
    arguments: [7.5, 1.5, 2.5, 23.75])
  func clockChange(hour: Double) {
    let zones = CentralEurope()
    var configuration = OffHoursRuleTests.configuration
    configuration.siteZone = "Europe/Berlin"
    var history = History()
    for day in 0..<330 where day % 7 < 5 {
      for (name, extra) in [("cron", 0.0), ("other", 1.5), ("third", 3.0)] {
        let utc = History.at(day: day, hour: hour + extra)
        let offset = zones.offsetSeconds(at: utc, zone: "Europe/Berlin") ?? 0
        history.trigger("job", by: name, at: utc.advanced(bySeconds: Double(-offset)))
      }
    }
    let findings = history.findings(configuration, zones: zones)
      .filter { $0.timestamp > History.at(day: 28, hour: 0) }
    #expect(findings.isEmpty, "\(findings.map(\.explanation))")
  }

  @Test(
    "a new shift stops alerting after five days over two weeks, not before",
    arguments: 1...3 as ClosedRange<UInt64>)
  func shiftChange(seed: UInt64) {
    var history = OffHoursRuleTests.office(seed, days: 120)
    for day in 0..<120 where day % 7 < 5 {
      let hour = day < 60 ? 9.0 : 26
      for step in 0..<3 {
        history.trigger(
          "report-2", by: "mover", at: History.at(day: day, hour: hour + Double(step) / 2))
      }
    }
    let findings = OffHoursRuleTests.about(
      "mover", history.findings(OffHoursRuleTests.configuration))
    #expect(findings.contains { $0.timestamp < History.at(day: 63, hour: 0) }, "seed \(seed)")
    let settled = findings.filter { $0.timestamp > History.at(day: 80, hour: 0) }
    #expect(settled.isEmpty, "seed \(seed): \(settled.map(\.explanation))")
  }

  @Test("five hundred triggers in one night are one episode and do not excuse the next night")
  func poisoning() throws {
    var history = OffHoursRuleTests.office(4)
    for index in 0..<500 {
      history.trigger(
        "report-1", by: "worker-7", at: History.at(day: 50, hour: 3 + Double(index) / 1000))
    }
    history.trigger("report-1", by: "worker-7", at: History.at(day: 51, hour: 3.1))
    let findings = OffHoursRuleTests.about(
      "worker-7", history.findings(OffHoursRuleTests.configuration))
    let first = findings.filter {
      $0.timestamp > History.at(day: 50, hour: 2) && $0.timestamp < History.at(day: 50, hour: 5)
    }
    #expect(first.count == 500)
    #expect(Set(first.map(\.episodeID)).count == 1)
    #expect(Set(first.map(\.findingID)).count == 500)
    #expect(findings.contains { $0.timestamp > History.at(day: 51, hour: 2) })
  }

  @Test("a person's approval teaches at once")
  func approval() throws {
    var history = OffHoursRuleTests.office(4)
    let configuration = History.configuration("off_hours", pMax: 0.01)
    let activity = history.trigger(
      "report-1", by: "worker-7", at: History.at(day: 50, hour: 3.1))
    let first = try #require(
      history.findings(configuration)
        .first { $0.activityID == activity.activityID })
    for day in [51, 52, 53] {
      history.trigger("report-1", by: "worker-7", at: History.at(day: day, hour: 3.1))
    }
    var approval = ApprovalRecord(subject: .finding, event: .given)
    approval.subjectID = first.findingID
    approval.principal = "auditor"
    let at = History.at(day: 51, hour: 9)
    let record = Record(
      header: RecordHeader(timestamp: at, source: "vigil/console", id: "a"),
      body: .approval(approval))
    let unapproved = OffHoursRuleTests.about(
      "worker-7", history.findings(configuration))
    history.append(at, .record(IndexedRecord(index: 9, record: record)))
    let approved = OffHoursRuleTests.about(
      "worker-7", history.findings(configuration))
    let night = History.at(day: 53, hour: 0)
    #expect(unapproved.contains { $0.timestamp > night })
    #expect(!approved.contains { $0.timestamp > night })
  }

  @Test("a traveller whose records carry the new zone stays quiet")
  func traveller() {
    var history = OffHoursRuleTests.office(8)
    for day in 0..<60 where day % 7 < 5 {
      let isAway = day >= 40 && day < 54
      for hour in [9.0, 11, 15] {
        history.trigger(
          "report-1", by: "traveller", at: History.at(day: day, hour: hour - (isAway ? 9 : 0))
        ) { $0.zone = isAway ? "Asia/Tokyo" : "UTC" }
      }
    }
    let findings = OffHoursRuleTests.about(
      "traveller",
      history.findings(
        OffHoursRuleTests.configuration, zones: FixedZones(["Asia/Tokyo": 32_400])))
    #expect(!findings.contains { $0.timestamp > History.at(day: 20, hour: 0) })
  }

  @Test("work that lasts into the night is less strange than a start out of nothing")
  func continuation() throws {
    var late = OffHoursRuleTests.office(6)
    for hour in [19.0, 20, 21, 22, 23, 24] {
      late.trigger("report-1", by: "worker-7", at: History.at(day: 57, hour: hour + 0.1))
    }
    var sudden = OffHoursRuleTests.office(6)
    sudden.trigger("report-1", by: "worker-7", at: History.at(day: 58, hour: 0.1))
    let configuration = History.configuration("off_hours", pMax: 0.999)
    let at = History.at(day: 58, hour: 0.1).advanced(bySeconds: 1)
    let long = try #require(late.findings(configuration).last { $0.timestamp == at })
    let short = try #require(sudden.findings(configuration).last { $0.timestamp == at })
    #expect(long.pValue > short.pValue)
  }

  /// A person of the office's hours, or one whose hours are always others, who triggers at four in
  /// the night once.
  private static func oddHour(isIrregular: Bool, seed: UInt64) throws -> Finding {
    var history = OffHoursRuleTests.office(seed)
    var random = SplitMix(seed: seed &+ 7)
    for day in 0..<57 where day % 7 < 5 {
      for _ in 0..<3 {
        let hour = isIrregular ? 7 + 16 * random.uniform() : 13 + 2 * random.normal()
        history.trigger("report-1", by: "odd", at: History.at(day: day, hour: max(7, hour)))
      }
    }
    let at = History.at(day: 58, hour: 4.2)
    history.trigger("report-1", by: "odd", at: at)
    let findings = history.findings(History.configuration("off_hours", pMax: 0.999))
    return try #require(
      findings.last { $0.principal == "odd" && $0.timestamp == at.advanced(bySeconds: 1) })
  }

  private static func number(_ key: String, _ facts: [Finding.Fact]) throws -> Double {
    let fact = try #require(facts.first { $0.name == key })
    guard case .number(let value) = fact.value else { throw Missing(key: key) }
    return value
  }

  private struct Missing: Error { let key: String }

  @Test(
    "an odd hour of somebody whose hours are always odd is less strange",
    arguments: 1...3 as ClosedRange<UInt64>)
  func irregular(seed: UInt64) throws {
    let regular = try OffHoursRuleTests.oddHour(isIrregular: false, seed: seed)
    let irregular = try OffHoursRuleTests.oddHour(isIrregular: true, seed: seed)
    let usual = try [regular, irregular].map {
      try OffHoursRuleTests.number("usual_surprise", $0.expected)
    }
    #expect(usual[0] < usual[1], "seed \(seed): \(usual)")
    #expect(regular.pValue < irregular.pValue, "seed \(seed)")
  }
}
