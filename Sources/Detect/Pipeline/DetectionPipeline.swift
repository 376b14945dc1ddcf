package import Correlate
package import Ingest

/// Activities in, findings out: the same rules live and in replay.
///
/// A value type without a clock. Findings come in the order in which they could first be said; the
/// same events give the same findings, however they are cut into calls, because timers fire before
/// the event that passes them and ties keep the order of the rules.
package struct DetectionPipeline: Sendable {
  private var rules: [any DetectionRule]
  private var context: RuleContext

  /// - Parameters:
  ///   - zones: offsets of time zones.
  ///   - identify: a hash of a text as 32 hex digits, from which ids are made.
  package init(
    configuration: DetectionConfiguration, zones: any ZoneLookup,
    identify: @escaping @Sendable (String) -> String
  ) {
    context = RuleContext(configuration: configuration, zones: zones, identify: identify)
    rules = DetectionPipeline.allRules(configuration)
  }

  /// Fires the timers up to the event's instant, then lets every rule judge and learn it.
  package mutating func observe(_ event: CorrelatedEvent) -> [Finding] {
    fireTimers(upTo: event.at)
    if case .activity(let update) = event, update.change == .started, update.activity.attempts <= 1
    {
      context.countRun()
    }
    for index in rules.indices { rules[index].observe(event, &context) }
    if case .record(let indexed) = event, case .approval(let approval) = indexed.record.body {
      teach(approval)
    }
    return context.takeFindings()
  }

  /// An approval goes to the rule whose finding it names, after all have judged the approval itself.
  private mutating func teach(_ approval: ApprovalRecord) {
    guard let finding = context.takeReported(approval) else { return }
    for index in rules.indices where type(of: rules[index]).name == finding.rule {
      rules[index].approve(finding, context.configuration)
    }
  }

  /// Lets time pass without an event, up to and including `now`.
  package mutating func advance(to now: Timestamp) -> [Finding] {
    fireTimers(upTo: now)
    return context.takeFindings()
  }

  /// The end of what was read: time passes up to it and not beyond.
  package mutating func finish(at end: Timestamp) -> [Finding] { advance(to: end) }

  /// Each firing moves its rule's timer on, so the loop ends with the last timer before `now`.
  private mutating func fireTimers(upTo now: Timestamp) {
    while let index = earliestTimer(upTo: now) { rules[index].fireTimer(&context) }
  }

  private func earliestTimer(upTo now: Timestamp) -> Int? {
    var earliest: (at: Timestamp, index: Int)?
    for (index, rule) in rules.enumerated() {
      guard let at = rule.nextTimer, at <= now else { continue }
      if let known = earliest, known.at <= at { continue }
      earliest = (at, index)
    }
    return earliest?.index
  }
}
