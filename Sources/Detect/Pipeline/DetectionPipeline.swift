package import Correlate
package import Ingest

/// Activities in, findings out: the same rules live and in replay.
///
/// A value type without a clock. Findings come in the order in which they could first be said; the
/// same events give the same findings, however they are cut into calls, because timers fire before
/// the event that passes them and ties keep the order of the rules.
package struct DetectionPipeline: Sendable {
  private var rules: [any DetectionRule]
  /// What each rule looks at, and the instant of its next timer: asked for once it may have changed.
  private let interests: [EventInterest]
  private var timers: [Timestamp?]
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
    interests = rules.map { type(of: $0).interest }
    timers = rules.map(\.nextTimer)
  }

  /// The pipeline as it is, leaving one that has learnt nothing: two that share their memory would
  /// copy all of it with the next event.
  mutating func takeOut() -> DetectionPipeline {
    let blank = DetectionPipeline(
      configuration: context.configuration, zones: context.zones, identify: context.identify)
    let whole = self
    self = blank
    return whole
  }

  /// Asks for the sums behind every finding whose id begins with one of `prefixes`; "" for all.
  package mutating func explain(prefixes: [String]) { context.explanations.prefixes = prefixes }

  /// The sums asked for of the findings since the last time.
  package mutating func takeExplained() -> [ExplainedFinding] { context.explanations.take() }

  /// Fires the timers up to the event's instant, then lets every rule judge and learn it.
  package mutating func observe(_ event: CorrelatedEvent) -> [Finding] {
    fireTimers(upTo: event.at)
    if case .activity(let update) = event, update.change == .started, update.activity.attempts <= 1
    {
      context.countRun()
    }
    let kind = EventInterest(event)
    for index in rules.indices where !interests[index].isDisjoint(with: kind) {
      rules[index].observe(event, &context)
      timers[index] = rules[index].nextTimer
    }
    if case .record(let indexed) = event, case .approval(let approval) = indexed.record.body {
      teach(approval, indexed.index)
    }
    return context.takeFindings()
  }

  /// An approval goes to the rule whose finding it names, after all have judged the approval itself.
  private mutating func teach(_ approval: ApprovalRecord, _ index: Int) {
    guard context.misusedApproval != index, let finding = context.takeReported(approval)
    else { return }
    for index in rules.indices where type(of: rules[index]).name == finding.rule {
      rules[index].approve(finding, context.configuration)
      timers[index] = rules[index].nextTimer
    }
  }

  /// How much each rule has learnt, in the order of the rules.
  package var learnt: [LearntCount] { rules.flatMap(\.learnt) }

  /// See `Analysis.prepare`.
  mutating func prepare(for instant: Timestamp) {
    for index in rules.indices {
      guard var rule = rules[index] as? OffHoursRule else { continue }
      rule.prepare(for: instant, context)
      rules[index] = rule
    }
  }

  /// See `Analysis.offHoursP`.
  func offHoursP(
    of principal: String, at instant: Timestamp, zone: String?, isService: Bool
  ) -> Double? {
    for case let rule as OffHoursRule in rules {
      return rule.pValue(
        of: principal, at: instant, zone: zone, isService: isService, context)
    }
    return nil
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
    while let index = earliestTimer(upTo: now) {
      rules[index].fireTimer(&context)
      timers[index] = rules[index].nextTimer
    }
  }

  private func earliestTimer(upTo now: Timestamp) -> Int? {
    var earliest: (at: Timestamp, index: Int)?
    for (index, timer) in timers.enumerated() {
      guard let at = timer, at <= now else { continue }
      if let known = earliest, known.at <= at { continue }
      earliest = (at, index)
    }
    return earliest?.index
  }
}

/// Saved: what every rule has learnt, the budget and the episodes; neither configuration nor zones.
extension DetectionPipeline: Codable {
  private enum CodingKeys: String, CodingKey { case names, rules, memory }
  private static let key = CodingUserInfoKey(rawValue: "vigil.pipeline")

  private var names: [String] { rules.map { "\(type(of: $0))" } }

  /// What a decoder's `userInfo` holds for the saved state to be read into this pipeline.
  package var userInfo: [CodingUserInfoKey: Any] {
    guard let key = DetectionPipeline.key else { return [:] }
    return [key: self]
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(names, forKey: .names)
    try values.encode(context.memory, forKey: .memory)
    try values.encode(RuleList(rules: rules), forKey: .rules)
  }

  /// A value of its own, so that it is written where it belongs and not copied there.
  private struct RuleList: Encodable {
    let rules: [any DetectionRule]

    func encode(to encoder: any Encoder) throws {
      var list = encoder.unkeyedContainer()
      for rule in rules { try list.encode(rule) }
    }
  }

  package init(from decoder: any Decoder) throws {
    guard let key = DetectionPipeline.key,
      let blank = decoder.userInfo[key] as? DetectionPipeline
    else { throw DetectionPipeline.unreadable(decoder, "nobody gave the pipeline to fill") }
    self = blank
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let found = try values.decode([String].self, forKey: .names)
    guard found == names else { throw DetectionPipeline.unreadable(decoder, "other rules") }
    context.memory = try values.decode(RuleContext.Memory.self, forKey: .memory)
    var list = try values.nestedUnkeyedContainer(forKey: .rules)
    for index in rules.indices {
      rules[index] = try DetectionPipeline.next(like: rules[index], &list)
    }
    timers = rules.map(\.nextTimer)
  }

  private static func next<Rule: DetectionRule>(
    like rule: Rule, _ list: inout any UnkeyedDecodingContainer
  ) throws -> any DetectionRule { try list.decode(Rule.self) }

  private static func unreadable(_ decoder: any Decoder, _ found: String) -> DecodingError {
    .dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: found))
  }
}
