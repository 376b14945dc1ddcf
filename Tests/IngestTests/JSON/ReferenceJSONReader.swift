import Ingest

/// The reader that the scanner replaced, kept to compare with: a state machine that takes byte after
/// byte, and finds repeated keys with a set.
struct ReferenceJSONReader {
  /// As `JSONDocument` lists them: strings and keys without quotes, `next` after the whole subtree.
  struct Node: Equatable {
    var kind: JSONDocument.Kind
    var range: Range<Int>
    var next: Int
    var hasEscapes = false
  }

  private(set) var nodes: [Node] = []
  private var openContainers: [Int] = []
  private let text: [UInt8]
  private let stopKey: String?
  private var offset = 0

  init(_ text: [UInt8], stopKey: String? = nil) {
    self.text = text
    self.stopKey = stopKey
  }

  private enum Expectation { case value, firstElement, firstKey, key, commaOrEnd }

  mutating func read() throws(JSONError) {
    var expectation = Expectation.value
    repeat {
      skipWhitespace()
      guard offset < text.count else { throw JSONError(.unexpectedEnd, at: offset) }
      switch expectation {
      case .value:
        expectation = try parseValue()
      case .firstElement:
        if text[offset] == UInt8(ascii: "]") {
          expectation = close()
        } else {
          expectation = try parseValue()
        }
      case .firstKey where text[offset] == UInt8(ascii: "}"):
        expectation = close()
      case .firstKey, .key:
        try parseKey()
        if try reachedStopKey() { return }
        expectation = .value
      case .commaOrEnd:
        expectation = try parseSeparator()
      }
    } while !(openContainers.isEmpty)
    skipWhitespace()
    guard offset == text.count else { throw JSONError(.trailingBytes, at: offset) }
  }

  private mutating func parseValue() throws(JSONError) -> Expectation {
    switch text[offset] {
    case UInt8(ascii: "{"):
      try open(.object)
      return .firstKey
    case UInt8(ascii: "["):
      try open(.array)
      return .firstElement
    case UInt8(ascii: "\""):
      try parseString(.string)
    case UInt8(ascii: "t"):
      try parseLiteral("true", .true)
    case UInt8(ascii: "f"):
      try parseLiteral("false", .false)
    case UInt8(ascii: "n"):
      try parseLiteral("null", .null)
    default:
      try parseNumber()
    }
    return .commaOrEnd
  }

  private mutating func open(
    _ kind: JSONDocument.Kind
  ) throws(JSONError) {
    guard openContainers.count < JSONDocument.depthMax else {
      throw JSONError(.tooDeep, at: offset)
    }
    openContainers.append(nodes.count)
    append(kind, from: offset, to: offset)
    offset += 1
  }

  /// Closes the innermost container, whose bracket stands at `offset`.
  private mutating func close() -> Expectation {
    offset += 1
    let index = openContainers.removeLast()
    nodes[index].range = nodes[index].range.lowerBound..<offset
    nodes[index].next = nodes.count
    return .commaOrEnd
  }

  private mutating func parseSeparator() throws(JSONError) -> Expectation {
    guard let container = openContainers.last else { return .commaOrEnd }
    let isObject = nodes[container].kind == .object
    switch text[offset] {
    case UInt8(ascii: ","):
      offset += 1
      return isObject ? .key : .value
    case UInt8(ascii: "}") where isObject:
      try refuseDuplicateKeys(of: container)
      return close()
    case UInt8(ascii: "]") where !isObject:
      return close()
    default:
      throw JSONError(.unexpectedByte, at: offset)
    }
  }

  private mutating func parseKey() throws(JSONError) {
    guard text[offset] == UInt8(ascii: "\"") else { throw JSONError(.unexpectedByte, at: offset) }
    try parseString(.key)
    skipWhitespace()
    guard offset < text.count else { throw JSONError(.unexpectedEnd, at: offset) }
    guard text[offset] == UInt8(ascii: ":") else { throw JSONError(.unexpectedByte, at: offset) }
    offset += 1
  }

  /// At the stop key of the outermost object: drops the key and closes the object.
  private mutating func reachedStopKey() throws(JSONError) -> Bool {
    guard let stopKey, openContainers.count == 1,
      name(nodes[nodes.count - 1]) == Array(stopKey.utf8)
    else { return false }
    nodes.removeLast()
    try refuseDuplicateKeys(of: 0)
    nodes[0].range = nodes[0].range.lowerBound..<offset
    nodes[0].next = nodes.count
    openContainers.removeAll(keepingCapacity: true)
    return true
  }

  private mutating func parseString(
    _ kind: JSONDocument.Kind
  ) throws(JSONError) {
    let start = offset + 1
    offset = start
    var hasEscapes = false
    while true {
      skipPlainASCII()
      guard offset < text.count else { throw JSONError(.unexpectedEnd, at: offset) }
      let byte = text[offset]
      if byte == UInt8(ascii: "\"") { break }
      if byte == UInt8(ascii: "\\") {
        hasEscapes = true
        try skipEscape()
      } else if byte < 0x20 {
        throw JSONError(.controlCharacter, at: offset)
      } else {
        try skipMultibyteScalar()
      }
    }
    append(kind, from: start, to: offset, hasEscapes: hasEscapes)
    offset += 1
  }

