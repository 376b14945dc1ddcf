import Ingest

/// The parameters of one run: every one checked, defaults put in, in the order of the declaration.
package struct JobParameters: Sendable, Equatable {
  /// One parameter's value.
  package struct Entry: Sendable, Equatable {
    package let name: String
    package let value: ParameterValue
  }

  package private(set) var entries: [Entry] = []

  /// Bytes of the JSON text that is looked at. 16 KiB.
  package static let byteCountMax = 16 << 10

  package init(_ entries: [Entry] = []) { self.entries = entries }

  package subscript(name: String) -> ParameterValue? {
    entries.first { $0.name == name }?.value
  }

  /// One JSON object; the same text for the same values.
  package var json: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    for entry in entries {
      switch entry.value {
      case .string(let text): writer.field(named: entry.name, text)
      case .integer(let number): writer.field(named: entry.name, number)
      case .number(let number): writer.field(named: entry.name, number)
      case .boolean(let flag): writer.field(named: entry.name, flag)
      }
    }
    writer.endObject()
    return writer.bytes
  }

  /// Checks a JSON object against a declaration.
  ///
  /// - Parameter today: the date in the job's zone, for defaults that name it.
  /// - Returns: every sentence on what is wrong, at most 64.
  static func check(
    _ text: [UInt8], against declared: [JobParameter], today: CivilDate
  ) -> Result<JobParameters, JobParametersRefusal> {
    guard text.count <= byteCountMax else {
      return .failure(JobParametersRefusal(["parameters: expected at most \(byteCountMax) bytes"]))
    }
    var document = JSONDocument()
    let object = text.isEmpty ? Array("{}".utf8) : text
    do { try document.parse(object.span) } catch {
      return .failure(JobParametersRefusal(["parameters: expected one JSON object"]))
    }
    guard document.kind(document.root) == .object else {
      return .failure(JobParametersRefusal(["parameters: expected one JSON object"]))
    }
    return check(document, against: declared, today: today)
  }

  private static func check(
    _ document: JSONDocument, against declared: [JobParameter], today: CivilDate
  ) -> Result<JobParameters, JobParametersRefusal> {
    var given: [String: JSONDocument.Reference] = [:]
    var sentences: [String] = []
    document.forEachMember(document.root) { key, value in
      let name = document.string(key) ?? ""
      given[name] = value
      if !declared.contains(where: { $0.name == name }), sentences.count < 64 {
        sentences.append("\(SchedulerWords.quoted(name)): the job has no such parameter")
      }
    }
    var entries: [Entry] = []
    for parameter in declared {
      if let reference = given[parameter.name] {
        switch parameter.check(reference, of: document) {
        case .success(let value): entries.append(Entry(name: parameter.name, value: value))
        case .failure(let problem): sentences.append(problem.sentence)
        }
      } else if let value = parameter.fallback?.value(today: today) {
        entries.append(Entry(name: parameter.name, value: value))
      } else if parameter.isRequired {
        sentences.append("\(parameter.name): is required: expected \(parameter.expected)")
      }
    }
    if !sentences.isEmpty { return .failure(JobParametersRefusal(Array(sentences.prefix(64)))) }
    return .success(JobParameters(entries))
  }
}

/// Why parameters do not fit: one sentence each, never empty.
package struct JobParametersRefusal: Error, Hashable, Sendable {
  package let sentences: [String]
  init(_ sentences: [String]) { self.sentences = sentences }
}

extension JobParameter.Default {
  func value(today: CivilDate) -> ParameterValue {
    switch self {
    case .value(let value): return value
    case .today(let daysBack):
      let day = CivilDate(daysSinceEpoch: today.daysSinceEpoch - daysBack)
      var text: [UInt8] = []
      text.appendDecimal(day.year, width: 4)
      text.append(UInt8(ascii: "-"))
      text.appendDecimal(day.month, width: 2)
      text.append(UInt8(ascii: "-"))
      text.appendDecimal(day.day, width: 2)
      return .string(String(decoding: text, as: UTF8.self))
    }
  }
}
