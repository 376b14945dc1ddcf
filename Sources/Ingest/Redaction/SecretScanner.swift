/// Finds the secrets of one text: tokens known by their prefix, credentials after `Bearer` or
/// `Basic`, private keys, user information in URLs, and values after a secret name.
///
/// Cost: one pass; every look ahead ends where the pass goes on, every look back is at most
/// `nameByteCountMax` bytes.
struct SecretScanner: Sendable {
  /// Longest name looked at before a separator.
  static let nameByteCountMax = 64

  let names: SecretNames
  private let marks: [Bool]
  /// By first byte; most are empty.
  private let tokens: [[SecretToken]]
  /// Pairs of bytes that begin some token, 65,536 flags: most letters stop here.
  private let tokenPairs: [Bool]
  /// What the last scan found: ascending, not overlapping, not empty.
  private(set) var ranges: [Range<Int>] = []

  init(names: SecretNames) {
    self.names = names
    var marks = [Bool](repeating: false, count: 256)
    var tokens = [[SecretToken]](repeating: [], count: 256)
    var pairs = [Bool](repeating: false, count: 65_536)
    for token in SecretToken.known {
      marks[Int(token.prefix[0])] = true
      tokens[Int(token.prefix[0])].append(token)
      pairs[Int(token.prefix[0]) << 8 | Int(token.prefix[1])] = true
    }
    self.tokens = tokens
    tokenPairs = pairs
    for byte in "bBnN-:='\"".utf8 { marks[Int(byte)] = true }
    self.marks = marks
  }

  /// Whether `text` holds a secret; `ranges` then says where.
  mutating func scan(_ text: Span<UInt8>) -> Bool {
    ranges.removeAll(keepingCapacity: true)
    var index = 0
    while index < text.count {
      if marks[Int(text[index])], let found = secret(text, at: index) {
        ranges.append(found)
        index = found.upperBound
      } else {
        index += 1
      }
    }
    return !ranges.isEmpty
  }

  /// The secret that the byte at `index` announces.
  private func secret(_ text: Span<UInt8>, at index: Int) -> Range<Int>? {
    switch text[index] {
    case UInt8(ascii: "="), UInt8(ascii: ":"):
      return userInformation(text, at: index) ?? namedValue(text, at: index)
    case UInt8(ascii: "'"), UInt8(ascii: "\""): return quotedAfterName(text, at: index)
    case UInt8(ascii: "-"): return privateKey(text, at: index) ?? optionValue(text, at: index)
    default: break
    }
    return token(text, at: index) ?? schemeCredentials(text, at: index)
  }

  // MARK: Tokens, schemes, keys, URLs

  private func token(_ text: Span<UInt8>, at index: Int) -> Range<Int>? {
    guard index + 1 < text.count, tokenPairs[Int(text[index]) << 8 | Int(text[index + 1])] else {
      return nil
    }
    for token in tokens[Int(text[index])] {
      if let end = token.end(in: text, at: index) { return index..<end }
    }
    return nil
  }

  private func schemeCredentials(_ text: Span<UInt8>, at index: Int) -> Range<Int>? {
    guard text[index] | 0x20 == UInt8(ascii: "b") || text[index] | 0x20 == UInt8(ascii: "n"),
      index == 0 || !text[index - 1].isASCIIAlphanumeric
    else { return nil }
    for scheme in AuthorizationScheme.allCases {
      if let range = scheme.credentials(in: text, at: index) { return range }
    }
    return nil
  }

  /// A PEM block, or what is left of one that was cut.
  private func privateKey(_ text: Span<UInt8>, at index: Int) -> Range<Int>? {
    guard text.hasBytes("-----BEGIN ", at: index) else { return nil }
    let head = text.extracting(index..<min(index + 64, text.count))
    guard head.firstOffset(of: "PRIVATE KEY") != nil else { return nil }
    let rest = text.extracting(index..<text.count)
    guard let ending = rest.firstOffset(of: "-----END ") else { return index..<text.count }
    let tail = rest.extracting((ending + 9)..<rest.count)
    guard let dashes = tail.firstOffset(of: "-----") else { return index..<text.count }
    return index..<(index + ending + 9 + dashes + 5)
  }

