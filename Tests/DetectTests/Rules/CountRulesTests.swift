import Correlate
import Detect
import Ingest
import Testing

@Suite struct CountRulesTests {
  private static func request(
    _ at: Timestamp, _ principal: String?, _ status: Int, address: String = "192.0.2.1",
    requestID: String? = "r"
  ) -> IndexedRecord {
    var request = RequestRecord()
    request.principal = principal
    request.requestID = requestID
    request.remoteIP = address
    request.status = status
    let header = RecordHeader(timestamp: at, source: "caddy/edge-1", id: at.rfc3339)
    return IndexedRecord(index: 0, record: Record(header: header, body: .request(request)))
  }

  @Test("a burst of triggers is told while it runs, and the usual load is not")
  func triggerBurst() throws {
    var history = History()
    history.addOffice(count: 20, days: 0..<60, seed: 2)
    for index in 0..<60 {
      history.trigger(
        "report-1", by: "worker-3", at: History.at(day: 57, hour: 10.01 + Double(index) / 300))
    }
    let findings = history.findings(History.configuration("trigger_burst"))
    let found = findings.filter { $0.timestamp > History.at(day: 57, hour: 10) }
    #expect(Set(found.map(\.principal)) == ["worker-3"])
    let first = try #require(found.first)
    #expect(first.timestamp < History.at(day: 57, hour: 10.15))
    #expect(first.explanation.contains("were usual"))
  }

  @Test(
    "refusals count by principal, and by address when anonymous",
    arguments: [
      ("mallory", 403, RequestOutcome.denied), (nil, 401, .unauthenticated),
    ] as [(String?, Int, RequestOutcome)])
  func deniedBurst(principal: String?, status: Int, outcome: RequestOutcome) throws {
    var history = History()
    for day in 0..<40 {
      for person in 0..<12 {
        let at = History.at(day: day, hour: 9 + Double(person) / 2)
        let record = CountRulesTests.request(at, "worker-\(person)", 403)
        history.append(at, .request(record, .denied))
      }
    }
    for index in 0..<50 {
      let at = History.at(day: 41, hour: 3 + Double(index) / 100)
      let record = CountRulesTests.request(at, principal, status, address: "198.51.100.7")
      history.append(at, .request(record, outcome))
    }
    let findings = history.findings(History.configuration("denied_burst"))
    let found = try #require(findings.first)
    #expect(findings.count == 1)
    #expect(found.principal == principal)
    #expect(found.explanation.contains(principal ?? "198.51.100.7"))
  }

  @Test(
    "a streak of failing runs is told, single failures are not",
    arguments: 1...3 as ClosedRange<UInt64>)
  func retryStorm(seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    var history = History()
    for day in 0..<60 {
      for job in 0..<8 {
        let fails = random.uniform() < 0.05
        history.trigger(
          "job-\(job)", by: "cron", at: History.at(day: day, hour: 2 + Double(job) / 4),
          seconds: fails ? 20 : 600, state: fails ? .failed : .succeeded)
      }
    }
    for index in 0..<15 {
      history.trigger(
        "job-2", by: "cron", at: History.at(day: 60, hour: 2 + Double(index) / 100), seconds: 10,
        state: index % 2 == 0 ? .failed : .succeeded)
    }
    let findings = history.findings(History.configuration("retry_storm"))
    #expect(Set(findings.map(\.job)) == ["job-2"], "seed \(seed)")
    #expect(findings.allSatisfy { $0.timestamp > History.at(day: 60, hour: 0) }, "seed \(seed)")
  }

  @Test("a first trigger of somebody else's job is told, a new job and a shared one are not")
  func firstSeen() {
    var history = History()
    history.addOffice(count: 20, days: 0..<60, seed: 3)
    for day in 0..<60 { history.trigger("vault", by: "olga", at: History.at(day: day, hour: 9)) }
    let foreign = history.trigger("vault", by: "worker-3", at: History.at(day: 58, hour: 10))
    let new = history.trigger("fresh", by: "worker-4", at: History.at(day: 58, hour: 11))
    let findings = history.findings(History.configuration("first_seen"))
    #expect(findings.contains { $0.activityID == foreign.activityID })
    #expect(!findings.contains { $0.activityID == new.activityID })
    #expect(findings.filter { $0.timestamp > History.at(day: 30, hour: 0) }.count == 1)
  }

  @Test("a schedule that is missed is told at the instant, an irregular job never")
  func missedSchedule() throws {
    var random = SplitMix(seed: 5)
    var history = History()
    for day in 0..<60 {
      history.trigger(
        "nightly", by: "cron", at: History.at(day: day, hour: 2 + random.uniform() / 60))
      if random.uniform() < 0.4 {
        history.trigger("adhoc", by: "anna", at: History.at(day: day, hour: 24 * random.uniform()))
      }
    }
    let findings = history.findings(
      History.configuration("missed_schedule"), end: History.at(day: 80, hour: 0))
    let found = try #require(findings.last)
    #expect(Set(findings.map(\.job)) == ["nightly"])
    #expect(found.timestamp > History.at(day: 60, hour: 2))
    #expect(found.timestamp < History.at(day: 62, hour: 0))
  }

  @Test("an hour in which requests lose their principal is told at its end")
  func coverageGap() throws {
    var history = History()
    for day in 0..<30 {
      for minute in 0..<120 {
        let at = History.at(day: day, hour: 9 + Double(minute) / 60)
        let isBroken = day == 29 && minute >= 60
        let principal = isBroken || minute % 25 == 0 ? nil : "anna"
        history.append(at, .request(CountRulesTests.request(at, principal, 200), .answered))
      }
    }
    let findings = history.findings(
      History.configuration("coverage_gap"), end: History.at(day: 29, hour: 12))
    let found = try #require(findings.first)
    #expect(findings.count == 1)
    #expect(found.timestamp == History.at(day: 29, hour: 11))
    #expect(found.explanation.contains("carried no principal"))
  }

  @Test("a gateway that falls silent is told by the clock")
  func silence() throws {
    var random = SplitMix(seed: 6)
    var history = History()
    for day in 0..<40 {
      for index in 0..<100 {
        let at = History.at(day: day, hour: (Double(index) + random.uniform()) * 0.24)
        history.append(at, .request(CountRulesTests.request(at, "anna", 200), .answered))
      }
    }
    let findings = history.findings(
      History.configuration("coverage_gap"), end: History.at(day: 50, hour: 0))
    let found = try #require(findings.last)
    #expect(found.explanation.contains("nothing came from caddy/edge-1"))
    #expect(found.timestamp < History.at(day: 41, hour: 0))
  }
}
