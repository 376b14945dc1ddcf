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
  /// Two rules may give one name: two reasons for one finding.
  package static var ruleNames: [String] {
    var names: [String] = []
    for rule in allRules(DetectionConfiguration()) where !names.contains(type(of: rule).name) {
      names.append(type(of: rule).name)
    }
    return names
  }
}
