import Correlate
import Detect
import Ingest
import Testing

/// The sums behind findings: made from what they show, equal to the last bit.
@Suite struct WorkingTests {
  static let rules: Set<String> = [
    "off_hours", "runaway", "resource_blowup", "first_seen", "run_without_request",
    "request_without_run", "trigger_burst", "denied_burst", "retry_storm", "missed_schedule",
    "non_owner", "clock_skew", "coverage_gap", "token_after_rotation", "approval_misuse",
  ]

  private static func request(_ at: Timestamp, _ principal: String?, _ serial: Int) -> IndexedRecord
  {
    var request = RequestRecord()
    request.requestID = principal == nil ? nil : "q-\(serial)"
    request.principal = principal
    request.remoteIP = "192.0.2.9"
    let header = RecordHeader(timestamp: at, source: "caddy/edge", id: "\(serial)")
    return IndexedRecord(
      index: 100_000 + serial, record: Record(header: header, body: .request(request)))
  }

  /// A site on which every rule has something to say.
  private static func everything() -> History {
    var history = History()
    history.addOffice(count: 9, days: 0..<40, seed: 3)
    var random = SplitMix(seed: 4)
    for day in 0..<40 {
      history.append(
        History.at(day: day, hour: 10.5),
        .request(request(History.at(day: day, hour: 10.5), "eve", 80_000 + day), .denied))
      history.trigger(
        "nightly", by: "svc", at: History.at(day: day, hour: 2),
        seconds: day == 35 ? 9000 : 100 + 10 * random.uniform()
      ) { activity in
        activity.owner = "svc"
        activity.cpuSeconds = day == 36 ? 900 : 30
        activity.maxRSSBytes = 1_000_000 + day
      }
      for index in 0..<40 {
        let at = History.at(day: day, hour: 8 + Double(index) / 5)
        let isBroken = day == 38 && index >= 20
        history.append(
          at,
          .request(
            request(at, isBroken || index % 9 == 0 ? nil : "anna", day * 100 + index), .answered))
      }
    }
    for index in 0..<30 {
      let at = History.at(day: 37, hour: 14 + Double(index) / 60)
      history.append(
        at, .request(request(at, index % 2 == 0 ? "eve" : nil, 90_000 + index), .denied))
      history.trigger("report-1", by: "worker-1", at: at, seconds: 2, state: .failed) { activity in
        activity.owner = "someone"
      }
    }
    history.trigger("nightly", by: "worker-3", at: History.at(day: 38, hour: 23), seconds: nil) {
      $0.owner = "svc"
    }
    var skewed = history.activity("nightly", principal: "svc")
    skewed.requestedAt = History.at(day: 39, hour: 12)
    skewed.startedAt = History.at(day: 39, hour: 11.9)
    skewed.attempts = 1
    history.add(History.at(day: 39, hour: 12), .triggered, skewed)
    let orphan = history.activity("nightly", principal: nil)
    history.add(History.at(day: 39, hour: 13), .requestMissing, orphan)
    history.control(History.at(day: 20, hour: 8), .tokenRevoked, "t-1")
    history.decision(
      History.at(day: 21, hour: 8), .permit, by: "svc", credential: "t-1", request: "late")
    history.approval(History.at(day: 22, hour: 8), .requested, "a-1", by: "svc", of: "run-1")
    history.approval(History.at(day: 22, hour: 9), .given, "a-1", by: "svc", of: "run-1")
    var lost = history.activity("nightly", principal: "svc")
    lost.requestedAt = History.at(day: 39, hour: 14)
    lost.status = 202
    history.add(History.at(day: 39, hour: 14.1), .runMissing, lost)
    return history
  }

  private static func explained(
    _ history: History, prefixes: [String], edit: (inout DetectionConfiguration) -> Void = { _ in }
  ) -> (findings: [Finding], explained: [ExplainedFinding]) {
    var configuration = DetectionConfiguration()
    configuration.pMax = 0.95
    configuration.businessHours = .init(firstHour: 8, endHour: 18, weekdays: [0, 1, 2, 3, 4])
    edit(&configuration)
    var pipeline = DetectionPipeline(
      configuration: configuration, zones: FixedZones(), identify: History.identify)
    pipeline.explain(prefixes: prefixes)
    var findings: [Finding] = []
    for event in history.inOrder { findings += pipeline.observe(event) }
    findings += pipeline.finish(at: History.at(day: 60, hour: 0))
    return (findings, pipeline.takeExplained())
  }

  @Test("of every rule's every finding the sums come to its p, bit for bit, and the chart marks it")
  func exact() {
    let (findings, explained) = WorkingTests.explained(WorkingTests.everything(), prefixes: [""])
    #expect(explained.map(\.finding) == findings)
    #expect(Set(explained.map(\.finding.rule)) == WorkingTests.rules)
    #expect(explained.contains { $0.finding.observed.contains(.init("reason", "business_hours")) })
    for one in explained {
      let (finding, working) = (one.finding, one.working)
      #expect(working.pValue == finding.pValue, "\(finding.rule) \(finding.findingID)")
      #expect(
        working.chart?.bars.count(where: \.isObserved) == 1, "\(finding.rule): \(working)")
      #expect(!working.history.isEmpty && !working.steps.isEmpty, "\(finding.rule)")
      for step in working.steps {
        #expect(step.value.isFinite && step.operands.allSatisfy(\.value.isFinite), "\(step)")
        #expect(Set(step.operands.map(\.name)).count == step.operands.count, "\(step)")
        #expect(
          step.operands.allSatisfy {
            step.formula.contains($0.name) || step.formula.contains("K")
              || step.formula == "p = 1 up to the threshold"
          }, "\(step)")
      }
    }
  }

  @Test("asking changes no finding, and only what is asked about is explained")
  func onlyAsked() throws {
    let history = WorkingTests.everything()
    let all = WorkingTests.explained(history, prefixes: [""])
    let quiet = WorkingTests.explained(history, prefixes: [])
    #expect(quiet.findings == all.findings && quiet.explained.isEmpty)
    let asked = try #require(all.explained.first { $0.finding.rule == "off_hours" })
    let id = asked.finding.findingID
    let one = WorkingTests.explained(history, prefixes: [id])
    #expect(one.explained == [asked])
    let beginnings = WorkingTests.explained(history, prefixes: [String(id.prefix(6)), "nothing"])
    #expect(beginnings.explained.contains(asked))
  }

  @Test("under a budget the sums are exact too", arguments: [0.5, 2, 50])
  func budget(alertsPerDay: Double) {
    let (findings, explained) = WorkingTests.explained(WorkingTests.everything(), prefixes: [""]) {
      $0.pMax = nil
      $0.budget = .alertsPerDay(alertsPerDay)
    }
    #expect(explained.map(\.finding) == findings && !findings.isEmpty)
    for one in explained {
      #expect(one.working.pValue == one.finding.pValue, "\(one.finding.rule)")
    }
  }

  @Test("the survival among the sums is the one that the finding states")
  func statedSurvival() {
    let (_, explained) = WorkingTests.explained(WorkingTests.everything(), prefixes: [""])
    var count = 0
    for one in explained {
      for fact in one.finding.expected where fact.name == "survival" {
        guard case .number(let stated) = fact.value else { continue }
        let steps = one.working.steps.filter { $0.operands.contains { $0.name == "survival" } }
        #expect(steps.first?.operands.first?.value == stated, "\(one.finding.rule)")
        count += 1
      }
    }
    #expect(count > 20)
  }
}
