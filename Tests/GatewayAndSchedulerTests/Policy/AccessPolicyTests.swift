import GatewayAndScheduler
import Ingest
import TestSupport
import Testing

@Suite struct AccessPolicyTests {
  private static let text = """
    {
      zone: "Europe/Berlin",
      holidays: ["2026-12-25"],
      roles: {
        operators: {groups: ["ops"]},
        ci: {principals: ["svc-*"], types: ["service"], issuers: ["vigil"]},
      },
      rules: [
        {name: "no ghosts", effect: "deny", principals: ["ghost"], actions: ["*"]},
        {name: "ops by day", effect: "permit", roles: ["operators"], actions: ["run:*"],
         jobs: ["etl-*"], when: {hours: "mon-fri 08:00-18:00", holidays: false},
         limits: {open_runs_of_job: 2, open_runs_of_principal: 3, triggers: {count: 2, per: "1m"}}},
        {name: "ops at night", effect: "hold", roles: ["operators"], actions: ["run:trigger"],
         jobs: ["etl-*"], when: {networks: ["10.0.0.0/8"]}},
        {name: "ci", effect: "permit", roles: ["ci"], actions: ["run:trigger", "run:view"]},
        {name: "strange", effect: "hold", groups: ["staff"], actions: ["run:trigger"],
         when: {off_hours_p_below: 0.01}},
        {name: "staff", effect: "permit", groups: ["staff"], principals: ["root"],
         actions: ["run:trigger"], when: {credentials: ["session"]}},
      ],
    }
    """

  private func decide(_ question: AccessQuestion) throws -> AccessDecision {
    try PolicyBuild.policy(Self.text).decide(question)
  }

  private static let ada = PolicyBuild.identity("ada", groups: ["ops"])

  @Test(
    "the first rule that matches answers, by local time",
    arguments: [
      ("2026-11-24T08:00:00Z", DecisionRecord.Effect.permit, "ops by day"),
      ("2026-11-24T06:59:59Z", .deny, "default"),
      // Holidays are local days: 25 December begins at 23:00 UTC.
      ("2026-12-24T16:59:59Z", .permit, "ops by day"), ("2026-12-25T10:00:00Z", .deny, "default"),
      ("2026-11-28T10:00:00Z", .deny, "default"),
      // Summer time: eight o'clock is six by UTC.
      ("2026-07-21T06:00:00Z", .permit, "ops by day"), ("2026-07-21T05:59:59Z", .deny, "default"),
    ])
  func hours(at: String, effect: DecisionRecord.Effect, rule: String) throws {
    let answer = try decide(PolicyBuild.trigger(by: Self.ada, at: PolicyBuild.time(at)))
    #expect(answer.effect == effect && answer.rule == rule, "\(answer)")
  }

  @Test("the principal's own zone counts, and one that does not exist counts as none")
  func zones() throws {
    var question = PolicyBuild.trigger(by: Self.ada, at: PolicyBuild.time("2026-11-24T22:00:00Z"))
    #expect(try decide(question).rule == "default")
    question.identity?.zone = "Asia/Tokyo"
    question.at = PolicyBuild.time("2026-11-24T23:30:00Z")
    #expect(try decide(question).rule == "ops by day")
    question.identity?.zone = "../../etc/passwd"
    #expect(try decide(question).rule == "default")
  }

  @Test("networks, and what is not known of them")
  func networks() throws {
    var question = PolicyBuild.trigger(by: Self.ada, at: PolicyBuild.time("2026-11-24T22:00:00Z"))
    for (address, rule) in [
      ("10.1.2.3", "ops at night"), ("::ffff:10.1.2.3", "ops at night"), ("11.0.0.1", "default"),
      ("10.1.2.3, 11.0.0.1", "default"), ("", "default"),
    ] {
      question.remoteIP = address
      #expect(try decide(question).rule == rule, "\(address)")
    }
    question.remoteIP = nil
    #expect(try decide(question).rule == "default")
  }

