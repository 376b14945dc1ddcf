/// One property of an iCalendar event: `DTSTART;TZID=Europe/Berlin:20261124T080000`.
struct ICalendarProperty: Hashable, Sendable {
  /// Of the property's first line, from 1.
  let line: Int
  /// In capitals.
  let name: String
  /// Names in capitals, quotes removed from the values.
  let parameters: [String: String]
  let value: String

  func error(_ expected: String) -> CalendarError {
    CalendarError(line: line, found: "\(name):\(value)", expected: expected)
  }
}

/// The properties of one VEVENT, those of nested components left out.
struct ICalendarEvent: Hashable, Sendable {
  /// Of `BEGIN:VEVENT`.
  let line: Int
  var properties: [ICalendarProperty] = []

  func first(_ name: String) -> ICalendarProperty? { properties.first { $0.name == name } }

  /// The event's title, for messages and findings; backslash escapes undone.
  var summary: String {
    guard let value = first("SUMMARY")?.value else { return "" }
    var result = ""
    var isEscaped = false
    for character in value {
      if isEscaped {
        result.append(character == "n" || character == "N" ? " " : character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else {
        result.append(character)
      }
    }
    return result
  }
}

/// Reads the events of an iCalendar text (RFC 5545): unfolds lines, splits properties, follows the
/// nesting of components. Lines may end with CR LF or LF alone, as files on disk often do.
struct ICalendarReader {
  static let byteCountMax = 8 << 20
  static let eventCountMax = 20_000
  static let depthMax = 8

  private var events: [ICalendarEvent] = []
  private var event: ICalendarEvent?
  private var components: [(name: String, line: Int)] = []

  static func events(in text: Span<UInt8>) throws(CalendarError) -> [ICalendarEvent] {
    guard text.count <= byteCountMax else {
      throw CalendarError(
        line: 1, found: "\(text.count) bytes", expected: "at most \(byteCountMax)")
    }
    var reader = ICalendarReader()
    var sawCalendar = false
    for (line, content) in try unfolded(text) where !content.isEmpty {
      let property = try property(content, line)
      if !sawCalendar, (property.name, property.value.uppercased()) != ("BEGIN", "VCALENDAR") {
        throw CalendarError(line: line, found: content, expected: "BEGIN:VCALENDAR")
      }
      sawCalendar = true
      try reader.take(property)
    }
    if let open = reader.components.last {
      throw CalendarError(
        line: open.line, found: "BEGIN:\(open.name) without an end", expected: "its END")
    }
    guard sawCalendar else {
      throw CalendarError(line: 1, found: "", expected: "BEGIN:VCALENDAR")
    }
    return reader.events
  }

  private mutating func take(_ property: ICalendarProperty) throws(CalendarError) {
    switch property.name {
    case "BEGIN": try begin(property)
    case "END": try end(property)
    default:
      guard !components.isEmpty else { throw property.error("BEGIN:VCALENDAR before it") }
      if components.last?.name == "VEVENT" { event?.properties.append(property) }
    }
  }

  private mutating func begin(_ property: ICalendarProperty) throws(CalendarError) {
    guard components.count < ICalendarReader.depthMax else {
      throw property.error("at most \(ICalendarReader.depthMax) components within each other")
    }
    let name = property.value.uppercased()
    components.append((name, property.line))
    guard name == "VEVENT" else { return }
    guard event == nil else { throw property.error("END:VEVENT first") }
    guard events.count < ICalendarReader.eventCountMax else {
      throw property.error("at most \(ICalendarReader.eventCountMax) events")
    }
    event = ICalendarEvent(line: property.line)
  }

  private mutating func end(_ property: ICalendarProperty) throws(CalendarError) {
    let name = property.value.uppercased()
    guard let open = components.popLast(), open.name == name else {
      throw property.error("the end of the component begun last")
    }
    if name == "VEVENT", let event {
      events.append(event)
      self.event = nil
    }
  }

  /// Lines with what was folded below them (RFC 5545 section 3.1), each with its first line's number.
  private static func unfolded(
    _ text: Span<UInt8>
  ) throws(CalendarError) -> [(line: Int, content: String)] {
    var lines: [(line: Int, bytes: [UInt8])] = []
    var number = 0
    var start = 0
    while start < text.count {
      number += 1
      let newline = text.firstNewline(from: start, to: text.count) ?? text.count
      let hasReturn = newline > start && text[newline - 1] == UInt8(ascii: "\r")
      let end = hasReturn ? newline - 1 : newline
      if end > start, text[start] == 0x20 || text[start] == 0x09 {
        guard !lines.isEmpty else {
          throw CalendarError(line: number, found: " ", expected: "BEGIN:VCALENDAR")
        }
        lines[lines.count - 1].bytes.append(copying: text.extracting(start + 1..<end))
      } else {
        lines.append((number, []))
        lines[lines.count - 1].bytes.append(copying: text.extracting(start..<end))
      }
      start = newline + 1
    }
    return try validated(lines)
  }

  /// As text, without the byte order mark that some programs write first.
  private static func validated(
    _ lines: [(line: Int, bytes: [UInt8])]
  ) throws(CalendarError) -> [(line: Int, content: String)] {
    var result: [(line: Int, content: String)] = []
    for (line, bytes) in lines {
      guard let content = String(validating: bytes, as: UTF8.self) else {
        throw CalendarError(
          line: line, found: String(decoding: bytes, as: UTF8.self), expected: "UTF-8")
      }
      let hasMark = line == 1 && content.unicodeScalars.first == "\u{FEFF}"
      result.append((line, hasMark ? String(content.unicodeScalars.dropFirst()) : content))
    }
    return result
  }

  /// `name *(";" param) ":" value`; a quoted parameter value may hold `;` and `:`.
  private static func property(
    _ content: String, _ line: Int
  ) throws(CalendarError) -> ICalendarProperty {
    var parts: [String] = [""]
    var isQuoted = false
    var rest = content[...]
    while let character = rest.popFirst() {
      if character == "\"" {
        isQuoted.toggle()
      } else if character == ":", !isQuoted {
        return try ICalendarProperty(
          line: line, name: name(parts[0], content, line),
          parameters: parameters(parts.dropFirst(), content, line), value: String(rest))
      } else if character == ";", !isQuoted {
        parts.append("")
      } else {
        parts[parts.count - 1].append(character)
      }
    }
    throw CalendarError(line: line, found: content, expected: "a property: NAME:value")
  }

  private static func name(
    _ text: String, _ content: String, _ line: Int
  ) throws(CalendarError) -> String {
    let isName =
      !text.isEmpty
      && text.utf8.allSatisfy {
        ($0 | 0x20) &- UInt8(ascii: "a") < 26 || $0 &- UInt8(ascii: "0") < 10
          || $0 == UInt8(ascii: "-")
      }
    guard isName else {
      throw CalendarError(line: line, found: content, expected: "a property: NAME:value")
    }
    return text.uppercased()
  }

  private static func parameters(
    _ parts: ArraySlice<String>, _ content: String, _ line: Int
  ) throws(CalendarError) -> [String: String] {
    var result: [String: String] = [:]
    for part in parts {
      guard let equals = part.firstIndex(of: "=") else {
        throw CalendarError(line: line, found: content, expected: "parameters as NAME=value")
      }
      result[part[..<equals].uppercased()] = String(part[part.index(after: equals)...])
    }
    return result
  }
}
