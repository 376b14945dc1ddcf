import Correlate
import Detect
import Ingest
import Testing

@Suite struct ApprovalMisuseRuleTests {
  private static let configuration = History.configuration("approval_misuse")
  private static let noon = History.at(day: 1, hour: 12)

  private static func at(_ minute: Double) -> Timestamp { noon.advanced(bySeconds: minute * 60) }

  private static func reasons(_ edit: (inout History) -> Void) -> [String] {
    var history = History()
    edit(&history)
    return history.findings(configuration).compactMap { $0.text("reason") }
  }

  @Test("asked, given by another, used once in time: nothing")
  func sound() {
    let reasons = ApprovalMisuseRuleTests.reasons { history in
      let run = history.trigger("etl", by: "anna", at: ApprovalMisuseRuleTests.at(30))
      let expiry = ApprovalMisuseRuleTests.at(60)
      history.approval(
        ApprovalMisuseRuleTests.at(0), .requested, by: "anna", of: run.runID, expiresAt: expiry)
      history.decision(
        ApprovalMisuseRuleTests.at(4), .deny, by: "boris", action: "approval:give")
      history.decision(
        ApprovalMisuseRuleTests.at(5), .permit, by: "boris", action: "approval:give")
      history.approval(ApprovalMisuseRuleTests.at(5), .given, by: "boris", of: run.runID)
      history.approval(ApprovalMisuseRuleTests.at(30), .used, by: "anna", of: run.runID)
    }
    #expect(reasons.isEmpty)
  }

