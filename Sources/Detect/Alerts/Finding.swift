package import Ingest

/// What Detect says about one subject: an anomaly, with the sums behind it.
///
/// As JSON: the keys of Documentation/Records.md in that order, absent values left out.
package struct Finding: Sendable, Equatable {
  package enum Severity: String, Sendable, CaseIterable, Comparable {
    case informational, low, medium, high, critical

    package static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }

    private var rank: Int {
      switch self {
      case .informational: 0
      case .low: 1
      case .medium: 2
      case .high: 3
      case .critical: 4
      }
    }
  }

  /// A value of `observed` and `expected`: what a person checks.
  package enum Value: Sendable, Equatable {
    case number(Double)
    case text(String)
    case numbers([Double])
  }

  /// A named value; lists of them keep the order in which a rule states them.
  package struct Fact: Sendable, Equatable {
    package let name: String
    package let value: Value

    package init(_ name: String, _ value: Double) {
      self.name = name
      self.value = .number(value)
    }

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = .text(value)
    }

    package init(_ name: String, _ values: [Double]) {
      self.name = name
      self.value = .numbers(values)
    }
  }

  /// How much of the past stood behind the verdict.
  package struct History: Sendable, Equatable {
    /// Past observations of this subject.
    package var events: Int
    /// Distinct active days among them.
    package var days: Int

    package init(events: Int, days: Int) {
      self.events = events
      self.days = days
    }
  }

  /// Hash of rule, rule version and subject, 32 hex digits: the same evidence, the same id.
  package var findingID: String
  package var rule: String
  /// Event time at which it could first have been said.
  package var timestamp: Timestamp
  package var severity: Severity
  /// In (0, 1]; how often the subject's own past would look at least this strange.
  package var pValue: Double
  package var principal: String?
  package var job: String?
  package var requestID: String?
  package var runID: String?
  package var activityID: String?
  package var episodeID: String?
  package var observed: [Fact]
  package var expected: [Fact]
  package var history: History
  /// One sentence that a person can check.
  package var explanation: String
  /// Journal indexes, ascending.
  package var evidence: [Int]

  /// -10 log10(p), uncapped.
  package var score: Double

  package init(
    findingID: String, rule: String, timestamp: Timestamp, severity: Severity, pValue: Double,
    principal: String? = nil, job: String? = nil, requestID: String? = nil, runID: String? = nil,
    activityID: String? = nil, episodeID: String? = nil, observed: [Fact], expected: [Fact],
    history: History, explanation: String, evidence: [Int], score: Double
  ) {
    self.findingID = findingID
    self.rule = rule
    self.timestamp = timestamp
    self.severity = severity
    self.pValue = pValue
    self.principal = principal
    self.job = job
    self.requestID = requestID
    self.runID = runID
    self.activityID = activityID
    self.episodeID = episodeID
    self.observed = observed
    self.expected = expected
    self.history = history
    self.explanation = explanation
    self.evidence = evidence
    self.score = score
  }
}
