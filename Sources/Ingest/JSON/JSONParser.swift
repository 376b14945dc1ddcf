/// The validating pass that fills a `JSONDocument`: a loop over states, no recursion, so that depth
/// costs an array slot and not a stack frame.
struct JSONParser: ~Escapable {
  private let text: Span<UInt8>
  private let stopKey: StaticString?
  private var offset = 0

  @_lifetime(copy text)
  init(text: Span<UInt8>, stopKey: StaticString?) {
    self.text = text
    self.stopKey = stopKey
  }

  private enum Expectation { case value, firstElement, firstKey, key, commaOrEnd }

  mutating func parse(into document: inout JSONDocument) throws(JSONError) {
    var expectation = Expectation.value
    repeat {
      skipWhitespace()
      guard offset < text.count else { throw JSONError(.unexpectedEnd, at: offset) }
      switch expectation {
      case .value:
        expectation = try parseValue(into: &document)
      case .firstElement:
        if text[offset] == UInt8(ascii: "]") {
          expectation = close(&document)
        } else {
          expectation = try parseValue(into: &document)
        }
      case .firstKey where text[offset] == UInt8(ascii: "}"):
        expectation = close(&document)
      case .firstKey, .key:
        try parseKey(into: &document)
        if try reachedStopKey(&document) { return }
        expectation = .value
      case .commaOrEnd:
        expectation = try parseSeparator(into: &document)
      }
    } while !(document.openContainers.isEmpty)
    skipWhitespace()
    guard offset == text.count else { throw JSONError(.trailingBytes, at: offset) }
  }

  private mutating func parseValue(
    into document: inout JSONDocument
  ) throws(JSONError) -> Expectation {
    switch text[offset] {
    case UInt8(ascii: "{"):
      try open(.object, &document)
      return .firstKey
    case UInt8(ascii: "["):
      try open(.array, &document)
      return .firstElement
    case UInt8(ascii: "\""):
      try parseString(.string, into: &document)
    case UInt8(ascii: "t"):
      try parseLiteral("true", .true, into: &document)
    case UInt8(ascii: "f"):
      try parseLiteral("false", .false, into: &document)
    case UInt8(ascii: "n"):
      try parseLiteral("null", .null, into: &document)
    default:
      try parseNumber(into: &document)
    }
    return .commaOrEnd
  }

  private mutating func open(
    _ kind: JSONDocument.Kind, _ document: inout JSONDocument
  ) throws(JSONError) {
    guard document.openContainers.count < JSONDocument.depthMax else {
      throw JSONError(.tooDeep, at: offset)
    }
    document.openContainers.append(Int32(document.nodes.count))
    document.append(kind, from: offset, to: offset)
    offset += 1
  }

  /// Closes the innermost container, whose bracket stands at `offset`.
  private mutating func close(_ document: inout JSONDocument) -> Expectation {
    offset += 1
    let index = Int(document.openContainers.removeLast())
    document.nodes[index].end = Int32(offset)
    document.nodes[index].next = Int32(document.nodes.count)
    return .commaOrEnd
  }

  private mutating func parseSeparator(
    into document: inout JSONDocument
  ) throws(JSONError) -> Expectation {
    guard let container = document.openContainers.last else { return .commaOrEnd }
    let isObject = document.nodes[Int(container)].kind == .object
    switch text[offset] {
    case UInt8(ascii: ","):
      offset += 1
      return isObject ? .key : .value
    case UInt8(ascii: "}") where isObject:
      try document.refuseDuplicateKeys(of: container)
      return close(&document)
    case UInt8(ascii: "]") where !isObject:
      return close(&document)
    default:
      throw JSONError(.unexpectedByte, at: offset)
    }
  }

  private mutating func parseKey(into document: inout JSONDocument) throws(JSONError) {
    guard text[offset] == UInt8(ascii: "\"") else { throw JSONError(.unexpectedByte, at: offset) }
    try parseString(.key, into: &document)
    skipWhitespace()
    guard offset < text.count else { throw JSONError(.unexpectedEnd, at: offset) }
    guard text[offset] == UInt8(ascii: ":") else { throw JSONError(.unexpectedByte, at: offset) }
    offset += 1
  }