  @Test("roles hold who meets every one of their keys")
  func roles() throws {
    let good = PolicyBuild.identity("svc-ci", type: .service, issuer: "vigil")
    #expect(try decide(PolicyBuild.trigger("any", by: good)).rule == "ci")
    for other in [
      PolicyBuild.identity("svc-ci", issuer: "vigil"),
      PolicyBuild.identity("svc-ci", type: .service, issuer: "https://elsewhere"),
      PolicyBuild.identity("svc-ci", type: .service),
      PolicyBuild.identity("csv-ci", type: .service, issuer: "vigil"),
    ] { #expect(try decide(PolicyBuild.trigger("any", by: other)).rule == "default") }
    #expect(
      try decide(PolicyBuild.trigger(by: PolicyBuild.identity("ghost", groups: ["ops"]))).rule
        == "no ghosts")
  }

  @Test("groups and principals of a rule are alternatives")
  func alternatives() throws {
    for identity in [PolicyBuild.identity("bea", groups: ["staff"]), PolicyBuild.identity("root")] {
      #expect(try decide(PolicyBuild.trigger("x", by: identity)).rule == "staff")
    }
    let token = PolicyBuild.identity("bea", groups: ["staff"], credential: .serviceToken)
    #expect(try decide(PolicyBuild.trigger("x", by: token)).rule == "default")
  }

  @Test("a rarity that is not known is below no level")
  func offHours() throws {
    var question = PolicyBuild.trigger("x", by: PolicyBuild.identity("bea", groups: ["staff"]))
    for (p, rule) in [(0.009, "strange"), (0.01, "staff"), (Double.nan, "staff")] {
      question.facts.offHoursP = p
      #expect(try decide(question).rule == rule)
    }
  }

  @Test("a limit that is reached denies in its rule's name, and only triggers are counted")
  func limits() throws {
    var question = PolicyBuild.trigger(by: Self.ada)
    question.remoteIP = "10.0.0.1"
    question.facts.openRunsOfJob = 1
    question.facts.openRunsOfPrincipal = 2
    question.facts.triggerAges = [0.5, 60, 61]
    #expect(try decide(question).effect == .permit)
    let cases: [(AccessDecision.Limit, (inout AccessFacts) -> Void)] = [
      (.openRunsOfJob, { $0.openRunsOfJob = 2 }),
      (.openRunsOfPrincipal, { $0.openRunsOfPrincipal = 3 }),
      (.triggers, { $0.triggerAges = [0, 59.999, 60] }), (.triggers, { $0.triggerAges = [-5, 1] }),
    ]
    for (limit, change) in cases {
      var limited = question
      change(&limited.facts)
      let answer = try decide(limited)
      // The rule behind, which would hold it, is not asked.
      #expect(answer.effect == .deny && answer.rule == "ops by day" && answer.limit == limit)
      #expect(answer.reason.contains(limit.rawValue), "\(answer.reason)")
      limited.action = "run:kill"
      #expect(try decide(limited).effect == .permit)
    }
  }

  @Test(
    "scopes narrow before any rule",
    arguments: [
      (["run:trigger:etl-daily"], "run:trigger", "ops by day"),
      (["run:*"], "run:trigger", "ops by day"),
      (["*"], "run:kill", "ops by day"), (["run:*:etl-*"], "run:view", "ops by day"),
      (["run:trigger:etl"], "run:trigger", "scope"), (["run:view"], "run:trigger", "scope"),
      ([], "run:trigger", "scope"), (["nonsense"], "run:trigger", "scope"),
      (["run"], "run:view", "scope"),
      (["run:view", "run:trigger:etl-*"], "run:trigger", "ops by day"),
      (["approval:give"], "approval:give", "default"),
    ])
  func scopes(scopes: [String], action: String, rule: String) throws {
    var question = PolicyBuild.trigger(by: Self.ada)
    question.action = action
    question.identity?.scopes = scopes
    #expect(try decide(question).rule == rule)
  }

