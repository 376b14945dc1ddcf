import Ingest

extension PolicyRule {
  /// Reads one rule. Throws for one that could match nobody or nothing by mistake.
  init(
    from reader: inout ConfigurationReader, roles: [String: PolicyRole], _ zones: ZoneCatalogue
  ) throws(ConfigurationError) {
    place = reader.place
    name = try reader.required("name", .string)
    effect = try reader.required("effect", .oneOf(DecisionRecord.Effect.self))
    roleNames = try reader.value("roles", .strings, default: [])
    let groups = try reader.policyList("groups", expected: "a group") { $0 }
    let principals = try reader.policyPatterns("principals")
    who = try PolicyRule.who(roleNames, groups, principals, roles, reader)
    whoText = PolicyRule.whoText(roleNames, groups, principals)
    actions = try reader.policyList(
      "actions", expected: "an action or a pattern such as \"run:trigger\", \"run:*\", \"*\"",
      PolicyRule.action)
    let jobs = try reader.policyPatterns("jobs")
    self.jobs = jobs.isEmpty ? nil : jobs
    let readConditions = try reader.object("when") { (reader) throws(ConfigurationError) in
      try PolicyConditions(from: &reader, zones)
    }
    conditions = readConditions ?? PolicyConditions()
    limits = try reader.object("limits", PolicyLimits.init(from:)) ?? PolicyLimits()
    try check(reader)
  }

  private func check(_ reader: ConfigurationReader) throws(ConfigurationError) {
    // Records keep an identifier's 256 bytes; a rule of ours never needs to be cut.
    guard name.utf8.count <= 128, name.unicodeScalars.allSatisfy({ $0.value >= 0x20 }),
      !AccessPolicy.ReservedRule.all.contains(name)
    else {
      let reserved = AccessPolicy.ReservedRule.all.joined(separator: ", ")
      throw reader.error(
        "name",
        "found \(PolicyText.quoted(name)): expected up to 128 bytes, and none of \(reserved)")
    }
    guard !who.isEmpty else {
      throw reader.error(
        "name",
        "rule \(PolicyText.quoted(name)) is for nobody: expected roles, groups or principals "
          + "(principals: [\"*\"] for everybody with a credential)")
    }
    guard !actions.isEmpty else {
      throw reader.error(
        "name",
        "rule \(PolicyText.quoted(name)) names no actions: expected some, as \"run:trigger\"")
    }
    guard !limits.isEmpty else { return }
    guard effect != .deny else {
      throw reader.error("limits", "found in a rule that denies: expected none")
    }
    guard actions.match(AccessAction.trigger) else {
      throw reader.error(
        "limits",
        "found in a rule without run:trigger: expected none, for triggers alone are counted")
    }
  }

  private static func action(_ text: String) -> GlobPattern? {
    guard let pattern = GlobPattern(text), text != AccessAction.public else { return nil }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let isAction = parts.count == 2 && parts.allSatisfy { !$0.isEmpty }
    return isAction || text == "*" ? pattern : nil
  }

  private static func who(
    _ names: [String], _ groups: [String], _ principals: [GlobPattern],
    _ roles: [String: PolicyRole], _ reader: ConfigurationReader
  ) throws(ConfigurationError) -> [PolicyRole] {
    var result: [PolicyRole] = []
    for name in names.prefix(AccessPolicy.listCountMax) {
      guard let role = roles[name] else {
        let known = roles.keys.sorted()
        let expected =
          known.isEmpty ? "one that the file defines" : "one of " + PolicyText.list(known)
        throw reader.error(
          "roles", "found unknown role \(PolicyText.quoted(name)): expected \(expected)")
      }
      result.append(role)
    }
    if !groups.isEmpty {
      var role = PolicyRole()
      role.groups = groups
      result.append(role)
    }
    if !principals.isEmpty {
      var role = PolicyRole()
      role.principals = principals
      result.append(role)
    }
    return result
  }

  private static func whoText(
    _ roles: [String], _ groups: [String], _ principals: [GlobPattern]
  ) -> String {
    var parts: [String] = []
    if !roles.isEmpty { parts.append("role \(PolicyText.list(roles, countMax: 3))") }
    if !groups.isEmpty { parts.append("group \(PolicyText.list(groups, countMax: 3))") }
    if principals.contains(where: \.matchesAll) {
      parts.append("everybody with a credential")
    } else if !principals.isEmpty {
      parts.append("principal \(PolicyText.list(principals.map(\.text), countMax: 3))")
    }
    return parts.joined(separator: " or ")
  }
}
