import GatewayAndScheduler
import Ingest
import Testing

@Suite struct PolicyCasesTests {
  private func read(_ text: String) throws(ConfigurationError) -> [PolicyCases.Case] {
    try PolicyCases(Array(text.utf8).span, file: "cases.json5", routes: .standard).cases
  }

  @Test("accounts and cases become questions")
  func questions() throws {
    let cases = try read(
      """
      {
        at: "2026-11-24T09:00:00+01:00",
        accounts: {
          ada: {groups: ["ops"], zone: "Europe/Berlin", credential: "oidc"},
          ci: {principal: "svc-ci", type: "service", scopes: ["run:trigger:etl"]},
        },
        cases: [
          {who: "ada", action: "run:kill", job: "etl", expect: "deny"},
          {name: "by path", who: "ci", request: "POST /jobs/etl/runs", at: "2026-11-24T23:00:00Z",
           from: "10.0.0.1", open_runs_of_job: 1, open_runs_of_principal: 2, trigger_ages: [1, 2.5],
           off_hours_p: 0.01, expect: "permit", rule: "ci"},
          {request: "POST /jobs//runs", expect: "deny", rule: "route"},
        ],
      }
      """)
    #expect(cases.map(\.name) == ["case 1", "by path", "case 3"])
    #expect(
      cases[0].question.at == PolicyBuild.tuesday && cases[0].question.identity?.credential == .oidc
    )
    let second = cases[1].question
    #expect(second.action == "run:trigger" && second.job == "etl" && second.remoteIP == "10.0.0.1")
    #expect(second.identity?.principal == "svc-ci" && second.identity?.issuer == "vigil")
    #expect(
      second.identity?.credential == .serviceToken && second.identity?.scopes == ["run:trigger:etl"]
    )
    #expect(second.facts.openRunsOfJob == 1 && second.facts.triggerAges == [1, 2.5])
    #expect(second.facts.offHoursP == 0.01 && second.facts.openRunsOfPrincipal == 2)
    #expect(cases[2].question.action.isEmpty && cases[2].question.identity == nil)
    let denied = AccessDecision(.deny, rule: "route", reason: "", policySHA256: "")
    #expect(cases[2].isMet(by: denied) && cases[0].isMet(by: denied) && !cases[1].isMet(by: denied))
    #expect(
      !cases[2].isMet(by: AccessDecision(.deny, rule: "default", reason: "", policySHA256: "")))
  }

  @Test(
    "mistakes have their place",
    arguments: [
      ("{}", "\"cases\": found 0"),
      ("{cases: [{action: 'a:b', expect: 'deny'}]}", "found no \"at\""),
      ("{at: 'now', cases: []}", "expected an instant"),
      (
        "{at: '2026-11-24T00:00:00Z', cases: [{who: 'x', action: 'a:b', expect: 'deny'}]}",
        "unknown account \"x\""
      ),
      (
        "{at: '2026-11-24T00:00:00Z', cases: [{expect: 'deny'}]}",
        "neither \"action\" nor \"request\""
      ),
      (
        "{at: '2026-11-24T00:00:00Z', cases: [{action: 'a:b', request: 'GET /', expect: 'deny'}]}",
        "expected it alone"
      ),
      (
        "{at: '2026-11-24T00:00:00Z', cases: [{action: 'a:b', expect: 'maybe'}]}",
        "one of \"permit\""
      ),
      (
        "{at: '2026-11-24T00:00:00Z', cases: [{action: 'a:b', expect: 'deny', trigger_ages: ['x']}]}",
        "numbers of seconds"
      ),
      ("{accounts: {a: {scopes: ['run']}}, cases: []}", "expected scopes"),
    ])
  func mistakes(text: String, words: String) throws {
    let error = try #require(throws: ConfigurationError.self) { try read(text) }
    #expect(error.description.contains(words), "\(error)")
  }
}