  @Test("a scope for a job is not good for a question about none")
  func scopeWithoutJob() throws {
    var question = AccessQuestion(
      "run:view", by: PolicyBuild.identity("svc-a", type: .service, issuer: "vigil"),
      at: PolicyBuild.tuesday)
    question.identity?.scopes = ["run:view:etl"]
    #expect(try decide(question).rule == "scope")
    question.identity?.scopes = ["run:view"]
    #expect(try decide(question).rule == "ci")
  }

  @Test(
    "with an open job, rules and scopes that name jobs count where they allow, and not where they deny"
  )
  func openJob() throws {
    let policy = try PolicyBuild.policy(
      """
      {rules: [
        {name: "not these", effect: "deny", principals: ["*"], actions: ["run:*"], jobs: ["secret-*"]},
        {name: "etl", effect: "permit", principals: ["*"], actions: ["run:view"], jobs: ["etl-*"]},
        {name: "nobody", effect: "deny", principals: ["*"], actions: ["*"]},
      ]}
      """)
    var question = AccessQuestion("run:view", by: Self.ada, at: PolicyBuild.tuesday)
    #expect(policy.decide(question).rule == "nobody")
    question.jobIsOpen = true
    #expect(policy.decide(question).rule == "etl")
    question.identity?.scopes = ["run:view:etl-daily"]
    #expect(policy.decide(question).rule == "etl")
    question.identity?.scopes = ["run:kill:etl-daily"]
    #expect(policy.decide(question).rule == "scope")
    question.identity?.scopes = nil
    question.action = "run:kill"
    #expect(policy.decide(question).rule == "nobody")
    // A job that is told is never open.
    question.action = "run:view"
    question.job = "secret-x"
    #expect(policy.decide(question).rule == "not these")
    question.job = "other"
    #expect(policy.decide(question).rule == "nobody")
  }

  @Test(
    "nobody without a credential may anything but what is public, and nothing is mapped to no action"
  )
  func anonymous() throws {
    var question = PolicyBuild.trigger(by: nil)
    #expect(try decide(question).rule == "credential")
    question.action = "public"
    #expect(try decide(question).effect == .permit)
    question.action = ""
    question.identity = Self.ada
    #expect(try decide(question).rule == "route")
  }

  @Test("a denial names what would have been needed")
  func reasons() throws {
    let night = PolicyBuild.trigger(by: Self.ada, at: PolicyBuild.time("2026-11-24T22:00:00Z"))
    #expect(
      try decide(night).reason
        == "no rule lets ada run:trigger of job etl-daily: \"ops by day\" needs the hours mon-fri "
        + "08:00-18:00, found tue 23:00; \"ops at night\" needs an address in 10.0.0.0/8, found none; "
        + "\"ci\" needs role ci")
    var unknown = night
    unknown.action = "approval:give"
    #expect(
      try decide(unknown).reason
        == "no rule lets ada approval:give of job etl-daily: a rule for it is needed")
  }

  @Test("names of any kind reach the reason escaped, and it fits a record")
  func hostileNames() throws {
    let name = String(repeating: "\u{202E}\n\"", count: 80)
    var question = PolicyBuild.trigger(name, by: PolicyBuild.identity(name, groups: [name]))
    for action in ["run:trigger", name, "approval:give"] {
      question.action = action
      let reason = try decide(question).reason
      #expect(reason.utf8.count <= PolicyText.reasonByteCountMax)
      #expect(!reason.unicodeScalars.contains { $0 == "\n" || $0 == "\u{202E}" })
    }
  }

  @Test("the digest is of the file's bytes")
  func digest() throws {
    let policy = try PolicyBuild.policy(Self.text)
    #expect(policy.sha256 == SHA256.digest(Array(Self.text.utf8).span).hex)
    #expect(policy.decide(PolicyBuild.trigger(by: nil)).policySHA256 == policy.sha256)
  }
}
