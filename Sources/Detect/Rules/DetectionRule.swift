import Correlate
import Ingest

/// One question asked of every activity; a pure state machine over events and timers.
///
/// State is what was learnt, and all of it is saved (SavedBaseline). A rule reports through the
/// context and never reads a clock: an instant that only the passing of time reaches is announced by `nextTimer`.
protocol DetectionRule: Sendable, Codable {
  /// The `rule` key of its findings.
  static var name: String { get }

  /// The events that it looks at; of others it is not told.
  static var interest: EventInterest { get }

  /// The next instant at which the rule wants to be asked, nil for none.
  var nextTimer: Timestamp? { get }

  /// Judges, then learns.
  mutating func observe(_ event: CorrelatedEvent, _ context: inout RuleContext)

  /// A person approved one of the rule's findings, which teaches at once: as much as the
  /// `quarantineDays` days of recurrence that it stands for.
  mutating func approve(_ finding: ReportedFinding, _ configuration: DetectionConfiguration)

  /// How much the rule has learnt, for a person.
  var learnt: [LearntCount] { get }

  /// Called once `nextTimer` has been reached; moves it on.
  mutating func fireTimer(_ context: inout RuleContext)
}

/// How many of something a rule has learnt.
package struct LearntCount: Sendable, Equatable {
  package let rule: String
  /// What is counted, in the plural.
  package let what: String
  package let count: Int
}

/// Kinds of events.
struct EventInterest: OptionSet, Sendable {
  let rawValue: UInt8

  static let requests = EventInterest(rawValue: 1)
  static let records = EventInterest(rawValue: 2)
  static let activities = EventInterest(rawValue: 4)

  /// The kind of one event.
  init(_ event: CorrelatedEvent) {
    switch event {
    case .request: self = .requests
    case .record: self = .records
    case .activity: self = .activities
    }
  }

  init(rawValue: UInt8) { self.rawValue = rawValue }
}

extension DetectionRule {
  var nextTimer: Timestamp? { nil }
  var learnt: [LearntCount] { [] }
  mutating func fireTimer(_ context: inout RuleContext) {}
  mutating func approve(_ finding: ReportedFinding, _ configuration: DetectionConfiguration) {}
}
