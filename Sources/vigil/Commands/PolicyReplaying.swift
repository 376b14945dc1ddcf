import GatewayAndScheduler
import Ingest
import Report

/// `vigil policy replay`: what a policy would have answered to the recorded past.
struct PolicyReplaying {
  /// Differences that a table shows; jsonl shows all.
  private static let rowCountMax = 10_000

  private let journal: String
  private let policyPath: String
  private let configuration: ConfigurationFile
  private let since: Timestamp?
  private let until: Timestamp?
  private let isTable: Bool

  init(_ arguments: ParsedArguments, _ tool: Tool) throws {
    _ = try PolicyCommand.operands(
      arguments, 0...0, options: ["--journal", "--policy", "--since", "--until"])
    let isNeeded = !arguments.has("--journal") || !arguments.has("--policy")
    let defaults = try ServeDefaults(arguments, isNeeded: isNeeded, tool)
    journal = try defaults.value(arguments, "--journal", \.journal)
    policyPath = try defaults.value(arguments, "--policy", \.policy)
    configuration = try defaults.configuration ?? ConfigurationFile.load(nil)
    since = try PolicyReplaying.instant(arguments, "--since")
    until = try PolicyReplaying.instant(arguments, "--until")
    isTable = arguments.value("--format") != "jsonl"
  }

  private static func instant(
    _ arguments: ParsedArguments, _ name: String
  ) throws(UsageError) -> Timestamp? {
    guard let text = arguments.value(name) else { return nil }
    guard let instant = Timestamp(rfc3339: text) else {
      throw UsageError("\(name) \(Quotation.quoted(text)): expected an instant of RFC 3339")
    }
    return instant
  }

  func run(_ tool: Tool) throws -> ExitStatus {
    let policy = try PolicyFile.read(policyPath, configuration.zones.catalogue)
    let analysis = try JournalAnalysis(journal, configuration, tool)
    var replay = PolicyReplay(policy, since: since, until: until)
    var table = PolicyReplaying.table
    var rowCount = 0
    func take(_ difference: PolicyReplay.Difference) {
      guard isTable else {
        tool.print(bytes: PolicyReplaying.json(difference))
        return
      }
      rowCount += 1
      if rowCount <= PolicyReplaying.rowCountMax { table.append(PolicyReplaying.row(difference)) }
    }
    try analysis.forEachRecord { replay.observe($0, take) }
    replay.finish(take)
    if isTable {
      if !table.isEmpty {
        for line in table.lines(width: tool.outputWidth, style: tool.style) { tool.print(line) }
      }
      if rowCount > PolicyReplaying.rowCountMax {
        tool.print("… \(rowCount - PolicyReplaying.rowCountMax) more: --format jsonl shows all")
      }
      for line in PolicyReplaying.lines(replay.summary, policy) { tool.print(line) }
    } else {
      tool.print(bytes: PolicyReplaying.json(replay.summary, policy))
    }
    return .done
  }

  // MARK: Table

  private static let table = TextTable(columns: [
    .init("time"), .init("who"), .init("what", isFlexible: true), .init("was"), .init("would be"),
    .init("reason", isFlexible: true), .init("request", isFlexible: true),
    .init("entry", isRightAligned: true),
  ])

  private static func row(_ difference: PolicyReplay.Difference) -> [TextTable.Cell] {
    let question = difference.question
    let new = difference.new
    return [
      .init(String(question.at.rfc3339.prefix(19)) + "Z"),
      .init(question.identity?.principal ?? "nobody"), .init(PolicyWish.text(question)),
      .init(difference.oldEffect.rawValue + " by " + (difference.oldRule ?? "status")),
      .init("\(new.effect.rawValue) by \(new.rule)", new.effect == .deny ? .red : .green),
      .init(new.reason), .init(difference.requestID), .init("\(difference.index)"),
    ]
  }

  private static func lines(
    _ summary: PolicyReplay.Summary, _ policy: AccessPolicy
  ) -> [String] {
    let changes = summary.changes.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
    let head =
      "\(summary.askedCount) questions asked again (\(summary.decisionCount) decisions, "
      + "\(summary.requestCount) requests without one): \(summary.differenceCount) answered otherwise"
      + (changes.isEmpty ? "" : ": " + changes.joined(separator: ", "))
    return [head] + counts(summary).filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
      + remarks(summary, policy)
  }

  private static func counts(_ summary: PolicyReplay.Summary) -> [(Int, String)] {
    [
      (summary.otherRuleCount, "decisions with the same answer, by another rule"),
      (
        summary.notAskedCount, "decisions that no policy made (credential, scope, route): not asked"
      ),
      (summary.repeatedCount, "decisions of the scheduler as the gateway's: asked once"),
      (summary.untoldCount, "trigger requests whose status says nothing of a policy: not asked"),
      (
        summary.withoutRequestCount,
        "decisions without their request's record: asked without address and zone"
      ),
      (summary.uncountedRunCount, "runs beyond the open ones that are counted"),
    ]
  }

  /// What the past does not tell, where the policy would have wanted it.
  private static func remarks(
    _ summary: PolicyReplay.Summary, _ policy: AccessPolicy
  ) -> [String] {
    var lines: [String] = []
    if policy.rules.contains(where: { $0.conditions.offHoursPBelow != nil }) {
      lines.append("off_hours p is not recorded: conditions on it were not met")
    }
    if summary.requestCount > 0,
      policy.rules.contains(where: { !$0.conditions.credentials.isEmpty })
    {
      lines.append("requests without a decision were asked as with a credential of kind oidc")
    }
    return lines
  }

  // MARK: JSON

  private static func json(_ difference: PolicyReplay.Difference) -> [UInt8] {
    let question = difference.question
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("kind", "difference")
    writer.field("ts", question.at)
    writer.field("request_id", difference.requestID)
    writer.field("principal", question.identity?.principal)
    writer.field("groups", question.identity?.groups ?? [])
    writer.field("action", question.action)
    writer.field("job", question.job)
    writer.field("remote_ip", question.remoteIP)
    writer.field("old_effect", difference.oldEffect.rawValue)
    writer.field("old_rule", difference.oldRule)
    writer.field("effect", difference.new.effect.rawValue)
    writer.field("rule", difference.new.rule)
    writer.field("reason", difference.new.reason)
    writer.field("open_runs_of_job", question.facts.openRunsOfJob)
    writer.field("open_runs_of_principal", question.facts.openRunsOfPrincipal)
    writer.field("triggers_last_hour", question.facts.triggerAges.count)
    writer.field("entry", difference.index)
    writer.endObject()
    return writer.bytes
  }

  private static func json(
    _ summary: PolicyReplay.Summary, _ policy: AccessPolicy
  ) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("kind", "summary")
    writer.field("policy_sha256", policy.sha256)
    writer.field("decisions", summary.decisionCount)
    writer.field("requests", summary.requestCount)
    writer.field("differences", summary.differenceCount)
    writer.beginObject("changes")
    for (change, count) in summary.changes.sorted(by: { $0.key < $1.key }) {
      writer.field(named: change, count)
    }
    writer.endObject()
    writer.field("other_rule", summary.otherRuleCount)
    writer.field("not_asked", summary.notAskedCount)
    writer.field("repeated", summary.repeatedCount)
    writer.field("untold", summary.untoldCount)
    writer.field("without_request", summary.withoutRequestCount)
    writer.field("uncounted_runs", summary.uncountedRunCount)
    writer.endObject()
    return writer.bytes
  }
}
