import Detect

/// What verdicts tell findings apart by.
struct FindingKind: Hashable, Sendable {
  let rule: String
  let severity: Finding.Severity

  init(_ finding: Finding) {
    rule = finding.rule
    severity = finding.severity
  }
}

/// How many findings there were, how many of them nobody has handled, and what they rest on.
struct FindingTally: Sendable {
  private(set) var count = 0
  private(set) var openCount = 0
  /// Of the open ones.
  private(set) var suppressedCount = 0
  private var indexes: [Int] = []
  private var openIndexes: [Int] = []

  mutating func add(_ finding: Finding, isOpen: Bool, isSuppressed: Bool) {
    count += 1
    indexes += finding.evidence
    guard isOpen else { return }
    openCount += 1
    if isSuppressed { suppressedCount += 1 }
    openIndexes += finding.evidence
  }

  mutating func add(_ other: FindingTally) {
    count += other.count
    openCount += other.openCount
    suppressedCount += other.suppressedCount
    indexes += other.indexes
    openIndexes += other.openIndexes
  }

  /// Each index once, ascending.
  var evidence: EvidenceList { FindingTally.list(indexes) }
  var openEvidence: EvidenceList { FindingTally.list(openIndexes) }

  private static func list(_ indexes: [Int]) -> EvidenceList {
    var list = EvidenceList()
    list.add(Set(indexes).sorted())
    return list
  }
}