  /// `user:password` between `://` and `@`.
  private func userInformation(_ text: Span<UInt8>, at index: Int) -> Range<Int>? {
    guard text.hasBytes("://", at: index) else { return nil }
    let start = index + 3
    var at: Int?
    var end = start
    while end < text.count {
      let byte = text[end]
      if byte == UInt8(ascii: "@") { at = end }
      if byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#")
        || byte.isASCIISpace || byte == UInt8(ascii: "\"")
      {
        break
      }
      end += 1
    }
    guard let at, at > start, !isPlaceholder(text, start..<at) else { return nil }
    return start..<at
  }

  // MARK: Values after names

  /// `name=value`, `name: value`, `"name":"value"`, `name => [value]`.
  private func namedValue(_ text: Span<UInt8>, at index: Int) -> Range<Int>? {
    guard let name = nameBefore(text, index), names.matches(text.extracting(name)) else {
      return nil
    }
    var reader = ValueReader(text, at: index + 1)
    return value(&reader, after: name)
  }

  /// `password 'value'`.
  private func quotedAfterName(_ text: Span<UInt8>, at index: Int) -> Range<Int>? {
    guard index > 1, text[index - 1] == UInt8(ascii: " "), text[index - 2].isASCIIAlphanumeric,
      let name = nameBefore(text, index - 1), names.matches(text.extracting(name))
    else { return nil }
    var reader = ValueReader(text, at: index)
    return value(&reader, after: name)
  }

  /// `--password value`, `-token value`: `=` is `namedValue`'s.
  private func optionValue(_ text: Span<UInt8>, at index: Int) -> Range<Int>? {
    if index > 0, text[index - 1].isASCIIAlphanumeric { return nil }
    var end = index
    while end < text.count, end - index <= SecretScanner.nameByteCountMax,
      text[end].isASCIIAlphanumeric || text[end] == UInt8(ascii: "-")
        || text[end] == UInt8(ascii: "_") || text[end] == UInt8(ascii: ".")
    {
      end += 1
    }
    guard end < text.count, text[end] == UInt8(ascii: " "),
      names.matches(text.extracting(index..<end))
    else { return nil }
    var reader = ValueReader(text, at: end)
    return value(&reader, after: index..<end)
  }

  private func value(_ reader: inout ValueReader, after name: Range<Int>) -> Range<Int>? {
    guard let range = reader.read(takesWholeLine: isHeaderName(reader.text.extracting(name))),
      !isPlaceholder(reader.text, range)
    else { return nil }
    return range
  }

  /// A header's value has spaces in it: `Cookie: a=b; c=d`, `Authorization: Scheme value`.
  private func isHeaderName(_ name: Span<UInt8>) -> Bool {
    let lower = (0..<name.count).map { NameTable.lowercased(name[$0]) }
    return lower.span.firstOffset(of: "cookie") != nil
      || lower.span.firstOffset(of: "authorization") != nil
  }

  /// The name that ends before the separator at `index`, past spaces, quotes and backslashes.
  private func nameBefore(_ text: Span<UInt8>, _ index: Int) -> Range<Int>? {
    var end = index
    while end > 0, index - end < 8, SecretScanner.isBetweenNameAndSeparator(text[end - 1]) {
      end -= 1
    }
    var start = end
    while start > 0, end - start < SecretScanner.nameByteCountMax,
      text[start - 1].isASCIIAlphanumeric || text[start - 1] == UInt8(ascii: "_")
        || text[start - 1] == UInt8(ascii: "-") || text[start - 1] == UInt8(ascii: ".")
    {
      start -= 1
    }
    return start < end ? start..<end : nil
  }

  private static func isBetweenNameAndSeparator(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: " "), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"),
      UInt8(ascii: "]"), UInt8(ascii: "`"), UInt8(ascii: ":"):
      true
    default: false
    }
  }

  /// What was taken out already, or says nothing: so that a second pass changes nothing.
  private func isPlaceholder(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
    if text.hasPlaceholder(at: range.lowerBound) { return true }
    let value = text.extracting(range)
    for word: StaticString in ["REDACTED", "null", "None", "nil", "true", "false", "\"\"", "''"] {
      if value.count == word.utf8CodeUnitCount, value.hasBytes(word, at: 0) { return true }
    }
    return false
  }
}
