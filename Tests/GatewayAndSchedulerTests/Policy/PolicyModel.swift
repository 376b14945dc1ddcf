import GatewayAndScheduler
import Ingest
import TestSupport

/// A policy as plain data: written as a file's text, and evaluated slowly, step by step, in the words
/// of the documentation. Shares nothing with the evaluator but the vocabulary.
struct PolicyModel {
  struct Rule {
    var name: String
    var effect: DecisionRecord.Effect
    var roles: [String] = []
    var groups: [String] = []
    var principals: [String] = []
    var actions: [String]
    var jobs: [String]?
    /// First and last weekday from Monday, first minute, end minute.
    var hours: (first: Int, last: Int, from: Int, to: Int)?
    var holidays: Bool?
    /// Third byte of 10.0.x.0/24.
    var networks: [Int]?
    var types: [PrincipalType] = []
    var offHoursPBelow: Double?
    var openRunsOfJob: Int?
    var triggersPerMinute: Int?
  }

  var roles: [String: (groups: [String], types: [PrincipalType])] = [:]
  var rules: [Rule] = []
  /// Days of November 2026.
  var holidays: [Int] = []

  private static let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

  static func random(_ random: inout SeededRandom) -> PolicyModel {
    func some(_ all: [String], _ random: inout SeededRandom) -> [String] {
      all.filter { _ in Int.random(in: 0..<3, using: &random) == 0 }
    }
    var model = PolicyModel()
    for name in ["r1", "r2"] {
      let groups = some(["ops", "dev"], &random)
      model.roles[name] = (
        groups, groups.isEmpty || Bool.random(using: &random) ? [.service] : []
      )
    }
    model.holidays = (20...27).filter { _ in Int.random(in: 0..<4, using: &random) == 0 }
    for number in 0..<Int.random(in: 1...6, using: &random) {
      var rule = Rule(
        name: "rule \(number)",
        effect: DecisionRecord.Effect.allCases.randomElement(using: &random) ?? .deny,
        actions: some(["run:trigger", "run:*", "*", "run:view", "*:give"], &random))
      if rule.actions.isEmpty { rule.actions = ["run:trigger"] }
      rule.roles = some(["r1", "r2"], &random)
      rule.groups = some(["ops", "dev"], &random)
      rule.principals = some(["*", "a*", "ada", "*-ci"], &random)
      if rule.roles.isEmpty, rule.groups.isEmpty, rule.principals.isEmpty {
        rule.principals = ["*"]
      }
      let jobs = some(["etl-*", "*-daily", "etl-daily", "report"], &random)
      if !jobs.isEmpty { rule.jobs = jobs }
      rule.addConditions(&random)
      model.rules.append(rule)
    }
    return model
  }

  var text: String {
    func list(_ values: [String]) -> String {
      "[" + values.map { "\"\($0)\"" }.joined(separator: ",") + "]"
    }
    var text =
      "{zone: \"Europe/Berlin\", holidays: \(list(holidays.map { "2026-11-\($0)" })), roles: {"
    for (name, role) in roles.sorted(by: { $0.key < $1.key }) {
      let keys =
        (role.groups.isEmpty ? [] : ["groups: \(list(role.groups))"])
        + (role.types.isEmpty ? [] : ["types: \(list(role.types.map(\.rawValue)))"])
      text += "\(name): {\(keys.joined(separator: ","))}, "
    }
    text += "}, rules: ["
    for rule in rules {
      text +=
        "\n{name: \"\(rule.name)\", effect: \"\(rule.effect.rawValue)\", actions: \(list(rule.actions))"
      if !rule.roles.isEmpty { text += ", roles: \(list(rule.roles))" }
      if !rule.groups.isEmpty { text += ", groups: \(list(rule.groups))" }
      if !rule.principals.isEmpty { text += ", principals: \(list(rule.principals))" }
      if let jobs = rule.jobs { text += ", jobs: \(list(jobs))" }
      text += ", when: {\(when(rule, list))}"
      var limits: [String] = []
      if let count = rule.openRunsOfJob { limits.append("open_runs_of_job: \(count)") }
      if let count = rule.triggersPerMinute {
        limits.append("triggers: {count: \(count), per: \"1m\"}")
      }
      if !limits.isEmpty { text += ", limits: {\(limits.joined(separator: ","))}" }
      text += "},"
    }
    return text + "]}"
  }

  private func when(_ rule: Rule, _ list: ([String]) -> String) -> String {
    var keys: [String] = []
    if let hours = rule.hours {
      func clock(_ minute: Int) -> String {
        let parts = [minute / 60, minute % 60].map { ($0 < 10 ? "0" : "") + "\($0)" }
        return parts.joined(separator: ":")
      }
      keys.append(
        "hours: \"\(Self.days[hours.first])-\(Self.days[hours.last]) \(clock(hours.from))-\(clock(hours.to))\""
      )
    }
    if let holidays = rule.holidays { keys.append("holidays: \(holidays)") }
    if let networks = rule.networks {
      keys.append("networks: \(list(networks.map { "10.0.\($0).0/24" }))")
    }
    if !rule.types.isEmpty { keys.append("types: \(list(rule.types.map(\.rawValue)))") }
    if let p = rule.offHoursPBelow { keys.append("off_hours_p_below: \(p)") }
    return keys.joined(separator: ", ")
  }

