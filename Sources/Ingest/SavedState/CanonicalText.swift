/// A value spelled out by its stored fields, the same text for equal values.
///
/// To digest settings that must not silently differ: every stored field is in it by reflection, so
/// that a new setting cannot be forgotten. Elements of sets and dictionaries are sorted by their
/// text. Functions have no text of their own. Nesting beyond 64 is cut.
package enum CanonicalText {
  package static let depthMax = 64

  package static func of(_ value: Any) -> String {
    var text = ""
    append(value, &text, 0)
    return text
  }

  /// SHA-256 of the text, hex.
  package static func digest(of value: Any) -> String {
    let bytes = Array(of(value).utf8)
    return SHA256.digest(bytes.span).hex
  }

  private static func append(_ value: Any, _ text: inout String, _ depth: Int) {
    guard depth < depthMax else { return }
    switch value {
    case let value as String: text += "\(value.utf8.count):\(value)"
    case let value as Double: text += "\(value)"
    case let value as any BinaryInteger: text += "\(value)"
    case let value as Bool: text += "\(value)"
    default: appendParts(value, &text, depth)
    }
  }

  private static func appendParts(_ value: Any, _ text: inout String, _ depth: Int) {
    let mirror = Mirror(reflecting: value)
    var parts: [String] = []
    for child in mirror.children {
      var part = child.label.map { "\($0)=" } ?? ""
      append(child.value, &part, depth + 1)
      parts.append(part)
    }
    switch mirror.displayStyle {
    case .set, .dictionary: parts.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    case .enum where parts.isEmpty: parts = ["\(value)"]
    default: break
    }
    text += "\(mirror.subjectType){\(parts.joined(separator: ","))}"
  }
}
