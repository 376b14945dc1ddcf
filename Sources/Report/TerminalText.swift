/// Text from outside made fit for a terminal: what it shows is what the bytes say.
package enum TerminalText {
  /// Replaces what could move the cursor, reorder the line or hide: control characters, bidirectional
  /// overrides, line and paragraph separators, zero-width and tag characters become `\u{…}`.
  package static func escaped(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      if isUnsafe(scalar) {
        result += "\\u{" + String(scalar.value, radix: 16) + "}"
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse: true
    default: false
    }
  }

  /// Columns that the text takes: 0 for combining marks, 2 for wide and full-width scalars.
  ///
  /// Wide ranges after Unicode Standard Annex 11 (East Asian Width W and F), to whole blocks.
  package static func width(_ text: String) -> Int {
    text.unicodeScalars.reduce(0) { $0 + width($1) }
  }

  private static func width(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case 0x20..<0x7F: return 1
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3,
      0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F,
      0x1F680...0x1F6FF, 0x1F900...0x1FAFF, 0x20000...0x3FFFD:
      return 2
    default: break
    }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return 0
    default: return 1
    }
  }

  /// Cut to `width` columns, the last one an ellipsis when something was cut.
  package static func fitted(_ text: String, width limit: Int) -> String {
    guard width(text) > limit else { return text }
    guard limit > 1 else { return limit == 1 ? "…" : "" }
    var result = ""
    var used = 0
    for scalar in text.unicodeScalars {
      let next = width(scalar)
      if used + next > limit - 1 { break }
      result.unicodeScalars.append(scalar)
      used += next
    }
    return result + "…"
  }

  /// The text in lines of at most `width` columns, broken at spaces; a longer word is broken hard.
  package static func wrapped(_ text: String, width limit: Int) -> [String] {
    precondition(limit > 0, "a line of \(limit) columns")
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ", omittingEmptySubsequences: true) {
      var rest = String(word)
      if !line.isEmpty, width(line) + 1 + width(rest) <= limit {
        line += " " + rest
        continue
      }
      if !line.isEmpty { lines.append(line) }
      while width(rest) > limit {
        let head = hardPrefix(rest, width: limit)
        lines.append(head)
        rest = String(rest.unicodeScalars.dropFirst(max(1, head.unicodeScalars.count)))
      }
      line = rest
    }
    if !line.isEmpty || lines.isEmpty { lines.append(line) }
    return lines
  }

  private static func hardPrefix(_ text: String, width limit: Int) -> String {
    var result = ""
    var used = 0
    for scalar in text.unicodeScalars {
      used += width(scalar)
      if used > limit { break }
      result.unicodeScalars.append(scalar)
    }
    return result
  }
}

/// How to paint: colours only on a terminal that wants them.
package struct TextStyle: Sendable {
  /// Whether to emit ANSI SGR sequences.
  package let usesColor: Bool

  package init(usesColor: Bool) { self.usesColor = usesColor }

  package enum Paint: String, Sendable {
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
    case cyan = "36"
    case boldRed = "1;31"
  }

  /// `text` in a paint, or as it is.
  package func callAsFunction(_ text: String, _ paint: Paint?) -> String {
    guard usesColor, let paint else { return text }
    return "\u{1B}[\(paint.rawValue)m\(text)\u{1B}[0m"
  }
}
