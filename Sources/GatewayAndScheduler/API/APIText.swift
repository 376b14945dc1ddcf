/// Text from outside, made fit for records, answers and people.
enum APIText {
  /// Printable ASCII in place of the text: every other scalar, the backslash and the double quote are
  /// written as `\u{…}`, and what exceeds `characterCountMax` characters is cut and marked with `...`.
  ///
  /// So a value can neither end a line or a quotation, nor turn a line's direction, nor be taken for another text.
  static func legible(_ text: String, characterCountMax: Int = 64) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      guard result.utf8.count < characterCountMax else { return result + "..." }
      if scalar.isASCII, scalar.value >= 0x20, scalar.value != 0x7F, scalar != "\\", scalar != "\""
      {
        result.unicodeScalars.append(scalar)
      } else {
        result += "\\u{" + String(scalar.value, radix: 16) + "}"
      }
    }
    return result
  }

  /// Whether the text can name a job: 1 to 256 bytes, letters, marks, digits, punctuation and symbols
  /// alone. Spaces, controls, separators, invisible and unassigned scalars name nothing.
  static func isJobName(_ text: String) -> Bool {
    guard (1...256).contains(text.utf8.count) else { return false }
    return text.unicodeScalars.allSatisfy { scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
        .paragraphSeparator, .spaceSeparator:
        false
      default: true
      }
    }
  }

  /// Whether the text can be an id of ours: 1 to 128 letters, digits, `-`, `_` and `.`.
  static func isIdentifier(_ text: String) -> Bool {
    (1...128).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10
          || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
      }
  }

  /// Whether the text is 1 to 256 printable ASCII characters.
  static func isPlainToken(_ text: String) -> Bool {
    (1...256).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21..<0x7F).contains($0) }
  }

  /// The text with every byte that a path segment does not take as it is escaped (RFC 3986).
  static func pathSegment(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      let isPlain =
        (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10
        || "-._~".utf8.contains(byte)
      if isPlain {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        result += "%" + (digits.utf8.count < 2 ? "0" : "") + digits
      }
    }
    return result
  }
}
