/// Texts from outside, as messages and records may show them.
enum SchedulerWords {
  /// In double quotes, controls and format characters escaped, cut at 80 scalars.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars.prefix(80) {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse:
        result += "\\u{" + String(scalar.value, radix: 16) + "}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + (text.unicodeScalars.count > 80 ? "…\"" : "\"")
  }
}
