import Ingest

/// Names from outside inside sentences of ours.
package enum PolicyText {
  /// Longest reason made, in bytes: what a record's `reason` keeps.
  package static let reasonByteCountMax = FieldLimit.text.byteCount
  /// Longest name shown, in scalars.
  package static let nameScalarCountMax = 80

  /// The name, control and format characters escaped, cut with an ellipsis.
  package static func shown(_ name: String) -> String {
    var result = ""
    var rest = name.unicodeScalars[...]
    for _ in 0..<nameScalarCountMax {
      guard let scalar = rest.popFirst() else { return result }
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
        .unassigned:
        result += "\\u{" + String(scalar.value, radix: 16) + "}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return rest.isEmpty ? result : result + "…"
  }

  /// The same in double quotes.
  package static func quoted(_ name: String) -> String { "\"" + shown(name) + "\"" }

  /// Names joined by commas, the first `countMax` of them.
  package static func list(_ names: [String], countMax: Int = 5) -> String {
    let head = names.prefix(countMax).map(shown).joined(separator: ", ")
    return names.count > countMax ? head + " and \(names.count - countMax) more" : head
  }

  /// A sentence that fits a record's reason, cut with an ellipsis.
  package static func reason(_ text: String) -> String {
    guard text.utf8.count > reasonByteCountMax else { return text }
    var result = ""
    var count = 0
    for scalar in text.unicodeScalars {
      count += UTF8.width(scalar)
      if count > reasonByteCountMax - 3 { break }
      result.unicodeScalars.append(scalar)
    }
    return result + "…"
  }
}
