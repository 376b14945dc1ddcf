import GatewayAndScheduler
import Ingest
import Testing

@Suite struct PolicyCheckTests {
  private func doubts(_ text: String, jobs: [String]? = nil) throws -> [PolicyCheck.Doubt] {
    PolicyCheck.doubts(try PolicyBuild.policy(text), jobs: jobs)
  }

  /// Whether the second rule is unreachable behind the first; both permit everybody everything unless
  /// they say otherwise.
  private func isShadowed(_ second: String, behind first: String) throws -> Bool {
    func rule(_ name: String, _ members: String) -> String {
      var text = "name: '\(name)', effect: 'permit'" + (members.isEmpty ? "" : ", " + members)
      if !members.contains("actions") { text += ", actions: ['*']" }
      if !["roles", "groups", "principals"].contains(where: members.contains) {
        text += ", principals: ['*']"
      }
      return "{\(text)}"
    }
    let policy = """
      {roles: {ops: {groups: ["ops", "sre"]}, tight: {groups: ["ops"], types: ["human"]}}, rules: [
      \(rule("first", first)),
      \(rule("second", second))]}
      """
    return try doubts(policy).contains { $0.kind == .unreachable && $0.place?.line == 3 }
  }

  @Test(
    "a rule is unreachable where one earlier rule takes all of it",
    arguments: [
      ("jobs: ['etl-*']", ""), ("jobs: ['etl-daily']", "jobs: ['etl-*']"),
      ("jobs: ['etl-a*']", "jobs: ['etl-*', 'x']"),
      ("actions: ['run:trigger']", "actions: ['run:*']"),
      ("groups: ['ops']", "groups: ['ops', 'dev']"),
      ("roles: ['ops']", "principals: ['*']"), ("roles: ['tight']", "roles: ['ops']"),
      ("groups: ['ops']", "roles: ['ops']"),
      ("principals: ['svc-ci']", "principals: ['svc-*']"), ("when: {holidays: true}", ""),
      ("when: {hours: 'mon 09:00-10:00'}", "when: {hours: 'mon-fri 08:00-18:00'}"),
      ("when: {holidays: true, zone: 'UTC'}", "when: {hours: 'mon-sun 00:00-24:00', zone: 'UTC'}"),
      ("when: {networks: ['10.1.0.0/16']}", "when: {networks: ['10.0.0.0/8']}"),
      ("when: {types: ['human']}", "when: {types: ['human', 'service']}"),
      ("when: {off_hours_p_below: 0.01}", "when: {off_hours_p_below: 0.1}"),
      ("limits: {open_runs_of_job: 1}", "limits: {open_runs_of_job: 1}"),
    ])
  func unreachable(second: String, first: String) throws {
    #expect(try isShadowed(second, behind: first))
  }

  @Test(
    "and is not called so where it can be reached",
    arguments: [
      ("", "jobs: ['*']"), ("jobs: ['etl-*']", "jobs: ['etl-a*']"),
      ("jobs: ['*a']", "jobs: ['a*']"),
      ("actions: ['run:*']", "actions: ['run:trigger']"), ("groups: ['ops']", "roles: ['tight']"),
      ("roles: ['ops']", "groups: ['ops']"), ("principals: ['svc-*']", "principals: ['svc-ci']"),
      ("", "when: {holidays: false}"),
      ("when: {hours: 'mon 07:59-10:00'}", "when: {hours: 'mon-fri 08:00-18:00'}"),
      ("when: {hours: 'mon 09:00-10:00', zone: 'UTC'}", "when: {hours: 'mon-fri 08:00-18:00'}"),
      ("when: {networks: ['0.0.0.0/0']}", "when: {networks: ['10.0.0.0/8']}"),
      ("when: {networks: ['::/0']}", "when: {networks: ['0.0.0.0/0']}"),
      ("when: {credentials: ['oidc']}", "when: {credentials: ['session']}"),
      ("when: {off_hours_p_below: 0.1}", "when: {off_hours_p_below: 0.01}"),
    ])
  func reachable(second: String, first: String) throws {
    #expect(try !isShadowed(second, behind: first))
  }

  private static let text = """
    {roles: {ops: {groups: ["ops"]}, idle: {groups: ["x"]}}, rules: [
      {name: "a", effect: "deny", principals: ["*"], actions: ["run:kill"], jobs: ["report"]},
      {name: "b", effect: "permit", roles: ["ops"], actions: ["run:*"], jobs: ["etl-*", "report", "gone-*"]},
      {name: "c", effect: "hold", roles: ["ops"], actions: ["run:trigger"], jobs: ["ad-hoc"]},
    ]}
    """

  @Test("unknown jobs, unused roles and holes are told with their places")
  func everything() throws {
    let found = try doubts(Self.text, jobs: ["etl-a", "report", "ad-hoc"])
    #expect(
      found.map { "\($0.kind.rawValue) \($0.place?.line ?? 0): \($0.text)" } == [
        "unused_role 1: role \"idle\" is in no rule",
        "unknown_job 3: rule \"b\" names \"gone-*\": no job has such a name",
        "hole 0: nobody may run:view of ad-hoc", "hole 0: nobody may run:kill of report, ad-hoc",
        "hole 0: nobody may job:view of any job",
        "hole 0: nobody may approval:view, and a rule holds runs for approval",
        "hole 0: nobody may approval:give, and a rule holds runs for approval",
      ])
    #expect(found.filter(\.isProblem).count == 2)
  }

  @Test("without a list of jobs nothing is said of them")
  func noJobs() throws {
    #expect(
      try doubts(Self.text).filter { $0.text.contains(" of ") || $0.kind == .unknownJob }.isEmpty)
  }
}
