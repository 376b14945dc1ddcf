/// Reads the values of a JSON5 text, recursively to `JSON5Document.depthMax`.
struct JSON5Parser {
  var scanner: JSON5Scanner
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

  mutating func parseWord() throws(JSON5Error) -> JSON5Value.Content {
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
