package import Ingest

extension AccessPolicy {
  /// Reads the file's text. Throws with line and column, also for a role that no rule can mean.
  ///
  /// - Parameters:
  ///   - file: its name, for messages.
  ///   - zones: the system's; the principal's zone is looked up there at each question.
  ///   - calendar: the bytes of a calendar that the file names.
  package init(
    _ text: Span<UInt8>, file: String, zones: ZoneCatalogue,
    calendar: (_ path: String) throws(InputError) -> [UInt8]
  ) throws(ConfigurationError) {
    guard text.count <= AccessPolicy.byteCountMax else {
      throw ConfigurationError(
        file: file, place: JSON5Place(line: 1, column: 1),
        problem: "found \(text.count) bytes: expected at most \(AccessPolicy.byteCountMax)")
    }
    var calendars: [UInt8] = []
    self = try ConfigurationReader.read(text, file: file) {
      (reader) throws(ConfigurationError) in
      try AccessPolicy(from: &reader, zones) { (path) throws(InputError) in
        let bytes = try calendar(path)
        calendars += SHA256.digest(bytes.span).bytes
        return bytes
      }
    }
    // What answers is the text and its calendars: either's change is another policy.
    var hash = SHA256()
    hash.update(text)
    hash.update(calendars.span)
    sha256 = hash.finish().hex
  }

  private init(
    from reader: inout ConfigurationReader, _ zones: ZoneCatalogue,
    _ calendar: (String) throws(InputError) -> [UInt8]
  ) throws(ConfigurationError) {
    let zone = try reader.value("zone", .policyZone(zones), default: .utc)
    let days = try reader.value("holidays", .strings, default: [])
    let holidays = try AccessPolicy.holidays(days, reader, calendar)
    let roles = try reader.named("roles") { (name, reader) throws(ConfigurationError) in
      NamedRole(name: name, role: try PolicyRole(from: &reader), place: reader.place)
    }.map(\.value)
    try AccessPolicy.refuseMore(roles.count, "roles", reader)
    let byName = Dictionary(uniqueKeysWithValues: roles.map { ($0.name, $0.role) })
    let rules = try reader.objects("rules") { (reader) throws(ConfigurationError) in
      try PolicyRule(from: &reader, roles: byName, zones)
    }
    try AccessPolicy.refuseMore(rules.count, "rules", reader)
    var names: Set<String> = []
    for rule in rules where !names.insert(rule.name).inserted {
      throw ConfigurationError(
        file: reader.file, place: rule.place,
        problem: "a second rule \(PolicyText.quoted(rule.name)): expected each name once")
    }
    self.init(
      sha256: "", roles: roles, rules: rules,
      clock: PolicyClock(zones: zones, zone: zone, holidays: holidays))
  }

  private static func refuseMore(
    _ count: Int, _ key: String, _ reader: ConfigurationReader
  ) throws(ConfigurationError) {
    guard count > ruleCountMax else { return }
    throw reader.error(key, "found \(count): expected at most \(ruleCountMax)")
  }

  /// Dates as `2026-12-25`, else paths of iCalendar files.
  private static func holidays(
    _ texts: [String], _ reader: ConfigurationReader,
    _ calendar: (String) throws(InputError) -> [UInt8]
  ) throws(ConfigurationError) -> HolidayCalendar {
    var result = HolidayCalendar()
    for text in texts.prefix(listCountMax) {
      do {
        if text.hasSuffix(".ics") {
          let bytes = try calendar(text)
          result = result.union(try HolidayCalendar(iCalendar: bytes.span))
        } else {
          result = result.union(try HolidayCalendar(dates: [text]))
        }
      } catch {
        throw reader.error("holidays", "\(PolicyText.quoted(text)): \(error)")
      }
    }
    return result
  }
}

extension ConfigurationKind where Value == TimeZoneRules {
  /// The rules of a zone that the system knows.
  static func policyZone(_ zones: ZoneCatalogue) -> ConfigurationKind {
    ConfigurationKind(expected: "an IANA time zone that this system knows, as \"Europe/Berlin\"") {
      guard case .string(let name) = $0.content else { return nil }
      return try? zones.rules(of: name)
    }
  }
}

