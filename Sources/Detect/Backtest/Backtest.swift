import Correlate
package import Ingest

/// What several configurations would have said over the same stretch of the same records.
///
/// Every configuration learns from the first record on; what it says counts from `from` (inclusive)
/// to `to` (exclusive) in event time. The records are read once, for all of them.
package struct Backtest: Sendable {
  /// One configuration and what it said.
  package struct Side: Sendable {
    package let name: String
    private var analysis: Analysis
    /// In the order said, within the stretch.
    package private(set) var findings: [Finding] = []
    /// Runs that began within the stretch, as this configuration's correlation tells them.
    package private(set) var runCount = 0

    package init(name: String, analysis: Analysis) {
      self.name = name
      self.analysis = analysis
    }

    fileprivate mutating func take(_ record: IndexedRecord, _ stretch: Stretch) {
      var began = 0
      let said = analysis.add(record) { if stretch.isStart($0) { began += 1 } }
      runCount += began
      findings += said.filter { stretch.contains($0.timestamp) }
    }

    fileprivate mutating func finish(_ stretch: Stretch) {
      var began = 0
      let said = analysis.finish { if stretch.isStart($0) { began += 1 } }
      runCount += began
      findings += said.filter { stretch.contains($0.timestamp) }
    }
  }

  /// Event times that count; nil bounds nothing.
  fileprivate struct Stretch: Sendable {
    let from: Timestamp?
    let to: Timestamp?

    func contains(_ instant: Timestamp) -> Bool {
      if let from, instant < from { return false }
      if let to, instant >= to { return false }
      return true
    }

    /// The first start of a run, in the stretch.
    func isStart(_ event: CorrelatedEvent) -> Bool {
      guard case .activity(let update) = event, update.change == .started else { return false }
      return update.activity.attempts <= 1 && contains(update.at)
    }
  }

  package private(set) var sides: [Side]
  private let stretch: Stretch

  package init(_ sides: [Side], from: Timestamp? = nil, to: Timestamp? = nil) {
    self.sides = sides
    stretch = Stretch(from: from, to: to)
  }

  /// Takes records in event order. Cost: that of detection, once for each side.
  package mutating func add(_ record: IndexedRecord) {
    for index in sides.indices { sides[index].take(record, stretch) }
  }

  package mutating func finish() {
    for index in sides.indices { sides[index].finish(stretch) }
  }
}

extension Backtest.Side {
  /// One rule's share of what was said.
  package struct Count: Sendable, Equatable {
    package let rule: String
    package let findings: Int
    /// Episodes: what would have been alerts.
    package let alerts: Int
  }

  /// Counts by rule, in the order of the rules, those that said something.
  package var counts: [Count] {
    var names: [String] = []
    for name in DetectionPipeline.ruleNames where !names.contains(name) { names.append(name) }
    return names.compactMap { rule in
      let said = findings.filter { $0.rule == rule }
      return said.isEmpty ? nil : Backtest.Side.count(rule, said)
    }
  }

  /// All rules together.
  package var total: Count { Backtest.Side.count("all", findings) }

  private static func count(_ rule: String, _ findings: [Finding]) -> Count {
    let episodes = Set(findings.map { $0.episodeID ?? $0.findingID })
    return Count(rule: rule, findings: findings.count, alerts: episodes.count)
  }

  /// A number of findings or alerts for each 1,000 runs; nil without a run.
  package func perThousandRuns(_ count: Int) -> Double? {
    runCount > 0 ? 1000 * Double(count) / Double(runCount) : nil
  }
}

/// Two configurations held against each other, finding by finding.
package struct BacktestDifference: Sendable {
  /// A finding of both: who says it with which numbers.
  package struct Both: Sendable, Equatable {
    package let left: Finding
    package let right: Finding

    /// Not a number, an instant or a word between them.
    package var isSame: Bool { left == right }
  }

  package private(set) var onlyLeft: [Finding] = []
  package private(set) var onlyRight: [Finding] = []
  package private(set) var both: [Both] = []

  /// Findings are the same by their id. Each list in the order in which its left, else its right,
  /// side said them.
  package init(_ left: Backtest.Side, _ right: Backtest.Side) {
    var others: [String: Finding] = [:]
    for finding in right.findings { others[finding.findingID] = finding }
    var shared: Set<String> = []
    for finding in left.findings {
      if let other = others[finding.findingID] {
        both.append(Both(left: finding, right: other))
        shared.insert(finding.findingID)
      } else {
        onlyLeft.append(finding)
      }
    }
    onlyRight = right.findings.filter { !shared.contains($0.findingID) }
  }
}
