/// The scalars of a JSON5 text, one by one, with line and column; white space and comments.
struct JSON5Scanner {
  private let scalars: [Unicode.Scalar]
  private var offset = 0
  private var line = 1
  private var column = 1

  /// Throws for bytes that are no UTF-8.
  init(_ text: Span<UInt8>) throws(JSON5Error) {
    var bytes: [UInt8] = []
    bytes.append(copying: text)
    guard let string = String(validating: bytes, as: UTF8.self) else {
      let valid = String(decoding: bytes, as: UTF8.self).unicodeScalars
      let before = Array(valid.prefix { $0 != "\u{FFFD}" })
      let lines = before.count { $0 == "\n" }
      let column = before.reversed().prefix { $0 != "\n" }.count
      throw JSON5Error(
        JSON5Place(line: lines + 1, column: column + 1), found: "bytes that are no UTF-8",
        expected: "UTF-8")
    }
    scalars = Array(string.unicodeScalars)
    if scalars.first == "\u{FEFF}" { offset = 1 }
  }

  /// Of the scalar that `peek` shows.
  var place: JSON5Place { JSON5Place(line: line, column: column) }

  /// The next scalar, or the one after so many; nil at the end.
  func peek(_ ahead: Int = 0) -> Unicode.Scalar? {
    offset + ahead < scalars.count ? scalars[offset + ahead] : nil
  }

  /// Takes the next scalar.
  @discardableResult
  mutating func take() -> Unicode.Scalar? {
    guard let scalar = peek() else { return nil }
    offset += 1
    if scalar == "\n" {
      line += 1
      column = 1
    } else {
      column += 1
    }
    return scalar
  }

  /// Takes the next scalar if it is this one.
  mutating func take(_ wanted: Unicode.Scalar) -> Bool {
    guard peek() == wanted else { return false }
    take()
    return true
  }

  /// Steps over white space and comments. Throws for a comment without an end.
  mutating func skipSpace() throws(JSON5Error) {
    while let scalar = peek() {
      if JSON5Scanner.isSpace(scalar) {
        take()
      } else if scalar == "/", peek(1) == "/" {
        while let next = peek(), !JSON5Scanner.isLineEnd(next) { take() }
      } else if scalar == "/", peek(1) == "*" {
        try skipBlockComment()
      } else {
        return
      }
    }
  }

  private mutating func skipBlockComment() throws(JSON5Error) {
    let start = place
    take()
    take()
    while let scalar = take() {
      if scalar == "*", take("/") { return }
    }
    throw JSON5Error(start, found: "a comment that does not end", expected: "*/")
  }

  /// An error about what stands at the current place.
  func unexpected(_ expected: String) -> JSON5Error {
    JSON5Error(place, found: foundText, expected: expected)
  }

  /// The next word or scalar as messages show it, at most 40 scalars.
  private var foundText: String {
    guard let first = peek() else { return "the end of the text" }
    guard JSON5Scanner.isIdentifierPart(first) else { return JSON5Scanner.quoted(String(first)) }
    let word = scalars[offset...].prefix(40).prefix { JSON5Scanner.isIdentifierPart($0) }
    return JSON5Scanner.quoted(String(String.UnicodeScalarView(word)))
  }

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

  /// WhiteSpace and LineTerminator of ECMAScript 5.1 sections 7.2 and 7.3.
  static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "\t", "\u{B}", "\u{C}", " ", "\u{A0}", "\u{FEFF}": true
    default: isLineEnd(scalar) || scalar.properties.generalCategory == .spaceSeparator
    }
  }

  static func isLineEnd(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "\n" || scalar == "\r" || scalar == "\u{2028}" || scalar == "\u{2029}"
  }

  /// IdentifierStart of ECMAScript 5.1 section 7.6, without escapes.
  static func isIdentifierStart(_ scalar: Unicode.Scalar) -> Bool {
    if scalar == "$" || scalar == "_" { return true }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
      .letterNumber:
      return true
    default: return false
    }
  }

  static func isIdentifierPart(_ scalar: Unicode.Scalar) -> Bool {
    if isIdentifierStart(scalar) || scalar == "\u{200C}" || scalar == "\u{200D}" { return true }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .spacingMark, .decimalNumber, .connectorPunctuation: return true
    default: return false
    }
  }
}
