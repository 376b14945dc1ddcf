import GatewayAndScheduler
import Ingest
import Testing

@Suite struct AccessPolicyReadingTests {
  private static func rule(_ members: String) -> String {
    "{rules: [{name: 'a', effect: 'permit', principals: ['*'], actions: ['run:view'],\n \(members)}]}"
  }

  @Test(
    "a mistake is told with its place, what was found and what was expected",
    arguments: [
      ("", "line 1, column 1", "the end of the text"),
      ("{rules: [\n  {nam: 'a'}]}", "line 2, column 3", "found no key \"name\""),
      ("{zone: 'Mars/Base'}", "line 1, column 8", "expected an IANA time zone"),
      ("{roles: {a: {}}}", "line 1, column 13", "a role without members"),
      ("{roles: {a: {group: ['x']}}}", "line 1, column 14", "did you mean \"groups\"?"),
      ("{roles: {a: {groups: []}}}", "line 1, column 22", "found 0 values"),
      ("{roles: {a: {principals: ['a', '']}}}", "line 1, column 26", "strings that are not empty"),
      ("{roles: {a: {types: ['robot']}}}", "line 1, column 21", "expected one of \"human\""),
      (rule("roles: ['ops']"), "line 2, column 9", "found unknown role \"ops\""),
      (rule("when: {hours: 'mon 8-9'}"), "line 2, column 16", "business hours"),
      (rule("when: {networks: ['10.1.0.0/8']}"), "line 2, column 19", "found \"10.1.0.0/8\""),
      (rule("when: {zone: 'Europe/Berlin'}"), "line 2, column 15", "without hours or holidays"),
      (rule("when: {off_hours_p_below: 0}"), "line 2, column 28", "a number from"),
      (rule("limits: {open_runs_of_job: 1}"), "line 2, column 10", "without run:trigger"),
      (
        "{rules: [{name: 'a', effect: 'permit', actions: ['run:view']}]}", "line 1, column 17",
        "for nobody"
      ),
      (
        "{rules: [{name: 'a', effect: 'permit', principals: ['*']}]}", "line 1, column 17",
        "names no actions"
      ),
      (
        "{rules: [{name: 'default', effect: 'permit', principals: ['*'], actions: ['*']}]}",
        "line 1, column 17", "none of default"
      ),
      (
        "{rules: [{name: 'a', effect: 'permit', principals: ['*'], actions: ['trigger']}]}",
        "line 1, column 68", "an action or a pattern"
      ),
      (
        "{rules: [{name: 'a', effect: 'permit', principals: ['*'], actions: ['public']}]}",
        "line 1, column 68", "an action or a pattern"
      ),
      (
        "{rules: [{name: 'a', effect: 'deny', principals: ['*'], actions: ['*'], limits: {open_runs_of_job: 1}}]}",
        "line 1, column 81", "a rule that denies"
      ),
      ("{holidays: ['2026-02-30']}", "line 1, column 12", "2026-02-30"),
      ("{holidays: ['none.ics']}", "line 1, column 12", "nothing there"),
    ])
  func mistakes(text: String, place: String, words: String) throws {
    let error = try #require(throws: ConfigurationError.self) { try PolicyBuild.policy(text) }
    #expect(error.description.contains(place) && error.description.contains(words), "\(error)")
  }

  @Test("two rules of one name are refused at the second")
  func names() throws {
    let rule = "{name: 'a', effect: 'permit', principals: ['*'], actions: ['*']}"
    let error = try #require(throws: ConfigurationError.self) {
      try PolicyBuild.policy("{rules: [\(rule),\n\(rule)]}")
    }
    #expect(error.place.line == 2)
  }

  @Test("holidays come from a calendar beside the policy")
  func calendar() throws {
    let text = """
      {holidays: ["days.ics"], rules: [
        {name: "a", effect: "permit", principals: ["*"], actions: ["*"], when: {holidays: true}}]}
      """
    let calendar =
      "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20261124\nEND:VEVENT\nEND:VCALENDAR\n"
    let policy = try PolicyBuild.policy(text, calendars: ["days.ics": calendar])
    let ada = PolicyBuild.identity("ada")
    #expect(policy.decide(PolicyBuild.trigger(by: ada)).rule == "a")
    let day = PolicyBuild.time("2026-11-25T00:00:00Z")
    #expect(policy.decide(PolicyBuild.trigger(by: ada, at: day)).rule == "default")
  }

  @Test("an empty policy denies everybody everything")
  func empty() throws {
    let policy = try PolicyBuild.policy("{}")
    #expect(policy.decide(PolicyBuild.trigger(by: PolicyBuild.identity("root"))).effect == .deny)
  }
}
