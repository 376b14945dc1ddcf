/// Where something stands in a text: both from 1, columns in Unicode scalars, lines ended by 0x0A.
package struct JSON5Place: Hashable, Sendable {
  package let line: Int
  package let column: Int

  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }
}

/// One value of a JSON5 text, with its place.
package struct JSON5Value: Hashable, Sendable {
  /// A member of an object: the key and its place, and the value.
  package struct Member: Hashable, Sendable {
    package let key: String
    package let place: JSON5Place
    package let value: JSON5Value
  }

  /// What the value is. Objects keep the order of the text and have no key twice.
  package indirect enum Content: Hashable, Sendable {
    case object([Member])
    case array([JSON5Value])
    case string(String)
    /// A whole number within Int64, decimal or hexadecimal.
    case integer(Int64)
    /// Any other number, finite.
    case number(Double)
    case boolean(Bool)
    case null
  }

  package let place: JSON5Place
  package let content: Content

  package init(place: JSON5Place, content: Content) {
    self.place = place
    self.content = content
  }

  /// The kind in the words of messages: `an object`, `a string` …
  package var kindText: String {
    switch content {
    case .object: "an object"
    case .array: "an array"
    case .string: "a string"
    case .integer, .number: "a number"
    case .boolean: "true or false"
    case .null: "null"
    }
  }
}

/// A parsed JSON5 text (json5.org, version 1.0.0): what configuration files are written in.
///
/// Infinity and NaN, which JSON5 allows, are refused: no setting means anything by them. So are
/// duplicate keys. Meant for files of a size that people write: the whole text becomes a tree.
package struct JSON5Document: Hashable, Sendable {
  /// Deepest nesting taken.
  package static let depthMax = 64
  /// Longest text taken, in bytes.
  package static let byteCountMax = 4 << 20

  package let root: JSON5Value

  /// Parses a whole text.
  package init(_ text: Span<UInt8>) throws(JSON5Error) {
    guard text.count <= JSON5Document.byteCountMax else {
      throw JSON5Error(
        JSON5Place(line: 1, column: 1), found: "a text of \(text.count) bytes",
        expected: "at most \(JSON5Document.byteCountMax)")
    }
    var parser = try JSON5Parser(text)
    root = try parser.parseDocument()
  }
}

/// Why a text is no JSON5, and where.
package struct JSON5Error: Error, Hashable, Sendable {
  package let place: JSON5Place
  /// What stands there, escaped and cut short.
  package let found: String
  package let expected: String

  package init(_ place: JSON5Place, found: String, expected: String) {
    self.place = place
    self.found = found
    self.expected = expected
  }
}

extension JSON5Error: CustomStringConvertible {
  package var description: String {
    "line \(place.line), column \(place.column): found \(found): expected \(expected)"
  }
}