  @Test("an approval by who asked for it")
  func selfApproval() throws {
    var history = History()
    let asked = history.approval(ApprovalMisuseRuleTests.at(0), .requested, by: "anna", of: "r-1")
    let given = history.approval(ApprovalMisuseRuleTests.at(1), .given, by: "anna", of: "r-1")
    let findings = history.findings(ApprovalMisuseRuleTests.configuration)
    let found = try #require(findings.first)
    #expect(findings.count == 1)
    #expect(found.text("reason") == "self_approval" && found.severity == .high)
    #expect(found.evidence == [asked, given] && found.runID == "r-1")
    #expect(found.timestamp == ApprovalMisuseRuleTests.at(1))
    #expect(
      found.explanation
        == "anna gave approval a-1 of run r-1: they had asked for it themselves")
  }

  @Test("an approval of one's own run, though somebody else asked, and after it began")
  func ownRun() {
    let reasons = ApprovalMisuseRuleTests.reasons { history in
      let run = history.trigger("etl", by: "anna", at: ApprovalMisuseRuleTests.at(0))
      history.approval(ApprovalMisuseRuleTests.at(2), .requested, by: "cron", of: run.runID)
      history.approval(ApprovalMisuseRuleTests.at(3), .given, by: "anna", of: run.runID)
    }
    #expect(reasons == ["self_approval", "after_the_fact"])
  }

  @Test("an approval within the clocks' tolerance of the start is in time")
  func tolerance() {
    for (second, count) in [(1.5, 0), (2.9, 0), (3.5, 1)] {
      let reasons = ApprovalMisuseRuleTests.reasons { history in
        // The run starts a second after its trigger.
        let run = history.trigger("etl", by: "anna", at: ApprovalMisuseRuleTests.at(0))
        history.approval(
          ApprovalMisuseRuleTests.at(0).advanced(bySeconds: second), .given, by: "boris",
          of: run.runID)
      }
      #expect(reasons.count == count, "\(second) s: \(reasons)")
    }
  }

  @Test("an approval of a finding about oneself")
  func ownFinding() throws {
    var history = History()
    history.addOffice(count: 20, days: 0..<60, seed: 4)
    let activity = history.trigger("report-1", by: "worker-7", at: History.at(day: 50, hour: 3))
    let both = History.configuration("off_hours", "approval_misuse")
    let flagged = try #require(
      history.findings(both).first { $0.activityID == activity.activityID })
    history.approval(
      History.at(day: 50, hour: 9), .given, by: "worker-7", .finding, of: flagged.findingID)
    let misuses = history.findings(both).filter { $0.rule == "approval_misuse" }
    #expect(misuses.map { $0.text("reason") } == ["self_approval"])
  }

  @Test("an approval by someone whom the policy had last denied the right")
  func noRight() throws {
    var history = History()
    history.decision(
      ApprovalMisuseRuleTests.at(-60), .permit, by: "boris", action: "approval:give")
    let denied = history.decision(
      ApprovalMisuseRuleTests.at(-1), .deny, by: "boris", action: "approval:give")
    history.decision(ApprovalMisuseRuleTests.at(-0.5), .permit, by: "boris", action: "run:view")
    let given = history.approval(ApprovalMisuseRuleTests.at(0), .given, by: "boris", of: "r-1")
    let found = try #require(history.findings(ApprovalMisuseRuleTests.configuration).first)
    #expect(found.text("reason") == "no_right" && found.evidence == [denied, given])
  }

  @Test(
    "late, refused, never given, twice: each by its own records",
    arguments: [
      ([("given", 70.0)], ["expired"]), ([("given", 5), ("used", 70)], ["expired"]),
      ([("expired", 10), ("given", 20)], ["expired"]),
      ([("refused", 5), ("given", 6), ("used", 7)], ["refused"]),
      ([("refused", 5), ("used", 7)], ["refused"]), ([("used", 7)], ["not_given"]),
      ([("given", 5), ("used", 7), ("used", 8), ("used", 9)], ["reused", "reused"]),
      ([("given", 5), ("refused", 6)], []),
    ] as [([(String, Double)], [String])])
  func sequence(events: [(String, Double)], expected: [String]) throws {
    let reasons = try ApprovalMisuseRuleTests.events(events, subject: .run)
    #expect(reasons == expected)
  }

  @Test("a suppression may be used again and again")
  func suppression() throws {
    let events = [("given", 5.0), ("used", 7), ("used", 8)]
    #expect(try ApprovalMisuseRuleTests.events(events, subject: .suppression).isEmpty)
  }

  private static func events(
    _ events: [(String, Double)], subject: ApprovalRecord.Subject
  ) throws -> [String] {
    var history = History()
    history.approval(
      at(0), .requested, by: "anna", subject, of: "r-1", expiresAt: at(60))
    for (name, minute) in events {
      let event = try #require(ApprovalRecord.Event(rawValue: name))
      history.approval(at(minute), event, by: "boris", subject, of: "r-1")
    }
    return history.findings(configuration).compactMap { $0.text("reason") }
  }

  @Test("an approval of one run that is used for another")
  func otherSubject() {
    let reasons = ApprovalMisuseRuleTests.reasons { history in
      history.approval(ApprovalMisuseRuleTests.at(0), .given, by: "boris", of: "r-1")
      history.approval(ApprovalMisuseRuleTests.at(1), .used, by: "anna", of: "r-2")
    }
    #expect(reasons == ["other_subject"])
  }

  @Test("p is the honest share of misuses among the giver's approvals")
  func share() throws {
    var history = History()
    for index in 0..<9 {
      history.approval(
        ApprovalMisuseRuleTests.at(Double(index)), .given, "a-\(index)", by: "boris",
        of: "r-\(index)")
    }
    history.approval(ApprovalMisuseRuleTests.at(20), .requested, "b", by: "boris", of: "x")
    history.approval(ApprovalMisuseRuleTests.at(21), .given, "b", by: "boris", of: "x")
    let found = try #require(history.findings(ApprovalMisuseRuleTests.configuration).first)
    #expect(abs(found.pValue - 0.5 / 10) < 1e-12)
    #expect(found.history == Finding.History(events: 9, days: 1))
  }
}
