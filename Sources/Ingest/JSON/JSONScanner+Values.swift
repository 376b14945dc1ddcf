extension JSONScanner {
  // MARK: Strings

  /// The string whose opening quote stands at `offset`.
  mutating func scanString(_ kind: JSONDocument.Kind) throws(JSONError) {
    let start = offset + 1
    var hasEscapes = false
    offset = text.endOfPlainRun(from: start)
    while true {
      guard offset < text.count else { throw JSONError(.unexpectedEnd, at: offset) }
      let byte = text[offset]
      if byte == UInt8(ascii: "\"") { break }
      if byte == UInt8(ascii: "\\") {
        hasEscapes = true
        try skipEscape()
      } else if byte < 0x20 {
        throw JSONError(.controlCharacter, at: offset)
      } else if byte == 0x7F {
        offset += 1
      } else {
        try skipMultibyteScalar()
      }
      offset = text.endOfPlainRun(from: offset)
    }
    append(kind, from: start, to: offset, hasEscapes: hasEscapes)
    offset += 1
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

  /// One scalar of two to four bytes.
  private mutating func skipMultibyteScalar() throws(JSONError) {
    guard let length = text.characterLength(at: offset) else {
      throw JSONError(.invalidUTF8, at: offset)
    }
    offset += length
  }

  // MARK: Literals and numbers

  mutating func scanLiteral(
    _ literal: StaticString, _ kind: JSONDocument.Kind
  ) throws(JSONError) {
    guard text.hasBytes(literal, at: offset) else { throw wrongLiteral(literal) }
    let end = offset + literal.utf8CodeUnitCount
    append(kind, from: offset, to: end)
    offset = end
  }

  /// Where the text stops being the literal that it begins as.
  private func wrongLiteral(_ literal: StaticString) -> JSONError {
    var place = offset
    for byte in literal.description.utf8 {
      guard place < text.count else { return JSONError(.unexpectedEnd, at: place) }
      if text[place] != byte { break }
      place += 1
    }
    return JSONError(.unexpectedByte, at: place)
  }

  /// `-? int frac? exp?` of RFC 8259 section 6, and finite as a binary64.
  mutating func scanNumber() throws(JSONError) {
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
    if mayOverflow {
      let number = [UInt8](copying: text.extracting(start..<offset))
      guard JSONNumber.double(number[...]).isFinite else {
        throw JSONError(.numberOutOfRange, at: start)
      }
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
}
