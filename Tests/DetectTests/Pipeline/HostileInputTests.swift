import Correlate
import Detect
import Ingest
import Testing

/// Numbers, names and floods that only somebody who means harm, or a broken emitter, would send.
@Suite struct HostileInputTests {
  private static func configuration(
    _ rules: String..., pMax: Double? = nil
  ) -> DetectionConfiguration {
    var configuration = DetectionConfiguration()
    configuration.enabledRules = Set(rules)
    configuration.pMax = pMax
    return configuration
  }

  /// Findings and their sums, all of which JSON can hold; the encoder traps where one cannot.
  private static func explained(
    _ history: History, _ configuration: DetectionConfiguration
  ) -> [ExplainedFinding] {
    var pipeline = DetectionPipeline(
      configuration: configuration, zones: FixedZones(), identify: History.identify)
    pipeline.explain(prefixes: [""])
    for event in history.inOrder { _ = pipeline.observe(event) }
    return pipeline.takeExplained()
  }

  @Test("numbers at the ends of what a float holds leave every finding and every step finite")
  func extremeQuantities() {
    var history = History()
    for day in 0..<120 {
      for hour in 8..<12 {
        let isForged = [60, 61, 62, 70, 80, 90].contains(day) && hour == 10
        history.trigger(
          "etl", by: "anna", at: History.at(day: day, hour: Double(hour)), seconds: 10
        ) {
          $0.cpuSeconds = isForged ? 1e308 : 1e-300
          $0.maxRSSBytes = isForged ? Int.max : 1
        }
      }
    }
    let all = HostileInputTests.explained(
      history, HostileInputTests.configuration("resource_blowup", "runaway", pMax: 0.02))
    #expect(!all.isEmpty)
    for each in all {
      #expect(!each.finding.encoded().isEmpty)
      #expect(each.working.steps.allSatisfy { $0.value.isFinite }, "\(each.working.steps)")
      #expect(each.working.steps.allSatisfy { $0.operands.allSatisfy { $0.value.isFinite } })
      #expect(each.working.pValue == each.finding.pValue)
    }
  }

  @Test("a duration that reaches beyond its own record does not stop what all jobs learn")
  func forgedDuration() throws {
    var history = History()
    var random = SplitMix(seed: 3)
    for day in 0..<120 {
      for hour in 8..<14 {
        let seconds = 300 * Elementary.exp(0.3 * random.normal())
        history.trigger(
          "etl", by: "anna", at: History.at(day: day, hour: Double(hour)), seconds: seconds)
      }
    }
    var forged = history.activity("other", principal: "eve")
    forged.startedAt = History.at(day: 50, hour: 20)
    history.add(History.at(day: 50, hour: 20), .started, forged)
    forged.endedAt = History.at(day: 50, hour: 21)
    forged.durationSeconds = 5e9
    forged.state = .succeeded
    history.add(History.at(day: 50, hour: 21), .ended, forged)
    for day in [60, 110] {
      history.trigger("etl", by: "anna", at: History.at(day: day, hour: 16), seconds: 30_000)
    }
    let told = history.findings(HostileInputTests.configuration("runaway", pMax: 0.02))
      .filter { $0.job == "etl" && $0.timestamp > History.at(day: 55, hour: 0) }
    let shares = Set(told.compactMap { $0.number("rank_share") })
    #expect(shares.count > 1, "the ranks stand still: \(shares)")
  }

  @Test(
    "a flood of addresses does not blind denied_burst to those who come after it",
    .enabled(if: LongForm.isWanted))
  func addresses() {
    var history = History()
    func refused(_ address: String, at: Timestamp) {
      var request = RequestRecord()
      request.remoteIP = address
      request.status = 401
      let header = RecordHeader(timestamp: at, source: "caddy/edge-1", id: "\(address) \(at)")
      history.append(
        at,
        .request(
          IndexedRecord(index: 0, record: Record(header: header, body: .request(request))),
          .unauthenticated))
    }
    for hour in 0..<100 {
      for person in 0..<30 {
        refused("198.51.100.\(person)", at: History.at(day: -9, hour: Double(hour)))
      }
    }
    for index in 0..<100_001 {
      refused("2001:db8::\(index)", at: History.at(day: 0, hour: Double(index) / 10_000))
    }
    for index in 0..<200 { refused("192.0.2.7", at: History.at(day: 1, hour: Double(index) / 300)) }
    let told = history.findings(HostileInputTests.configuration("denied_burst", pMax: 0.001))
    #expect(!told.isEmpty && told.allSatisfy { $0.explanation.contains("192.0.2.7") })
  }

  @Test(
    "runs that never end, more than are watched, do not blind runaway to the next",
    .enabled(if: LongForm.isWanted))
  func endlessRuns() {
    var history = History()
    for day in 0..<40 {
      history.trigger("etl", by: "anna", at: History.at(day: day, hour: 9), seconds: 300)
      history.trigger("flood", by: "anna", at: History.at(day: day, hour: 9), seconds: 50_000)
    }
    for index in 0..<100_001 {
      var run = history.activity("flood", principal: nil)
      run.startedAt = History.at(day: 41, hour: Double(index) / 1e6)
      history.add(run.startedAt ?? .earliest, .started, run)
    }
    history.trigger("etl", by: "anna", at: History.at(day: 41, hour: 1), seconds: nil)
    let told = history.findings(
      HostileInputTests.configuration("runaway", pMax: 0.05),
      end: History.at(day: 41, hour: 4))
    #expect(told.contains { $0.job == "etl" && $0.timestamp > History.at(day: 41, hour: 1) })
  }

  @Test("what cannot be is told without spending what the statistics may")
  func skewSpendsNothing() {
    var history = History()
    history.addOffice(count: 20, days: 0..<80, seed: 9)
    for day in 0..<80 {
      for hour in 0..<10 {
        let at = History.at(day: day, hour: Double(hour))
        history.trigger("other-\(day)-\(hour)", by: "anna", at: at) {
          $0.requestedAt = at.advanced(bySeconds: 90)
        }
      }
    }
    var configuration = HostileInputTests.configuration("runaway", "first_seen", "clock_skew")
    let told = history.findings(configuration)
    configuration.clockSkewToleranceSeconds = 1e6
    let without = history.findings(configuration)
    #expect(Set(told.filter { $0.rule == "clock_skew" }.map(\.activityID)).count == 800)
    #expect(!without.isEmpty && told.filter { $0.rule != "clock_skew" } == without)
  }
}

extension Finding {
  /// The number of an expected fact.
  fileprivate func number(_ name: String) -> Double? {
    for fact in expected where fact.name == name {
      if case .number(let number) = fact.value { return number }
    }
    return nil
  }
}
