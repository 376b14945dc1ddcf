extension DetectionPipeline {
  /// Every rule that the configuration enables, in the order in which ties are said.
  static func allRules(_ configuration: DetectionConfiguration) -> [any DetectionRule] {
    let rules: [any DetectionRule] = [
      OffHoursRule(), BusinessHoursRule(), RunawayRule(), ResourceBlowupRule(), FirstSeenRule(),
      RunWithoutRequestRule(), RequestWithoutRunRule(), TriggerBurstRule(), DeniedBurstRule(),
      RetryStormRule(), MissedScheduleRule(), NonOwnerRule(), ClockSkewRule(), CoverageGapRule(),
      TokenAfterRotationRule(), ApprovalMisuseRule(),
    ]
    return rules.filter { configuration.isEnabled(type(of: $0).name) }
  }
}

extension DetectionPipeline {
  /// The names of all rules, in the order in which ties are said.
  package static var ruleNames: [String] {
    allRules(DetectionConfiguration()).map { type(of: $0).name }
  }
}
