/// Numbers: decimal with sign, bare points and exponent; hexadecimal.
extension JSON5Parser {
  mutating func parseNumber() throws(JSON5Error) -> JSON5Value.Content {
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
    return try parseDecimal(isNegative, place)
  }

  private mutating func parseDecimal(
    _ isNegative: Bool, _ place: JSON5Place
  ) throws(JSON5Error) -> JSON5Value.Content {
    var text = isNegative ? "-" : ""
    let whole = takeDigits(into: &text)
    if whole.count > 1, whole.first == "0" {
      throw JSON5Error(place, found: "a number with a leading 0", expected: "none")
    }
    if whole.isEmpty { text += "0" }
    let hasPoint = scanner.take(".")
    if hasPoint {
      text += "."
      let fraction = takeDigits(into: &text)
      if fraction.isEmpty { text += "0" }
      guard !whole.isEmpty || !fraction.isEmpty else { throw scanner.unexpected("a digit") }
    } else if whole.isEmpty {
      throw scanner.unexpected("a digit")
    }
    let hasExponent = try parseExponent(into: &text)
    try endNumber()
    if !hasPoint, !hasExponent, let value = Int64(text) { return .integer(value) }
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
