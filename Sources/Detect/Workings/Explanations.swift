/// The sums that were asked for, and those that wait for their finding.
struct Explanations: Sendable {
  /// Findings whose id begins with one of these are explained; "" is the beginning of all.
  var prefixes: [String] = []
  private var explained: [ExplainedFinding] = []
  /// Sums of verdicts that later findings share, by a key of the rule's.
  private var kept: [String: Working] = [:]

  /// Whether any finding is asked about: then verdicts keep their sums.
  var areWanted: Bool { !prefixes.isEmpty }

  /// Builds the sums of a finding that is asked about.
  mutating func note(_ finding: Finding, _ working: () -> Working) {
    guard prefixes.contains(where: { finding.findingID.hasPrefix($0) }) else { return }
    explained.append(ExplainedFinding(finding: finding, working: working()))
  }

  /// Keeps the sums of a verdict that is said later, or more than once.
  mutating func keep(_ working: Working, _ key: String) { kept[key] = working }

  func kept(_ key: String) -> Working { kept[key] ?? Working() }

  mutating func take() -> [ExplainedFinding] {
    defer { explained = [] }
    return explained
  }
}
