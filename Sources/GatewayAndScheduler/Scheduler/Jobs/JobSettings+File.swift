import Ingest

/// How the parts of a job are read from the file of jobs.
extension ConfigurationReader {
  /// An array of templates; empty when left out.
  mutating func templates(_ key: String) throws(ConfigurationError) -> [JobTemplate] {
    var result: [JobTemplate] = []
    for entry in try entries(
      key,
      { (inner) throws(ConfigurationError) -> Never in
        throw ConfigurationError(
          file: inner.file, place: inner.place,
          problem: "\"\(key)\": found an object: expected a string")
      })
    {
      guard case .text(let text, let place) = entry else { continue }
      do { result.append(try JobTemplate(text)) } catch {
        throw ConfigurationError(
          file: file, place: place, problem: "\"\(key)\": \(error.problem)")
      }
    }
    return result
  }
}

extension ConfigurationKind where Value == String {
  /// A path from the root, without NUL.
  static var absolutePath: ConfigurationKind {
    ConfigurationKind(expected: "an absolute path") { value in
      guard case .string(let text) = value.content, text.hasPrefix("/"), !text.utf8.contains(0),
        text.utf8.count < 4096
      else { return nil }
      return text
    }
  }

  static var luigiIdentifier: ConfigurationKind {
    ConfigurationKind(expected: "a dotted Python name") { value in
      guard case .string(let text) = value.content, JobLuigi.isIdentifier(text) else { return nil }
      return text
    }
  }
}

extension ConfigurationKind where Value == ParameterValue {
  /// Any string, number or flag.
  static var parameterValue: ConfigurationKind {
    ConfigurationKind(expected: "a string, a number, true or false") { value in
      switch value.content {
      case .string(let text): .string(text)
      case .integer(let number): .integer(Int(number))
      case .number(let number): .number(number)
      case .boolean(let flag): .boolean(flag)
      case .object, .array, .null: nil
      }
    }
  }
}

extension JobRetry {
  init(from reader: inout ConfigurationReader) throws(ConfigurationError) {
    self.init()
    countMax = try reader.required("count", .integer(in: 0...20))
    let range: ClosedRange<Duration> = .milliseconds(1) ... .seconds(86_400)
    delay = try reader.value("delay", .duration(in: range), default: delay)
    factor = try reader.value("factor", .number(in: 1...10), default: factor)
    delayMax = try reader.value("delay_max", .duration(in: range), default: delayMax)
  }
}

extension JobConcurrency {
  init(from reader: inout ConfigurationReader) throws(ConfigurationError) {
    self.init()
    runningMax = try reader.value("running", .integer(in: 1...1000), default: runningMax)
    whenFull = try reader.value("when_full", .oneOf(WhenFull.self), default: whenFull)
    queuedMax = try reader.value("queued", .integer(in: 1...10_000), default: queuedMax)
  }
}

extension JobLimits {
  init(from reader: inout ConfigurationReader) throws(ConfigurationError) {
    self.init()
    let bytes: ClosedRange<Int> = 1...(1 << 50)
    cpuSeconds = try reader.optional("cpu_s", .integer(in: 1...31_536_000))
    addressSpaceBytes = try reader.optional("address_space_bytes", .integer(in: bytes))
    openFiles = try reader.optional("open_files", .integer(in: 8...1_048_576))
    processes = try reader.optional("processes", .integer(in: 1...4_194_304))
    fileBytes = try reader.optional("file_bytes", .integer(in: bytes))
    outputBytes = try reader.value(
      "output_bytes", .integer(in: 0...(1 << 40)), default: outputBytes)
  }
}

extension JobParameter {
  private enum TypeWord: String, CaseIterable { case string, integer, number, boolean, date }

  init(name: String, from reader: inout ConfigurationReader) throws(ConfigurationError) {
    guard JobParameter.isValidName(name) else {
      throw ConfigurationError(
        file: reader.file, place: reader.place,
        problem: "parameter \(SchedulerWords.quoted(name)): expected a-z, then a-z, 0-9 and _")
    }
    self.init(name, try JobParameter.kind(&reader))
    isRequired = try reader.value("required", .boolean, default: false)
    allowsDash = try reader.value("dash", .boolean, default: allowsNegative)
    summary = try reader.optional("summary", .string)
    guard let stated = try reader.optional("default", .parameterValue) else { return }
    if kind == .date, stated == .string("today") || stated == .string("yesterday") {
      fallback = .today(daysBack: stated == .string("today") ? 0 : 1)
      return
    }
    switch check(stated) {
    case .success(let value): fallback = .value(value)
    case .failure(let problem): throw reader.error("default", problem.sentence)
    }
  }

  private static func kind(
    _ reader: inout ConfigurationReader
  ) throws(ConfigurationError) -> Kind {
    switch try reader.required("type", .oneOf(TypeWord.self)) {
    case .string:
      var rule = StringRule()
      rule.choices = try reader.value("one_of", .strings, default: [])
      rule.byteCountMax = try reader.value(
        "max_bytes", .integer(in: 1...4096), default: rule.byteCountMax)
      rule.characters = try reader.value(
        "characters", .oneOf(Characters.self), default: rule.characters)
      return .string(rule)
    case .integer:
      let low = try reader.value("min", .integer(), default: Int.min)
      let high = try reader.value("max", .integer(), default: Int.max)
      guard low <= high else { throw reader.error("min", "found more than \"max\"") }
      return .integer(low...high)
    case .number:
      let all = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
      let low = try reader.value("min", .number(in: all), default: all.lowerBound)
      let high = try reader.value("max", .number(in: all), default: all.upperBound)
      guard low <= high else { throw reader.error("min", "found more than \"max\"") }
      return .number(low...high)
    case .boolean: return .boolean
    case .date: return .date
    }
  }

  /// A range that states a negative bound asks for negative numbers.
  private var allowsNegative: Bool {
    switch kind {
    case .integer(let range): range.lowerBound < 0 && range.lowerBound != Int.min
    case .number(let range):
      range.lowerBound < 0 && range.lowerBound != -Double.greatestFiniteMagnitude
    case .string, .boolean, .date: false
    }
  }

  /// `[a-z][a-z0-9_]*`, at most 64 bytes.
  static func isValidName(_ name: String) -> Bool {
    guard let first = name.utf8.first, name.utf8.count <= 64 else { return false }
    return first &- UInt8(ascii: "a") < 26
      && name.utf8.allSatisfy {
        $0 &- UInt8(ascii: "a") < 26 || $0 &- UInt8(ascii: "0") < 10 || $0 == UInt8(ascii: "_")
      }
  }
}
