package import Ingest

/// Stub accounts and the answers that a policy must give them: what `vigil policy test` reads.
package struct PolicyCases: Sendable {
  /// Most cases in one file, and most accounts.
  package static let countMax = 10_000

  /// A question with its expected answer.
  package struct Case: Sendable, Equatable {
    package var name: String
    /// The account's name in the file; nil for nobody.
    package var account: String?
    package var question: AccessQuestion
    package var effect: DecisionRecord.Effect
    /// The rule that must give the answer; nil for any.
    package var rule: String?
    package var place: JSON5Place

    /// Whether the answer is the expected one.
    package func isMet(by decision: AccessDecision) -> Bool {
      decision.effect == effect && (rule == nil || rule == decision.rule)
    }
  }

  package let cases: [Case]

  /// Reads a file of cases: `accounts`, `at` for all, `cases`. A `request` is mapped by `routes`.
  package init(
    _ text: Span<UInt8>, file: String, routes: ActionRoutes
  ) throws(ConfigurationError) {
    cases = try ConfigurationReader.read(text, file: file) {
      (reader) throws(ConfigurationError) in
      let at = try reader.optional("at", .instant)
      let accounts = try reader.named("accounts") { (name, reader) throws(ConfigurationError) in
        try Identity(account: name, from: &reader)
      }
      guard accounts.count <= PolicyCases.countMax else {
        throw reader.error(
          "accounts", "found \(accounts.count): expected at most \(PolicyCases.countMax)")
      }
      let byName = Dictionary(uniqueKeysWithValues: accounts)
      var number = 0
      let cases = try reader.objects("cases") { (reader) throws(ConfigurationError) in
        number += 1
        return try Case(number, from: &reader, byName, at, routes)
      }
      guard !cases.isEmpty, cases.count <= PolicyCases.countMax else {
        throw reader.error("cases", "found \(cases.count): expected 1 to \(PolicyCases.countMax)")
      }
      return cases
    }
  }
}

extension Identity {
  /// A stub account: no credential of this kind exists anywhere.
  fileprivate init(
    account name: String, from reader: inout ConfigurationReader
  ) throws(ConfigurationError) {
    let type = try reader.value("type", .oneOf(PrincipalType.self), default: .human)
    let usual: DecisionRecord.Credential = type == .service ? .serviceToken : .session
    self.init(
      principal: try reader.value("principal", .string, default: name), principalType: type,
      credential: try reader.value(
        "credential", .oneOf(DecisionRecord.Credential.self), default: usual))
    issuer = try reader.optional("issuer", .string)
    if issuer == nil, credential == .serviceToken { issuer = ServiceTokenChecker.issuer }
    groups = try reader.value("groups", .strings, default: [])
    zone = try reader.optional("zone", .string)
    scopes = try reader.optional("scopes", .strings)
    if let wrong = scopes?.first(where: { AccessScope($0) == nil }) {
      throw reader.error(
        "scopes", "found \(PolicyText.quoted(wrong)): expected scopes as \"run:trigger:etl\"")
    }
  }
}

extension PolicyCases.Case {
  fileprivate init(
    _ number: Int, from reader: inout ConfigurationReader, _ accounts: [String: Identity],
    _ usualAt: Timestamp?, _ routes: ActionRoutes
  ) throws(ConfigurationError) {
    place = reader.place
    name = try reader.value("name", .string, default: "case \(number)")
    account = try reader.optional("who", .string)
    var identity: Identity?
    if let account {
      guard let known = accounts[account] else {
        throw reader.error("who", "found unknown account \(PolicyText.quoted(account))")
      }
      identity = known
    }
    let at = try reader.optional("at", .instant) ?? usualAt
    guard let at else {
      throw reader.error("name", "found no \"at\" here or for the file: expected one")
    }
    question = try PolicyCases.Case.question(&reader, identity, at, routes)
    question.remoteIP = try reader.optional("from", .string)
    let count = ConfigurationKind<Int>.integer(in: 0...1_000_000)
    question.facts.openRunsOfJob = try reader.value("open_runs_of_job", count, default: 0)
    question.facts.openRunsOfPrincipal = try reader.value(
      "open_runs_of_principal", count, default: 0)
    question.facts.triggerAges = try reader.value("trigger_ages", .ages, default: [])
    question.facts.offHoursP = try reader.optional("off_hours_p", .number(in: 0...1))
    effect = try reader.required("expect", .oneOf(DecisionRecord.Effect.self))
    rule = try reader.optional("rule", .string)
  }

  /// `action` and `job`, or a `request` that the routes map to them.
  private static func question(
    _ reader: inout ConfigurationReader, _ identity: Identity?, _ at: Timestamp,
    _ routes: ActionRoutes
  ) throws(ConfigurationError) -> AccessQuestion {
    let action = try reader.optional("action", .string)
    let job = try reader.optional("job", .string)
    guard let request = try reader.optional("request", .string) else {
      guard let action else {
        throw reader.error("name", "found neither \"action\" nor \"request\": expected one")
      }
      return AccessQuestion(action, job: job, by: identity, at: at)
    }
    guard action == nil, job == nil else {
      throw reader.error("request", "found beside action or job: expected it alone")
    }
    let parts = request.split(separator: " ", maxSplits: 1).map(String.init)
    guard parts.count == 2 else {
      throw reader.error("request", "expected METHOD /path, as \"POST /jobs/etl/runs\"")
    }
    var question = AccessQuestion("", by: identity, at: at)
    if case .action(let match) = routes.resolve(method: parts[0], target: parts[1]) {
      question.action = match.action
      question.job = match.job
      question.jobIsOpen = match.jobIsOpen
    }
    return question
  }
}

extension ConfigurationKind where Value == Timestamp {
  /// An instant of RFC 3339, with its offset.
  fileprivate static var instant: ConfigurationKind {
    ConfigurationKind(expected: "an instant as \"2026-11-24T09:00:00+01:00\"") {
      if case .string(let text) = $0.content { Timestamp(rfc3339: text) } else { nil }
    }
  }
}

extension ConfigurationKind where Value == [Double] {
  /// Seconds, at most 1,000 of them.
  fileprivate static var ages: ConfigurationKind {
    ConfigurationKind(expected: "an array of up to 1000 numbers of seconds") { value in
      guard case .array(let elements) = value.content, elements.count <= 1000 else { return nil }
      let numbers = elements.compactMap { element -> Double? in
        switch element.content {
        case .integer(let whole): Double(whole)
        case .number(let number): number
        default: nil
        }
      }
      return numbers.count == elements.count ? numbers : nil
    }
  }
}
