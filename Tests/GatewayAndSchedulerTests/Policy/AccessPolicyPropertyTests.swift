import GatewayAndScheduler
import Ingest
import TestSupport
import Testing

@Suite struct AccessPolicyPropertyTests {
  @Test("every answer is the slow model's", arguments: 0..<40)
  func model(seed: Int) throws {
    var random = SeededRandom(seed: UInt64(seed))
    let model = PolicyModel.random(&random)
    let policy = try PolicyBuild.policy(model.text)
    for _ in 0..<300 {
      let question = PolicyModel.randomQuestion(&random)
      let (effect, rule) = model.decide(question)
      let answer = policy.decide(question)
      #expect(
        answer.effect == effect && answer.rule == rule,
        "seed \(seed): \(question)\n\(model.text)\nexpected \(effect) by \(rule), found \(answer)")
      guard answer.effect == effect, answer.rule == rule else { return }
    }
  }

  @Test(
    "a rule that the check calls unreachable never answers, and a hole is let through by none",
    arguments: 0..<60)
  func check(seed: Int) throws {
    var random = SeededRandom(seed: UInt64(seed) + 1000)
    let policy = try PolicyBuild.policy(PolicyModel.random(&random).text)
    let jobs = ["etl-daily", "etl-x", "report", "x-daily", "other"]
    let doubts = PolicyCheck.doubts(policy, jobs: jobs)
    let unreachable = Set(
      doubts.filter { $0.kind == .unreachable }.compactMap { doubt in
        policy.rules.first { $0.place == doubt.place }?.name
      })
    let holes = doubts.filter { $0.kind == .hole }.map(\.text)
    for _ in 0..<400 {
      let question = PolicyModel.randomQuestion(&random)
      let answer = policy.decide(question)
      #expect(!unreachable.contains(answer.rule), "seed \(seed): \(answer.rule) for \(question)")
      guard answer.effect != .deny, let job = question.job else { continue }
      let isHole = holes.contains { hole in
        hole.hasPrefix("nobody may \(question.action) of ")
          && (hole.hasSuffix("any job") || hole.contains(job + ",") || hole.hasSuffix(job))
      }
      #expect(!isHole, "seed \(seed): \(question.action) of \(job) is no hole")
    }
  }

  @Test("scopes only ever narrow", arguments: 0..<10)
  func scopes(seed: Int) throws {
    var random = SeededRandom(seed: UInt64(seed) + 2000)
    let policy = try PolicyBuild.policy(PolicyModel.random(&random).text)
    let scopes = ["*", "run:*", "run:view", "run:trigger:etl-*", "run:*:report", "x", ""]
    for _ in 0..<300 {
      var question = PolicyModel.randomQuestion(&random)
      let wide = policy.decide(question)
      question.identity?.scopes = scopes.filter { _ in Bool.random(using: &random) }
      let narrow = policy.decide(question)
      #expect(narrow == wide || narrow.effect == .deny, "seed \(seed): \(question)")
    }
  }
}

@Suite struct AccessPolicySpeedTests {
  private static let ruleCount = 200
  private static let questionCount = 500

  @Test("five hundred questions to two hundred rules take no second of their own")
  func speed() throws {
    let rules = (0..<Self.ruleCount).map { number in
      "{name: \"r\(number)\", effect: \"permit\", groups: [\"g\(number)\"], actions: [\"run:*\"], "
        + "jobs: [\"job-\(number)-*\", \"etl-*\"], when: {hours: \"mon-fri 08:00-18:00\", "
        + "networks: [\"10.0.0.0/8\"]}}"
    }
    let policy = try PolicyBuild.policy("{rules: [\(rules.joined(separator: ","))]}")
    // The last rule alone is for this group, and wants an address: every rule is looked at.
    let question = PolicyBuild.trigger(by: PolicyBuild.identity("ada", groups: ["g199"]))
    let time = ContinuousClock().measure {
      for _ in 0..<Self.questionCount { #expect(policy.decide(question).effect == .deny) }
    }
    print("policy of \(Self.ruleCount) rules: \(time / Self.questionCount) a decision")
    // Loose, for unoptimised builds on a busy machine.
    #expect(time < .seconds(10))
  }
}