extension ConfigurationReader {
  /// A list of values, each made from its text; empty when left out. Throws where one is none, for an
  /// empty list, and for more than `AccessPolicy.listCountMax`.
  mutating func policyList<Value>(
    _ key: String, expected: String, _ make: (String) -> Value?
  ) throws(ConfigurationError) -> [Value] {
    guard let texts = try optional(key, .strings) else { return [] }
    guard (1...AccessPolicy.listCountMax).contains(texts.count) else {
      throw error(
        key, "found \(texts.count) values: expected 1 to \(AccessPolicy.listCountMax)")
    }
    var values: [Value] = []
    for text in texts {
      guard let value = make(text) else {
        throw error(key, "found \(PolicyText.quoted(text)): expected \(expected)")
      }
      values.append(value)
    }
    return values
  }

  /// Name patterns.
  mutating func policyPatterns(_ key: String) throws(ConfigurationError) -> [GlobPattern] {
    try policyList(
      key,
      expected: "a name or a pattern such as \"etl-*\", 1 to \(GlobPattern.byteCountMax) bytes",
      GlobPattern.init)
  }

  /// Values of an enumeration.
  mutating func policyWords<Value: RawRepresentable & CaseIterable>(
    _ key: String, _ type: Value.Type
  ) throws(ConfigurationError) -> [Value] where Value.RawValue == String {
    let words = type.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
    return try policyList(key, expected: "one of \(words)") { Value(rawValue: $0) }
  }
}

extension PolicyRole {
  init(from reader: inout ConfigurationReader) throws(ConfigurationError) {
    self.init()
    principals = try reader.policyPatterns("principals")
    groups = try reader.policyList("groups", expected: "a group") { $0 }
    types = try reader.policyWords("types", PrincipalType.self)
    issuers = try reader.policyList("issuers", expected: "an issuer") { $0 }
    guard isEmpty else { return }
    try reader.finish()
    throw ConfigurationError(
      file: reader.file, place: reader.place,
      problem: "a role without members: expected principals, groups, types or issuers")
  }
}

extension PolicyConditions {
  init(
    from reader: inout ConfigurationReader, _ zones: ZoneCatalogue
  ) throws(ConfigurationError) {
    self.init()
    hoursText = try reader.optional("hours", .string)
    if let text = hoursText {
      do { hours = try BusinessHours(text) } catch { throw reader.error("hours", "\(error)") }
    }
    zone = try reader.optional("zone", .policyZone(zones))?.name
    holidays = try reader.optional("holidays", .boolean)
    networkTexts = try reader.value("networks", .strings, default: [])
    networks = try reader.policyList(
      "networks",
      expected: "a network in CIDR notation without bits behind its prefix, as 10.0.0.0/8",
      IPNetwork.init)
    types = try reader.policyWords("types", PrincipalType.self)
    credentials = try reader.policyWords("credentials", DecisionRecord.Credential.self)
    offHoursPBelow = try reader.optional("off_hours_p_below", .number(in: 0.000_000_001...1))
    if zone != nil, hours == nil, holidays == nil {
      throw reader.error("zone", "found without hours or holidays: expected one of them beside it")
    }
  }
}

extension PolicyLimits {
  init(from reader: inout ConfigurationReader) throws(ConfigurationError) {
    self.init()
    openRunsOfJob = try reader.optional("open_runs_of_job", .integer(in: 1...1_000_000))
    openRunsOfPrincipal = try reader.optional(
      "open_runs_of_principal", .integer(in: 1...1_000_000))
    triggers = try reader.object("triggers") { (reader) throws(ConfigurationError) in
      let count = try reader.required("count", .integer(in: 1...999))
      let per = try reader.required(
        "per", .duration(in: .seconds(1) ... .seconds(3600)))
      return Rate(countMax: count, seconds: Double(per.components.seconds))
    }
  }
}
