package import Ingest

/// A job as the trigger API shows it.
extension JobDefinition {
  /// - Parameter openRunCount: runs that are queued, held or running.
  package func view(at now: Timestamp, openRunCount: Int) -> JobView {
    var view = JobView(name: name, kind: kind.rawValue, parameterSchema: parameterSchema)
    view.owner = owner
    view.summary = summary
    view.schedule = schedule.map { "\($0.expression.text) (\($0.zone.name))" }
    view.nextRun = schedule?.next(after: now)
    view.needs = needs.map(\.job)
    view.openRunCount = openRunCount
    return view
  }

  /// JSON Schema 2020-12: one object.
  package var parameterSchema: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.field("type", "object")
    writer.beginObject("properties")
    var properties: [UInt8] = []
    for (index, parameter) in parameters.enumerated() {
      if index > 0 { properties.append(UInt8(ascii: ",")) }
      JSONEscape.appendQuoted(parameter.name, to: &properties)
      properties.append(UInt8(ascii: ":"))
      properties += parameter.schema
    }
    writer.endObject()
    writer.field("required", parameters.filter { $0.isRequired && $0.fallback == nil }.map(\.name))
    writer.field("additionalProperties", false)
    writer.endObject()
    // The writer's keys are the program's own; names of parameters are data, and put in here.
    let open = Array("\"properties\":{".utf8)
    var bytes = writer.bytes
    if let start = bytes.firstRange(of: open)?.upperBound {
      bytes.insert(contentsOf: properties, at: start)
    }
    return bytes
  }
}

extension JobParameter {
  fileprivate var schema: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    switch kind {
    case .string(let rule):
      writer.field("type", "string")
      writer.field("enum", rule.choices)
      writer.field("maxLength", rule.byteCountMax)
      if rule.choices.isEmpty { writer.field("pattern", rule.characters.pattern) }
    case .integer(let range):
      writer.field("type", "integer")
      if range.lowerBound != Int.min { writer.field("minimum", range.lowerBound) }
      if range.upperBound != Int.max { writer.field("maximum", range.upperBound) }
    case .number(let range):
      writer.field("type", "number")
      let bound = Double.greatestFiniteMagnitude
      if range.lowerBound != -bound { writer.field("minimum", range.lowerBound) }
      if range.upperBound != bound { writer.field("maximum", range.upperBound) }
    case .boolean: writer.field("type", "boolean")
    case .date:
      writer.field("type", "string")
      writer.field("format", "date")
    }
    switch fallback {
    case .value(.string(let text)): writer.field("default", text)
    case .value(.integer(let number)): writer.field("default", number)
    case .value(.number(let number)): writer.field("default", number)
    case .value(.boolean(let flag)): writer.field("default", flag)
    case .today, nil: break
    }
    writer.field("description", summary)
    writer.endObject()
    return writer.bytes
  }
}

extension JobParameter.Characters {
  fileprivate var pattern: String? {
    switch self {
    case .identifier: "^[A-Za-z0-9._-]*$"
    case .digits: "^[0-9]*$"
    case .path: "^[A-Za-z0-9._/-]*$"
    case .text: nil
    }
  }
}