  /// Steps over bytes 0x20 to 0x7E other than quote and backslash.
  private mutating func skipPlainASCII() {
    while offset < text.count {
      let byte = text[offset]
      guard byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\")
      else { return }
      offset += 1
    }
  }

  private mutating func skipEscape() throws(JSONError) {
    guard offset + 1 < text.count else { throw JSONError(.unexpectedEnd, at: text.count) }
    switch text[offset + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      offset += 2
    case UInt8(ascii: "u"):
      for index in offset + 2..<offset + 6 {
        guard index < text.count else { throw JSONError(.unexpectedEnd, at: text.count) }
        guard JSONEscape.hexDigit(text[index]) != nil else {
          throw JSONError(.invalidEscape, at: index)
        }
      }
      offset += 6
    default:
      throw JSONError(.invalidEscape, at: offset + 1)
    }
  }

  /// One scalar of two to four bytes, by the table of well-formed sequences (Unicode 3.9, D92).
  private mutating func skipMultibyteScalar() throws(JSONError) {
    let lead = text[offset]
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch lead {
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    case 0xF1...0xF3: length = 4
    default: throw JSONError(.invalidUTF8, at: offset)
    }
    guard text.count - offset >= length, second.contains(text[offset + 1]) else {
      throw JSONError(.invalidUTF8, at: offset)
    }
    for index in 2..<max(length, 2) where text[offset + index] & 0xC0 != 0x80 {
      throw JSONError(.invalidUTF8, at: offset)
    }
    offset += length
  }

  private mutating func parseLiteral(
    _ literal: String, _ kind: JSONDocument.Kind
  ) throws(JSONError) {
    let start = offset
    for byte in literal.utf8 {
      guard offset < text.count else { throw JSONError(.unexpectedEnd, at: offset) }
      guard text[offset] == byte else { throw JSONError(.unexpectedByte, at: offset) }
      offset += 1
    }
    append(kind, from: start, to: offset)
  }

  /// `-? int frac? exp?` of RFC 8259 section 6, and finite as a binary64.
  private mutating func parseNumber() throws(JSONError) {
    let start = offset
    if text[offset] == UInt8(ascii: "-") { offset += 1 }
    let integerStart = offset
    try skipDigits()
    if offset - integerStart > 1, text[integerStart] == UInt8(ascii: "0") {
      throw JSONError(.unexpectedByte, at: integerStart + 1)
    }
    var mayOverflow = offset - integerStart > 300
    if offset < text.count, text[offset] == UInt8(ascii: ".") {
      offset += 1
      try skipDigits()
    }
    if offset < text.count, text[offset] | 0x20 == UInt8(ascii: "e") {
      mayOverflow = true
      offset += 1
      if offset < text.count, text[offset] == UInt8(ascii: "+") || text[offset] == UInt8(ascii: "-")
      {
        offset += 1
      }
      try skipDigits()
    }
    if mayOverflow, !JSONNumber.double(text[start..<offset]).isFinite {
      throw JSONError(.numberOutOfRange, at: start)
    }
    append(.number, from: start, to: offset)
  }

  /// At least one digit.
  private mutating func skipDigits() throws(JSONError) {
    let start = offset
    while offset < text.count, text[offset] &- UInt8(ascii: "0") < 10 { offset += 1 }
    guard offset > start else {
      throw JSONError(offset < text.count ? .unexpectedByte : .unexpectedEnd, at: offset)
    }
  }

  private mutating func skipWhitespace() {
    while offset < text.count {
      switch text[offset] {
      case 0x20, 0x09, 0x0A, 0x0D: offset += 1
      default: return
      }
    }
  }
}

extension ReferenceJSONReader {
  private mutating func append(
    _ kind: JSONDocument.Kind, from start: Int, to end: Int, hasEscapes: Bool = false
  ) {
    nodes.append(
      Node(kind: kind, range: start..<end, next: nodes.count + 1, hasEscapes: hasEscapes))
  }

  /// Keys are compared unescaped: `"a"` and `"\u0061"` are one key.
  private func refuseDuplicateKeys(of container: Int) throws(JSONError) {
    var seen: Set<[UInt8]> = []
    var index = container + 1
    while index < nodes.count {
      guard seen.insert(name(nodes[index])).inserted else {
        throw JSONError(.duplicateKey, at: nodes[index].range.lowerBound)
      }
      index = nodes[index + 1].next
    }
  }

  private func name(_ key: Node) -> [UInt8] {
    key.hasEscapes ? JSONEscape.unescaped(text[key.range]) : Array(text[key.range])
  }
}
