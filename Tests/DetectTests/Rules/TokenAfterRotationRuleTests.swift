import Correlate
import Detect
import Ingest
import Testing

@Suite struct TokenAfterRotationRuleTests {
  private static let configuration = History.configuration("token_after_rotation")

  /// Ten days of use, then what `edit` adds from day 10 on.
  private static func findings(_ edit: (inout History) -> Void) -> [Finding] {
    var history = History()
    for day in 0..<10 {
      history.decision(
        History.at(day: day, hour: 9), .permit, by: "svc-ci", credential: "t-1", request: "q\(day)")
    }
    edit(&history)
    return history.findings(configuration)
  }

  @Test(
    "a use after the end is critical when it got through, high when it was denied",
    arguments: [
      (ControlRecord.Event.tokenRotated, DecisionRecord.Effect.permit, Finding.Severity.critical),
      (.tokenRotated, .deny, .high), (.tokenRotated, .hold, .critical),
      (.tokenRevoked, .permit, .critical), (.tokenRevoked, .deny, .high),
    ])
  func used(
    event: ControlRecord.Event, effect: DecisionRecord.Effect, severity: Finding.Severity
  ) throws {
    var indexes: [Int] = []
    let findings = TokenAfterRotationRuleTests.findings { history in
      indexes.append(history.control(History.at(day: 10, hour: 8), event, "t-1"))
      indexes.append(
        history.decision(
          History.at(day: 10, hour: 10), effect, by: "svc-ci", credential: "t-1", request: "late"))
    }
    let found = try #require(findings.first)
    #expect(findings.count == 1)
    #expect(found.severity == severity)
    #expect(found.timestamp == History.at(day: 10, hour: 10))
    #expect(found.principal == "svc-ci" && found.requestID == "late")
    #expect(found.evidence == indexes)
    #expect(abs(found.pValue - 0.5 / 11) < 1e-12)
    #expect(found.history == Finding.History(events: 10, days: 10))
    #expect(found.explanation.contains("credential t-1"), "\(found.explanation)")
    #expect(found.explanation.contains("2 h after it had ceased to be good") || severity != .high)
  }

  @Test("a use within the overlap is none, one after it is", arguments: [3599, 3600, 3601])
  func overlap(second: Int) {
    let findings = TokenAfterRotationRuleTests.findings { history in
      let at = History.at(day: 10, hour: 8)
      history.control(at, .tokenRotated, "t-1", counts: [.init("overlap_s", 3600)])
      history.decision(
        at.advanced(bySeconds: Double(second)), .deny, by: "svc-ci", credential: "t-1")
    }
    #expect(findings.count == (second > 3600 ? 1 : 0))
  }

  @Test("other credentials, earlier uses, uses without an id and a made-again id say nothing")
  func quiet() {
    let findings = TokenAfterRotationRuleTests.findings { history in
      history.control(History.at(day: 10, hour: 8), .tokenRotated, "t-1")
      history.decision(History.at(day: 10, hour: 9), .permit, by: "svc-ci", credential: "t-2")
      history.decision(History.at(day: 10, hour: 9), .permit, by: "svc-ci")
      history.decision(History.at(day: 10, hour: 7), .permit, by: "svc-ci", credential: "t-1")
      history.control(History.at(day: 11, hour: 8), .tokenCreated, "t-1")
      history.decision(History.at(day: 11, hour: 9), .permit, by: "svc-ci", credential: "t-1")
    }
    #expect(findings.isEmpty)
  }

  @Test("a night of attempts is one episode, each its own finding, and maintenance excuses none")
  func episode() {
    var history = History()
    history.control(History.at(day: 10, hour: 1), .tokenRevoked, "t-1")
    for index in 0..<50 {
      let at = History.at(day: 10, hour: 2 + Double(index) / 100)
      history.decision(at, .deny, by: "svc-ci", credential: "t-1", request: "q-\(index)")
    }
    var configuration = TokenAfterRotationRuleTests.configuration
    let night = MaintenanceWindows.Window(
      from: History.at(day: 10, hour: 0), to: History.at(day: 10, hour: 6), name: "")
    configuration.maintenance.parts = [.init(windows: MaintenanceWindows([night]))]
    let findings = history.findings(configuration)
    #expect(findings.count == 50 && Set(findings.map(\.findingID)).count == 50)
    #expect(Set(findings.map(\.episodeID)).count == 1)
    #expect(findings.allSatisfy { $0.severity == .high })
  }
}