  /// At the stop key of the outermost object: drops the key and closes the object.
  private func reachedStopKey(_ document: inout JSONDocument) throws(JSONError) -> Bool {
    guard let stopKey, document.openContainers.count == 1,
      document.equals(JSONDocument.Reference(index: Int32(document.nodes.count - 1)), stopKey)
    else { return false }
    document.nodes.removeLast()
    try document.refuseDuplicateKeys(of: 0)
    document.nodes[0].end = Int32(offset)
    document.nodes[0].next = Int32(document.nodes.count)
    document.openContainers.removeAll(keepingCapacity: true)
    return true
  }

  private mutating func parseString(
    _ kind: JSONDocument.Kind, into document: inout JSONDocument
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
    document.append(kind, from: start, to: offset, hasEscapes: hasEscapes)
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
    _ literal: String, _ kind: JSONDocument.Kind, into document: inout JSONDocument
  ) throws(JSONError) {
    let start = offset
    for byte in literal.utf8 {
      guard offset < text.count else { throw JSONError(.unexpectedEnd, at: offset) }
      guard text[offset] == byte else { throw JSONError(.unexpectedByte, at: offset) }
      offset += 1
    }
    document.append(kind, from: start, to: offset)
  }

  /// `-? int frac? exp?` of RFC 8259 section 6, and finite as a binary64.
  private mutating func parseNumber(into document: inout JSONDocument) throws(JSONError) {
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
    if mayOverflow, !JSONNumber.double(document.bytes[start..<offset]).isFinite {
      throw JSONError(.numberOutOfRange, at: start)
    }
    document.append(.number, from: start, to: offset)
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

extension JSONDocument {
  mutating func append(_ kind: Kind, from start: Int, to end: Int, hasEscapes: Bool = false) {
    nodes.append(
      Node(
        kind: kind, hasEscapes: hasEscapes, start: Int32(start), end: Int32(end),
        next: Int32(nodes.count + 1)))
  }

  /// Keys are compared unescaped: `"a"` and `"\u0061"` are one key.
  ///
  /// Up to 64 keys without escapes are compared in pairs, mostly by length alone: measured over
  /// entries of a journal (25 keys and 20 below them) at a sixth of the cost of a set of copies.
  func refuseDuplicateKeys(of container: Int32) throws(JSONError) {
    var keys: [Int32] = []
    var hasEscapes = false
    var index = container + 1
    while index < nodes.count {
      keys.append(index)
      hasEscapes = hasEscapes || nodes[Int(index)].hasEscapes
      index = nodes[Int(index + 1)].next
    }
    if keys.count > JSONDocument.pairedKeyCountMax || hasEscapes {
      var seen = Set<[UInt8]>(minimumCapacity: keys.count)
      for key in keys where !seen.insert(unescapedBytes(Reference(index: key))).inserted {
        throw JSONError(.duplicateKey, at: Int(nodes[Int(key)].start))
      }
      return
    }
    for (position, key) in keys.enumerated() {
      for earlier in 0..<position where isSameText(nodes[Int(key)], nodes[Int(keys[earlier])]) {
        throw JSONError(.duplicateKey, at: Int(nodes[Int(key)].start))
      }
    }
  }

  private static let pairedKeyCountMax = 64

  /// Whether two texts have the same bytes as written.
  private func isSameText(_ left: Node, _ right: Node) -> Bool {
    let count = left.end - left.start
    guard right.end - right.start == count else { return false }
    for offset in 0..<count where bytes[Int(left.start + offset)] != bytes[Int(right.start + offset)] {
      return false
    }
    return true
  }

  /// The UTF-8 of a string or key without escapes.
  package func unescapedBytes(_ reference: Reference) -> [UInt8] {
    let raw = bytes[range(reference)]
    return nodes[Int(reference.index)].hasEscapes ? JSONEscape.unescaped(raw) : Array(raw)
  }
}
