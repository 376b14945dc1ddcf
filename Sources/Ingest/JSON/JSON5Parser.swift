/// Reads the values of a JSON5 text, recursively to `JSON5Document.depthMax`.
struct JSON5Parser {
  private var scanner: JSON5Scanner
  private var depth = 0

  init(_ text: Span<UInt8>) throws(JSON5Error) { scanner = try JSON5Scanner(text) }

  mutating func parseDocument() throws(JSON5Error) -> JSON5Value {
    try scanner.skipSpace()
    let value = try parseValue()
    try scanner.skipSpace()
    guard scanner.peek() == nil else { throw scanner.unexpected("the end of the text") }
    return value
  }

  private mutating func parseValue() throws(JSON5Error) -> JSON5Value {
    let place = scanner.place
    return JSON5Value(place: place, content: try parseContent())
  }

  private mutating func parseContent() throws(JSON5Error) -> JSON5Value.Content {
    switch scanner.peek() {
    case "{": return try nested { (parser) throws(JSON5Error) in try parser.parseObject() }
    case "[": return try nested { (parser) throws(JSON5Error) in try parser.parseArray() }
    case "\"", "'": return .string(try parseString())
    case "+", "-", ".", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9":
      return try parseNumber()
    default: return try parseWord()
    }
  }

  private mutating func nested(
    _ body: (inout JSON5Parser) throws(JSON5Error) -> JSON5Value.Content
  ) throws(JSON5Error) -> JSON5Value.Content {
    guard depth < JSON5Document.depthMax else {
      throw JSON5Error(
        scanner.place, found: "nesting deeper than \(JSON5Document.depthMax)",
        expected: "at most that")
    }
    depth += 1
    let content = try body(&self)
    depth -= 1
    return content
  }

  private mutating func parseObject() throws(JSON5Error) -> JSON5Value.Content {
    scanner.take()
    var members: [JSON5Value.Member] = []
    var places: [String: JSON5Place] = [:]
    while true {
      try scanner.skipSpace()
      if scanner.take("}") { return .object(members) }
      let place = scanner.place
      let key = try parseKey()
      if let first = places.updateValue(place, forKey: key) {
        throw JSON5Error(
          place, found: "key \(JSON5Scanner.quoted(key)) again",
          expected: "each key once: it stands at line \(first.line), column \(first.column)")
      }
      try scanner.skipSpace()
      guard scanner.take(":") else { throw scanner.unexpected("\":\" after a key") }
      try scanner.skipSpace()
      members.append(JSON5Value.Member(key: key, place: place, value: try parseValue()))
      try scanner.skipSpace()
      if !scanner.take(","), scanner.peek() != "}" {
        throw scanner.unexpected("\",\" or \"}\"")
      }
    }
  }

  private mutating func parseArray() throws(JSON5Error) -> JSON5Value.Content {
    scanner.take()
    var elements: [JSON5Value] = []
    while true {
      try scanner.skipSpace()
      if scanner.take("]") { return .array(elements) }
      elements.append(try parseValue())
      try scanner.skipSpace()
      if !scanner.take(","), scanner.peek() != "]" {
        throw scanner.unexpected("\",\" or \"]\"")
      }
    }
  }

  private mutating func parseKey() throws(JSON5Error) -> String {
    guard let first = scanner.peek() else { throw scanner.unexpected("a key or \"}\"") }
    if first == "\"" || first == "'" { return try parseString() }
    var key = String.UnicodeScalarView()
    while let next = scanner.peek() {
      var scalar = next
      let place = scanner.place
      let isEscape = next == "\\" && scanner.peek(1) == "u"
      if isEscape {
        scanner.take()
        scanner.take()
        scalar = try parseHex(4)
      }
      let isFitting =
        key.isEmpty
        ? JSON5Scanner.isIdentifierStart(scalar) : JSON5Scanner.isIdentifierPart(scalar)
      if isEscape, !isFitting {
        throw JSON5Error(place, found: "an escape", expected: "one of a letter, digit, $ or _")
      }
      guard isFitting else { break }
      if !isEscape { scanner.take() }
      key.append(scalar)
    }
    guard !key.isEmpty else { throw scanner.unexpected("a key or \"}\"") }
    return String(key)
  }

  private mutating func parseWord() throws(JSON5Error) -> JSON5Value.Content {
    let error = scanner.unexpected("a value")
    var word = ""
    while let next = scanner.peek(), JSON5Scanner.isIdentifierPart(next), word.utf8.count < 16 {
      word.unicodeScalars.append(next)
      scanner.take()
    }
    switch word {
    case "true": return .boolean(true)
    case "false": return .boolean(false)
    case "null": return .null
    case "Infinity", "NaN":
      throw JSON5Error(error.place, found: word, expected: "a finite number")
    default: throw error
    }
  }
}

// Strings.
extension JSON5Parser {
  private mutating func parseString() throws(JSON5Error) -> String {
    let start = scanner.place
    let quote = scanner.take()
    var text = String.UnicodeScalarView()
    while let scalar = scanner.peek() {
      if scalar == "\n" || scalar == "\r" { throw scanner.unexpected("the string's closing quote") }
      scanner.take()
      if scalar == quote { return String(text) }
      if scalar == "\\" {
        try parseEscape(into: &text)
      } else {
        text.append(scalar)
      }
    }
    throw JSON5Error(start, found: "a string that does not end", expected: "a closing quote")
  }