  /// The answer's effect and rule.
  func decide(_ question: AccessQuestion) -> (DecisionRecord.Effect, String) {
    guard let identity = question.identity else { return (.deny, "credential") }
    for rule in rules where matches(rule, question, identity) {
      if rule.effect != .deny, question.action == "run:trigger" {
        if let count = rule.openRunsOfJob, question.facts.openRunsOfJob >= count {
          return (.deny, rule.name)
        }
        let recent = question.facts.triggerAges.filter { $0 < 60 }.count
        if let count = rule.triggersPerMinute, recent >= count { return (.deny, rule.name) }
      }
      return (rule.effect, rule.name)
    }
    return (.deny, "default")
  }

  private func matches(_ rule: Rule, _ question: AccessQuestion, _ identity: Identity) -> Bool {
    guard rule.actions.contains(where: { Self.glob($0[...], question.action[...]) }) else {
      return false
    }
    if let jobs = rule.jobs {
      guard let job = question.job, jobs.contains(where: { Self.glob($0[...], job[...]) }) else {
        return false
      }
    }
    let inRole = rule.roles.contains { name in
      guard let role = roles[name] else { return false }
      if !role.groups.isEmpty, Set(role.groups).isDisjoint(with: identity.groups) { return false }
      return role.types.isEmpty || role.types.contains(identity.principalType)
    }
    let inGroup = !Set(rule.groups).isDisjoint(with: identity.groups)
    let inNames = rule.principals.contains { Self.glob($0[...], identity.principal[...]) }
    guard inRole || inGroup || inNames else { return false }
    return meets(rule, question, identity)
  }

  private func meets(_ rule: Rule, _ question: AccessQuestion, _ identity: Identity) -> Bool {
    if !rule.types.isEmpty, !rule.types.contains(identity.principalType) { return false }
    if let networks = rule.networks {
      let parts = (question.remoteIP ?? "").split(separator: ".").compactMap { Int($0) }
      guard parts.count == 4, parts[0] == 10, parts[1] == 0, networks.contains(parts[2]) else {
        return false
      }
    }
    // November 2026: Berlin is an hour before UTC, Tokyo nine; the 24th is a Tuesday.
    let east = identity.zone == "Asia/Tokyo" ? 9 : 1
    let minutes = Int(question.at.microseconds / 60_000_000) + east * 60
    let day =
      minutes / 1440 - Int(PolicyBuild.time("2026-11-24T00:00:00Z").microseconds / 86_400_000_000)
    if let hours = rule.hours {
      let weekday = ((1 + day) % 7 + 7) % 7
      let span = (hours.last - hours.first + 7) % 7
      guard (weekday - hours.first + 7) % 7 <= span,
        (hours.from..<hours.to).contains(minutes % 1440)
      else { return false }
    }
    if let wanted = rule.holidays, holidays.contains(24 + day) != wanted { return false }
    if let level = rule.offHoursPBelow {
      guard let p = question.facts.offHoursP, p < level else { return false }
    }
    return true
  }

  private static func glob(_ pattern: Substring, _ text: Substring) -> Bool {
    guard let first = pattern.first else { return text.isEmpty }
    if first == "*" {
      return glob(pattern.dropFirst(), text) || !text.isEmpty && glob(pattern, text.dropFirst())
    }
    return text.first == first && glob(pattern.dropFirst(), text.dropFirst())
  }

  static func randomQuestion(_ random: inout SeededRandom) -> AccessQuestion {
    func one<Value>(_ all: [Value], _ random: inout SeededRandom) -> Value {
      all[Int.random(in: 0..<all.count, using: &random)]
    }
    var identity: Identity?
    if Int.random(in: 0..<20, using: &random) > 0 {
      identity = PolicyBuild.identity(
        one(["ada", "alan", "svc-ci", "bob"], &random),
        groups: one([[], ["ops"], ["dev"], ["ops", "dev"], ["other"]], &random),
        type: one([.human, .service], &random), zone: one([nil, "Asia/Tokyo", "No/Where"], &random))
    }
    let minute = Int.random(in: 0..<(8 * 1440), using: &random)
    var question = AccessQuestion(
      one(["run:trigger", "run:trigger", "run:view", "run:kill", "approval:give"], &random),
      job: one(["etl-daily", "etl-x", "report", "x-daily", "other", nil], &random), by: identity,
      at: PolicyBuild.time("2026-11-20T00:00:00Z").advanced(bySeconds: Double(minute * 60)))
    question.remoteIP = one(
      [nil, "10.0.1.7", "10.0.2.7", "10.0.3.7", "10.1.1.1", "nonsense"], &random)
    question.facts.openRunsOfJob = one([0, 1, 2], &random)
    question.facts.triggerAges = one([[], [1], [1, 59, 61], [61]], &random)
    question.facts.offHoursP = one([nil, 0.001, 0.5], &random)
    return question
  }
}

extension PolicyModel.Rule {
  fileprivate mutating func addConditions(_ random: inout SeededRandom) {
    func dice(_ sides: Int) -> Bool { Int.random(in: 0..<sides, using: &random) == 0 }
    if dice(3) {
      let from = Int.random(in: 0..<1439, using: &random)
      hours = (
        Int.random(in: 0..<7, using: &random), Int.random(in: 0..<7, using: &random), from,
        Int.random(in: (from + 1)...1439, using: &random)
      )
    }
    if dice(5) { holidays = Bool.random(using: &random) }
    if dice(5) { networks = [1, 2].filter { _ in Bool.random(using: &random) } }
    if networks == [] { networks = [3] }
    if dice(5) { types = [.human] }
    if dice(6) { offHoursPBelow = 0.01 }
    if effect != .deny, actions.contains(where: { ["*", "run:*", "run:trigger"].contains($0) }) {
      if dice(4) { openRunsOfJob = Int.random(in: 1...2, using: &random) }
      if dice(4) { triggersPerMinute = Int.random(in: 1...2, using: &random) }
    }
  }
}
