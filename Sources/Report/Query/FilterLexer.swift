/// Cuts a filter into names, operators, values and parentheses.
///
/// What a run of characters is depends on where it stands: behind an operator everything up to a
/// space, a parenthesis or a quote is a value, so that instants, paths and globs need no quotes.
struct FilterLexer {
  /// A value as written.
  struct Literal: Equatable {
    var bytes: [UInt8] = []
    /// Places of stars that stand for themselves.
    var literalStars: Set<Int> = []

    var text: String { String(decoding: bytes, as: UTF8.self) }
  }

  private let bytes: [UInt8]
  private(set) var offset = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  /// Column of a byte: scalars before it, plus one.
  func column(ofByte offset: Int) -> Int {
    bytes[..<min(offset, bytes.count)].count { $0 & 0xC0 != 0x80 } + 1
  }

  mutating func skipSpaces() {
    while offset < bytes.count, FilterLexer.isSpace(bytes[offset]) { offset += 1 }
  }

  var isAtEnd: Bool { offset == bytes.count }

  /// Steps over one byte if it comes next.
  mutating func skip(_ byte: Unicode.Scalar) -> Bool {
    guard offset < bytes.count, bytes[offset] == UInt8(ascii: byte) else { return false }
    offset += 1
    return true
  }

  /// A field's name or `and`, `or`, `not`; nil when something else comes next.
  mutating func name() -> String? {
    let start = offset
    while offset < bytes.count, FilterLexer.isNameByte(bytes[offset]) { offset += 1 }
    return start == offset ? nil : String(decoding: bytes[start..<offset], as: UTF8.self)
  }

  /// `name` without stepping over it.
  func peekName() -> String? {
    var ahead = self
    return ahead.name()
  }

  /// `=`, `!=`, `<`, `<=`, `>`, `>=`, `~`, `!~`; nil when something else comes next.
  mutating func operation() -> FilterOperator? {
    for operation in FilterOperator.longestFirst
    where bytes[offset...].starts(with: operation.rawValue.utf8) {
      offset += operation.rawValue.utf8.count
      return operation
    }
    return nil
  }

  /// What comes next, for a message: at most 20 characters of it.
  func found(at place: Int) -> String {
    let rest = bytes[min(place, bytes.count)...].prefix { !FilterLexer.isSpace($0) }
    return String(
      String(decoding: rest.isEmpty ? bytes[place...].prefix(1) : rest, as: UTF8.self)
        .unicodeScalars.prefix(20))
  }

  /// A quoted or bare value; nil where nothing stands, or the quotes do not close.
  mutating func literal() -> Literal? {
    skip("\"") ? quoted() : bare()
  }

  private mutating func bare() -> Literal? {
    var literal = Literal()
    while offset < bytes.count, !FilterLexer.endsValue(bytes[offset]) {
      literal.bytes.append(bytes[offset])
      offset += 1
    }
    return literal.bytes.isEmpty ? nil : literal
  }

  /// `\"`, `\\` and `\*` (a star that stands for itself); another backslash is one.
  private mutating func quoted() -> Literal? {
    var literal = Literal()
    while offset < bytes.count {
      let byte = bytes[offset]
      offset += 1
      if byte == UInt8(ascii: "\"") { return literal }
      guard byte == UInt8(ascii: "\\"), offset < bytes.count,
        FilterLexer.escapable.contains(bytes[offset])
      else {
        literal.bytes.append(byte)
        continue
      }
      if bytes[offset] == UInt8(ascii: "*") { literal.literalStars.insert(literal.bytes.count) }
      literal.bytes.append(bytes[offset])
      offset += 1
    }
    return nil
  }

  private static let escapable = Array("\"\\*".utf8)

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0D).contains(byte)
  }

  private static func endsValue(_ byte: UInt8) -> Bool {
    isSpace(byte) || byte == UInt8(ascii: "(") || byte == UInt8(ascii: ")")
      || byte == UInt8(ascii: "\"")
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
      UInt8(ascii: "-"):
      true
    default: byte >= 0x80
    }
  }
}

/// How a field is held against a value.
package enum FilterOperator: String, Sendable, CaseIterable {
  case equal = "="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  /// Of a glob's pattern.
  case like = "~"
  case notLike = "!~"

  fileprivate static let longestFirst = allCases.sorted {
    ($1.rawValue.utf8.count, $0.rawValue) < ($0.rawValue.utf8.count, $1.rawValue)
  }

  /// Whether it says the opposite of `=` or `~`: true where the field is absent.
  var isNegated: Bool { self == .notEqual || self == .notLike }

  /// Of two values in an order: -1, 0 or 1 of the field to the stated one.
  func holds(_ order: Int) -> Bool {
    switch self {
    case .equal, .like: order == 0
    case .notEqual, .notLike: order != 0
    case .less: order < 0
    case .lessOrEqual: order <= 0
    case .greater: order > 0
    case .greaterOrEqual: order >= 0
    }
  }
}