  /// After the backslash: ECMAScript 5.1 section 7.8.4, with JSON5's rule that any other character
  /// stands for itself, digits apart.
  private mutating func parseEscape(
    into text: inout String.UnicodeScalarView
  ) throws(JSON5Error) {
    let error = scanner.unexpected("an escape")
    guard let scalar = scanner.take() else { throw error }
    switch scalar {
    case "b": text.append("\u{8}")
    case "f": text.append("\u{C}")
    case "n": text.append("\n")
    case "r": text.append("\r")
    case "t": text.append("\t")
    case "v": text.append("\u{B}")
    case "x": text.append(try parseHex(2))
    case "u": text.append(try parseUnicodeEscape())
    case "\r": _ = scanner.take("\n")
    case "\n", "\u{2028}", "\u{2029}": break
    case "0":
      if let next = scanner.peek(), ("0"..."9").contains(next) { throw error }
      text.append("\0")
    case "1"..."9": throw error
    default: text.append(scalar)
    }
  }

  /// After `\u`: four digits, and the second half of a surrogate pair.
  private mutating func parseUnicodeEscape() throws(JSON5Error) -> Unicode.Scalar {
    let place = scanner.place
    let high = try parseHexValue(4)
    if let scalar = Unicode.Scalar(high) { return scalar }
    if high < 0xDC00, scanner.take("\\"), scanner.take("u") {
      let low = try parseHexValue(4)
      if (0xDC00..<0xE000).contains(low),
        let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + low - 0xDC00)
      {
        return scalar
      }
    }
    throw JSON5Error(place, found: "half a surrogate pair", expected: "both halves")
  }

  private mutating func parseHex(_ count: Int) throws(JSON5Error) -> Unicode.Scalar {
    let error = scanner.unexpected("an escape of a character")
    guard let scalar = Unicode.Scalar(try parseHexValue(count)) else { throw error }
    return scalar
  }

  private mutating func parseHexValue(_ count: Int) throws(JSON5Error) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<count {
      guard let digit = scanner.peek().flatMap(JSON5Parser.hexDigit) else {
        throw scanner.unexpected("a hexadecimal digit")
      }
      value = value << 4 | UInt32(digit)
      scanner.take()
    }
    return value
  }

  private static func hexDigit(_ scalar: Unicode.Scalar) -> UInt8? {
    scalar.isASCII ? JSONEscape.hexDigit(UInt8(truncatingIfNeeded: scalar.value)) : nil
  }
}

// Numbers.
extension JSON5Parser {
  private mutating func parseNumber() throws(JSON5Error) -> JSON5Value.Content {
    let place = scanner.place
    let isNegative = scanner.peek() == "-"
    if isNegative || scanner.peek() == "+" { scanner.take() }
    if let next = scanner.peek(), JSON5Scanner.isIdentifierStart(next) {
      let error = scanner.unexpected("a finite number")
      _ = try parseWord()
      throw error
    }
    if scanner.peek() == "0", scanner.peek(1) == "x" || scanner.peek(1) == "X" {
      return try parseHexadecimal(isNegative, place)
    }
    var text = isNegative ? "-" : ""
    let whole = takeDigits(into: &text)
    if whole.count > 1, whole.first == "0" {
      throw JSON5Error(place, found: "a number with a leading 0", expected: "none")
    }
    if whole.isEmpty { text += "0" }
    var isInteger = true
    var hasDigits = !whole.isEmpty
    if scanner.take(".") {
      isInteger = false
      text += "."
      let fraction = takeDigits(into: &text)
      hasDigits = hasDigits || !fraction.isEmpty
      if fraction.isEmpty { text += "0" }
    }
    guard hasDigits else { throw scanner.unexpected("a digit") }
    if try parseExponent(into: &text) { isInteger = false }
    try endNumber()
    if isInteger, let value = Int64(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite else {
      throw JSON5Error(place, found: "a number beyond a binary64", expected: "a finite number")
    }
    return .number(value)
  }

  private mutating func parseHexadecimal(
    _ isNegative: Bool, _ place: JSON5Place
  ) throws(JSON5Error) -> JSON5Value.Content {
    scanner.take()
    scanner.take()
    var digits = isNegative ? "-" : ""
    while let next = scanner.peek(), JSON5Parser.hexDigit(next) != nil {
      digits.unicodeScalars.append(next)
      scanner.take()
    }
    guard digits.last?.isHexDigit == true else { throw scanner.unexpected("a hexadecimal digit") }
    try endNumber()
    guard let value = Int64(digits, radix: 16) else {
      throw JSON5Error(place, found: "a number beyond 64 bits", expected: "a smaller one")
    }
    return .integer(value)
  }

  private mutating func takeDigits(into text: inout String) -> String {
    var digits = ""
    while let next = scanner.peek(), ("0"..."9").contains(next) {
      digits.unicodeScalars.append(next)
      scanner.take()
    }
    text += digits
    return digits
  }

  private mutating func parseExponent(into text: inout String) throws(JSON5Error) -> Bool {
    guard scanner.take("e") || scanner.take("E") else { return false }
    text += "e"
    if scanner.take("-") { text += "-" } else { _ = scanner.take("+") }
    guard !takeDigits(into: &text).isEmpty else { throw scanner.unexpected("a digit") }
    return true
  }

  private func endNumber() throws(JSON5Error) {
    if let next = scanner.peek(), JSON5Scanner.isIdentifierPart(next) || next == "." {
      throw scanner.unexpected("the end of the number")
    }
  }
}
